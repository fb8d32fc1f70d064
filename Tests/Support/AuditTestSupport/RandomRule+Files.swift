// SPDX-License-Identifier: MIT
internal import CAuditWire

/// Rules about files, programs and permissions.
extension RandomRule {
    /// Paths whose directories are there and no links, as rules about programs need them.
    static let programs = ["/usr/bin/true", "/usr/bin/false"]
    /// Types of files and their S_IFMT.
    static let types: [(name: String, mode: UInt32)] = [("file", 0o100000), ("dir", 0o040000), ("character", 0o020000)]
    /// The pairs of linux/audit.h (`AUDIT_COMPARE_*`), by number from 1.
    fileprivate static let pairs: [(String, String)] = [
        ("uid", "obj_uid"), ("gid", "obj_gid"), ("euid", "obj_uid"), ("egid", "obj_gid"), ("auid", "obj_uid"), ("suid", "obj_uid"),
        ("sgid", "obj_gid"), ("fsuid", "obj_uid"), ("fsgid", "obj_gid"), ("uid", "auid"), ("uid", "euid"), ("uid", "fsuid"),
        ("uid", "suid"), ("auid", "fsuid"), ("auid", "suid"), ("auid", "euid"), ("euid", "suid"), ("euid", "fsuid"), ("suid", "fsuid"),
        ("gid", "egid"), ("gid", "fsgid"), ("gid", "sgid"), ("egid", "fsgid"), ("egid", "sgid"), ("sgid", "fsgid"),
    ]
    /// Few, so that rules and files meet.
    private static let small: [UInt32] = [0, 1, 2, 3]
    /// Calls by name of a file: open, execve, chmod, openat, execveat; and execve, execveat of the 32-bit table.
    private static let withFiles: [UInt32: Set<UInt32>] = [EventBytes.native: [2, 59, 90, 257, 322], EventBytes.compat: [11, 358]]

    static func aboutFile(_ random: inout Random) -> Test {
        let field = ["inode", "devmajor", "devminor", "obj_uid", "obj_gid", "filetype", "perm", "exe", "-C", "-C"].randomElement(
            using: &random)!
        let equality = ["=", "!="].randomElement(using: &random)!
        let order = all.prefix(6).randomElement(using: &random)!
        let value = small.randomElement(using: &random)!
        return switch field {
        case "inode": Test(field: field, op: equality, value: value)
        case "devminor": Test(field: field, op: all.randomElement(using: &random)!, value: value)
        case "filetype": Test(field: field, op: equality, value: types.randomElement(using: &random)!.mode)
        case "perm": Test(field: field, op: "=", value: UInt32.random(in: 1...15, using: &random))
        case "exe": Test(field: field, op: equality, value: value % 2)
        case "-C": Test(field: field, op: equality, value: UInt32.random(in: 1...25, using: &random))
        default: Test(field: field, op: order, value: value)
        }
    }

    static func addFiles(to event: inout EventBytes, _ random: inout Random) {
        if Bool.random(using: &random) { event.executable = programs.randomElement(using: &random) }
        guard withFiles[event.call.arch]?.contains(event.call.nr) == true else { return }
        for number in 0..<Int.random(in: 0...3, using: &random) {
            event.names.append("/file\(number)")
            guard Bool.random(using: &random) else {
                event.objects.append(nil)
                continue
            }
            func value() -> UInt32 { small.randomElement(using: &random)! }
            event.objects.append(
                aw_object(
                    inode: UInt64(value()), dev_major: value(), dev_minor: value(), rdev_major: value(), rdev_minor: value(),
                    mode: UInt16(types.randomElement(using: &random)!.mode | 0o644), flags: 0, uid: value(), gid: value(), sid: 0))
        }
    }
}

extension RandomRule.Test {
    var isComparison: Bool { field == "-C" }

    var comparison: String { "\(RandomRule.pairs[Int(value) - 1].0)\(op)\(RandomRule.pairs[Int(value) - 1].1)" }

    /// The cases of `audit_filter_rules()` that look at files, with those that look at the call and its program.
    func holdsForFiles(_ event: EventBytes, _ file: Int?) -> Bool {
        // What is not known is zeros (audit_alloc_name()), and an inode of -1.
        let objects = event.objects.map { $0 ?? aw_object() }
        let one = file.map { [$0] } ?? Array(objects.indices)
        func some(_ value: (Int) -> UInt32) -> Bool { one.contains { compare(value($0), self.value) } }
        switch field {
        case "inode": return some { event.objects[$0].map { UInt32(truncatingIfNeeded: $0.inode) } ?? .max }
        case "devmajor": return some { objects[$0].dev_major } || some { objects[$0].rdev_major }
        case "devminor": return some { objects[$0].dev_minor } || some { objects[$0].rdev_minor }
        case "obj_uid": return some { objects[$0].uid }
        case "obj_gid": return some { objects[$0].gid }
        case "filetype": return event.objects.contains { $0.map { $0.mode & 0o170000 == value } ?? false } == (op == "=")
        case "exe": return event.executable.map { $0 == RandomRule.programs[Int(value)] } ?? false == (op == "=")
        case "perm": return value & permission(event) != 0
        default: return compares(event, objects)
        }
    }

    /// `audit_match_perm()`: what the call does, in the bits of linux/audit.h.
    private func permission(_ event: EventBytes) -> UInt32 {
        let (exec, write, read, attribute): (UInt32, UInt32, UInt32, UInt32) = (1, 2, 4, 8)
        let access = [read, write, read | write, read | write]
        switch (event.call.arch, event.call.nr) {
        case (EventBytes.native, 59), (EventBytes.native, 322), (EventBytes.compat, 11), (EventBytes.compat, 358): return exec
        case (EventBytes.native, 2): return access[Int(event.call.args.1 & 3)]
        case (EventBytes.native, 257): return access[Int(event.call.args.2 & 3)]
        case (EventBytes.native, 90): return attribute
        default: return 0
        }
    }

    /// `audit_field_compare()`.
    private func compares(_ event: EventBytes, _ objects: [aw_object]) -> Bool {
        func value(_ name: String) -> UInt32 {
            switch name {
            case "uid": event.call.uid
            case "euid": event.call.euid
            case "suid": event.call.suid
            case "fsuid": event.call.fsuid
            case "auid": event.call.auid
            case "gid": event.call.gid
            case "egid": event.call.egid
            case "sgid": event.call.sgid
            default: event.call.fsgid
            }
        }
        let (left, right) = RandomRule.pairs[Int(self.value) - 1]
        switch right {
        case "obj_uid": return objects.contains { compare(value(left), $0.uid) }
        case "obj_gid": return objects.contains { compare(value(left), $0.gid) }
        default: return compare(value(left), value(right))
        }
    }
}
