// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEvents
import CAuditWire

/// TIME_ADJNTPVAL and TIME_INJOFFSET: `audit_log_time()` in kernel/auditsc.c, of what `ntp_adjtimex()`, `do_adjtimex()` and `do_settimeofday64()` tell
/// it (kernel/time, 6.18).
extension RecordFormatter {
    /// The records of ``SectionIndex/newClock``.
    mutating func writeClock(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        guard let old = value(event, index.oldClock, as: aw_clock.self), let new = value(event, index.newClock, as: aw_clock.self)
        else { return }
        // uapi/linux/timex.h
        let adjtime: UInt32 = 0x8000
        let readOnly: UInt32 = 0x2000
        var isAdjusted = false
        if new.modes & adjtime != 0 {
            if new.modes & readOnly == 0 { isAdjusted = writeChange("op=adjust old=", old.adjust, new.adjust, line: &line, into: &buffer) }
        } else if new.modes != 0 {
            isAdjusted = writeChange("op=offset old=", old.offset, new.offset, line: &line, into: &buffer) || isAdjusted
            isAdjusted = writeChange("op=freq old=", old.freq, new.freq, line: &line, into: &buffer) || isAdjusted
            isAdjusted = writeChange("op=status old=", Int64(old.status), Int64(new.status), line: &line, into: &buffer) || isAdjusted
            isAdjusted = writeChange("op=tai old=", Int64(old.tai), Int64(new.tai), line: &line, into: &buffer) || isAdjusted
            isAdjusted = writeChange("op=tick old=", old.tick, new.tick, line: &line, into: &buffer) || isAdjusted
        }
        var step = ClockSteps.Step(from: old, to: new)
        if !step.isNone {
            clockSteps.note(step, by: event.call)
        } else if isAdjusted, let last = clockSteps.last(by: event.call) {
            step = last
        } else {
            return
        }
        // `show_special()` begins with the record of the adjustment, and where that is excluded goes no further.
        if isAdjusted, line.isHidden { return }
        beginLine("type=TIME_INJOFFSET ", line: &line, into: &buffer)
        buffer.append("sec=")
        buffer.appendDecimal(step.seconds)
        buffer.append(" nsec=")
        buffer.appendDecimal(step.nanoseconds)
        endLine(&line, into: &buffer)
    }

    /// Returns whether the value changed.
    private func writeChange(
        _ field: StaticString, _ old: Int64, _ new: Int64, line: inout RecordLine, into buffer: inout RecordBuffer
    ) -> Bool {
        guard old != new else { return false }
        beginLine("type=TIME_ADJNTPVAL ", line: &line, into: &buffer)
        buffer.append(field)
        buffer.appendDecimal(old)
        buffer.append(" new=")
        buffer.appendDecimal(new)
        endLine(&line, into: &buffer)
        return true
    }
}
