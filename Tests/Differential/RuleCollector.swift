// SPDX-License-Identifier: MIT
import Foundation
import Synchronization

/// Processes to be ended when something goes wrong.
final class RunningProcesses: Sendable {
    private let pids = Mutex<Set<pid_t>>([])

    func add(_ pid: pid_t) { pids.withLock { _ = $0.insert(pid) } }
    func remove(_ pid: pid_t) { pids.withLock { _ = $0.remove(pid) } }
    func end() { pids.withLock { pids in for pid in pids { kill(pid, SIGTERM) } } }
}

/// `ebpf-audit` while rule sets are tried one after the other: started anew for each, or once, which then reads each set as new rules.
/// The latter is for emulated machines, where a start takes many times as long as a set's events.
final class RuleCollector {
    private let program: String
    private let isOneStart: Bool
    private let top: URL
    private let running: RunningProcesses
    private var companion: Companion?
    private var records: URL
    /// Bytes of ``records`` that ``end()`` has given out.
    private var taken: UInt64 = 0
    /// Path hooks are at work.
    private(set) var hasHooks = false

    /// What is said in the records when new rules are in force.
    private static let reloaded = Data("op=ebpf-audit-reload".utf8)
    /// Selects nothing.
    private static let idle = "-a never,exit -S all\n"

    private var rules: URL { top.appending(path: "rules") }

    init(program: String, isOneStart: Bool, in top: URL, running: RunningProcesses) {
        self.program = URL(filePath: program).path
        self.isOneStart = isOneStart
        self.top = top
        self.running = running
        records = top.appending(path: "ours.log")
    }

    /// Starts it, if it is started once.
    func prepare() throws {
        guard isOneStart else { return }
        try? FileManager.default.removeItem(at: records)
        try write(Self.idle)
        try start(rules, in: top)
    }

    /// Has it select by the rules in `file`.
    func begin(_ file: URL, in directory: URL) throws {
        if isOneStart {
            try reload(try String(contentsOf: file, encoding: .utf8))
        } else {
            records = directory.appending(path: "ours.log")
            try start(file, in: directory)
        }
    }

    /// What it has recorded since ``begin(_:in:)``.
    func end() throws -> Data {
        guard isOneStart else {
            try stop()
            return try Data(contentsOf: records)
        }
        // The record of these rules comes behind everything that the others have selected.
        try reload(Self.idle)
        var text = Data()
        let isWritten = try eventually(within: 120) {
            let file = try FileHandle(forReadingFrom: records)
            defer { try? file.close() }
            try file.seek(toOffset: taken)
            text = try file.readToEnd() ?? Data()
            guard let first = text.range(of: Self.reloaded) else { return false }
            return text[first.upperBound...].range(of: Self.reloaded) != nil && text.last == UInt8(ascii: "\n")
        }
        guard isWritten else { throw HarnessError("ebpf-audit did not tell of new rules within 120 s: \(companion?.error ?? "")") }
        taken += UInt64(text.count)
        return text
    }

    /// Ends it, and checks that nothing was lost.
    func finish() throws { if isOneStart { try stop() } }

    private func start(_ rules: URL, in directory: URL) throws {
        let companion = try Companion(
            program, ["run", "--rules", rules.path, "-q", "--output", "file:" + records.path] + Session.tierOptions, name: "collector",
            in: directory)
        self.companion = companion
        running.add(companion.pid)
        guard
            eventually(within: 900, { Session.isReady(companion.error) || !companion.process.isRunning }),
            companion.process.isRunning
        else { throw HarnessError("ebpf-audit does not start: \(companion.error)") }
        look()
    }

    private func stop() throws {
        guard let companion else { return }
        kill(companion.pid, SIGTERM)
        try companion.wait(seconds: 60)
        running.remove(companion.pid)
        // Missed runs of a hook are no lost events, and can happen where programs can be preempted (docs/kernels.md); missed events differ.
        let report = Self.counts(in: companion.error)
        guard companion.process.terminationStatus == 0, let lost = report["lost"], lost == report["lost-missed"] else {
            throw HarnessError("ebpf-audit failed, or lost events: \(companion.error)")
        }
        look()
        self.companion = nil
    }

    private static func counts(in report: String) -> [String: Int] {
        var counts: [String: Int] = [:]
        for line in report.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 3, words[0] == "ebpf-audit:" { counts[String(words[1])] = Int(words[2]) }
        }
        return counts
    }

    private func look() { hasHooks = companion.map { !$0.error.contains("permits no path hooks") } ?? false }

    private func write(_ text: String) throws {
        try text.write(to: rules, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: rules.path)
    }

    private func reload(_ text: String) throws {
        guard let companion else { throw HarnessError("ebpf-audit does not run") }
        try write(text)
        try tool(program, ["rules", "reload", "--pid", "\(companion.pid)"])
        look()
    }
}
