// SPDX-License-Identifier: MIT
import AuditEvents
import CAuditWire

/// How far the clock was set by which task.
///
/// The kernel notes that with the task (`audit_context.time.tk_injoffset`, `__audit_tk_injoffset()` in kernel/auditsc.c) and never takes it back:
/// every later event of the task that tells of an adjustment tells of the last step, too (6.18). Known of here are the steps whose events the rules
/// selected, of the tasks that were the last to make one.
struct ClockSteps {
    /// A step of the clock: seconds of either sign, and 0 ..< 1,000,000,000 nanoseconds more.
    struct Step: BitwiseCopyable {
        var seconds: Int64
        var nanoseconds: Int64

        /// By how much the clock was set between two states of it (normalised as by `timespec64_sub()`); zero when it was not.
        init(from old: aw_clock, to new: aw_clock) {
            // No overflow: these are differences of clocks that count from 1970 and the start. A damaged capture may hold anything.
            let nanoseconds = old.nanoseconds &- new.nanoseconds
            let second: Int64 = 1_000_000_000
            var (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: second)
            if rest < 0 { (whole, rest) = (whole - 1, rest + second) }
            seconds = old.seconds &- new.seconds &+ whole
            self.nanoseconds = rest
        }

        var isNone: Bool { seconds == 0 && nanoseconds == 0 }
    }

    private struct Entry {
        var task: UInt32
        var start: UInt64
        var step: Step
    }

    /// Hardly more than one process of a system sets its clock.
    static let capacity = 16

    private var entries: [Entry] = []
    private var next = 0

    init() { entries.reserveCapacity(Self.capacity) }

    /// Notes a step by the task of `call`.
    mutating func note(_ step: Step, by call: aw_syscall) {
        let entry = Entry(task: call.tid, start: call.start, step: step)
        if let place = place(of: call) {
            entries[place] = entry
        } else if entries.count < Self.capacity {
            entries.append(entry)
        } else {
            entries[next] = entry
            next = (next + 1) % Self.capacity
        }
    }

    /// The last step by the task of `call`.
    func last(by call: aw_syscall) -> Step? { place(of: call).map { entries[$0].step } }

    private func place(of call: aw_syscall) -> Int? {
        entries.firstIndex { $0.task == call.tid && $0.start == call.start }
    }
}
