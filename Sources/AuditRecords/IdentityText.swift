// SPDX-License-Identifier: MIT
import AuditBytes
import CAuditWire

/// The users and groups of the call that was written last, and what a SYSCALL record says of them: calls of one user come in a row, and these nine numbers are
/// a tenth of what an event's text takes.
struct IdentityText: ~Copyable {
    private var call = aw_syscall()
    /// Nine names and nine numbers of ten digits at most: 139 bytes.
    private var text = RecordBuffer(capacity: 160)

    init() { write() }

    /// ` auid=… fsgid=…` of `call`: `audit_log_task_info()`.
    mutating func append(_ call: aw_syscall, into buffer: inout RecordBuffer) {
        if !isOf(call) {
            self.call = call
            write()
        }
        buffer.append(text.bytes)
    }

    private func isOf(_ other: aw_syscall) -> Bool {
        call.uid == other.uid && call.gid == other.gid && call.auid == other.auid && call.euid == other.euid && call.suid == other.suid
            && call.fsuid == other.fsuid && call.egid == other.egid && call.sgid == other.sgid && call.fsgid == other.fsgid
    }

    private mutating func write() {
        text.removeAll()
        text.append(" auid=")
        text.appendDecimal(call.auid)
        text.append(" uid=")
        text.appendDecimal(call.uid)
        text.append(" gid=")
        text.appendDecimal(call.gid)
        text.append(" euid=")
        text.appendDecimal(call.euid)
        text.append(" suid=")
        text.appendDecimal(call.suid)
        text.append(" fsuid=")
        text.appendDecimal(call.fsuid)
        text.append(" egid=")
        text.appendDecimal(call.egid)
        text.append(" sgid=")
        text.appendDecimal(call.sgid)
        text.append(" fsgid=")
        text.appendDecimal(call.fsgid)
    }
}
