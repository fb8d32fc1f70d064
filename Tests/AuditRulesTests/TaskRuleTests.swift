// SPDX-License-Identifier: MIT
import AuditRules
import CAuditWire
import Testing

/// The list `task`: `audit_filter_task()` and `audit_filter_rules()` without a context (kernel/auditsc.c).
@Suite struct TaskRuleTests {
    private func image(_ text: String) throws -> MapImage {
        MapImage(try RuleSet.compile(Array(text.utf8), named: "test.rules"))
    }

    private func selectedTests(_ image: MapImage) -> [[String]] {
        image.list[Int(image.tasks.first)..<Int(image.tasks.first) + Int(image.tasks.count)].map { position in
            let clause = image.clauses[Int(position)]
            #expect(clause.isExact && !clause.isNever)
            return (0..<Int(clause.count)).map { "\(clause.test($0).field) \(clause.test($0).op) \(clause.test($0).operand)" }
        }
    }

    @Test func aRuleWithoutFieldsTakesEveryTask() throws {
        let flags = try image("-a never,task -F uid=1\n-a never,task").tasks.flags
        #expect(flags & UInt16(AS_INDEX_ENTRY.rawValue) != 0)
        #expect(flags & UInt16(AS_INDEX_UNCONDITIONAL.rawValue) != 0)
        #expect(try image("-a always,exit -S 1").tasks.flags == 0)
    }

    // Field and operator by number: enum as_field, enum as_operator.
    @Test func testsOfTheTaskAreTheWholeRule() throws {
        let image = try image("-a always,exit -S 1 -F a0=1\n-a never,task -F pid=7 -F auid>=1000\n-a never,task -F gid>3")
        #expect(selectedTests(image) == [["4 0 7", "9 5 1000"], ["15 4 3"]])
        #expect(image.clauses.count == 3)
    }

    @Test(arguments: ["arch=b64", "arch!=b64", "a0=1", "a3!=1", "saddr_fam=2", "exe=/bin/sh"])
    func noTaskHasACall(_ field: String) throws {
        let set = try RuleSet.compile(Array("-a never,task -F \(field)".utf8), named: "test.rules")
        #expect(MapImage(set).tasks.flags == 0)
        #expect(set.warnings.map(\.fault) == [.noTask])
    }

    @Test func theProgramIsAlwaysAnother() throws {
        #expect(try selectedTests(image("-a never,task -F exe!=/bin/sh -F uid=5")) == [["11 0 5"]])
    }

    @Test(arguments: [
        "-a always,task", "-a always,task -F uid=1", "-a never,task -F gid=1", "-a never,task -F egid!=1",
        "-a never,task" + (1...8).map { " -F uid!=\($0)" }.joined(), (1...7).map { "-a never,task -F uid=\($0)" }.joined(separator: "\n"),
    ])
    func whatCannotBeJudgedIsRefused(_ text: String) {
        #expect(throws: RulesError.self) { try image(text) }
    }

    @Test func sixRulesAreEnoughForEveryTier() throws {
        let text = (1...6).map { "-a never,task -F uid=\($0)" }.joined(separator: "\n")
        #expect(try image(text).tasks.count == 6)
        // One that takes all makes the others needless.
        #expect(try image(text + "\n-a never,task -F uid=7\n-a never,task").tasks.count == 0)
    }
}
