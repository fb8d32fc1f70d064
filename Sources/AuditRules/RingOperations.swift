// SPDX-License-Identifier: MIT

/// The operations of io_uring that can be audited, as -S names them on the list `io_uring`: `enum io_uring_op` of linux/io_uring.h without
/// those that io_uring/opdef.c marks with `audit_skip`.
enum RingOperations {
    private static let names: [(number: Int, name: String)] = [
        (9, "sendmsg"), (10, "recvmsg"), (13, "accept"), (16, "connect"), (17, "fallocate"), (18, "openat"), (19, "close"),
        (28, "openat2"), (34, "shutdown"), (35, "renameat"), (36, "unlinkat"), (37, "mkdirat"), (38, "symlinkat"), (39, "linkat"),
        (40, "msg_ring"), (41, "fsetxattr"), (42, "setxattr"), (43, "fgetxattr"), (44, "getxattr"), (46, "uring_cmd"),
        (48, "sendmsg_zc"), (50, "waitid"), (51, "futex_wait"), (52, "futex_wake"), (53, "futex_waitv"), (54, "fixed_fd_install"),
        (55, "ftruncate"), (56, "bind"), (57, "listen"), (64, "uring_cmd128"),
    ]

    static func name(_ number: Int) -> String? { names.first { $0.number == number }?.name }

    /// The operations that a word of -S means: a name, `all`, or a number; nil when it is none.
    static func mask(_ word: [UInt8]) -> SyscallMask? {
        var mask = SyscallMask()
        if word.elementsEqual("all".utf8) {
            for operation in names { mask.insert(operation.number) }
            return mask
        }
        let found = names.first { $0.name.utf8.elementsEqual(word) }?.number
        guard let number = found ?? (word.first?.isDigit == true ? RuleNumber.leading(word).flatMap { Int(exactly: $0) } : nil),
            number < SyscallMask.classes
        else { return nil }
        mask.insert(number)
        return mask
    }
}
