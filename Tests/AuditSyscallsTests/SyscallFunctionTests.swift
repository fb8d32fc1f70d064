// SPDX-License-Identifier: MIT
import AuditSyscalls
import Foundation
import Testing

#if arch(x86_64)
    /// The functions of calls against the kernel's tables (arch/x86/entry/syscalls of 5.4 and 6.16) and the symbols of the running kernel.
    @Suite struct SyscallFunctionTests {
        /// Number, and the entry point as the table of 6.16 has it.
        static let native: [(UInt32, String)] = [
            (0, "sys_read"), (4, "sys_newstat"), (5, "sys_newfstat"), (6, "sys_newlstat"), (9, "sys_mmap"),
            (17, "sys_pread64"), (40, "sys_sendfile64"), (59, "sys_execve"), (63, "sys_newuname"), (97, "sys_getrlimit"),
            (166, "sys_umount"), (221, "sys_fadvise64"), (257, "sys_openat"), (262, "sys_newfstatat"), (322, "sys_execveat"),
            (437, "sys_openat2"),
        ]

        static let compat: [(UInt32, String)] = [
            (5, "compat_sys_open"), (10, "sys_unlink"), (11, "compat_sys_execve"), (13, "sys_time32"), (18, "sys_stat"),
            (22, "sys_oldumount"), (24, "sys_getuid16"), (52, "sys_umount"), (55, "compat_sys_fcntl64"),
            (59, "sys_olduname"), (76, "compat_sys_old_getrlimit"), (90, "compat_sys_ia32_mmap"),
            (106, "compat_sys_newstat"), (109, "sys_uname"), (120, "compat_sys_ia32_clone"), (122, "sys_newuname"),
            (131, "sys_quotactl"), (140, "sys_llseek"), (142, "compat_sys_select"), (180, "sys_ia32_pread64"),
            (192, "sys_mmap_pgoff"), (195, "compat_sys_ia32_stat64"), (212, "sys_chown"), (213, "sys_setuid"),
            (221, "compat_sys_fcntl64"), (239, "sys_sendfile64"), (240, "sys_futex_time32"), (250, "sys_ia32_fadvise64"),
            (279, "sys_mq_timedsend_time32"), (283, "compat_sys_kexec_load"), (295, "compat_sys_openat"),
            (300, "compat_sys_ia32_fstatat64"), (308, "compat_sys_pselect6_time32"), (324, "sys_ia32_fallocate"),
            (325, "sys_timerfd_settime32"), (362, "sys_connect"), (385, "compat_sys_io_pgetevents"),
            (403, "sys_clock_gettime"), (407, "sys_clock_nanosleep"), (412, "sys_utimensat"),
            (413, "compat_sys_pselect6_time64"), (422, "sys_futex"), (423, "sys_sched_rr_get_interval"),
        ]

        @Test func entryPointsAreTheTables() throws {
            for (number, entry) in Self.native {
                #expect(SyscallFunctions.names(number: number, abi: .native) == ["__x64_" + entry], "\(number)")
            }
            for (number, entry) in Self.compat {
                let names = try #require(SyscallFunctions.names(number: number, abi: .compat))
                #expect(names.contains("__ia32_" + entry), "\(number): \(names)")
                #expect(names.count <= 4, "\(number): more than cbpf_want_calls() takes")
            }
        }

        /// Their functions are aliases of `__do_sys_NAME`, which alone type information has (SYSCALL_DEFINE0(), syscall_wrapper.h). 32-bit
        /// programs share it, but for calls about 16-bit user numbers.
        @Test func callsWithoutArguments() {
            #expect(SyscallFunctions.names(number: 57, abi: .native) == ["__do_sys_fork"])
            #expect(SyscallFunctions.names(number: 2, abi: .compat) == ["__do_sys_fork"])
            #expect(SyscallFunctions.names(number: 102, abi: .native) == ["__do_sys_getuid"])
            #expect(SyscallFunctions.names(number: 199, abi: .compat) == ["__do_sys_getuid"])
            #expect(SyscallFunctions.names(number: 24, abi: .compat)?.contains("__do_sys_getuid") == false)
        }

        @Test func whatNeverReturns() {
            for (number, abi) in [(60, SyscallABI.native), (231, .native), (1, .compat), (252, .compat)] {
                #expect(!SyscallFunctions.returns(number: UInt32(number), abi: abi))
            }
            #expect(SyscallFunctions.returns(number: 59, abi: .native))
        }

        @Test func noNameForNoCall() {
            #expect(SyscallFunctions.names(number: 400, abi: .native) == nil)
            #expect(SyscallFunctions.names(number: 2000, abi: .compat) == nil)
        }

        /// What this machine's kernel has, it has under the name that is told, whatever its version.
        @Test func theRunningKernelHasThem() throws {
            let symbols = try String(contentsOfFile: "/proc/kallsyms", encoding: .utf8)
            var functions: Set<Substring> = []
            for line in symbols.split(separator: "\n") where line.contains("_sys_") {
                let words = line.split(separator: " ")
                if words.count > 2 { functions.insert(words[2]) }
            }
            guard functions.contains("__x64_sys_read"), let header = try SyscallTableTests.header(.native) else {
                print("skipped: this kernel does not tell its symbols")
                return
            }
            // Numbers without a call since long (sys_ni_syscall in the table), and calls that are newer than this kernel.
            let retired: Set = [
                "_sysctl", "create_module", "get_kernel_syms", "query_module", "nfsservctl", "getpmsg", "putpmsg",
                "afs_syscall", "tuxcall",
                "security", "epoll_ctl_old", "epoll_wait_old", "vserver", "lookup_dcookie", "uselib", "set_thread_area",
                "get_thread_area",
            ]
            var found = 0
            for (name, number) in header where !retired.contains(name) && number < 449 {
                let names = try #require(SyscallFunctions.names(number: number, abi: .native), "\(name)")
                let isThere = names.contains { functions.contains(Substring($0)) }
                #expect(isThere, "\(name): \(names)")
                if isThere { found += 1 }
            }
            #expect(found > 300)
        }
    }
#endif
