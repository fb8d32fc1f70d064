// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEnrichment
import AuditSyscalls
import CAuditWire

/// What auditd adds to a record with `log_format = ENRICHED`: behind the byte 0x1D the interpretation of its numbers, names in
/// capitals, in the order of the record's fields (`format_enrich()`, src/auditd-event.c, 3.0.9).
///
/// An addition that would make the line longer than ``lineLimit`` is left out, as auditd does.
extension RecordFormatter {
    /// Takes back the addition begun at `mark` when the line is too long with it.
    private func keepShort(_ line: RecordLine, mark: Int, in buffer: inout RecordBuffer) {
        if buffer.count - line.start >= Self.lineLimit { buffer.truncate(to: mark) }
    }

    /// SYSCALL: architecture, call, users and groups.
    mutating func enrich(_ call: aw_syscall, line: RecordLine, into buffer: inout RecordBuffer) {
        let mark = buffer.count
        let now = line.realtime
        buffer.append("\u{1d}ARCH=")
        appendArch(call.arch, into: &buffer)
        buffer.append(" SYSCALL=")
        if let range = callNames.range(arch: call.arch, number: call.nr) {
            buffer.append(callNames.text.span.extracting(range))
        } else {
            buffer.append("unknown-syscall(")
            buffer.appendDecimal(Int32(bitPattern: call.nr))
            buffer.append(")")
        }
        buffer.append(" AUID=")
        accounts.appendUser(call.auid, now: now, into: &buffer)
        appendIdentities(call, now: now, into: &buffer)
        keepShort(line, mark: mark, in: &buffer)
    }

    /// URINGOP: operation, users and groups, as auditd 4 does where it is built to know operations (WITH_IO_URING).
    mutating func enrichOperation(_ operation: UInt32, _ call: aw_syscall, line: RecordLine, into buffer: inout RecordBuffer) {
        let mark = buffer.count
        let now = line.realtime
        buffer.append("\u{1d}URING_OP=")
        if let name = RingOperationNames.name(operation) {
            buffer.append(name)
        } else {
            buffer.append("unknown-syscall(")
            buffer.appendDecimal(operation)
            buffer.append(")")
        }
        appendIdentities(call, now: now, into: &buffer)
        keepShort(line, mark: mark, in: &buffer)
    }

    private mutating func appendIdentities(_ call: aw_syscall, now: UInt64, into buffer: inout RecordBuffer) {
        buffer.append(" UID=")
        accounts.appendUser(call.uid, now: now, into: &buffer)
        buffer.append(" GID=")
        accounts.appendGroup(call.gid, now: now, into: &buffer)
        buffer.append(" EUID=")
        accounts.appendUser(call.euid, now: now, into: &buffer)
        buffer.append(" SUID=")
        accounts.appendUser(call.suid, now: now, into: &buffer)
        buffer.append(" FSUID=")
        accounts.appendUser(call.fsuid, now: now, into: &buffer)
        buffer.append(" EGID=")
        accounts.appendGroup(call.egid, now: now, into: &buffer)
        buffer.append(" SGID=")
        accounts.appendGroup(call.sgid, now: now, into: &buffer)
        buffer.append(" FSGID=")
        accounts.appendGroup(call.fsgid, now: now, into: &buffer)
    }

    private func appendArch(_ arch: UInt32, into buffer: inout RecordBuffer) {
        switch arch {
        case 0xc000_003e: buffer.append("x86_64")
        case 0x4000_0003: buffer.append("i386")
        case 0xc000_00b7: buffer.append("aarch64")
        case 0x4000_0028: buffer.append("arm")
        default:
            buffer.append("unknown-elf-type(")
            buffer.appendHex(UInt64(arch))
            buffer.append(")")
        }
    }

    /// PATH, IPC and IPC_SET_PERM: the owner.
    mutating func enrichOwner(_ user: UInt32, _ group: UInt32, line: RecordLine, into buffer: inout RecordBuffer) {
        let mark = buffer.count
        buffer.append("\u{1d}OUID=")
        accounts.appendUser(user, now: line.realtime, into: &buffer)
        buffer.append(" OGID=")
        accounts.appendGroup(group, now: line.realtime, into: &buffer)
        keepShort(line, mark: mark, in: &buffer)
    }

    /// OBJ_PID: the users of the other process.
    mutating func enrich(_ target: aw_target, line: RecordLine, into buffer: inout RecordBuffer) {
        let mark = buffer.count
        buffer.append("\u{1d}OAUID=")
        accounts.appendUser(target.auid, now: line.realtime, into: &buffer)
        buffer.append(" OUID=")
        accounts.appendUser(target.uid, now: line.realtime, into: &buffer)
        keepShort(line, mark: mark, in: &buffer)
    }

    /// SOCKADDR: the address.
    func enrich(_ address: RawSpan, line: RecordLine, into buffer: inout RecordBuffer) {
        let mark = buffer.count
        buffer.append("\u{1d}SADDR=")
        SocketAddressText.append(address, into: &buffer)
        keepShort(line, mark: mark, in: &buffer)
    }

    /// A record about this program: who it is.
    mutating func enrich(_ identity: ProcessIdentity, line: RecordLine, into buffer: inout RecordBuffer) {
        let mark = buffer.count
        buffer.append("\u{1d}UID=")
        accounts.appendUser(identity.uid, now: line.realtime, into: &buffer)
        buffer.append(" AUID=")
        accounts.appendUser(identity.auid, now: line.realtime, into: &buffer)
        keepShort(line, mark: mark, in: &buffer)
    }
}
