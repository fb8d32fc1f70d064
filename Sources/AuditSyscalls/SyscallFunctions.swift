// SPDX-License-Identifier: MIT

/// The functions of the kernel that make system calls, by the names that they have in its type information.
package enum SyscallFunctions {
    /// The names that the function of call `number` may have, at most four. A kernel has one of them, or several of which it uses one. nil
    /// where none is known: no such call, or another processor than x86-64, on which this has not been tried.
    ///
    /// The entry points are those of arch/x86/entry/syscalls/syscall_64.tbl and syscall_32.tbl (5.8 to 6.16), the prefixes those of
    /// arch/x86/include/asm/syscall_wrapper.h. A call of 32-bit programs has a function of its own (`compat_sys_`) or shares the one of
    /// 64-bit programs.
    package static func names(number: UInt32, abi: SyscallABI) -> [String]? {
        #if arch(x86_64)
            guard let name = SyscallTable.name(of: number, abi: abi) else { return nil }
            if withoutArguments.contains(name) { return ["__do_sys_" + name] }
            switch abi {
            case .native: return [(nativeWithoutArguments.contains(name) ? "__do_sys_" : "__x64_sys_") + (native[name] ?? name)]
            case .compat:
                if name.hasSuffix("32"), nativeWithoutArguments.contains(String(name.dropLast(2))) {
                    return ["__do_sys_" + name.dropLast(2)]
                }
                return (compat[name] ?? [plain(name)]).flatMap { ["__ia32_compat_sys_" + $0, "__ia32_sys_" + $0] }
            }
        #else
            return nil
        #endif
    }

    /// Whether the call never returns to the task that makes it: `exit` and `exit_group`. Kernels from 6.15 refuse hooks on their ends.
    package static func returns(number: UInt32, abi: SyscallABI) -> Bool {
        let name = SyscallTable.name(of: number, abi: abi)
        return name != "exit" && name != "exit_group"
    }

    /// libaudit puts `sys_` before one of the names.
    private static func plain(_ name: String) -> String { name.hasPrefix("sys_") ? String(name.dropFirst(4)) : name }

    /// Calls whose function has another name.
    private static let native: [String: String] = [
        "stat": "newstat", "fstat": "newfstat", "lstat": "newlstat", "uname": "newuname", "umount2": "umount",
        "sendfile": "sendfile64", "pread": "pread64", "pwrite": "pwrite64",
    ]

    /// Calls that take nothing, and so have one function for both kinds of programs, of which type information has another name. Not among
    /// them are those that a kernel may be built without.
    private static let withoutArguments: Set<String> = [
        "restart_syscall", "sched_yield", "pause", "getpid", "gettid", "fork", "vfork", "getppid", "getpgrp", "setsid",
        "vhangup", "sync",
    ]

    /// The same where 32-bit programs have a call of their own by that name, which is about 16-bit numbers.
    private static let nativeWithoutArguments: Set<String> = ["getuid", "getgid", "geteuid", "getegid", "rt_sigreturn"]

    /// The same for 32-bit programs, with the names that it has had.
    private static let compat: [String: [String]] = {
        var table: [String: [String]] = [
            "oldstat": ["stat"], "oldfstat": ["fstat"], "oldlstat": ["lstat"], "stat": ["newstat"], "fstat": ["newfstat"],
            "lstat": ["newlstat"], "umount": ["oldumount"], "umount2": ["umount"], "uname": ["newuname"], "olduname": ["uname"],
            "oldolduname": ["olduname"], "time": ["time32"], "stime": ["stime32"], "utime": ["utime32"], "fcntl": ["fcntl64"],
            "getrlimit": ["old_getrlimit"], "ugetrlimit": ["getrlimit"], "select": ["old_select"], "_newselect": ["select"],
            "readdir": ["old_readdir"], "_llseek": ["llseek"], "mmap2": ["mmap_pgoff"], "quotactl": ["quotactl", "quotactl32"],
            "io_pgetevents": ["io_pgetevents", "io_pgetevents_time32"], "fstatat64": ["ia32_fstatat64", "x86_fstatat"],
            "mmap": ["ia32_mmap", "x86_mmap"], "pread64": ["ia32_pread64", "x86_pread"],
            "pwrite64": ["ia32_pwrite64", "x86_pwrite"],
            "sched_rr_get_interval": ["sched_rr_get_interval_time32"], "clock_adjtime": ["clock_adjtime32"],
            "recvmmsg_time64": ["recvmmsg", "recvmmsg_time64"], "pselect6_time64": ["pselect6", "pselect6_time64"],
            "ppoll_time64": ["ppoll", "ppoll_time64"], "rt_sigtimedwait_time64": ["rt_sigtimedwait", "rt_sigtimedwait_time64"],
            "io_pgetevents_time64": ["io_pgetevents", "io_pgetevents_time64"],
        ]
        for name in [
            "lchown", "setuid", "getuid", "setgid", "getgid", "geteuid", "getegid", "setreuid", "setregid", "getgroups",
            "setgroups", "fchown", "setfsuid", "setfsgid", "setresuid", "getresuid", "setresgid", "getresgid", "chown",
        ] {
            table[name] = [name + "16"]
            table[name + "32"] = [name]
        }
        for name in [
            "clone", "truncate64", "ftruncate64", "stat64", "lstat64", "fstat64", "readahead", "fadvise64", "fadvise64_64",
            "sync_file_range", "fallocate",
        ] { table[name] = ["ia32_" + name, "x86_" + name] }
        for name in [
            "adjtimex", "nanosleep", "rt_sigtimedwait", "futex", "io_getevents", "clock_getres", "clock_nanosleep", "utimes",
            "mq_timedsend", "mq_timedreceive", "futimesat", "pselect6", "ppoll", "utimensat", "recvmmsg",
        ] { table[name] = [name + "_time32"] }
        for name in ["timer_settime", "timer_gettime", "clock_settime", "clock_gettime", "timerfd_settime", "timerfd_gettime"] {
            table[name] = [name + "32"]
        }
        for name in [
            "clock_gettime", "clock_settime", "clock_adjtime", "timer_gettime", "timer_settime", "timerfd_gettime",
            "timerfd_settime",
        ] { table[name + "64"] = [name] }
        for name in [
            "clock_getres", "clock_nanosleep", "utimensat", "mq_timedsend", "mq_timedreceive", "semtimedop", "futex",
            "sched_rr_get_interval",
        ] { table[name + "_time64"] = [name] }
        table["sched_rr_get_interval64"] = ["sched_rr_get_interval"]
        return table
    }()
}
