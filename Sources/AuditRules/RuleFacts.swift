// SPDX-License-Identifier: MIT
internal import AuditEvents
internal import CAuditWire

/// What rules look at, of one event.
struct RuleFacts: ~Escapable {
    let call: aw_syscall
    /// `AUDITSC_*`; 0 when the call did not return.
    let returnState: UInt32
    /// Address family, or nil when the call had no socket address.
    let family: UInt32?
    /// Supplementary groups, `__u32` each; empty when the event has none, or could not get them.
    let groups: RawSpan

    /// Takes the facts of `event`.
    ///
    /// - Parameters:
    ///   - groups, family: whether these will be asked for; looking for sections costs a walk.
    @_lifetime(copy event)
    init(_ event: borrowing EventView, groups: Bool, family: Bool) {
        call = event.call
        returnState =
            event.hasReturned ? (event.succeeded ? ReturnState.success : ReturnState.failure) : 0
        if family, let address = event.section(.socketAddress) {
            let reader = WireReader(address.bytes)
            // Of an address of one byte the kernel looks at two, of which the second is what its buffer held.
            self.family =
                (try? reader.load(at: 0, as: UInt16.self)).map(UInt32.init) ?? (try? reader.load(at: 0, as: UInt8.self)).map(UInt32.init)
        } else {
            self.family = nil
        }
        if groups, let section = event.section(.groups) {
            self.groups = section.bytes
        } else {
            self.groups = RawSpan()
        }
    }

    /// Whether `group` is a supplementary group of the caller (kernel: `groups_search()`).
    func isMember(of group: UInt32) -> Bool {
        let reader = WireReader(groups)
        var offset = 0
        while let member = try? reader.load(at: offset, as: UInt32.self) {
            if member == group { return true }
            offset += 4
        }
        return false
    }

    /// Whether `test` holds: kernel/auditsc.c, `audit_filter_rules()`.
    func satisfies(_ test: CompiledTest) -> Bool {
        let left: UInt32
        switch test.fact {
        case .a0: left = UInt32(truncatingIfNeeded: call.args.0)
        case .a1: left = UInt32(truncatingIfNeeded: call.args.1)
        case .a2: left = UInt32(truncatingIfNeeded: call.args.2)
        case .a3: left = UInt32(truncatingIfNeeded: call.args.3)
        case .pid: left = call.pid
        case .ppid: left = call.ppid
        case .exit:
            guard returnState != 0 else { return false }
            left = UInt32(truncatingIfNeeded: call.ret)
        case .success:
            guard returnState != 0 else { return false }
            left = returnState
        case .pers: left = call.personality
        case .auid: left = call.auid
        case .ses: left = call.ses
        case .uid: left = call.uid
        case .euid: left = call.euid
        case .suid: left = call.suid
        case .fsuid: left = call.fsuid
        case .gid: return group(call.gid, satisfies: test)
        case .egid: return group(call.egid, satisfies: test)
        case .sgid: left = call.sgid
        case .fsgid: left = call.fsgid
        case .saddrFamily:
            guard let family else { return false }
            left = family
        default: return false
        }
        return test.op.compare(left, test.operand)
    }

    /// The comparison of gid and egid: = and != mean the supplementary groups as well, the others do not.
    private func group(_ own: UInt32, satisfies test: CompiledTest) -> Bool {
        switch test.op {
        case .equal: own == test.operand || isMember(of: test.operand)
        case .notEqual: own != test.operand && !isMember(of: test.operand)
        default: test.op.compare(own, test.operand)
        }
    }
}
