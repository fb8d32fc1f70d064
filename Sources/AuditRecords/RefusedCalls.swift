// SPDX-License-Identifier: MIT
import AuditEvents
import AuditSyscalls
import CAuditWire
import Glibc

/// Calls that are refused before, or after, audit is told of what they name, where error and kind of call do not say which.
enum RefusedCalls {
    /// Numbers of one call in both tables; a number that no call has where there is none.
    private struct Numbers {
        let native, compat: UInt32

        init(_ name: String) {
            native = SyscallTable.number(of: name, abi: .native) ?? .max
            compat = SyscallTable.number(of: name, abi: .compat) ?? .max
        }

        func has(_ call: aw_syscall) -> Bool {
            // __AUDIT_ARCH_64BIT (linux/audit.h)
            call.nr == (call.arch & 0x8000_0000 != 0 ? native : compat)
        }
    }

    private static let semctl = Numbers("semctl")

    /// Whether a call on a System V object that failed with EINVAL has come to its permissions, where audit is told of it (`ipcperms()`,
    /// `ipcctl_obtain_check()`, ipc/util.c): semctl() on a semaphore that the set does not have (semctl_main(), ipc/sem.c), and new owners that
    /// are none (`ipc_update_perm()`). The object was there; that its number is of an earlier one is taken for rare.
    static func reachesPermissions(_ event: borrowing EventView, _ set: aw_ipc_set?) -> Bool {
        if let set { return set.uid == .max || set.gid == .max }
        let call = event.call
        let ipc64: UInt64 = 0x100
        switch call.args.2 & ~ipc64 {
        case 11, 12, 14, 15: return semctl.has(call)  // GETPID, GETVAL, GETNCNT, GETZCNT (linux/sem.h)
        default: return false
        }
    }
}
