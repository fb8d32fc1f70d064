// SPDX-License-Identifier: MIT
internal import AuditOutputs
internal import CAuditWire

/// The account of a run: every event is in exactly one of written, filtered, suppressed, bad and lost.
struct Account {
    /// Calls that the kernel side selected.
    let total: UInt64
    /// Events whose records all outputs took.
    let written: UInt64
    /// Events that the rules refused, in the kernel or after it.
    let filtered: UInt64
    /// Events beyond what their rules may write in a second.
    let suppressed: UInt64
    /// Records from the kernel side that could not be decoded.
    let bad: UInt64
    /// Events that were written with something missing.
    let incomplete: UInt64
    /// Lost events by reason, under the names that report and status records use.
    let lost: [(name: StaticString, count: UInt64)]
    /// Each output's own account.
    let outputs: [OutputCounters]

    init(kernel: ast_statistics, missed: UInt64, counts: Counts, outputs: [OutputCounters]) {
        // An event that some output has lost is lost; the outputs' own lines in the report say which one has it.
        let lostOutput = UInt64(outputs.map(\.lost.total).max() ?? 0)
        total = kernel.generated + missed
        written = counts.submitted - min(counts.submitted, lostOutput)
        filtered = kernel.filtered + counts.filtered
        suppressed = counts.suppressed
        bad = counts.bad
        incomplete = counts.incomplete
        lost = [
            ("lost-ring", kernel.lost_ring), ("lost-inflight", kernel.lost_inflight),
            ("lost-orphaned", kernel.lost_orphaned), ("lost-missed", missed), ("lost-queue", counts.lostQueue),
            ("lost-output", lostOutput),
        ]
        self.outputs = outputs
    }

    /// Lost events, whatever the reason.
    var lostTotal: UInt64 { lost.reduce(0) { $0 + $1.count } }

    /// The report for the screen.
    var text: String {
        var lines = [
            "total \(total)", "written \(written)", "filtered \(filtered)",
            "suppressed \(suppressed)", "bad \(bad)", "incomplete \(incomplete)",
            "lost \(lostTotal)",
        ]
        lines += lost.map { "\($0.name) \($0.count)" }
        if outputs.count > 1 {
            lines += outputs.map { "output \($0.output): written \($0.writtenEvents) lost \($0.lost.total)" }
        }
        return lines.map { "ebpf-audit: \($0)\n" }.joined()
    }
}
