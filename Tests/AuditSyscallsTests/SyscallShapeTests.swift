// SPDX-License-Identifier: MIT
import AuditSyscalls
import CAuditWire
import Testing

/// What arguments mean, against the manual pages (section 2, SYNOPSIS).
@Suite struct SyscallShapeTests {
    /// Calls and the arguments that are `const char *` path names there.
    static let manual: [(String, [Int])] = [
        ("open", [0]), ("openat", [1]), ("openat2", [1]), ("creat", [0]), ("stat", [0]), ("lstat", [0]), ("newfstatat", [1]),
        ("statx", [1]), ("access", [0]), ("faccessat", [1]), ("faccessat2", [1]), ("chmod", [0]), ("fchmodat", [1]),
        ("chown", [0]), ("lchown", [0]), ("fchownat", [1]), ("truncate", [0]), ("statfs", [0]), ("readlink", [0]),
        ("readlinkat", [1]), ("utime", [0]), ("utimes", [0]), ("utimensat", [1]), ("futimesat", [1]), ("mkdir", [0]),
        ("mkdirat", [1]), ("mknod", [0]), ("mknodat", [1]), ("rmdir", [0]), ("unlink", [0]), ("unlinkat", [1]), ("link", [0, 1]),
        ("linkat", [1, 3]), ("symlink", [0, 1]), ("symlinkat", [0, 2]), ("rename", [0, 1]), ("renameat", [1, 3]),
        ("renameat2", [1, 3]), ("chdir", [0]), ("chroot", [0]), ("pivot_root", [0, 1]), ("execve", [0]), ("execveat", [1]),
        ("swapon", [0]), ("swapoff", [0]), ("acct", [0]), ("umount2", [0]), ("setxattr", [0]), ("lgetxattr", [0]),
        ("inotify_add_watch", [1]), ("name_to_handle_at", [1]), ("mq_open", [0]), ("mq_unlink", [0]),
        // Calls with pointers, descriptors or numbers only: none.
        ("read", []), ("write", []), ("close", []), ("fstat", []), ("getcwd", []), ("ftruncate", []), ("fchdir", []),
        ("memfd_create", []), ("kill", []), ("mprotect", []), ("open_by_handle_at", []), ("getdents64", []),
    ]

    static func shape(_ name: String, _ abi: SyscallABI) -> ash_shape? {
        SyscallTable.number(of: name, abi: abi).map {
            SyscallShapes.wireTable()[Int(abi.rawValue) * Int(AS_SYSCALLS) + Int($0)]
        }
    }

    static func arguments(_ shape: ash_shape) -> [Int] { (0..<8).filter { shape.paths & 1 << UInt8($0) != 0 } }

    @Test func everyShapeIsACallOfThisMachine() {
        for shape in SyscallShapes.all {
            let known = SyscallABI.allCases.filter { SyscallTable.number(of: shape.name, abi: $0) != nil }
            #expect(!known.isEmpty, "\(shape.name)")
        }
        #expect(Set(SyscallShapes.all.map(\.name)).count == SyscallShapes.all.count, "a name stands twice")
    }

    @Test func pathArgumentsAreTheManuals() throws {
        for (name, arguments) in Self.manual {
            var isKnown = false
            for abi in SyscallABI.allCases {
                guard let shape = Self.shape(name, abi) else { continue }
                isKnown = true
                #expect(Self.arguments(shape) == arguments, "\(name), \(abi)")
            }
            #expect(isKnown, "\(name)")
        }
    }

    /// What the kernel's code of each call goes through: filename_lookup(), filename_parentat(), do_filp_open(), audit_signal_info().
    static let hooked: [(String, [ash_hooks])] = [
        ("stat", [ASH_HOOK_LOOK]), ("chmod", [ASH_HOOK_LOOK]), ("umount2", [ASH_HOOK_LOOK]), ("fchmod", [ASH_HOOK_LOOK]),
        ("mkdir", [ASH_HOOK_CHANGE]), ("renameat2", [ASH_HOOK_CHANGE]), ("symlink", [ASH_HOOK_CHANGE]),
        ("link", [ASH_HOOK_LOOK, ASH_HOOK_CHANGE]), ("openat", [ASH_HOOK_OPEN]), ("execve", [ASH_HOOK_OPEN]),
        ("acct", [ASH_HOOK_LOOK, ASH_HOOK_OPEN]), ("bind", [ASH_HOOK_CHANGE]), ("connect", [ASH_HOOK_LOOK]),
        ("sendmsg", [ASH_HOOK_LOOK]), ("kill", [ASH_HOOK_SIGNAL]), ("pidfd_send_signal", [ASH_HOOK_SIGNAL]),
        ("mq_unlink", [ASH_HOOK_CHANGE]), ("read", []), ("recvfrom", []), ("pipe2", []), ("ptrace", []), ("getpid", []),
    ]

    @Test func hooksThatCallsNeed() throws {
        for (name, hooks) in Self.hooked {
            let shape = try #require(Self.shape(name, .native), "\(name)")
            let groups = UInt32(shape.flags) >> ASH_HOOKS_SHIFT.rawValue & ASH_HOOKS.rawValue
            #expect(groups == hooks.reduce(0) { $0 | $1.rawValue }, "\(name)")
        }
    }

    /// A 64-bit argument takes two of a 32-bit caller: fanotify_mark(2)'s mask (`compat_sys_fanotify_mark()`).
    @Test func wideArgumentsMoveThoseBehindThem() throws {
        #expect(try Self.arguments(#require(Self.shape("fanotify_mark", .native))) == [4])
        #expect(try Self.arguments(#require(Self.shape("fanotify_mark", .compat))) == [5])
        #if arch(x86_64)
            // i386's mmap takes one pointer to all of its arguments, mmap2 takes them.
            let shapes = try [("mmap", SyscallABI.compat), ("mmap2", .compat), ("mmap", .native)].map {
                try #require(Self.shape($0.0, $0.1)).flags & UInt16(ASH_MMAP.rawValue) != 0
            }
            #expect(shapes == [false, true, true])
        #endif
    }

    @Test func addressArgumentsAreTheManuals() throws {
        // The pointer to the address, and whether the call gives it or receives it there.
        for (name, kind, argument) in [
            ("connect", ASH_ADDRESS_IN, 1), ("bind", ASH_ADDRESS_IN, 1), ("sendto", ASH_ADDRESS_IN, 4),
            ("accept4", ASH_ADDRESS_OUT, 1), ("getsockname", ASH_ADDRESS_OUT, 1), ("getpeername", ASH_ADDRESS_OUT, 1),
            ("recvfrom", ASH_ADDRESS_OUT, 4), ("sendmsg", ASH_ADDRESS_MSG_IN, 1), ("recvmsg", ASH_ADDRESS_MSG_OUT, 1),
        ] {
            for abi in SyscallABI.allCases {
                let shape = try #require(Self.shape(name, abi), "\(name)")
                #expect(UInt32(shape.address) == kind.rawValue, "\(name)")
                #expect(Int(shape.address_arg) == argument, "\(name)")
            }
        }
        for name in ["socket", "listen", "shutdown", "setsockopt", "open"] {
            let shape = try #require(Self.shape(name, .native))
            #expect(UInt32(shape.address) == ASH_ADDRESS_NONE.rawValue && Int32(shape.address_arg) == ASH_NO_ARGUMENT, "\(name)")
        }
    }

    @Test func traitsAreTheManuals() throws {
        func names(_ flag: ash_flags, among names: [String]) throws -> [String] {
            try names.filter { try #require(Self.shape($0, .native), "\($0)").flags & UInt16(flag.rawValue) != 0 }
        }
        let some = [
            "open", "openat", "openat2", "creat", "execve", "execveat", "chdir", "fchdir", "chroot", "pivot_root", "pipe", "pipe2",
            "socketpair", "mmap", "stat", "unlink", "fchmod", "fchown", "read", "getpid",
        ]
        // open(2), openat2(2): "return the new file descriptor".
        #expect(try names(ASH_RESULT_FD, among: some) == ["open", "openat", "openat2", "creat"])
        #expect(try names(ASH_EXEC, among: some) == ["execve", "execveat"])
        // chdir(2). fchdir changes the directory, too, but has no name whose look-up could need the old one; chroot and pivot_root
        // leave it, and the kernel prints it as seen from the new root (audit_log_d_path() when the call has ended).
        #expect(try names(ASH_MOVES, among: some) == ["chdir"])
        #expect(try names(ASH_FD_PAIR, among: some) == ["pipe", "pipe2", "socketpair"])
        // Whatever looks a name up has a CWD record, and so has what acts on an open file.
        #expect(
            try names(ASH_CWD, among: some) == [
                "open", "openat", "openat2", "creat", "execve", "execveat", "chdir", "chroot", "pivot_root", "stat", "unlink",
                "fchmod", "fchown",
            ])
        // int pipefd[2], int sv[2].
        for (name, argument) in [("pipe", 0), ("pipe2", 0), ("socketpair", 3)] {
            #expect(try Int(#require(Self.shape(name, .native)).pair_arg) == argument)
        }
        for name in ["fchmod", "fchown", "fsetxattr"] {
            #expect(try #require(Self.shape(name, .native)).fd_arg == 0)
        }
    }

    @Test func usesAreTheManuals() throws {
        // What each name is for: made ("creates"), removed ("deletes"), or text only (a symbolic link's contents).
        let table = PathUseTable(uses: SyscallShapes.pathUses())
        for (name, argument, use) in [
            ("mkdir", 0, PathUse.create), ("mkdirat", 1, .create), ("mknod", 0, .create), ("link", 0, .lookup), ("link", 1, .create),
            ("linkat", 3, .create), ("symlink", 0, .text), ("symlink", 1, .create), ("symlinkat", 0, .text), ("symlinkat", 2, .create),
            ("rename", 0, .delete), ("rename", 1, .create), ("renameat2", 1, .delete), ("renameat2", 3, .create),
            ("unlink", 0, .delete), ("unlinkat", 1, .delete), ("rmdir", 0, .delete), ("open", 0, .open), ("chmod", 0, .lookup),
        ] {
            for abi in SyscallABI.allCases {
                let number = try #require(SyscallTable.number(of: name, abi: abi))
                #expect(table.pathUse(arch: SyscallTable.arch(abi), number: number, argument: argument) == use, "\(name)")
            }
        }
    }

    @Test func tableTakesAnyQuestion() throws {
        let table = PathUseTable(uses: SyscallShapes.pathUses())
        let native = SyscallTable.arch(.native)
        let mkdir = try #require(SyscallTable.number(of: "mkdir", abi: .native))
        // __X32_SYSCALL_BIT
        #expect(table.pathUse(arch: native, number: mkdir | 0x4000_0000, argument: 0) == .create)
        for (number, argument) in [(mkdir, 6), (mkdir, -1), (mkdir, .max), (2048, 0), (.max, 0), (.max, 5)] as [(UInt32, Int)] {
            #expect(table.pathUse(arch: native, number: number, argument: argument) == .lookup)
        }
        #expect(PathUseTable.index(abi: .native, number: 2047, argument: 5) == PathUseTable.size / 2 - 1)
        #expect(PathUseTable.index(abi: .compat, number: 2047, argument: 5) == PathUseTable.size - 1)
        #expect(PathUseTable.index(abi: .native, number: 2048, argument: 0) == nil)
        #expect(PathUseTable.index(abi: .native, number: 0, argument: 6) == nil)
        #expect(PathUseTable().pathUse(arch: native, number: mkdir, argument: 0) == .lookup)
        #expect(PathUseTable(uses: [200, 1]).pathUse(arch: native, number: 0, argument: 0) == .lookup, "200 is no use")
        #expect(PathUseTable(uses: [200, 1]).pathUse(arch: native, number: 0, argument: 1) == .create)
        #expect(SyscallShapes.wireTable().count == 2 * 2048)
        #expect(SyscallShapes.pathUses().count == 2 * 2048 * 6)
    }
}
