// SPDX-License-Identifier: MIT
import AuditTestSupport

/// Sets whose rules are of the lists `task`, `exclude` and `filesystem`, beside rules of the list `exit` that select what these lists then have
/// their effect on.
extension RuleGenerator {
    /// One list's part of such sets.
    private struct Part {
        let fields: [RuleFields]
        let kinds: [RuleKind]
        /// Both kinds mean the same, so that one of them is enough for each test.
        let isEitherKind: Bool
        /// How many rules come together: of the list `task` the first that matches decides.
        let size: Int
        /// Rules of the list `exit` beside them, and the test of files that they have.
        let exit: [(text: String, test: GeneratedTest?)]

        /// Every field × operator × value, and kind where kinds differ, once, in an order that is fixed.
        func primaries(_ random: inout Random) -> [(test: GeneratedTest, kind: RuleKind)] {
            var all: [(GeneratedTest, RuleKind)] = []
            for field in fields {
                for op in field.operators {
                    for value in field.values where field.takes(op, value) {
                        let test = GeneratedTest(field: field.name, op: op, value: value)
                        all += (isEitherKind ? [kinds.randomElement(using: &random)!] : kinds).map { (test, $0) }
                    }
                }
            }
            all.shuffle(using: &random)
            return all
        }
    }

    private static let everything: [(text: String, test: GeneratedTest?)] = [
        ("-a always,exit -F arch=b64 -S all", nil), ("-a always,exit -F arch=b32 -S all", nil),
    ]

    private static let parts: [Part] = [
        Part(
            fields: RuleFields.task, kinds: [.taskAlways, .taskNever], isEitherKind: false, size: 10,
            exit: [("-a never,exit -S getppid -F a0=2", nil)] + everything),
        Part(fields: RuleFields.exclude, kinds: [.excludeAlways, .excludeNever], isEitherKind: true, size: 4, exit: everything),
        Part(
            fields: RuleFields.filesystem, kinds: [.filesystemAlways, .filesystemNever], isEitherKind: false, size: 3,
            exit: [
                ("-w %w/a -p rwxa", GeneratedTest(field: "watch", op: "rwxa", value: "w/a")),
                ("-a always,exit -F dir=%d -F perm=wa", GeneratedTest(field: "dir", op: "=", value: "d")),
                ("-a always,exit -S all -F path=%d/x", GeneratedTest(field: "path", op: "=", value: "d/x")),
            ] + everything),
    ]

    /// The rules of each such set, before the scene is known.
    private static let otherSets: [(part: Int, rules: [(tests: [GeneratedTest], kind: RuleKind)])] = {
        var random = Random(seed: 0x115f)
        var sets: [(Int, [([GeneratedTest], RuleKind)])] = []
        for (number, part) in parts.enumerated() {
            let primaries = part.primaries(&random)
            for first in stride(from: 0, to: primaries.count, by: part.size) {
                let rules = primaries[first...].prefix(part.size).map { primary in
                    var tests = [primary.test]
                    for _ in 0..<[0, 0, 1, 2].randomElement(using: &random)! {
                        let field = part.fields.randomElement(using: &random)!
                        let (op, value) = (field.operators.randomElement(using: &random)!, field.values.randomElement(using: &random)!)
                        guard field.takes(op, value), !tests.contains(where: { $0.field == field.name }) else { continue }
                        tests.append(GeneratedTest(field: field.name, op: op, value: value))
                    }
                    return (tests, primary.kind)
                }
                sets.append((number, rules))
            }
        }
        return sets
    }()

    /// How many there are.
    static var otherCount: Int { otherSets.count }

    func otherSet(_ number: Int) throws -> [Line] {
        guard number - Self.firstOther < Self.otherSets.count else { throw HarnessError("there is no set \(number)") }
        let (part, rules) = Self.otherSets[number - Self.firstOther]
        var lines: [Line] = []
        for (position, rule) in Self.parts[part].exit.enumerated() {
            let text = rule.text.replacing("%", with: scene.path("") + "/") + " -k r\(position)"
            lines.append(Line(text: text, kind: rule.test?.field == "watch" ? nil : .always, tests: rule.test.map { [$0] } ?? []))
        }
        // Else every process that the machine starts would be recorded with all its calls.
        lines.append(Line(text: "-a never,task -F auid!=\(RuleScene.auid)", kind: .taskNever, tests: []))
        for (tests, kind) in rules {
            let words = try tests.map { "-F \($0.field)\($0.op)\(try value(of: $0))" }
            let text = ([kind.rawValue] + words).joined(separator: " ")
            // The kernel takes no rule twice.
            if !lines.contains(where: { $0.text == text }) { lines.append(Line(text: text, kind: kind, tests: tests)) }
        }
        return lines + [Self.nobodyElse]
    }
}
