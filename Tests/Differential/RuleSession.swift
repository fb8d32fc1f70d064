// SPDX-License-Identifier: MIT
import Foundation

/// One start of the kernel's audit, under which rule sets are tried one after the other.
final class RuleSession {
    private let collector: RuleCollector
    private let workloads: String
    private let isOfLabels: Bool
    private let audit: KernelAudit
    private let cleanup = Cleanup()
    private let interruptions: [any DispatchSourceSignal]
    private let running = RunningProcesses()

    /// - Parameters:
    ///   - isOneStart: `ebpf-audit` is started once, and reads each set as new rules.
    ///   - isOfLabels: rules are about security labels.
    init(program: String, workloads: String, isOneStart: Bool, isOfLabels: Bool, in top: URL) throws {
        let cleanup = cleanup
        interruptions = Session.cleaningUp(cleanup)
        let running = running
        self.isOfLabels = isOfLabels
        self.workloads = URL(filePath: workloads).path
        collector = RuleCollector(program: program, isOneStart: isOneStart, in: top, running: running)
        cleanup.add { running.end() }
        do {
            audit = try KernelAudit(in: top, cleanup: cleanup)
            try collector.prepare()
        } catch {
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
    func finish() throws {
        try collector.finish()
        try audit.finish()
    }

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
        running.add(leader)
        guard eventually(within: 60, { workload.output.contains("waiting") || !workload.process.isRunning }),
            workload.process.isRunning
        else { throw HarnessError("the workload does not start: \(workload.error)") }

        let lines = try RuleGenerator(scene: RuleScene(directory: place, leader: Int(leader)), isOfLabels: isOfLabels).set(
            number, count: size)
        let rules = directory.appending(path: "rules")
        try (lines.map(\.text).joined(separator: "\n") + "\n").write(to: rules, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: rules.path)
        try audit.load(rules)
        try collector.begin(rules, in: directory)

        try gate.fileHandleForWriting.write(contentsOf: Data("g".utf8))
        try gate.fileHandleForWriting.close()
        try workload.wait(seconds: 600)
        guard workload.process.terminationStatus == 0 else {
            throw HarnessError("the workload ended with \(workload.process.terminationStatus): \(workload.error)")
        }
        try audit.unload()
        let ours = try collector.end()
        running.remove(leader)
        let theirs = try audit.take()
        try theirs.write(to: directory.appending(path: "kernel.log"))
        return RuleRun(
            hasHooks: collector.hasHooks, release: try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8), lines: lines,
            comparison: RuleComparison(
                kernel: AuditLog([UInt8](theirs)), ours: AuditLog([UInt8](ours)), leader: Int(leader),
                hasOtherLists: number >= RuleGenerator.firstOther))
    }
}
