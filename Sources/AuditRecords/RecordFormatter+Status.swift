// SPDX-License-Identifier: MIT
package import AuditBytes

/// One value in a record about this program itself.
package struct StatusField: Sendable {
    /// What the value is.
    package enum Value: Sendable {
        case number(UInt64)
        /// Text from anywhere; encoded like every untrusted string.
        case text([UInt8])
    }

    /// Lowercase letters, digits and `-`. It must not end in `pid`, `uid`, `ses`, `res` and the like: ausearch looks for
    /// `pid=` anywhere in the record (`parse_user()`, src/ausearch-parse.c).
    package let name: StaticString
    package let value: Value

    /// A number.
    package init(_ name: StaticString, _ number: UInt64) {
        self.name = name
        value = .number(number)
    }

    /// A text.
    package init(_ name: StaticString, text: [UInt8]) {
        self.name = name
        value = .text(text)
    }
}

/// Who writes a record about this program: what the kernel puts in front of every user-space message
/// (`audit_log_common_recv_msg()`, kernel/audit.c).
package struct ProcessIdentity: Sendable {
    package var pid: UInt32
    package var uid: UInt32
    /// (u32)-1 when unset.
    package var auid: UInt32
    /// (u32)-1 when unset.
    package var ses: UInt32

    /// An identity.
    package init(pid: UInt32, uid: UInt32, auid: UInt32 = UInt32.max, ses: UInt32 = UInt32.max) {
        self.pid = pid
        self.uid = uid
        self.auid = auid
        self.ses = ses
    }
}

extension RecordFormatter {
    /// Writes a record about this program itself: start, stop, loss.
    ///
    ///     type=TRUSTED_APP msg=audit(…): pid=N uid=N auid=N ses=N msg='op=OPERATION NAME=VALUE … res=success'
    ///
    /// TRUSTED_APP (1121, libaudit.h) is the type that audit leaves to programs; every reader takes it for an event of one
    /// record. The prefix is what ausearch needs to search it by process, user and session.
    ///
    /// It does not count as an event.
    ///
    /// - Parameters:
    ///   - operation: what happened, in the letters of a field name.
    ///   - fields: values in order; those that would make the line longer than ``lineLimit`` are left out.
    ///   - identity: this process.
    ///   - succeeded: `res=success` or `res=failed`.
    ///   - realtime: now, nanoseconds since 1970.
    ///   - buffer: gets the record and is committed; on a false answer it is as before.
    /// - Returns: false when `buffer` has no room (an empty one grows). No serial is used up then.
    package mutating func formatStatus(
        _ operation: StaticString, _ fields: [StatusField], identity: ProcessIdentity, succeeded: Bool = true,
        realtime: UInt64, into buffer: inout RecordBuffer
    ) -> Bool {
        guard makeRoom(Self.lineLimit, in: &buffer) else { return false }
        var line = RecordLine(realtime: realtime, serial: nextSerial)
        beginLine("type=TRUSTED_APP ", line: &line, into: &buffer)
        buffer.append("pid=")
        buffer.appendDecimal(identity.pid)
        buffer.append(" uid=")
        buffer.appendDecimal(identity.uid)
        buffer.append(" auid=")
        buffer.appendDecimal(identity.auid)
        buffer.append(" ses=")
        buffer.appendDecimal(identity.ses)
        buffer.append(" msg='op=")
        buffer.append(operation)
        for field in fields where buffer.count - line.start + Self.size(of: field) < Self.lineLimit - 32 {
            buffer.append(UInt8(ascii: " "))
            buffer.append(field.name)
            buffer.append(UInt8(ascii: "="))
            switch field.value {
            case .number(let number): buffer.appendDecimal(number)
            // A single quote would end the message.
            case .text(let text) where text.contains(UInt8(ascii: "'")): buffer.appendUppercaseHex(text.span)
            case .text(let text): buffer.appendUntrusted(text.span)
            }
        }
        if succeeded { buffer.append(" res=success'") } else { buffer.append(" res=failed'") }
        if options.enriched { enrich(identity, line: line, into: &buffer) }
        endLine(&line, into: &buffer)
        guard buffer.commit(records: line.count, events: 0) else { return false }
        takeSerial()
        return true
    }

    /// Bytes that `field` takes at most.
    private static func size(of field: StatusField) -> Int {
        let value =
            switch field.value {
            case .number: 20
            case .text(let text): text.count * 2 + 2
            }
        return field.name.utf8CodeUnitCount + value + 2
    }
}
