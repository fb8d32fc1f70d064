// SPDX-License-Identifier: MIT
import Foundation

/// One workload under both the kernel's audit and the program.
struct Session {
    /// A login uid that no user of a test machine has: rules select by it, and with it the whole process tree.
    static let auid = 4242

    static let defaultRules = """
        -a always,exit -F arch=b64 -S all -F auid=\(auid) -k diff
        -a always,exit -F arch=b32 -S all -F auid=\(auid) -k diff

        """

    /// Words that force a tier (`EBPF_AUDIT_TIER`) and type information (`EBPF_AUDIT_BTF`) on the program, as in the tests of collection.
    static let tierOptions = [("EBPF_AUDIT_TIER", "--tier"), ("EBPF_AUDIT_BTF", "--btf")].flatMap { name, option in
        ProcessInfo.processInfo.environment[name].map { [option, $0] } ?? []
    }

    /// The path of `ebpf-audit`.
    let program: String
    /// Text of the rules; nil for ``defaultRules``.
    let rules: String?
    /// What the program reports of lost events, and the workload's end.
    private(set) var notes: [String] = []

    init(program: String, rules: String?) {
        self.program = program
        self.rules = rules
    }

    /// Runs `command`, and leaves both logs in `directory`, for ``compare(_:)``.
    ///
    /// - Parameters:
    ///   - command: words; run in a scratch directory below `directory`.
    ///   - directory: empty; gets both logs and what all programs printed.
    ///   - seconds: the longest time that the workload may take.
    mutating func run(_ command: [String], in directory: URL, environment: [String: String], seconds: Double) throws {
        let cleanup = Cleanup()
        let interruptions = Self.cleaningUp(cleanup)
        defer {
            cleanup.run()
            for source in interruptions { source.cancel() }
        }

        let files = FileManager.default
        let scratch = directory.appending(path: "scratch")
        try files.createDirectory(at: scratch, withIntermediateDirectories: true)
        let rulesFile = directory.appending(path: "rules")
        try (rules ?? Self.defaultRules).write(to: rulesFile, atomically: true, encoding: .utf8)
        try files.setAttributes([.posixPermissions: 0o640], ofItemAtPath: rulesFile.path)

        let audit = try KernelAudit(in: directory, cleanup: cleanup)
        // The kernel gives a task its audit context at fork, so audit is on before the workload's first process is
        // there; and the login uid is set before there are rules, or that would be an event too.
        let gate = Pipe()
        let script = "echo \(Self.auid) >/proc/self/loginuid && echo waiting >&2 && read go && cd \"$0\" && exec \"$@\" </dev/null"
        let workload = try Companion(
            "/bin/sh", ["-c", script, scratch.path] + command, name: "workload", in: directory, input: gate,
            environment: environment)
        let leader = workload.pid
        cleanup.add { kill(leader, SIGKILL) }
        guard eventually(within: 10, { workload.error.contains("waiting") || !workload.process.isRunning }),
            workload.process.isRunning
        else { throw HarnessError("the workload does not start: \(workload.error)") }

        try audit.load(rulesFile)
        let records = directory.appending(path: "ours.log")
        let collector = try Companion(
            program, ["run", "--rules", rulesFile.path, "--output", "file:" + records.path] + Self.tierOptions, name: "collector",
            in: directory)
        let pid = collector.pid
        cleanup.add { kill(pid, SIGTERM) }
        guard
            eventually(within: 900, { Self.isReady(collector.error) || !collector.process.isRunning }),
            collector.process.isRunning
        else { throw HarnessError("ebpf-audit does not start: \(collector.error)") }

        try audit.markBegin()
        try gate.fileHandleForWriting.write(contentsOf: Data("go\n".utf8))
        try gate.fileHandleForWriting.close()
        try workload.wait(seconds: seconds)
        let strays = Self.processes(auid: Self.auid, within: 5)
        if !strays.isEmpty { notes.append("still running: \(strays)") }
        if workload.process.terminationStatus != 0 {
            notes.append("workload ended with \(workload.process.terminationStatus): \(workload.error.suffix(300))")
        }
        try audit.unload()
        kill(collector.pid, SIGTERM)
        try collector.wait(seconds: 60)
        guard collector.process.terminationStatus == 0 else { throw HarnessError("ebpf-audit failed: \(collector.error)") }
        try audit.finish()
        cleanup.run()

        for line in collector.error.split(separator: "\n")
        where line.contains("lost") || line.contains("bad ") || line.contains("incomplete") {
            if !line.hasSuffix(" 0") { notes.append(String(line)) }
        }
        try "\(leader)".write(to: directory.appending(path: "leader"), atomically: true, encoding: .utf8)
        try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
            .write(to: directory.appending(path: "release"), atomically: true, encoding: .utf8)
    }

    /// Compares the logs that a run left in `directory`; `isEmulated` says that the machine's ticks came late.
    mutating func compare(_ directory: URL, isEmulated: Bool) throws -> Figures {
        let leader = try String(contentsOf: directory.appending(path: "leader"), encoding: .utf8)
        guard let leader = Int(leader.split(separator: "\n").first ?? "") else { throw HarnessError("\(directory.path)/leader is no pid") }
        let kernel = AuditLog(try bytes(of: directory.appending(path: "kernel.log")))
        let ours = AuditLog(try bytes(of: directory.appending(path: "ours.log")))
        for (name, log) in [("kernel", kernel), ("our", ours)] where !log.unreadable.isEmpty {
            notes.append("\(log.unreadable.count) lines of the \(name) log are no records: \(log.unreadable[0])")
        }
        let dropped = kernel.afterMark().missingSerials
        guard dropped == 0 else {
            throw HarnessError("kernel audit dropped \(dropped) events on their way to auditd: the comparison would be wrong")
        }
        let release = try String(contentsOf: directory.appending(path: "release"), encoding: .utf8)
        return Figures(
            kernel: kernel, ours: ours, leader: leader, origin: Origin(release: release, isEmulated: isEmulated))
    }

    /// Has `cleanup` done when a signal ends the program, as long as these live.
    static func cleaningUp(_ cleanup: Cleanup) -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                cleanup.run()
                exit(128 + number)
            }
            source.resume()
            return source
        }
    }

    static func isReady(_ text: String) -> Bool {
        text.split(separator: "\n").contains { $0 == "ready" || $0 == "ebpf-audit: ready" }
    }

    /// Processes that the workload left behind.
    private static func processes(auid: Int, within seconds: Double) -> [Int] {
        var left: [Int] = []
        _ = eventually(within: seconds) {
            let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int($0) } ?? []
            left = all.filter { (try? String(contentsOfFile: "/proc/\($0)/loginuid", encoding: .utf8)) == "\(auid)" }
            return left.isEmpty
        }
        return left
    }
}
