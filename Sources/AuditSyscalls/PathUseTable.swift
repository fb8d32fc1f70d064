// SPDX-License-Identifier: MIT

/// In which order a kernel reads the names of a call that has two (rename, link, symlink), and audit lists them.
package enum NameOrder: Sendable {
    /// One after the other, the second only when the first has led somewhere (fs/namei.c of 4.15 to 5.4).
    case inTurn
    /// The last one first: the two getname() are arguments of one call, which gcc on x86-64 evaluates from the last to the first.
    case lastFirst
    /// So in rename only, since 5.11 and in 5.10 since 5.10.162, which took over io_uring of 5.15 (e886663cfd02): link and symlink
    /// read their names in turn before 5.15 (020250f31c4c, da2d0cede330).
    case lastFirstInRename
    /// In order, from 7.0 on, where each name has a variable of its own (`CLASS(filename, …)`, fs/namei.c).
    case firstFirst

    /// The order of a kernel.
    ///
    /// - Parameter kernel: its version, major in the bits from 16 on, minor in those from 8 on; 0 counts as a common one.
    package init(kernel: UInt32) {
        self =
            switch kernel {
            case 0, 0x050f00..<0x070000: .lastFirst
            case ..<0x050a00: .inTurn
            case ..<0x050f00: .lastFirstInRename
            default: .firstFirst
            }
    }
}

/// What every path argument of every system call is to its call: ``PathUse`` by ABI, number and argument.
package struct PathUseTable: Sendable {
    /// System calls a table has room for: `AS_SYSCALLS`.
    package static let syscalls = 2048
    /// Arguments a call has.
    package static let arguments = 6
    /// Entries: ABI × number × argument.
    package static let size = SyscallABI.allCases.count * syscalls * arguments

    /// Raw values of ``PathUse``, by ABI, then number, then argument.
    private let uses: [UInt8]
    /// How the kernel at hand reads two names.
    package let order: NameOrder

    /// A table in which every argument is looked up.
    package init() {
        uses = Array(repeating: PathUse.lookup.rawValue, count: Self.size)
        order = .lastFirst
    }

    /// A table from ``PathUse`` raw values ordered by ABI, then number, then argument.
    ///
    /// What `uses` does not reach, and values that are no use, count as ``PathUse/lookup``.
    package init(uses: [UInt8], order: NameOrder = .lastFirst) {
        self.uses = uses
        self.order = order
    }

    /// Where a use stands in the table, or nil when the call or argument is not one that a table can hold.
    package static func index(abi: SyscallABI, number: UInt32, argument: Int) -> Int? {
        guard number < UInt32(syscalls), argument >= 0, argument < arguments else { return nil }
        return (Int(abi.rawValue) * syscalls + Int(number)) * arguments + argument
    }

    /// What argument `argument` of call `number` is.
    ///
    /// - Parameters:
    ///   - arch: `AUDIT_ARCH_*`; its bit `__AUDIT_ARCH_64BIT` (linux/audit.h) decides which table the number is from.
    ///   - number: the system call; the bit of x32 (`__X32_SYSCALL_BIT`) is not looked at.
    ///   - argument: 0 ... 5.
    package func pathUse(arch: UInt32, number: UInt32, argument: Int) -> PathUse {
        let abi: SyscallABI = arch & 0x8000_0000 != 0 ? .native : .compat
        guard let index = Self.index(abi: abi, number: number & ~0x4000_0000, argument: argument), index < uses.count
        else { return .lookup }
        return PathUse(rawValue: uses[index]) ?? .lookup
    }
}
