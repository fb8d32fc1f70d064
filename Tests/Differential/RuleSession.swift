// SPDX-License-Identifier: MIT
import Foundation
import Synchronization

/// One start of the kernel's audit, under which rule sets are tried one after the other.
final class RuleSession {
    private let program: String
    private let workloads: String
    private let audit: KernelAudit
    private let cleanup = Cleanup()
    private let interruptions: [any DispatchSourceSignal]
    private let running = Running()

    /// Processes to be killed when something goes wrong.
    private final class Running: Sendable {
        let pids = Mutex<Set<pid_t>>([])

        func end() { pids.withLock { pids in for pid in pids { kill(pid, SIGTERM) } } }
    }

    init(program: String, workloads: String, in top: URL) throws {
        let cleanup = cleanup
        interruptions = Session.cleaningUp(cleanup)
        self.program = URL(filePath: program).path
        self.workloads = URL(filePath: workloads).path
        let running = running
        cleanup.add { running.end() }
        do { audit = try KernelAudit(in: top, cleanup: cleanup) } catch {
            cleanup.run()
            throw error
        }
    }

    /// Puts back what the kernel's audit was; also after an error.
    func end() {
        cleanup.run()
        for source in interruptions { source.cancel() }
    }

    /// Ends the kernel's part, and checks that nothing was lost.
    func finish() throws { try audit.finish() }

    /// Tries set `number` of `size` rules in `directory`.
    func run(set number: Int, size: Int, in directory: URL) throws -> RuleRun {
        let place = directory.appending(path: "scene")
        try RuleScene.make(place)
        let gate = Pipe()
        let other = workloads + "/rule_events_32"
        let also = FileManager.default.isExecutableFile(atPath: other) ? [other] : []
        let workload = try Companion(
            workloads + "/rule_events", [place.path, "\(number)", "\(RuleScene.auid)"] + also, name: "workload", in: directory, input: gate)
        let leader = workload.pid
        running.pids.withLock { _ = $0.insert(leader) }
        guard eventually(within: 10, { workload.output.contains("waiting") || !workload.process.isRunning }),
            workload.process.isRunning
        else { throw HarnessError("the workload does not start: \(workload.error)") }

        let lines = try RuleGenerator(scene: RuleScene(directory: place, leader: Int(leader))).set(number, count: size)
        let rules = directory.appending(path: "rules")
        try (lines.map(\.text).joined(separator: "\n") + "\n").write(to: rules, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: rules.path)
        try audit.load(rules)
        let records = directory.appending(path: "ours.log")
        let collector = try Companion(
            program, ["run", "--rules", rules.path, "-q", "--output", "file:" + records.path], name: "collector", in: directory)
        running.pids.withLock { _ = $0.insert(collector.pid) }
        guard
            eventually(within: 60, { Session.isReady(collector.error) || !collector.process.isRunning }),
            collector.process.isRunning
        else { throw HarnessError("ebpf-audit does not start: \(collector.error)") }

        try gate.fileHandleForWriting.write(contentsOf: Data("g".utf8))
        try gate.fileHandleForWriting.close()
        try workload.wait(seconds: 60)
        guard workload.process.terminationStatus == 0 else {
            throw HarnessError("the workload ended with \(workload.process.terminationStatus): \(workload.error)")
        }
        try audit.unload()
        kill(collector.pid, SIGTERM)
        try collector.wait(seconds: 60)
        guard collector.process.terminationStatus == 0, collector.error.contains("ebpf-audit: lost 0\n") else {
            throw HarnessError("ebpf-audit failed, or lost events: \(collector.error)")
        }
        running.pids.withLock { $0 = [] }
        let theirs = try audit.take()
        try theirs.write(to: directory.appending(path: "kernel.log"))
        return RuleRun(
            hasHooks: !collector.error.contains("permits no path hooks"), lines: lines,
            comparison: RuleComparison(kernel: AuditLog([UInt8](theirs)), ours: AuditLog(try bytes(of: records)), leader: Int(leader)))
    }
}
