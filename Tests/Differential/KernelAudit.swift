// SPDX-License-Identifier: MIT
import Foundation

/// The kernel's audit, taken over for a while: its daemon writes to a file of ours, and what was set before comes back.
final class KernelAudit {
    private static let auditctl = "/sbin/auditctl"
    private static let daemon = "/sbin/auditd"

    let log: URL
    private let auditd: Companion
    private let lostBefore: Int
    /// Bytes of the log that ``take()`` has given out.
    private var taken: UInt64 = 0

    /// Starts auditd with a configuration of its own in `directory`. No rules are loaded yet.
    init(in directory: URL, cleanup: Cleanup) throws {
        let status = try Self.status()
        // The kernel notices only at its next record that a daemon is gone.
        if let pid = status["pid"], pid != 0, kill(pid_t(pid), 0) == 0 {
            throw HarnessError("kernel audit has a daemon already, pid \(pid)")
        }
        guard status["enabled"] != 2 else { throw HarnessError("kernel audit's configuration is locked (enabled 2)") }
        let rules = try tool(Self.auditctl, ["-l"]).split(separator: "\n").map(String.init).filter { $0.hasPrefix("-") }
        cleanup.add {
            _ = try? tool(Self.auditctl, ["-D"], required: false)
            for rule in rules {
                _ = try? tool(Self.auditctl, rule.split(separator: " ").map(String.init), required: false)
            }
            for (option, name) in [("-b", "backlog_limit"), ("-r", "rate_limit"), ("-f", "failure"), ("-e", "enabled")] {
                if let value = status[name] { _ = try? tool(Self.auditctl, [option, "\(value)"], required: false) }
            }
        }
        // A watch rule of somebody else would change what is recorded; a short backlog would lose what is compared.
        try tool(Self.auditctl, ["-D"])
        for words in [["-b", "65536"], ["-r", "0"], ["-f", "1"]] { try tool(Self.auditctl, words) }
        lostBefore = try Self.status()["lost"] ?? 0

        let files = FileManager.default
        log = directory.appending(path: "kernel.log")
        try files.createDirectory(at: directory.appending(path: "plugins.d"), withIntermediateDirectories: true)
        let configuration = directory.appending(path: "auditd.conf")
        try """
        local_events = yes
        write_logs = yes
        log_file = \(log.path)
        log_group = root
        log_format = RAW
        flush = NONE
        freq = 0
        max_log_file = 9999
        max_log_file_action = IGNORE
        num_logs = 0
        priority_boost = 4
        space_left = 75
        space_left_action = IGNORE
        admin_space_left = 50
        admin_space_left_action = IGNORE
        disk_full_action = IGNORE
        disk_error_action = IGNORE
        name_format = NONE
        plugin_dir = \(directory.appending(path: "plugins.d").path)

        """.write(to: configuration, atomically: true, encoding: .utf8)
        try files.setAttributes([.posixPermissions: 0o640], ofItemAtPath: configuration.path)
        let auditd = try Companion(Self.daemon, ["-n", "-c", directory.path], name: "auditd", in: directory)
        self.auditd = auditd
        let pid = auditd.pid
        cleanup.add {
            guard kill(pid, SIGTERM) == 0 else { return }
            _ = eventually(within: 10) { kill(pid, 0) != 0 }
        }
        guard try eventually(within: 20, { try Self.status()["pid"] == Int(pid) || !auditd.process.isRunning }),
            auditd.process.isRunning
        else { throw HarnessError("auditd does not start: \(auditd.output)\(auditd.error)") }
        try tool(Self.auditctl, ["-e", "1"])
    }

    private static func status() throws -> [String: Int] {
        var result: [String: Int] = [:]
        for line in try tool(auditctl, ["-s"]).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count >= 2 { result[String(words[0])] = Int(words[1]) }
        }
        return result
    }

    /// Loads a rules file.
    func load(_ rules: URL) throws { try tool(Self.auditctl, ["-R", rules.path]) }

    /// Says in the log that both watch from here on: what the workload did to get ready is not compared.
    func markBegin() throws { try tool(Self.auditctl, ["-m", AuditLog.beginMark]) }

    /// Takes the rules away.
    func unload() throws { try tool(Self.auditctl, ["-D"]) }

    /// Everything that the kernel has recorded since the last time, or since the start.
    func take() throws -> Data {
        // Records come in order: what was before the mark is written when the mark is.
        let mark = "ebpf-audit-differential-\(UInt64.random(in: 0 ... .max))"
        try tool(Self.auditctl, ["-m", mark])
        var text = Data()
        // Other processes may write more behind the mark than any fixed tail of the log would show.
        let isWritten = try eventually(within: 120) {
            let file = try FileHandle(forReadingFrom: log)
            defer { try? file.close() }
            try file.seek(toOffset: taken)
            text = try file.readToEnd() ?? Data()
            return text.range(of: Data(mark.utf8)) != nil
        }
        guard isWritten else { throw HarnessError("auditd did not write its last record within 120 s") }
        // The mark's own record may not be whole yet.
        let whole = text.lastIndex(of: UInt8(ascii: "\n")).map { text[...$0] } ?? Data()
        taken += UInt64(whole.count)
        return whole
    }

    /// Waits until everything that the kernel has sent is in the log, and ends the daemon.
    func finish() throws {
        _ = try take()
        let lost = (try Self.status()["lost"] ?? 0) - lostBefore
        guard lost == 0 else { throw HarnessError("kernel audit lost \(lost) records: the comparison would be wrong") }
        kill(auditd.pid, SIGTERM)
        try auditd.wait(seconds: 20)
    }
}
