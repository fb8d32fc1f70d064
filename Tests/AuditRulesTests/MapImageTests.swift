// SPDX-License-Identifier: MIT
import AuditRules
import AuditSyscalls
import CAuditWire
import Testing

/// Rule sets as the kernel programs read them: the contract is selection.h.
@Suite struct MapImageTests {
    private func image(_ text: String) throws -> MapImage {
        MapImage(try RuleSet.compile(Array(text.utf8), named: "test.rules"))
    }

    private func entry(_ image: MapImage, _ number: Int, abi: SyscallABI = .native) -> as_index {
        image.index[Int(abi.rawValue) * Int(AS_SYSCALLS) + number]
    }

    private func clauses(_ image: MapImage, _ number: Int, abi: SyscallABI = .native) -> [as_clause] {
        let entry = entry(image, number, abi: abi)
        return image.list[Int(entry.first)..<Int(entry.first) + Int(entry.count)].map { image.clauses[Int($0)] }
    }

    private func text(_ clause: as_clause) -> String {
        let tests = (0..<Int(clause.count)).map { number in
            let test = clause.test(number)
            return "\(test.field) \(test.op) \(test.operand)"
        }
        return ([clause.isNever ? "never" : "always", clause.isExact ? "exact" : "perhaps"] + tests)
            .joined(separator: ", ")
    }

    private let entryAndExit = UInt16(AS_INDEX_ENTRY.rawValue | AS_INDEX_EXIT.rawValue)
    private var unconditional: UInt16 { entryAndExit | UInt16(AS_INDEX_UNCONDITIONAL.rawValue) }

    @Test func theIndexHasOneEntryACallAndTable() throws {
        let image = try image("-a always,exit -F arch=b64 -S 1 -F a0=1\n-a always,exit -F arch=b32 -S 2 -F a0=1")
        #expect(image.index.count == 2 * 2048)
        for abi in SyscallABI.allCases {
            for number in 0..<2048 {
                let selected = abi == .native ? number == 1 : number == 2
                #expect((entry(image, number, abi: abi).flags != 0) == selected)
            }
        }
        #expect(entry(image, 1).flags == entryAndExit)
    }

    @Test(arguments: [
        // field text, expected clause: enum as_field, enum as_operator, operand
        ("a0=1", "exact, 0 0 1"), ("a1!=2", "exact, 1 1 2"), ("a2<3", "exact, 2 2 3"), ("a3<=4", "exact, 3 3 4"),
        ("a0>5", "exact, 0 4 5"), ("a0>=6", "exact, 0 5 6"), ("a0&7", "exact, 0 6 7"), ("a0&=8", "exact, 0 7 8"),
        ("pid=9", "exact, 4 0 9"), ("ppid=9", "exact, 5 0 9"), ("exit=-13", "exact, 6 0 4294967283"),
        ("pers&8", "exact, 8 6 8"), ("auid=unset", "exact, 9 0 4294967295"), ("sessionid=3", "exact, 10 0 3"),
        ("uid=1", "exact, 11 0 1"), ("euid=1", "exact, 12 0 1"), ("suid=1", "exact, 13 0 1"),
        ("fsuid=1", "exact, 14 0 1"), ("gid>1", "exact, 15 4 1"), ("egid<1", "exact, 16 2 1"),
        ("sgid=1", "exact, 17 0 1"), ("fsgid!=1", "exact, 18 1 1"),
        // Success is 1 or 0 there; the kernel's audit takes every value but 0 for success.
        ("success=1", "exact, 7 0 1"), ("success=7", "exact, 7 0 1"), ("success=0", "exact, 7 0 0"),
        ("success!=0", "exact, 7 1 0"), ("success!=1", "exact, 7 1 1"), ("success>0", "perhaps"),
        // A supplementary group may match, or forbid, what the group alone does not.
        ("gid=1", "perhaps"), ("egid=1", "perhaps"), ("gid!=1", "perhaps, 15 1 1"), ("egid!=1", "perhaps, 16 1 1"),
        ("saddr_fam=2", "perhaps"),
        ("saddr_fam=2 -F a0=1", "perhaps, 0 0 1"),
    ])
    func testsAreTranslated(_ field: String, _ expected: String) throws {
        // The first rule keeps the second from being the only one, which would make it unconditional.
        let image = try image("-a always,exit -S 1 -F a3=12345\n-a always,exit -S 1 -F \(field)")
        #expect(try text(#require(clauses(image, 1).last)) == "always, \(expected)")
    }

    @Test func archIsAnsweredByTheIndex() throws {
        let image = try image("-a always,exit -F arch=b64 -S 1 -F a0=1")
        #expect(clauses(image, 1).map(text) == ["always, exact, 0 0 1"])
        #expect(entry(image, 1, abi: .compat).flags == 0)
    }

    @Test func moreTestsThanAClauseHoldsMakeItInexact() throws {
        let fields = "-F uid=1 -F euid=1 -F suid=1 -F fsuid=1 -F exit=1 -F ppid=1 -F pers=1 -F a0=2 -F pid=3"
        let image = try image("-a always,exit -S 1 \(fields)")
        let clause = try #require(clauses(image, 1).first)
        #expect(clause.count == 7)
        #expect(!clause.isExact)
        #expect(text(clause).contains("0 0 2, 4 0 3"), "what is known at entry stays")
    }

    @Test func aRuleWithoutTestsIsUnconditional() throws {
        let image = try image("-a always,exit -S 1\n-a never,exit -S 1\n-a always,exit -S 2 -F saddr_fam=2")
        #expect(entry(image, 1).flags == unconditional)
        #expect(entry(image, 2).flags == unconditional, "what the programs cannot judge selects")
        #expect(entry(image, 3).flags == 0)
    }

    @Test func neverRulesThatCannotDecideAreLeftOut() throws {
        let image = try image(
            """
            -a never,exit -S 1 -F gid=5
            -a never,exit -S 1 -F a0=1
            -a always,exit -S 1 -F a1=1
            -a never,exit -S 1 -F a2=1
            -a never,exit -S 2 -F a0=1
            -a never,exit -S 3
            -a always,exit -S 3
            -a never,exit -S 4 -F gid=5
            -a always,exit -S 4
            """)
        #expect(clauses(image, 1).map(text) == ["never, exact, 0 0 1", "always, exact, 1 0 1"])
        #expect(entry(image, 2).flags == 0)
        #expect(entry(image, 3).flags == 0, "nothing comes behind a never without tests")
        #expect(entry(image, 4).flags == unconditional)
    }

    @Test func rulesBehindAnUnconditionalOneAreDropped() throws {
        let image = try image(
            "-a never,exit -S 1 -F a0=1\n-a always,exit -S 1\n-a always,exit -S 1 -F a0=2\n-a never,exit -S 1 -F a0=3")
        #expect(clauses(image, 1).map(text) == ["never, exact, 0 0 1", "always, exact"])
    }

    @Test func clausesKnowTheirRule() throws {
        let image = try image("-a always,exit -S 1 -F a0=1\n-a always,exit -S 2 -F a0=1\n-A never,exit -S 2 -F a0=2")
        #expect(clauses(image, 1).map(\.rule) == [1])
        #expect(clauses(image, 2).map(\.rule) == [0, 2])
    }

    @Test func callsWithTheSameRulesShareTheirList() throws {
        let image = try image("-a always,exit -S all -F a0=1\n-a always,exit -S all -F a0=2")
        #expect(image.list == [0, 1])
        #expect(entry(image, 7).first == entry(image, 2000, abi: .compat).first)
    }

    // MARK: Limits: too much is selected then, never too little

    @Test func aLongRangeIsUnconditional() throws {
        let rules = (0..<65).map { "-a always,exit -S 1 -F a0=\($0)" }
        #expect(entry(try image(rules.dropLast().joined(separator: "\n")), 1).count == 64)
        #expect(entry(try image(rules.joined(separator: "\n")), 1).flags == unconditional)
    }

    @Test func aFullListIsUnconditional() throws {
        // 40 rules for each of 500 calls, no two calls with the same ones: 20,000 entries, of 16,384.
        var lines: [String] = []
        for number in 0..<500 { lines.append("-a always,exit -S \(number) -F a0=\(number)") }
        for number in 0..<39 { lines.append("-a always,exit -S all -F a1=\(number)") }
        let image = try image(lines.joined(separator: "\n"))
        #expect(image.list.count <= Int(AS_LIST_MAX))
        let flags = (0..<500).map { entry(image, $0).flags }
        #expect(flags.contains(unconditional))
        #expect(flags.contains(entryAndExit))
        #expect(!flags.contains(0))
    }

    @Test func rulesBeyondTheClausesAreUnconditional() throws {
        let rules = (0..<4200).map { "-a always,exit -S \($0 % 150) -F a0=\($0)" }
        let image = try image(rules.joined(separator: "\n"))
        #expect(image.clauses.count == 4096)
        // Rule 4096 is for call 46, rule 4199 for call 149.
        #expect(entry(image, 46).flags == unconditional)
        #expect(entry(image, 149).flags == unconditional)
        #expect(entry(image, 45).count == 28)
    }

    @Test func neverRulesAreCountedEachAsLongAsThereAreCounters() throws {
        var lines = ["-a never,exit -S 1 -F gid=7", "-a always,exit -S 1 -F a0=1"]
        for number in 0..<1030 { lines.append("-a never,exit -S 2 -F a0=\(number)") }
        let image = try image(lines.joined(separator: "\n"))
        // The first is not the whole rule, the second no never; counter 0 is of none.
        #expect(image.clauses[0...1].map(\.counter) == [0, 0])
        #expect(image.counters == [nil] + (2...1024).map { $0 })
        #expect(image.clauses[2...].map(\.counter) == (1...1023).map { UInt16($0) } + Array(repeating: 0, count: 7))
    }

    // MARK: Exec

    @Test func execReturnsAreLookedForInBothTables() throws {
        let exit = UInt16(AS_INDEX_EXIT.rawValue)
        // execve and execveat: 59 and 322 for x86-64, 11 and 358 for i386.
        let one = try image("-a always,exit -F arch=b64 -S execve -F a0=1")
        #expect(entry(one, 59).flags == entryAndExit)
        #expect(entry(one, 322).flags == exit)
        #expect(entry(one, 11, abi: .compat).flags == exit)
        #expect(entry(one, 358, abi: .compat).flags == exit)
        let compat = try image("-a always,exit -F arch=b32 -S execveat")
        #expect(entry(compat, 358, abi: .compat).flags == unconditional)
        #expect(entry(compat, 59).flags == exit)
        let none = try image("-a always,exit -F arch=b64 -S open\n-a never,exit -S execve")
        #expect(entry(none, 59).flags == 0)
        #expect(entry(none, 11, abi: .compat).flags == 0)
    }
}
