// SPDX-License-Identifier: MIT
package import CAuditWire

/// What a path argument is to its call: decides the record's `nametype=` when the kernel's own answer is not at hand.
package enum PathUse: UInt8, Sendable {
    /// Looked up: NORMAL.
    case lookup
    /// Made by the call: CREATE.
    case create
    /// Removed by the call: DELETE.
    case delete
    /// Only read as text (the target of symlink): UNKNOWN, as audit leaves every name that no look-up touched.
    case text
    /// Looked up, unless it is empty: the kernel does not even read an empty name then (`getname_maybe_null()`, 6.11).
    case lookupUnlessEmpty
    /// A mount point about to be left: looked up, but its capabilities are not read (`AUDIT_INODE_NOEVAL`).
    case mountPoint
    /// What to mount: a path only for MS_BIND and MS_MOVE (mount(2)).
    case mountSource
    /// The device of quotactl(), whose command is looked at before: looked up.
    case quota
    /// Opened, and made when that was asked for: audit's own answer comes with the descriptor.
    case open
    /// Opened for writing, and made when it is not there: creat(2), which has no flags.
    case creat
    /// Executed.
    case program
    /// A message queue that is opened or made: audit hides the directory that they are all in (`audit_inode_parent_hidden()`).
    case queue
    /// A message queue that is removed.
    case queueRemoval
    /// Looked up after the other arguments and the descriptor have been found good (inotify_add_watch(2), fanotify_mark(2)).
    case lookupAfterChecks
}

/// What the arguments of a system call mean, beyond being numbers.
package struct SyscallShape: Sendable {
    /// The call's name in the audit tables.
    package let name: String
    /// Path arguments and what they are for.
    package var paths: [(argument: Int, use: PathUse)] = []
    /// Whether and how a socket address is passed, and the argument it begins with.
    package var address: (kind: ash_address, argument: Int)?
    /// What the path in a unix socket's address is for.
    package var socketUse = PathUse.lookup
    /// A descriptor argument of a file that audit describes (`audit_file()` in the kernel).
    package var descriptor: Int?
    /// Argument that receives two descriptors.
    package var pair: Int?
    /// What it brings along for a record of its own.
    package var special = ASH_SPECIAL_NONE
    /// The remaining traits.
    package var flags: UInt16 = 0
    /// Hooks (`ash_hooks`) that it needs beyond those that follow from the above.
    private var moreHooks: UInt32 = 0

    init(_ name: String) { self.name = name }

    func path(_ argument: Int, _ use: PathUse = .lookup) -> SyscallShape {
        var copy = self
        copy.paths.append((argument, use))
        return copy
    }

    func address(_ kind: ash_address, _ argument: Int = 1) -> SyscallShape {
        var copy = self
        copy.address = (kind, argument)
        return copy
    }

    func creatingSocket() -> SyscallShape {
        var copy = self
        copy.socketUse = .create
        return copy
    }

    func descriptor(_ argument: Int) -> SyscallShape {
        var copy = self
        copy.descriptor = argument
        return copy
    }

    func pair(_ argument: Int) -> SyscallShape {
        var copy = self
        copy.pair = argument
        return copy
    }

    func special(_ special: ash_special) -> SyscallShape {
        var copy = self
        copy.special = special
        return copy
    }

    func flag(_ flag: ash_flags) -> SyscallShape {
        var copy = self
        copy.flags |= UInt16(flag.rawValue)
        return copy
    }

    func hooks(_ hooks: ash_hooks...) -> SyscallShape {
        var copy = self
        for hook in hooks { copy.moreHooks |= hook.rawValue }
        return copy
    }

    /// The path hooks without which the kernel's audit knows more of the call than its event.
    private var hooks: UInt32 {
        var hooks = moreHooks
        for path in paths {
            switch path.use {
            case .lookup, .lookupUnlessEmpty, .lookupAfterChecks, .mountPoint, .mountSource, .quota: hooks |= ASH_HOOK_LOOK.rawValue
            case .create, .delete, .queue, .queueRemoval: hooks |= ASH_HOOK_CHANGE.rawValue
            case .open, .creat, .program: hooks |= ASH_HOOK_OPEN.rawValue
            case .text: break
            }
        }
        // To change an open file, an overlay file system makes a copy of it first.
        if descriptor != nil { hooks |= ASH_HOOK_LOOK.rawValue }
        if let address, address.kind == ASH_ADDRESS_IN || address.kind == ASH_ADDRESS_MSG_IN {
            hooks |= socketUse == .create ? ASH_HOOK_CHANGE.rawValue : ASH_HOOK_LOOK.rawValue
        }
        switch special {
        case ASH_SPECIAL_SIGNAL_PROCESS, ASH_SPECIAL_SIGNAL_THREAD, ASH_SPECIAL_SIGNAL_THREAD_OF,
            ASH_SPECIAL_SIGNAL_DESCRIPTOR:
            hooks |= ASH_HOOK_SIGNAL.rawValue
        default: break
        }
        return hooks
    }

    /// The form that the kernel programs read.
    package var wire: ash_shape {
        var flags = flags | UInt16(hooks << ASH_HOOKS_SHIFT.rawValue)
        // audit keeps the working directory with the first name it collects (audit_alloc_name(), kernel/auditsc.c).
        if !paths.isEmpty || descriptor != nil { flags |= UInt16(ASH_CWD.rawValue) }
        if pair != nil { flags |= UInt16(ASH_FD_PAIR.rawValue) }
        let none = UInt8(ASH_NO_ARGUMENT)
        return ash_shape(
            flags: flags,
            paths: paths.reduce(0) { $0 | 1 << UInt8($1.argument) },
            address: UInt8(address?.kind.rawValue ?? ASH_ADDRESS_NONE.rawValue),
            address_arg: address.map { UInt8($0.argument) } ?? none,
            fd_arg: descriptor.map { UInt8($0) } ?? none,
            pair_arg: pair.map { UInt8($0) } ?? none,
            special: UInt8(special.rawValue))
    }
}

/// The shapes of all calls that take more than numbers.
package enum SyscallShapes {
    /// One array for the kernel: slot `abi * AS_SYSCALLS + number`.
    package static func wireTable() -> [ash_shape] {
        var table = [ash_shape](repeating: SyscallShape("").wire, count: Int(AS_ABIS.rawValue) * Int(AS_SYSCALLS))
        forEach { abi, number, shape in table[slot(abi, number)] = shape.wire }
        return table
    }

    /// Which arguments are paths, and for what: index `(abi * AS_SYSCALLS + number) * 6 + argument`, value
    /// ``PathUse``'s raw value.
    package static func pathUses() -> [UInt8] {
        var uses = [UInt8](repeating: PathUse.lookup.rawValue, count: Int(AS_ABIS.rawValue) * Int(AS_SYSCALLS) * 6)
        forEach { abi, number, shape in
            for path in shape.paths { uses[slot(abi, number) * 6 + path.argument] = path.use.rawValue }
            if let address = shape.address { uses[slot(abi, number) * 6 + address.argument] = shape.socketUse.rawValue }
        }
        return uses
    }

    private static func slot(_ abi: SyscallABI, _ number: UInt32) -> Int {
        Int(abi.rawValue) * Int(AS_SYSCALLS) + Int(number)
    }

    private static func forEach(_ body: (SyscallABI, UInt32, SyscallShape) -> Void) {
        for abi in SyscallABI.allCases {
            for shape in all {
                // i386's mmap takes one pointer to all its arguments; only mmap2 passes them.
                if abi == .compat, shape.name == "mmap" {
                    let old = SyscallShape("mmap").special(ASH_SPECIAL_OLD_MMAP)
                    if let number = SyscallTable.number(of: "mmap", abi: abi) { body(abi, number, old) }
                    continue
                }
                // The 64-bit mask takes two arguments of a 32-bit caller (compat_sys_fanotify_mark(), fanotify_user.c).
                let shape = abi == .compat && shape.name == "fanotify_mark" ? SyscallShape(shape.name).path(5) : shape
                guard let number = SyscallTable.number(of: shape.name, abi: abi), number < UInt32(AS_SYSCALLS) else {
                    continue
                }
                body(abi, number, shape)
            }
        }
    }

    /// Sources: the SYSCALL_DEFINE of each call for its arguments; `getname()` and its callers for which of them are
    /// names to audit, `audit_file()`, `audit_sockaddr()`, `audit_fd_pair()`, `audit_mmap_fd()` for the rest (Linux 6.12).
    package static let all: [SyscallShape] =
        opening + looking + making + removing + moving + sockets + descriptors + queues + signals + others

    private static let opening: [SyscallShape] = [
        SyscallShape("open").path(0, .open).flag(ASH_RESULT_FD),
        SyscallShape("openat").path(1, .open).flag(ASH_RESULT_FD),
        SyscallShape("openat2").path(1, .open).flag(ASH_RESULT_FD).special(ASH_SPECIAL_OPENAT2),
        SyscallShape("creat").path(0, .creat).flag(ASH_RESULT_FD),
        SyscallShape("execve").path(0, .program).flag(ASH_EXEC).special(ASH_SPECIAL_EXEC),
        SyscallShape("execveat").path(1, .program).flag(ASH_EXEC).special(ASH_SPECIAL_EXEC),
        SyscallShape("mq_open").path(0, .queue).flag(ASH_RESULT_FD).special(ASH_SPECIAL_MQ_OPEN),
    ]

    private static let looking: [SyscallShape] =
        [
            "stat", "lstat", "stat64", "lstat64", "oldstat", "oldlstat", "access", "truncate", "truncate64", "chmod",
            "chown", "lchown", "chown32", "lchown32", "utime", "utimes", "statfs", "statfs64", "readlink", "setxattr", "lsetxattr",
            "getxattr",
            "lgetxattr", "listxattr", "llistxattr", "removexattr", "lremovexattr",
        ].map { SyscallShape($0).path(0) }
        + [
            "faccessat", "faccessat2", "readlinkat", "fchmodat", "fchmodat2", "fchownat",
            "utimensat", "utimensat_time64", "futimesat", "name_to_handle_at",
            "file_getattr", "file_setattr", "open_tree",
            "open_tree_attr", "fspick", "mount_setattr",
        ].map { SyscallShape($0).path(1) }
        + ["newfstatat", "fstatat64", "statx", "setxattrat", "getxattrat", "listxattrat", "removexattrat"].map {
            SyscallShape($0).path(1, .lookupUnlessEmpty)
        }
        + [
            SyscallShape("quotactl").path(1, .quota), SyscallShape("inotify_add_watch").path(1, .lookupAfterChecks),
            SyscallShape("fanotify_mark").path(4, .lookupAfterChecks),
        ]
        // These open what they are given (file_open_name(), fs/open.c).
        + ["uselib", "acct", "swapon", "swapoff"].map { SyscallShape($0).path(0).hooks(ASH_HOOK_OPEN) }

    private static let making: [SyscallShape] = [
        SyscallShape("mkdir").path(0, .create),
        SyscallShape("mkdirat").path(1, .create),
        SyscallShape("mknod").path(0, .create),
        SyscallShape("mknodat").path(1, .create),
        SyscallShape("link").path(0).path(1, .create),
        SyscallShape("linkat").path(1).path(3, .create),
        SyscallShape("symlink").path(0, .text).path(1, .create),
        SyscallShape("symlinkat").path(0, .text).path(2, .create),
    ]

    private static let removing: [SyscallShape] = [
        SyscallShape("rmdir").path(0, .delete),
        SyscallShape("unlink").path(0, .delete),
        SyscallShape("unlinkat").path(1, .delete),
        SyscallShape("mq_unlink").path(0, .queueRemoval),
    ]

    private static let moving: [SyscallShape] = [
        SyscallShape("rename").path(0, .delete).path(1, .create),
        SyscallShape("renameat").path(1, .delete).path(3, .create),
        SyscallShape("renameat2").path(1, .delete).path(3, .create),
        SyscallShape("chdir").path(0).flag(ASH_MOVES),
        SyscallShape("chroot").path(0),
        SyscallShape("pivot_root").path(0).path(1),
        SyscallShape("move_mount").path(1).path(3),
        SyscallShape("mount").path(0, .mountSource).path(1),
        SyscallShape("umount").path(0, .mountPoint),
        SyscallShape("umount2").path(0, .mountPoint),
    ]

    private static let sockets: [SyscallShape] = [
        SyscallShape("bind").address(ASH_ADDRESS_IN).creatingSocket(),
        SyscallShape("connect").address(ASH_ADDRESS_IN).flag(ASH_ADDRESS_FIRST),
        SyscallShape("sendto").address(ASH_ADDRESS_IN, 4),
        SyscallShape("accept").address(ASH_ADDRESS_OUT),
        SyscallShape("accept4").address(ASH_ADDRESS_OUT),
        SyscallShape("getsockname").address(ASH_ADDRESS_OUT),
        SyscallShape("getpeername").address(ASH_ADDRESS_OUT),
        SyscallShape("recvfrom").address(ASH_ADDRESS_OUT, 4),
        SyscallShape("sendmsg").address(ASH_ADDRESS_MSG_IN),
        SyscallShape("recvmsg").address(ASH_ADDRESS_MSG_OUT),
        SyscallShape("socketpair").pair(3),
    ]

    private static let descriptors: [SyscallShape] =
        [
            "fchmod", "fchown", "fchown32", "fsetxattr", "fgetxattr", "flistxattr", "fremovexattr",
        ].map { SyscallShape($0).descriptor(0) }
        + [
            SyscallShape("pipe").pair(0),
            SyscallShape("pipe2").pair(0),
            SyscallShape("mmap").flag(ASH_MMAP),
            SyscallShape("mmap2").flag(ASH_MMAP),
        ]

    private static let queues: [SyscallShape] = [
        SyscallShape("mq_timedsend").descriptor(0).special(ASH_SPECIAL_MQ_SEND),
        SyscallShape("mq_timedreceive").descriptor(0).special(ASH_SPECIAL_MQ_RECEIVE),
        SyscallShape("mq_timedsend_time64").descriptor(0).special(ASH_SPECIAL_MQ_SEND_64),
        SyscallShape("mq_timedreceive_time64").descriptor(0).special(ASH_SPECIAL_MQ_RECEIVE_64),
        SyscallShape("mq_notify").special(ASH_SPECIAL_MQ_NOTIFY),
        SyscallShape("mq_getsetattr").special(ASH_SPECIAL_MQ_GETSETATTR),
        SyscallShape("semop").special(ASH_SPECIAL_SEM),
        SyscallShape("semtimedop").special(ASH_SPECIAL_SEM),
        SyscallShape("semtimedop_time64").special(ASH_SPECIAL_SEM),
        SyscallShape("semctl").special(ASH_SPECIAL_SEM_CONTROL),
        SyscallShape("msgsnd").special(ASH_SPECIAL_MSG),
        SyscallShape("msgrcv").special(ASH_SPECIAL_MSG),
        SyscallShape("msgctl").special(ASH_SPECIAL_MSG_CONTROL),
        SyscallShape("shmat").special(ASH_SPECIAL_SHM),
        SyscallShape("shmctl").special(ASH_SPECIAL_SHM_CONTROL),
    ]

    private static let signals: [SyscallShape] = [
        SyscallShape("kill").special(ASH_SPECIAL_SIGNAL_PROCESS),
        SyscallShape("tkill").special(ASH_SPECIAL_SIGNAL_THREAD),
        SyscallShape("rt_sigqueueinfo").special(ASH_SPECIAL_SIGNAL_THREAD),
        SyscallShape("tgkill").special(ASH_SPECIAL_SIGNAL_THREAD_OF),
        SyscallShape("rt_tgsigqueueinfo").special(ASH_SPECIAL_SIGNAL_THREAD_OF),
        SyscallShape("pidfd_send_signal").special(ASH_SPECIAL_SIGNAL_DESCRIPTOR),
        SyscallShape("ptrace").special(ASH_SPECIAL_PTRACE),
    ]

    private static let others: [SyscallShape] = [
        SyscallShape("capset").special(ASH_SPECIAL_CAPSET),
        SyscallShape("exit").special(ASH_SPECIAL_EXIT),
        SyscallShape("exit_group").special(ASH_SPECIAL_EXIT),
        SyscallShape("delete_module").special(ASH_SPECIAL_DELETE_MODULE),
        // These name files in structures of theirs.
        SyscallShape("bpf").special(ASH_SPECIAL_BPF).hooks(ASH_HOOK_LOOK, ASH_HOOK_CHANGE),
        SyscallShape("fsconfig").hooks(ASH_HOOK_LOOK),
        SyscallShape("socketcall").special(ASH_SPECIAL_SOCKETCALL).hooks(ASH_HOOK_LOOK, ASH_HOOK_CHANGE),
        SyscallShape("ipc").special(ASH_SPECIAL_IPC),
        SyscallShape("adjtimex").special(ASH_SPECIAL_ADJTIMEX),
        SyscallShape("clock_adjtime").special(ASH_SPECIAL_CLOCK_ADJTIME),
        SyscallShape("clock_adjtime64").special(ASH_SPECIAL_CLOCK_ADJTIME),
        SyscallShape("settimeofday").special(ASH_SPECIAL_CLOCK_SET),
        SyscallShape("clock_settime").special(ASH_SPECIAL_CLOCK_SET),
        SyscallShape("clock_settime64").special(ASH_SPECIAL_CLOCK_SET),
        SyscallShape("stime").special(ASH_SPECIAL_CLOCK_SET),
    ]
}
