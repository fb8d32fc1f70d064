// SPDX-License-Identifier: MIT
import AuditRules
import Testing

/// -S with a number from 2032 to 2047, and the list io_uring. The calls of a class are those of include/asm-generic/audit_*.h, their
/// numbers those of arch/x86/entry/syscalls, as `auditctl -l` on 6.18 showed them.
@Suite struct SyscallClassTests {
    private func numbers(_ words: String) throws -> [Int] {
        let set = try RuleSet.compile(Array("-a always,exit -F arch=b64 -S \(words) -F a0=1\n".utf8), named: "r")
        return set.rules[0].syscalls.numbers
    }

    @Test(arguments: [
        // kill, tkill, tgkill; and these of the 32-bit table.
        ("2039", [62, 200, 234]), ("2038", [37, 238, 270]),
        // AUDIT_CLASS_DIR_WRITE: rename ... renameat2.
        ("2047", [82, 83, 84, 85, 86, 87, 88, 133, 258, 259, 263, 264, 265, 266, 316]),
        // AUDIT_CLASS_CHATTR, with fchmodat2, setxattrat and removexattrat.
        ("2045", [86, 90, 91, 92, 93, 94, 188, 189, 190, 197, 198, 199, 260, 265, 268, 452, 463, 466]),
        // AUDIT_CLASS_READ, with getxattrat and listxattrat.
        ("2043", [89, 179, 191, 192, 193, 194, 195, 196, 267, 464, 465]),
        // The kernel has put nothing into these.
        ("2037", []), ("2032", []),
        ("2039,open", [2, 62, 200, 234]),
    ])
    func aClassIsItsCalls(_ words: String, _ calls: [Int]) throws {
        #expect(try numbers(words) == calls)
    }

    /// The headers of Debian's 7.3.4 (linux-headers-7.3.4+deb13-common): audit_read.h, audit_write.h and audit_change_attr.h.
    @Test func laterKernelsHaveMoreCalls() {
        func more(_ number: Int) -> [Int] {
            let before = Set(SyscallClasses.registered(number, on: KernelRelease(major: 7, minor: 0)).numbers)
            return SyscallClasses.registered(number, on: KernelRelease(major: 7, minor: 3)).numbers.filter { !before.contains($0) }
        }
        // 64-bit: stat, fstat, lstat, newfstatat, statx, quotactl_fd, file_getattr.
        #expect(more(4) == [4, 5, 6, 262, 332, 443, 468])
        // 32-bit: stat, lstat, fstat, stat64, lstat64, fstat64, fstatat64, statx, quotactl_fd, file_getattr.
        #expect(more(5) == [106, 107, 108, 195, 196, 197, 300, 383, 443, 468])
        #expect(more(6) == [443])
        #expect(more(2) == [469])
        #expect(more(0).isEmpty && more(8).isEmpty)
    }

    @Test func ringRulesAreKept() throws {
        var reader = RuleReader()
        reader.read(Array("-a always,io_uring -S openat,unlinkat,99 -F uid=0 -k ring\n-a never,io_uring\n".utf8), named: "r")
        let rules = try reader.loaded()
        // As auditctl 4 lists them (src/auditctl-listing.c).
        #expect(
            RuleListing.text(of: rules)
                == "-a always,io_uring -S openat,unlinkat,99 -F uid=0 -F key=ring\n-a never,io_uring -S all\n")
        #expect(reader.remarks.isEmpty)
        let set = try reader.finish()
        #expect(set.rules.isEmpty)
        #expect(set.ringRules.count == 2)
    }
}
