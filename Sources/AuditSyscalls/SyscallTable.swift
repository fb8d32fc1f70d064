// SPDX-License-Identifier: MIT
internal import CAudit
internal import CAuditWire

/// Names and numbers of system calls, from libaudit's tables and, for calls newer than them, our own.
package enum SyscallTable {
    /// libaudit's `machine_t` of an ABI's table.
    static func machine(_ abi: SyscallABI) -> Int32 {
        #if arch(x86_64)
            Int32(abi == .native ? MACH_86_64.rawValue : MACH_X86.rawValue)
        #elseif arch(arm64)
            Int32(abi == .native ? MACH_AARCH64.rawValue : MACH_ARM.rawValue)
        #endif
    }

    /// The `AUDIT_ARCH_*` value of an ABI, as `arch=` prints it (linux/audit.h).
    package static func arch(_ abi: SyscallABI) -> UInt32 {
        #if arch(x86_64)
            abi == .native ? 0xc000_003e : 0x4000_0003
        #elseif arch(arm64)
            abi == .native ? 0xc000_00b7 : 0x4000_0028
        #endif
    }

    /// The ABI of an `AUDIT_ARCH_*` value, or nil when it is not one of this machine's.
    package static func abi(arch: UInt32) -> SyscallABI? {
        // Asked for every enriched event: a walk over all cases makes an array when it is not optimised away.
        if arch == self.arch(.native) { return .native }
        return arch == self.arch(.compat) ? .compat : nil
    }

    /// The number of system call `name`, or nil when neither libaudit nor ``recent`` knows it.
    package static func number(of name: String, abi: SyscallABI) -> UInt32? {
        let number = unsafe audit_name_to_syscall(name, machine(abi))
        if number >= 0 { return UInt32(number) }
        return recent.first { $0.name == name }?.number
    }

    /// The name of system call `number`, or nil.
    package static func name(of number: UInt32, abi: SyscallABI) -> String? {
        if number <= UInt32(Int32.max), let name = unsafe audit_syscall_to_name(Int32(number), machine(abi)) {
            return unsafe String(cString: name)
        }
        return recent.first { $0.number == number }?.name
    }

    /// Calls that libaudit 3.0.9 does not know. Numbers from 424 on are the same for every architecture
    /// (include/uapi/asm-generic/unistd.h).
    static let recent: [(name: String, number: UInt32)] = [
        ("cachestat", 451), ("fchmodat2", 452), ("map_shadow_stack", 453), ("futex_wake", 454), ("futex_wait", 455),
        ("futex_requeue", 456), ("statmount", 457), ("listmount", 458), ("lsm_get_self_attr", 459),
        ("lsm_set_self_attr", 460), ("lsm_list_modules", 461), ("mseal", 462), ("setxattrat", 463),
        ("getxattrat", 464), ("listxattrat", 465), ("removexattrat", 466), ("open_tree_attr", 467),
        ("file_getattr", 468), ("file_setattr", 469),
    ]
}
