// SPDX-License-Identifier: MIT

/// Comparisons in words.
enum RuleWording {
    /// `test` as a clause: `the process id is 1`.
    static func text(_ test: RuleTest) -> String {
        switch test.field {
        case .success: return success(test)
        case .perm: return permissions(test)
        case .path: return "it is about the file " + string(test)
        case .dir: return "it is about a file below " + string(test)
        case .exe: return "the program " + relation(test.op) + " " + string(test)
        case .pathGlob: return "it is about \(test.op == .equal ? "a" : "no") file whose path matches " + string(test)
        case .exeGlob: return "the path of the program " + match(test)
        case .commGlob: return "the name of the task " + match(test)
        case .titleGlob: return "the command line " + match(test)
        case .parentExeGlob: return "the path of the parent's program " + match(test)
        case .ancestorExeGlob: return "the path of \(test.op == .equal ? "an" : "no") ancestor's program matches " + string(test)
        case .rate: return "there have been fewer than \(test.value) of them in the same second"
        case .fieldCompare:
            guard let (left, right) = FieldPairs.names(test.value) else { return "two fields compare" }
            return "\(left) \(test.op == .equal ? "equals" : "differs from") \(right)"
        default: return "\(name(test.field)) \(relation(test.op)) \(value(test))"
        }
    }

    private static func match(_ test: RuleTest) -> String { (test.op == .equal ? "matches " : "does not match ") + string(test) }

    private static func string(_ test: RuleTest) -> String { String(decoding: test.text, as: UTF8.self) }

    private static func relation(_ op: RuleOperator) -> String {
        switch op {
        case .equal: "is"
        case .notEqual: "is not"
        case .less: "is below"
        case .lessOrEqual: "is at most"
        case .greater: "is above"
        case .greaterOrEqual: "is at least"
        case .anyBit: "has some bit of"
        case .allBits: "has all bits of"
        }
    }

    private static func name(_ field: RuleField) -> String {
        switch field {
        case .pid: "the process id"
        case .ppid: "the parent's process id"
        case .auid: "the login user"
        case .sessionid: "the session"
        case .pers: "the personality"
        case .exit: "the result, as an unsigned number,"
        case .a0, .a1, .a2, .a3: "argument a\(field.rawValue - RuleField.a0.rawValue)"
        case .saddrFamily: "the address family"
        case .msgtype: "the type"
        case .fstype: "the file system"
        case .ownerUser: "the file's owner"
        case .ownerGroup: "the file's group"
        case .gid, .egid: "\(LibAudit.name(field: field.rawValue) ?? "") or a supplementary group"
        default: LibAudit.name(field: field.rawValue) ?? "field \(field.rawValue)"
        }
    }

    private static func value(_ test: RuleTest) -> String {
        let signed = Int32(bitPattern: test.value)
        switch test.field {
        case _ where test.field.isText: return string(test)
        case .auid where test.value == .max, .sessionid where test.value == .max: return "unset"
        case .exit where signed < 0: return LibAudit.name(errno: 0 &- signed).map { "-" + $0 } ?? String(signed)
        case .msgtype: return LibAudit.name(messageType: test.value) ?? String(test.value)
        case .fstype: return LibAudit.name(fileSystem: test.value) ?? "0x" + String(test.value, radix: 16)
        case .filetype: return fileType(test.value)
        default:
            return test.op == .anyBit || test.op == .allBits ? "0x" + String(test.value, radix: 16) : String(test.value)
        }
    }

    /// The kernel compares success= as 1 or 2, so that only = and != mean what they say.
    private static func success(_ test: RuleTest) -> String {
        switch test.op {
        case .equal: test.value != 0 ? "it succeeds" : "it fails"
        case .notEqual: test.value != 0 ? "it fails" : "it succeeds"
        default: "success \(relation(test.op)) \(test.value)"
        }
    }

    private static func permissions(_ test: RuleTest) -> String {
        let letters = [
            (Permissions.read, "reads"), (Permissions.write, "writes"), (Permissions.execute, "executes"),
            (Permissions.attribute, "changes attributes"),
        ]
        let words = letters.filter { test.value & $0.0 != 0 }.map(\.1)
        return words.isEmpty ? "it asks for no permission" : "it " + words.joined(separator: " or ")
    }

    /// `S_IFMT` of stat(2).
    private static func fileType(_ value: UInt32) -> String {
        switch value {
        case 0o140000: "socket"
        case 0o120000: "link"
        case 0o100000: "file"
        case 0o060000: "block"
        case 0o040000: "dir"
        case 0o020000: "character"
        case 0o010000: "fifo"
        default: "0" + String(value, radix: 8)
        }
    }
}
