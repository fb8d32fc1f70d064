// SPDX-License-Identifier: MIT
internal import AuditSyscalls
internal import CAudit

/// The text of `auditctl -l` (src/auditctl-listing.c, `print_rule()`, 3.0.9), with its peculiarities: operators of paths, programs
/// and keys are left out, arguments are hexadecimal, and calls of a rule without arch have the names of the arch before.
package struct RuleListing {
    /// Machine of the last arch field, which auditctl keeps from rule to rule.
    private var machine: Int32?

    /// The listing of `rules`, which are in the order in which each list is tried: one line for each, or `No rules`.
    package static func text(of rules: [Rule]) -> String {
        guard !rules.isEmpty else { return "No rules\n" }
        var listing = RuleListing()
        // The kernel tells list after list (audit_list_rules(), kernel/auditfilter.c).
        return RuleList.allCases.map { list in
            rules.filter { $0.list == list }.map { listing.line(for: $0) + "\n" }.joined()
        }.joined()
    }

    /// A line for each of `rules`, which are all of one list.
    package static func lines(of rules: [Rule]) -> [String] {
        var listing = RuleListing()
        return rules.map { listing.line(for: $0) }
    }

    private mutating func line(for rule: Rule) -> String {
        let isWatch = rule.isListedAsWatch
        var line = ""
        if !isWatch {
            line += "-a \(rule.action == .always ? "always" : "never"),\(rule.list.name)"
            for test in rule.tests where test.field == .arch { line += arch(test) }
            if rule.list == .exit { line += calls(rule.syscalls) }
            if rule.list == .ring { line += Self.operations(rule.syscalls) }
        }
        for test in rule.tests where test.field != .arch { line += Self.field(test, isWatch: isWatch) }
        for key in rule.key?.split(separator: 1) ?? [] {
            line += (isWatch ? " -k " : " -F key=") + String(decoding: key, as: UTF8.self)
        }
        return line
    }

    private mutating func arch(_ test: RuleTest) -> String {
        machine = LibAudit.machine(arch: test.value)
        // __AUDIT_ARCH_64BIT.
        return " -F arch\(test.op.symbol)" + (test.value & 0x8000_0000 != 0 ? "b64" : "b32")
    }

    private func calls(_ mask: SyscallMask) -> String {
        if mask.isAll { return " -S all" }
        guard let machine = machine ?? LibAudit.table(.native)?.machine else { return "" }
        let names = mask.numbers.map { LibAudit.name(syscall: $0, machine: machine) ?? String($0) }
        return names.isEmpty ? "" : " -S " + names.joined(separator: ",")
    }

    private static func operations(_ mask: SyscallMask) -> String {
        if mask.isAll { return " -S all" }
        let names = mask.numbers.map { RingOperations.name($0) ?? String($0) }
        return names.isEmpty ? "" : " -S " + names.joined(separator: ",")
    }

    private static func field(_ test: RuleTest, isWatch: Bool) -> String {
        let name = test.field.name ?? ""
        let signed = Int32(bitPattern: test.value)
        let value: String
        switch test.field {
        case .path where isWatch, .dir where isWatch: return "-w " + String(decoding: test.text, as: UTF8.self)
        case .path, .dir, .exe: return " -F \(name)=" + String(decoding: test.text, as: UTF8.self)
        case .perm: return (isWatch ? " -p " : " -F perm=") + Permissions.letters(test.value)
        case .fieldCompare:
            guard let (left, right) = FieldPairs.names(test.value) else { return "" }
            return " -C \(left)\(test.op.symbol)\(right)"
        case .msgtype: value = LibAudit.name(messageType: test.value) ?? String(signed)
        case .fstype: value = LibAudit.name(fileSystem: test.value) ?? String(signed)
        case .inode: value = String(test.value)
        case .a0, .a1, .a2, .a3: value = "0x" + String(test.value, radix: 16, uppercase: true)
        case .exit:
            let known = signed < 0 ? LibAudit.name(errno: signed == .min ? .min : -signed) : nil
            value = known.map { "-" + $0 } ?? String(signed)
        default: value = test.field.isText ? String(decoding: test.text, as: UTF8.self) : String(signed)
        }
        return " -F \(name)\(test.op.symbol)\(value)"
    }
}

extension Rule {
    /// auditctl lists it with -w: nothing but a path, a permission and a key, for every call. A rule of another list than exit
    /// has no calls to differ in.
    fileprivate var isListedAsWatch: Bool {
        guard tests.contains(where: { $0.field == .perm }) else { return false }
        return (list != .exit || syscalls.isAll)
            && tests.allSatisfy { $0.field == .perm || $0.field == .path || $0.field == .dir }
    }
}

/// What `AUDIT_COMPARE_*` of linux/audit.h compares, as -C names it.
enum FieldPairs {
    private static let pairs: [(String, String)] = [
        ("uid", "obj_uid"), ("gid", "obj_gid"), ("euid", "obj_uid"), ("egid", "obj_gid"), ("auid", "obj_uid"),
        ("suid", "obj_uid"), ("sgid", "obj_gid"), ("fsuid", "obj_uid"), ("fsgid", "obj_gid"), ("uid", "auid"),
        ("uid", "euid"), ("uid", "fsuid"), ("uid", "suid"), ("auid", "fsuid"), ("auid", "suid"), ("auid", "euid"),
        ("euid", "suid"), ("euid", "fsuid"), ("suid", "fsuid"), ("gid", "egid"), ("gid", "fsgid"), ("gid", "sgid"),
        ("egid", "fsgid"), ("egid", "sgid"), ("sgid", "fsgid"),
    ]

    /// Whether comparison `number` is with the owner of a file.
    static func isWithFile(_ number: UInt32) -> Bool { (1...9).contains(number) }

    /// The two fields of comparison `number`, or nil.
    static func names(_ number: UInt32) -> (String, String)? {
        (1...UInt32(pairs.count)).contains(number) ? pairs[Int(number) - 1] : nil
    }
}
