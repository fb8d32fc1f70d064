// SPDX-License-Identifier: MIT
internal import AuditOutputs
internal import CAuditWire

/// The account of a run: every event is in exactly one of written, filtered, bad and lost.
struct Report {
    /// Calls that the kernel side selected.
    let total: UInt64
    /// Events whose records all outputs took.
    let written: UInt64
    /// Events that the rules refused, in the kernel or after it.
    let filtered: UInt64
    /// Records from the kernel side that could not be decoded.
    let bad: UInt64
    /// Events that were written with something missing.
    let incomplete: UInt64
    /// Lost events by reason.
    let lost: [(reason: String, count: UInt64)]
    /// Each output's own account.
    let outputs: [OutputCounters]

    init(kernel: ast_statistics, missed: UInt64, pipeline: Counts, outputs: [OutputCounters]) {
        // An event that some output has lost is lost; the outputs' own lines below say which one has it.
        let lostOutput = UInt64(outputs.map(\.lost.total).max() ?? 0)
        total = kernel.generated + missed
        written = pipeline.submitted - min(pipeline.submitted, lostOutput)
        filtered = kernel.filtered + pipeline.filtered
        bad = pipeline.bad
        incomplete = pipeline.incomplete
        lost = [
            ("ring", kernel.lost_ring), ("inflight", kernel.lost_inflight), ("orphaned", kernel.lost_orphaned),
            ("missed", missed), ("queue", pipeline.lostQueue), ("output", lostOutput),
        ]
        self.outputs = outputs
    }

    /// Lost events, whatever the reason.
    var lostTotal: UInt64 { lost.reduce(0) { $0 + $1.count } }

    /// The lines for the screen.
    var text: String {
        var lines = [
            "total \(total)", "written \(written)", "filtered \(filtered)", "bad \(bad)", "incomplete \(incomplete)",
            "lost \(lostTotal)",
        ]
        lines += lost.map { "lost-\($0.reason) \($0.count)" }
        if outputs.count > 1 {
            lines += outputs.map { "output \($0.output): written \($0.writtenEvents) lost \($0.lost.total)" }
        }
        return lines.map { "ebpf-audit: \($0)\n" }.joined()
    }
}
