// SPDX-License-Identifier: MIT
import AuditTestSupport

/// How a rule gets on its list.
enum RuleKind: String {
    case always = "-a always,exit"
    case never = "-a never,exit"
    case alwaysFirst = "-A always,exit"
    case neverFirst = "-A never,exit"
    case taskAlways = "-a always,task"
    case taskNever = "-a never,task"
    case excludeAlways = "-a always,exclude"
    case excludeNever = "-a never,exclude"
    case filesystemAlways = "-a always,filesystem"
    case filesystemNever = "-a never,filesystem"

    static let exit: [RuleKind] = [.always, .never, .alwaysFirst, .neverFirst]
}

/// One test of a generated rule before the scene is known.
struct GeneratedTest: Hashable {
    let field: String
    let op: String
    /// What is compared with; for files their names in the scene.
    let value: String

    /// A field of which a rule can have one only: the kernel finds such a rule by its file.
    var isFile: Bool { ["path", "dir", "inode"].contains(field) }
}

/// Rule sets made at random, each the same for the same number: over all sets every field comes with every operator that the kernel
/// takes, every value, and every kind of rule, and tests come together in pairs.
struct RuleGenerator {
    /// A rule of a set, and what it was made from.
    struct Line {
        let text: String
        let kind: RuleKind?
        let tests: [GeneratedTest]
    }

    let scene: RuleScene
    /// Rules about security labels, in place of those about all else.
    let isOfLabels: Bool

    /// Every field × operator × value × kind once, in an order that is fixed. A watch has no kind.
    static let primaries = primaries(of: RuleFields.all)
    private static let primariesOfLabels = primaries(of: RuleFields.labels)

    private static func primaries(of fields: [RuleFields]) -> [(test: GeneratedTest, kind: RuleKind?)] {
        var all: [(GeneratedTest, RuleKind?)] = []
        for field in fields {
            for op in field.operators {
                for value in field.values {
                    let test = GeneratedTest(field: field.name, op: op, value: value)
                    guard field.takes(op, value) else { continue }
                    all += field.name == "watch" ? [(test, nil)] : RuleKind.exit.map { (test, $0) }
                }
            }
        }
        var random = Random(seed: 0x5eed)
        all.shuffle(using: &random)
        return all
    }

    /// The first set whose rules are of other lists than `exit`: see ``RuleGenerator/otherSets``.
    static let firstOther = 110

    /// Set number `number` of `count` rules. Each has a key of its own, `r` and its position; last is a rule that leaves alone whoever is
    /// not part of the scene.
    func set(_ number: Int, count: Int) throws -> [Line] {
        if number >= Self.firstOther { return try otherSet(number) }
        var random = Random(seed: UInt64(number) &* 0x9e37_79b9)
        var lines: [Line] = []
        var seen: Set<String> = []
        for position in 0..<count {
            let primaries = isOfLabels ? Self.primariesOfLabels : Self.primaries
            let primary = primaries[(number * count + position) % primaries.count]
            var tests = [primary.test]
            if primary.kind != nil {
                for _ in 0..<[0, 1, 1, 2].randomElement(using: &random)! {
                    guard let other = test(&random), Self.fits(other, tests) else { continue }
                    tests.append(other)
                }
            }
            let text = try line(tests, primary.kind, "r\(position)", &random)
            // The kernel takes no rule twice; the key makes it none.
            guard seen.insert(text).inserted else { continue }
            lines.append(Line(text: text, kind: primary.kind, tests: tests))
        }
        lines.append(Self.nobodyElse)
        return lines
    }

    static let nobodyElse = Line(text: "-A never,exit -S all -F auid!=\(RuleScene.auid)", kind: .neverFirst, tests: [])

    /// Any test, of any field.
    private func test(_ random: inout Random) -> GeneratedTest? {
        let isOfLabel = isOfLabels && Bool.random(using: &random)
        let field = (isOfLabel ? RuleFields.labels : RuleFields.all).randomElement(using: &random)!
        let (op, value) = (field.operators.randomElement(using: &random)!, field.values.randomElement(using: &random)!)
        return field.takes(op, value) && field.name != "watch" ? GeneratedTest(field: field.name, op: op, value: value) : nil
    }

    private static func fits(_ test: GeneratedTest, _ others: [GeneratedTest]) -> Bool {
        if test.isFile, others.contains(where: \.isFile) { return false }
        return !(test.field == "exe" && others.contains { $0.field == "exe" }) && !others.contains(test)
    }

    /// Calls that the events have, in groups; each with the tables that know all its names.
    private static let calls: [(names: String, tables: [String])] = [
        ("all", ["b64", "b32", ""]), ("open,openat,creat", ["b64", "b32"]), ("getppid", ["b64", "b32"]),
        ("rename,renameat,unlink,unlinkat,link,symlink,mkdir,rmdir,mknod", ["b64", "b32"]),
        ("chmod,fchmod,fchmodat,chown,lchown,fchown", ["b64", "b32"]), ("stat,lstat,access,readlink", ["b64", "b32"]),
        ("execve", ["b64", "b32"]), ("close,lseek,fcntl,read", ["b64", "b32"]), ("connect,bind,sendto,socket", ["b64", "b32"]),
        ("truncate,setxattr,getxattr,listxattr,statfs", ["b64", "b32"]), ("openat,faccessat", ["b64", "b32", ""]),
    ]

    private func line(_ tests: [GeneratedTest], _ kind: RuleKind?, _ key: String, _ random: inout Random) throws -> String {
        guard let kind else { return "-w \(scene.path(tests[0].value)) -p \(tests[0].op) -k \(key)" }
        var words = [kind.rawValue]
        let (names, tables) = Self.calls.randomElement(using: &random)!
        let table = tables.randomElement(using: &random)!
        if !table.isEmpty { words.append("-F arch=\(table)") }
        // Without -S a rule is for all calls, too, and some fields narrow that.
        let hasSelector = tests.contains { ["path", "dir", "perm", "exe"].contains($0.field) }
        if names != "all" || !hasSelector || Bool.random(using: &random) { words.append("-S \(names)") }
        for test in tests {
            words.append(test.field == "-C" ? "-C \(test.op)" : "-F \(test.field)\(test.op)\(try value(of: test))")
        }
        return (words + ["-k", key]).joined(separator: " ")
    }

    func value(of test: GeneratedTest) throws -> String {
        switch test.field {
        case "path", "dir", "exe": return scene.path(test.value)
        case "inode": return test.value == "1" ? "1" : "\(try scene.inode(test.value))"
        case "pid", "ppid": return test.value.hasPrefix("+") ? "\(scene.leader + (Int(test.value.dropFirst()) ?? 0))" : test.value
        case "devmajor": return test.value == "own" ? "\(try scene.device().major)" : test.value
        case "devminor": return test.value == "own" ? "\(try scene.device().minor)" : test.value
        default: return test.value
        }
    }
}
