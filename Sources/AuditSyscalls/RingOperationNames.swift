// SPDX-License-Identifier: MIT

/// The operations of io_uring that the kernel's audit has records for: `enum io_uring_op` of linux/io_uring.h without those that the kernel
/// marks with `audit_skip` (fs/io_uring.c in 5.16, io_uring/opdef.c from 6.0 on). Which these are the kernel does not tell.
package enum RingOperationNames {
    /// By number, with the names of audit's lib/uringop_table.h (4.2), which are those that -S takes.
    package static let names: [(number: Int, name: StaticString)] = [
        (9, "sendmsg"), (10, "recvmsg"), (13, "accept"), (16, "connect"), (17, "fallocate"), (18, "openat"), (19, "close"),
        (28, "openat2"), (34, "shutdown"), (35, "renameat"), (36, "unlinkat"), (37, "mkdirat"), (38, "symlinkat"), (39, "linkat"),
        (40, "msg_ring"), (41, "fsetxattr"), (42, "setxattr"), (43, "fgetxattr"), (44, "getxattr"), (46, "uring_cmd"),
        (48, "sendmsg_zc"), (50, "waitid"), (51, "futex_wait"), (52, "futex_wake"), (53, "futex_waitv"), (54, "fixed_fd_install"),
        (55, "ftruncate"), (56, "bind"), (57, "listen"), (64, "uring_cmd128"),
    ]

    /// Without a name there: recv_zc (6.15) and pipe (6.16).
    private static let nameless = [58, 62]

    /// All of them, as of 7.0. madvise (25), which 5.16 to 6.2 have a record for unless a later stable update took it away, is not here.
    package static let audited: [Int] = (names.map(\.number) + nameless).sorted()

    /// The name of operation `number`, or nil.
    package static func name(_ number: UInt32) -> StaticString? {
        // A span, because the array's own iterator takes memory for each step where it is not specialized.
        let list = names.span
        for position in list.indices where list[position].number == Int(number) { return list[position].name }
        return nil
    }
}
