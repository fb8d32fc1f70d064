// SPDX-License-Identifier: MIT
package import AuditEvents
internal import AuditSyscalls
package import CAuditWire

/// What the kernel programs decide with a ``MapImage``, in Swift: the reference that tests hold them and the image against.
package struct PrefilterModel: Sendable {
    /// What is known about a test, a clause or a call so far.
    private enum Answer {
        case no
        case perhaps
        case yes
    }

    package let image: MapImage

    package init(_ image: MapImage) {
        self.image = image
    }

    /// Whether the call is remembered at entry, where only arguments and process are known.
    package func acceptsEntry(_ event: borrowing EventView) -> Bool {
        accepts(event, atExit: false)
    }

    /// Whether the event is written to the ring: remembered at entry and not refused at exit.
    package func accepts(_ event: borrowing EventView) -> Bool {
        accepts(event, atExit: false) && accepts(event, atExit: true)
    }

    private func accepts(_ event: borrowing EventView, atExit: Bool) -> Bool {
        let call = event.call
        guard call.nr < UInt32(AS_SYSCALLS) else { return false }
        let abi: Int
        switch call.arch {
        case LibAudit.table(.native)?.arch: abi = Int(AS_ABI_NATIVE.rawValue)
        case LibAudit.table(.compat)?.arch: abi = Int(AS_ABI_COMPAT.rawValue)
        default: return false
        }
        let entry = image.index[abi * Int(AS_SYSCALLS) + Int(call.nr)]
        guard entry.flags & UInt16(AS_INDEX_ENTRY.rawValue) != 0 else { return false }
        if entry.flags & UInt16(AS_INDEX_UNCONDITIONAL.rawValue) != 0 { return true }
        for place in Int(entry.first)..<Int(entry.first) + Int(entry.count) {
            let clause = image.clauses[Int(image.list[place])]
            let answer = judge(clause, event, atExit: atExit)
            if clause.isNever ? answer == .yes : answer != .no { return !clause.isNever }
        }
        return false
    }

    private func judge(_ clause: as_clause, _ event: borrowing EventView, atExit: Bool) -> Answer {
        var answer: Answer = clause.isExact ? .yes : .perhaps
        for number in 0..<Int(clause.count) {
            let test = clause.test(number)
            guard let left = value(of: test.field, event, atExit: atExit) else {
                answer = .perhaps
                continue
            }
            guard let op = RuleOperator(rawValue: test.op) else { return .perhaps }
            if !op.compare(left, test.operand) { return .no }
        }
        return answer
    }

    /// The field's value, or nil while it is unknown.
    private func value(of field: UInt8, _ event: borrowing EventView, atExit: Bool) -> UInt32? {
        let call = event.call
        switch as_field(UInt32(field)) {
        case AS_FIELD_A0: return UInt32(truncatingIfNeeded: call.args.0)
        case AS_FIELD_A1: return UInt32(truncatingIfNeeded: call.args.1)
        case AS_FIELD_A2: return UInt32(truncatingIfNeeded: call.args.2)
        case AS_FIELD_A3: return UInt32(truncatingIfNeeded: call.args.3)
        case AS_FIELD_PID: return call.pid
        default: break
        }
        guard atExit else { return nil }
        switch as_field(UInt32(field)) {
        case AS_FIELD_PPID: return call.ppid
        case AS_FIELD_EXIT: return event.hasReturned ? UInt32(truncatingIfNeeded: call.ret) : nil
        case AS_FIELD_SUCCESS: return event.hasReturned ? (event.succeeded ? 1 : 0) : nil
        case AS_FIELD_PERS: return call.personality
        case AS_FIELD_AUID: return call.auid
        case AS_FIELD_SES: return call.ses
        case AS_FIELD_UID: return call.uid
        case AS_FIELD_EUID: return call.euid
        case AS_FIELD_SUID: return call.suid
        case AS_FIELD_FSUID: return call.fsuid
        case AS_FIELD_GID: return call.gid
        case AS_FIELD_EGID: return call.egid
        case AS_FIELD_SGID: return call.sgid
        case AS_FIELD_FSGID: return call.fsgid
        default: return nil
        }
    }
}

extension as_clause {
    /// Test `number` of `AS_TESTS_MAX`.
    package func test(_ number: Int) -> as_test {
        switch number {
        case 0: tests.0
        case 1: tests.1
        case 2: tests.2
        case 3: tests.3
        case 4: tests.4
        case 5: tests.5
        default: tests.6
        }
    }
}
