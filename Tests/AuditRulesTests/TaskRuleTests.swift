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

    /// What the clauses of the list mark tasks with: enum as_task_mark.
    private func marks(_ image: MapImage) -> [UInt32] {
        image.list[Int(image.tasks.first)..<Int(image.tasks.first) + Int(image.tasks.count)].map { image.clauses[Int($0)].rule }
    }

    @Test func alwaysHasItsNumberInItsPlace() throws {
        let text = "-a never,task -F uid=1\n-a always,task -F uid=2\n-a never,task -F uid=3\n-a always,task"
        let image = try image(text + "\n-a never,task -F uid=4")
        #expect(marks(image) == [1, 2, 1, 3])
        #expect(selectedTests(image) == [["11 0 1"], ["11 0 2"], ["11 0 3"], []])
        let all = try self.image("-a always,task\n-a never,task").tasks
        #expect(all.flags & UInt16(AS_INDEX_UNCONDITIONAL.rawValue) != 0 && all.first == 2)
        #expect(try self.image("-a never,task").tasks.first == 1)
    }

    // Calls of marked tasks are selected, whatever their numbers, and those of others by their rules.
    @Test func everyCallMayBeOneOfAMarkedTask() throws {
        let wanted = UInt16(AS_INDEX_ENTRY.rawValue | AS_INDEX_EXIT.rawValue)
        let image = try image("-a always,task -F uid=2\n-a always,exit -F arch=b64 -S 1 -F a0=1")
        #expect(image.index.allSatisfy { $0.flags == wanted })
        #expect(image.index.count { $0.count > 0 } == 1)
        #expect(try self.image("-a never,task -F uid=2\n-a always,exit -F arch=b64 -S 1 -F a0=1").index.count { $0.flags != 0 } == 1)
    }

    @Test func numbersStayWhenRulesCome() throws {
        let first = try RuleSet.compile(Array("-a always,task -F uid=2\n-a always,task -F uid=3".utf8), named: "test.rules")
        var numbers = TaskNumbers()
        numbers.add(first)
        let second = try RuleSet.compile(
            Array("-a always,task -F uid=4\n-a always,task -F uid=3\n-a never,task".utf8), named: "test.rules")
        #expect(marks(MapImage(second, numbers: numbers)) == [4, 3, 1])
        // No rule of them is left, but tasks that they marked may be.
        let third = try RuleSet.compile(Array("-a always,exit -F arch=b64 -S 1".utf8), named: "test.rules")
        #expect(MapImage(third, numbers: numbers).index.allSatisfy { $0.flags & UInt16(AS_INDEX_ENTRY.rawValue) != 0 })
        #expect(MapImage(third).index.count { $0.flags != 0 } == 1)
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

    // What is compared with supplementary groups is a fact of its own, the same for all rules: 19 and up.
    @Test func groupsAreFactsOfTheirOwn() throws {
        let text = """
            -a never,task -F gid=4 -F egid!=4
            -a always,task -F gid!=4 -F gid=7 -F egid=8 -F gid=9 -F gid>5
            """
        let image = try image(text)
        let places = image.list[Int(image.tasks.first)..<Int(image.tasks.first) + Int(image.tasks.count)]
        let clauses = places.map { image.clauses[Int($0)] }
        func tests(_ clause: as_clause) -> [String] {
            (0..<Int(clause.count)).map { "\(clause.test($0).field) \(clause.test($0).operand)" }
        }
        let groups = UInt8(AS_CLAUSE_GROUPS.rawValue)
        #expect(clauses.map { $0.flags & groups != 0 } == [true, true, false, false])
        // gid is field 15, egid 16.
        #expect(
            clauses.map(tests) == [
                ["15 4", "16 4", "15 7", "16 8"], ["15 9"], ["19 1", "20 0"], ["19 0", "21 1", "22 1", "23 1", "15 5"],
            ])
        #expect(clauses.map(\.rule) == [0, 0, 1, 2])
    }

    @Test func aLongRuleGoesOnInTheNextClause() throws {
        let image = try image("-a always,task" + (1...15).map { " -F uid!=\($0)" }.joined() + "\n-a never,task -F uid=3")
        #expect(selectedTests(image).map(\.count) == [7, 7, 1, 1])
        let more = UInt8(AS_CLAUSE_MORE.rawValue)
        let flags = image.list[Int(image.tasks.first)...].prefix(4).map { image.clauses[Int($0)].flags & more != 0 }
        #expect(flags == [true, true, false, false])
        #expect(marks(image).dropFirst(2) == [2, 1])
    }

    @Test func thereIsRoomForAsManyAsTheProgramsTry() throws {
        func rules(_ count: Int) -> String { (1...count).map { "-a never,task -F uid=\($0)" }.joined(separator: "\n") }
        #expect(try image(rules(64)).tasks.count == 64)
        #expect(throws: RulesError.self) { try image(rules(65)) }
        // One clause is for the groups.
        #expect(try image(rules(62) + "\n-a always,task -F gid=1").tasks.count == 64)
        #expect(throws: RulesError.self) { try image(rules(63) + "\n-a always,task -F gid=1") }
        // One that leaves out all makes what leaves out some before it needless, but not what has all recorded.
        #expect(try image(rules(70) + "\n-a never,task").tasks.flags & UInt16(AS_INDEX_UNCONDITIONAL.rawValue) != 0)
        #expect(try image("-a always,task -F uid=0\n" + rules(70) + "\n-a never,task").tasks.count == 2)
    }

    @Test func thirteenGroupsAreAllThatTheProgramsKnow() throws {
        let text = (1...13).map { "-a never,task -F gid=\($0) -F uid=\($0)" }.joined(separator: "\n")
        #expect(try image(text + "\n-a never,task -F gid!=13").tasks.count == 4 + 14)
        #expect(throws: RulesError.self) { try image(text + "\n-a never,task -F egid=13") }
        #expect(try image(text + "\n-a never,task -F egid>13").tasks.count == 4 + 14)
    }
}
