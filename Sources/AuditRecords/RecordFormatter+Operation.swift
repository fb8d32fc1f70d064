// SPDX-License-Identifier: MIT
package import AuditBytes
package import AuditEvents
import AuditSyscalls
import CAuditWire

/// Operations of io_uring.
extension RecordFormatter {
    /// Room for the records of an operation, apart from its label.
    private static let operationRoom = 4096

    /// Writes the record of `event`, an operation: `audit_log_uring()` (kernel/auditsc.c, 5.16).
    ///
    /// Issued within a call it is that record alone, in the event of the call; else an event of its own with EOE. What else such an event has
    /// in the kernel (CWD, PATH, SOCKADDR) is not known here, and `items=` is 0.
    ///
    /// - Parameters:
    ///   - event: the operation.
    ///   - realtime: wall time of the call, or of the operation that was issued in none, ns since 1970.
    ///   - key: as for ``format(_:realtime:key:serial:into:)``.
    ///   - serial: of the call's event, if that has one already.
    ///   - buffer: gets the records and is committed; when there is no room it is as before.
    /// - Returns: the event's serial, which is a new one if none was given; nil when there is no room.
    package mutating func formatOperation(
        _ event: borrowing EventView, realtime: UInt64, key: Int, serial: UInt32?, into buffer: inout RecordBuffer
    ) -> UInt32? {
        let index = SectionIndex(event)
        guard makeRoom(Self.operationRoom + Self.labelRoom(index), in: &buffer) else { return nil }
        let own = serial ?? nextSerial
        var line = RecordLine(realtime: realtime, serial: own)
        writeOperation(event, index: index, key: key, line: &line, into: &buffer)
        if !event.isWithinCall, options.endOfEvent, !line.isHidden {
            beginLine("type=EOE ", line: &line, into: &buffer)
            endLine(&line, into: &buffer)
        }
        return commit(line, takesSerial: serial == nil, into: &buffer) ? own : nil
    }

    private mutating func writeOperation(
        _ event: borrowing EventView, index: SectionIndex, key: Int, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        beginLine("type=URINGOP ", line: &line, into: &buffer)
        let call = event.call
        buffer.append("uring_op=")
        buffer.appendDecimal(event.operation ?? 0)
        if event.hasReturned {
            // audit_uring_exit(!ret, ret)
            if call.ret == 0 { buffer.append(" success=yes exit=") } else { buffer.append(" success=no exit=") }
            buffer.appendDecimal(call.ret)
        }
        buffer.append(" items=0 ppid=")
        buffer.appendDecimal(Int32(bitPattern: call.ppid))
        buffer.append(" pid=")
        buffer.appendDecimal(Int32(bitPattern: call.pid))
        buffer.append(" uid=")
        buffer.appendDecimal(call.uid)
        buffer.append(" gid=")
        buffer.appendDecimal(call.gid)
        buffer.append(" euid=")
        buffer.appendDecimal(call.euid)
        buffer.append(" suid=")
        buffer.appendDecimal(call.suid)
        buffer.append(" fsuid=")
        buffer.appendDecimal(call.fsuid)
        buffer.append(" egid=")
        buffer.appendDecimal(call.egid)
        buffer.append(" sgid=")
        buffer.appendDecimal(call.sgid)
        buffer.append(" fsgid=")
        buffer.appendDecimal(call.fsgid)
        appendSubject(event, index: index, into: &buffer)
        appendKey(key, into: &buffer)
        if options.enriched { enrichOperation(event.operation ?? 0, call, line: line, into: &buffer) }
        endLine(&line, into: &buffer)
    }
}
