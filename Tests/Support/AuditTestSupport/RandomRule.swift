// SPDX-License-Identifier: MIT
internal import CAuditWire

/// A rule, its text, and its meaning read from kernel/auditsc.c again, without this project's code.
package struct RandomRule {
    struct Test {
        var field: String
        var op: String
        var value: UInt32
    }

    package var isAlways: Bool
    /// nil: every call.
    var numbers: [UInt32]?
    var tests: [Test] = []

    private static let numbers: [UInt32] = [0, 1, 2, 11, 59, 90, 257, 322, 358, 2031]
    static let values: [UInt32] = [0, 1, 2, 3, 4, 6, 9, 1000, 0x7fff_ffff, 0x8000_0000, 0xffff_fff3, 0xffff_fffe, 0xffff_ffff]
    private static let archs: [UInt32] = [EventBytes.native, EventBytes.compat]
    static let all = ["=", "!=", "<", "<=", ">", ">=", "&", "&="]

    package init(_ random: inout Random) {
        isAlways = Int.random(in: 0..<3, using: &random) > 0
        if Int.random(in: 0..<4, using: &random) > 0 {
            numbers = (0..<3).map { _ in Self.numbers.randomElement(using: &random)! }
        }
        if Bool.random(using: &random) {
            tests.append(
                Test(
                    field: "arch", op: Bool.random(using: &random) ? "=" : "!=",
                    value: Self.archs.randomElement(using: &random)!))
        }
        // Mostly few, so that rules match; sometimes more than a clause holds.
        let count = Int.random(in: 0..<12, using: &random) == 0 ? 9 : Int.random(in: 0...3, using: &random)
        for _ in 0..<count {
            let test = Self.test(&random)
            // The kernel finds a rule by its file, so there can be one only; the same for the program.
            let isSingle = test.field == "inode" || test.field == "exe"
            if !isSingle || !tests.contains(where: { $0.field == test.field }) { tests.append(test) }
        }
    }

    private static func test(_ random: inout Random) -> Test {
        let fields = [
            "a0", "a1", "a2", "a3", "pid", "ppid", "exit", "success", "pers", "auid", "sessionid", "uid", "euid", "suid",
            "fsuid", "gid", "egid", "sgid", "fsgid", "saddr_fam", "gid", "egid", "success", "exit", "file", "file", "file",
        ]
        let field = fields.randomElement(using: &random)!
        if field == "file" { return aboutFile(&random) }
        var value = values.randomElement(using: &random)!
        let hasBits = ["a0", "a1", "a2", "a3", "pers"].contains(field)
        var op = (hasBits ? all : Array(all.prefix(6))).randomElement(using: &random)!
        switch field {
        case "auid": if value == .max { op = Bool.random(using: &random) ? "=" : "!=" }
        case "uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid": value = min(value, 0xffff_fffe)
        case "saddr_fam": value %= 4
        case "success": value %= 3
        default: break
        }
        return Test(field: field, op: op, value: value)
    }

    /// As a line of a rules file.
    package var text: String {
        var words = ["-a", isAlways ? "always,exit" : "never,exit"]
        for test in tests {
            words += test.isComparison ? ["-C", test.comparison] : ["-F", "\(test.field)\(test.op)\(test.text)"]
        }
        words += ["-S", numbers.map { $0.map(String.init).joined(separator: ",") } ?? "all"]
        return words.joined(separator: " ")
    }

    package static func event(_ random: inout Random) -> EventBytes {
        func value() -> UInt32 { values.randomElement(using: &random)! }
        func wide() -> UInt64 { UInt64(value()) | (Bool.random(using: &random) ? 0 : UInt64(value()) << 32) }
        var event = EventBytes(
            arch: Int.random(in: 0..<20, using: &random) == 0 ? 0xC000_00B7 : archs.randomElement(using: &random)!,
            Int.random(in: 0..<20, using: &random) == 0
                ? [2032, 2047, 2048, 0x4000_0001].randomElement(using: &random)! : numbers.randomElement(using: &random)!,
            wide(), wide(), wide(), wide())
        event.hasReturned = Int.random(in: 0..<8, using: &random) > 0
        event.call.ret = event.hasReturned ? Int64(bitPattern: wide()) : 0
        if Bool.random(using: &random), event.hasReturned { event.call.ret = -Int64.random(in: 0...14, using: &random) }
        event.call.pid = value()
        event.call.ppid = value()
        event.call.personality = value()
        event.call.auid = value()
        event.call.ses = value()
        event.call.uid = value()
        event.call.euid = value()
        event.call.suid = value()
        event.call.fsuid = value()
        event.call.gid = value()
        event.call.egid = value()
        event.call.sgid = value()
        event.call.fsgid = value()
        if Bool.random(using: &random) { event.groups = (0..<3).map { _ in value() } }
        if Bool.random(using: &random) {
            event.address = Array([UInt8.random(in: 0...3, using: &random), 0, 1, 2].prefix(Bool.random(using: &random) ? 1 : 4))
        }
        addFiles(to: &event, &random)
        return event
    }

    /// Whether the rule matches: `audit_in_mask()` and `audit_filter_rules()`.
    package func matches(_ event: EventBytes) -> Bool {
        let call = event.call
        // Not a table of this machine, or bits that the kernel keeps for call classes.
        guard Self.archs.contains(call.arch), call.nr < 2032 else { return false }
        if let numbers, !numbers.contains(call.nr) { return false }
        // audit_filter_inodes() tries such a rule for each file by itself.
        guard tests.contains(where: { $0.field == "inode" && $0.op == "=" }) else { return tests.allSatisfy { $0.holds(event, nil) } }
        return event.objects.indices.contains { file in tests.allSatisfy { $0.holds(event, file) } }
    }
}

extension RandomRule.Test {
    fileprivate var text: String {
        switch (field, value) {
        case ("arch", EventBytes.native): "b64"
        case ("arch", _): "b32"
        case ("exit", _): String(Int32(bitPattern: value))
        case ("exe", _): RandomRule.programs[Int(value)]
        case ("perm", _): String("xwra".enumerated().filter { value >> $0.offset & 1 == 1 }.map(\.element))
        case ("filetype", _): RandomRule.types.first { $0.mode == value }?.name ?? ""
        default: String(value)
        }
    }

    func compare(_ left: UInt32, _ right: UInt32) -> Bool {
        switch op {
        case "=": left == right
        case "!=": left != right
        case "<": left < right
        case "<=": left <= right
        case ">": left > right
        case ">=": left >= right
        case "&": left & right != 0
        default: left & right == right
        }
    }

    private func compareGroup(_ own: UInt32, _ groups: [UInt32]) -> Bool {
        var result = compare(own, value)
        if op == "=", !result { result = groups.contains(value) }
        if op == "!=", result { result = !groups.contains(value) }
        return result
    }

    /// - Parameter file: the file that the rule is tried for; nil for all.
    fileprivate func holds(_ event: EventBytes, _ file: Int?) -> Bool {
        let call = event.call
        let groups = event.groups ?? []
        let failed = call.ret < 0 && call.ret >= -4095
        switch field {
        case "arch": return compare(call.arch, value)
        case "a0": return compare(UInt32(truncatingIfNeeded: call.args.0), value)
        case "a1": return compare(UInt32(truncatingIfNeeded: call.args.1), value)
        case "a2": return compare(UInt32(truncatingIfNeeded: call.args.2), value)
        case "a3": return compare(UInt32(truncatingIfNeeded: call.args.3), value)
        case "pid": return compare(call.pid, value)
        case "ppid": return compare(call.ppid, value)
        case "exit": return event.hasReturned && compare(UInt32(truncatingIfNeeded: call.ret), value)
        // AUDITSC_SUCCESS is 1, AUDITSC_FAILURE is 2.
        case "success": return event.hasReturned && compare(failed ? 2 : 1, value != 0 ? 1 : 2)
        case "pers": return compare(call.personality, value)
        // AUDIT_LOGINUID_SET: = asks for unset, != for set; that is the plain comparison.
        case "auid": return compare(call.auid, value)
        case "sessionid": return compare(call.ses, value)
        case "uid": return compare(call.uid, value)
        case "euid": return compare(call.euid, value)
        case "suid": return compare(call.suid, value)
        case "fsuid": return compare(call.fsuid, value)
        case "gid": return compareGroup(call.gid, groups)
        case "egid": return compareGroup(call.egid, groups)
        case "sgid": return compare(call.sgid, value)
        case "fsgid": return compare(call.fsgid, value)
        case "saddr_fam": return event.address.map { compare(UInt32($0[0]), value) } ?? false
        default: return holdsForFiles(event, file)
        }
    }
}
