// SPDX-License-Identifier: MIT
import AuditSyscalls
import Foundation
import Testing

/// Names and numbers against the kernel's headers on this machine.
@Suite struct SyscallTableTests {
    /// The numbers in a header of the kernel, by name, or nil without that header.
    static func header(_ abi: SyscallABI) throws -> [String: UInt32]? {
        #if arch(x86_64)
            let file = "/usr/include/x86_64-linux-gnu/asm/" + (abi == .native ? "unistd_64.h" : "unistd_32.h")
        #else
            let file = ""
        #endif
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            print("skipped: no header \(file) of the kernel on this machine to compare with")
            return nil
        }
        var numbers: [String: UInt32] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 3, words[0] == "#define", words[1].hasPrefix("__NR_"), let number = UInt32(words[2]) else {
                continue
            }
            numbers[String(words[1].dropFirst(5))] = number
        }
        try #require(numbers.count > 300, "\(file) was not understood")
        return numbers
    }

    /// The kernel's names that libaudit 3.0.9 has otherwise, which auditctl therefore refuses (lib/x86_64_table.h, lib/i386_table.h).
    static let renamed: [SyscallABI: [String: String]] = [
        .native: ["pread64": "pread", "pwrite64": "pwrite"],
        .compat: ["kexec_load": "sys_kexec_load", "sched_rr_get_interval_time64": "sched_rr_get_interval64"],
    ]

    @Test(arguments: SyscallABI.allCases) func numbersAreTheHeaders(_ abi: SyscallABI) throws {
        guard let header = try Self.header(abi) else { return }
        for (name, number) in header {
            if let own = SyscallTable.number(of: name, abi: abi) {
                #expect(own == number, "\(name)")
            } else {
                let other = try #require(Self.renamed[abi]?[name], "\(name) is not known")
                #expect(SyscallTable.number(of: other, abi: abi) == number, "\(other)")
            }
        }
    }

    @Test(arguments: SyscallABI.allCases) func namesAreTheHeaders(_ abi: SyscallABI) throws {
        guard let header = try Self.header(abi) else { return }
        var names: [UInt32: Set<String>] = [:]
        for (name, number) in header { names[number, default: []].insert(name) }
        for (number, all) in names {
            let own = try #require(SyscallTable.name(of: number, abi: abi), "\(number) \(all) has no name")
            let allowed = all.union(all.compactMap { Self.renamed[abi]?[$0] })
            #expect(allowed.contains(own), "\(number) \(own)")
            #expect(SyscallTable.number(of: own, abi: abi) == number, "\(own) does not lead back")
        }
    }

    @Test func whatIsNoCallHasNoNameAndNoNumber() {
        for abi in SyscallABI.allCases {
            for name in ["", "nosuchcall", "open ", "1", "__NR_open"] { #expect(SyscallTable.number(of: name, abi: abi) == nil, "\(name)") }
            for number: UInt32 in [2000, 0x4000_0001, 0x7fff_ffff, 0x8000_0000, .max] {
                #expect(SyscallTable.name(of: number, abi: abi) == nil, "\(number)")
            }
        }
    }

    /// include/uapi/asm-generic/unistd.h: since 424 one number for all architectures; 451 to 469 in Linux 6.5 to 6.17.
    @Test(arguments: [
        ("pidfd_send_signal", UInt32(424)), ("openat2", 437), ("faccessat2", 439), ("cachestat", 451), ("fchmodat2", 452),
        ("futex_wake", 454), ("statmount", 457), ("listmount", 458), ("mseal", 462), ("setxattrat", 463), ("removexattrat", 466),
        ("open_tree_attr", 467), ("file_getattr", 468), ("file_setattr", 469),
    ])
    func newCallsHaveOneNumberEverywhere(_ name: String, _ number: UInt32) {
        for abi in SyscallABI.allCases {
            #expect(SyscallTable.number(of: name, abi: abi) == number)
            #expect(SyscallTable.name(of: number, abi: abi) == name)
        }
    }

    /// linux/audit.h: EM_* with __AUDIT_ARCH_64BIT (1 << 31) and __AUDIT_ARCH_LE (1 << 30).
    @Test func architectures() {
        #if arch(x86_64)
            #expect(SyscallTable.arch(.native) == 62 | 1 << 31 | 1 << 30)
            #expect(SyscallTable.arch(.compat) == 3 | 1 << 30)
        #elseif arch(arm64)
            #expect(SyscallTable.arch(.native) == 183 | 1 << 31 | 1 << 30)
            #expect(SyscallTable.arch(.compat) == 40 | 1 << 30)
        #endif
        for abi in SyscallABI.allCases { #expect(SyscallTable.abi(arch: SyscallTable.arch(abi)) == abi) }
        for arch: UInt32 in [0, 62, 3, 22, .max] { #expect(SyscallTable.abi(arch: arch) == nil) }
    }
}
