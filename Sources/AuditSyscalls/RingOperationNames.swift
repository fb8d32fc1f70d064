// SPDX-License-Identifier: MIT

/// The operations of io_uring that the kernel's audit has records for: `enum io_uring_op` of linux/io_uring.h without those that the kernel
/// marks with `audit_skip` (fs/io_uring.c in 5.16, io_uring/opdef.c from 6.0 on). Which these are the kernel does not tell.
package enum RingOperationNames {
    /// By number, with the names that -S takes.
    package static let names: [(number: Int, name: StaticString)] = (0..<128).compactMap { number in
        name(UInt32(number)).map { (number, $0) }
    }

    /// Without a name there: recv_zc (6.15) and pipe (6.16).
    private static let nameless = [58, 62]

    /// All of them, as of 7.0. madvise (25), which 5.16 has a record for, is not here.
    package static let audited: [Int] = (names.map(\.number) + nameless).sorted()

    /// The name of operation `number` in audit's lib/uringop_table.h (4.2), or nil. Asked for every enriched record, so nothing is looked through.
    package static func name(_ number: UInt32) -> StaticString? {
        switch number {
        case 9: "sendmsg"
        case 10: "recvmsg"
        case 13: "accept"
        case 16: "connect"
        case 17: "fallocate"
        case 18: "openat"
        case 19: "close"
        case 28: "openat2"
        case 34: "shutdown"
        case 35: "renameat"
        case 36: "unlinkat"
        case 37: "mkdirat"
        case 38: "symlinkat"
        case 39: "linkat"
        case 40: "msg_ring"
        case 41: "fsetxattr"
        case 42: "setxattr"
        case 43: "fgetxattr"
        case 44: "getxattr"
        case 46: "uring_cmd"
        case 48: "sendmsg_zc"
        case 50: "waitid"
        case 51: "futex_wait"
        case 52: "futex_wake"
        case 53: "futex_waitv"
        case 54: "fixed_fd_install"
        case 55: "ftruncate"
        case 56: "bind"
        case 57: "listen"
        case 64: "uring_cmd128"
        default: nil
        }
    }
}
