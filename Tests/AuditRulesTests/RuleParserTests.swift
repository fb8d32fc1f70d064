// SPDX-License-Identifier: MIT
import AuditRules
import AuditSyscalls
import Testing

/// From text to rules: auditctl's grammar (src/auditctl.c and lib/libaudit.c of audit-userspace 3.0.9).
@Suite struct RuleParserTests {
    private func compile(_ text: String) throws -> RuleSet {
        try RuleSet.compile(Array(text.utf8), named: "test.rules")
    }

    private func errors(_ text: String) -> [RuleDiagnostic] {
        do {
            _ = try RuleSet.compile(Array(text.utf8), named: "test.rules")
            return []
        } catch .wrong(let diagnostics) {
            return diagnostics
        } catch {
            Issue.record("\(error)")
            return []
        }
    }

    private func tests(_ fields: String) throws -> [RuleTest] {
        try #require(try compile("-a always,exit -F pid!=77 \(fields) -S all").rules.first).tests.dropFirst().map { $0 }
    }

    // MARK: Wrong lines

    @Test(arguments: WrongLine.refusedByAuditctl + WrongLine.refusedHereOnly + WrongLine.later)
    func aWrongLineIsNamedWithItsPlace(_ wrong: WrongLine) throws {
        let found = errors("# a comment\n\n\(wrong.text)\n-a always,exit -S close\n")
        let first = try #require(found.first, "accepted")
        #expect(first.file == "test.rules")
        #expect(first.line == 3)
        #expect(first.column == wrong.column)
        #expect(first.word == wrong.word)
        #expect(first.fault == wrong.fault)
        #expect(found.allSatisfy { $0.line == 3 }, "a wrong line must not make others wrong")
        #expect(first.description.hasPrefix("test.rules:3:\(wrong.column): \(wrong.word): "))
        #expect(!first.description.contains("\n"))
    }

    @Test func allErrorsOfAFileAreFound() {
        let found = errors(
            """
            -a always,exit -F pid=x -F uid=no-such-user -S opne,open,colse
            -a always,exit -S open
            -e 7
               -w etc
            """)
        #expect(found.map { "\($0.line):\($0.column)" } == ["1:19", "1:28", "1:48", "1:58", "3:4", "4:7"])
    }

    @Test func whatAuditctlSaysIsSaid() {
        let texts = [
            ("-a always,exit -S open -F pid", "-F missing operation"),
            ("-a always,exit -S open -F pidd=1", "-F unknown field"),
            ("-a always,exit -S open -F arch=b64", "arch must be before -S"),
            ("-a always,exit -F arch=b65", "elf mapping not found"),
            ("-a always,exit -F arch>b64", "only takes = or != operators"),
            ("-a always,exit -S open -F exit=EX", "-F unknown errno"),
            ("-a always,exit -F pid=1 -k x", "Key field needs a watch, syscall or exe path given prior to it"),
            ("-a always,exit -F pid=", "-F missing value after operation"),
            ("-a always,exit -F pid=x", "-F value should be number"),
            ("-a always,exit -F =x", "-F missing field name before operator"),
            ("-a always,exit" + String(repeating: " -F a0=1", count: 64), "Too many fields in rule"),
            ("-a always,exit -F saddr_fam=99", "value is too large for field"),
            ("-a always,exit -S opne", "Syscall name unknown"),
            ("-a always,exit -F uid=nobodyy", "Unknown user"),
            ("-w x", "The path must start with '/'"),
            ("-a always,io_uring -S nop", "io_uring op unknown"),
        ]
        for (line, text) in texts {
            #expect(errors(line).first?.description.contains(text) == true, "\(line)")
        }
    }

    @Test func aRepeatedRuleNamesTheFirst() throws {
        let found = errors("-a always,exit -S open -k x\n-b 8192\n-a exit,always -k y -S open -k x\n-a always,exit -S 2 -k x\n")
        #expect(found.map(\.line) == [3, 4])
        #expect(found.last?.fault == .duplicate(of: RulePlace(file: "test.rules", line: 1)))
        #expect(errors("-a always,exit -S open\n-A always,exit -S open\n-A always,exit -S open\n").isEmpty)
        #expect(errors("-a always,exit -S open\n-a never,exit -S open\n-a always,exit -S open -k x\n").isEmpty)
        #expect(errors("-a always,exit -S open\n-D\n-a always,exit -S open\n").isEmpty)
    }

    @Test func bytesThatAreNoText() {
        let hostile: [[UInt8]] = [
            [0], [0x2d], [0x2d, 0xff], [0xff, 0xfe, 0x0a], Array("-a always,exit -S open\0 -k x".utf8),
            Array("-a always,exit -F uid=\u{e9} -S open".utf8), Array("-a always,exit -S ".utf8) + [0xc3, 0x28],
            Array(repeating: UInt8(ascii: "a"), count: 7000), Array("-".utf8) + Array(repeating: 0x80, count: 300),
        ]
        for bytes in hostile {
            #expect(throws: RulesError.self) { try RuleSet.compile(bytes, named: "hostile") }
        }
        let long = "-a always,exit -S open -k " + String(repeating: " ", count: 6200) + "x"
        #expect(errors(long).first?.fault == .lineTooLong(limit: 6143))
        #expect(errors("-a always,exit -S open -k x\r\n").isEmpty, "auditctl takes it for a part of the key")
        #expect(errors("-a always,exit -S open\r\n").first?.fault == .carriageReturn)
    }

    // MARK: Right lines

    @Test func commentsAndBlanks() throws {
        let set = try compile("# x\n   # y\n\n      \n#-a always,exit -S open\n  -a   always,exit   -S  open  \n-a always,exit -S close")
        #expect(set.rules.map(\.place.line) == [6, 7])
    }

    @Test func anOptionMayHoldItsArgument() throws {
        let plain = try compile("-a always,exit -F arch=b64 -S open -k x")
        let dense = try compile("-aalways,exit -Farch=b64 -Sopen -kx")
        #expect(plain.rules == dense.rules)
        let waiting = try compile("--backlog_wait_time=5\n--backlog_wait_time 5\n--backlog_w 5\n")
        #expect(waiting.controls.map(\.value) == ["5", "5", "5"])
        #expect(Set(waiting.controls.map(\.option)) == ["--backlog_wait_time"])
    }

    @Test func actionAndListInEitherOrder() throws {
        let set = try compile("-a always,exit -S 1\n-a exit,always -S 2\n-a never,exit -S 3\n-a exit,never -S 4\n")
        #expect(set.rules.map(\.action) == [.always, .always, .never, .never])
    }

    @Test func possibleIsReadAndDoesNothing() throws {
        let set = try compile("-a exit,possible -S open\n")
        #expect(set.rules.isEmpty)
        #expect(set.warnings.map(\.fault) == [.possibleDeprecated])
    }

    @Test func syscallsByNameNumberAndList() throws {
        let set = try compile("-a always,exit -F arch=b64 -S open -S 3,0x4,05 -S close,,6\n")
        // x86-64: open 2, close 3.
        #expect(set.rules[0].syscalls.numbers == [2, 3, 4, 5, 6])
        let all = try compile("-a always,exit -S open,all\n")
        #expect(all.rules[0].syscalls.numbers == Array(0..<2032))
        let compat = try compile("-a always,exit -F arch=b32 -S open\n")
        #expect(compat.rules[0].syscalls.numbers == [5])
        #expect(try compile("-a always,exit -S open -S ,\n").rules[0].syscalls.contains(2))
    }

    @Test func missingArchIsWarnedAboutWhenTheTablesDiffer() throws {
        #expect(try compile("-a always,exit -S open -S openat2\n").warnings.map(\.word) == ["open"])
        #expect(try compile("-a always,exit -S openat2,all,437\n").warnings.isEmpty)
        #expect(try compile("-a always,exit -F arch=b64 -S open\n").warnings.isEmpty)
    }

    @Test func theFirstOperatorOfTheSearchOrderSplits() throws {
        #expect(try tests("-F a0!=1") == [RuleTest(.a0, .notEqual, 1)])
        #expect(try tests("-F a0>=1 -F a0<=2") == [RuleTest(.a0, .greaterOrEqual, 1), RuleTest(.a0, .lessOrEqual, 2)])
        #expect(try tests("-F a1&=3 -F a2&3") == [RuleTest(.a1, .allBits, 3), RuleTest(.a2, .anyBit, 3)])
        #expect(try tests("-F a3>1 -F a3<2") == [RuleTest(.a3, .greater, 1), RuleTest(.a3, .less, 2)])
        // "a0>1&=2" has &= in it, so the name would be a0>1.
        #expect(errors("-a always,exit -S open -F a0>1&=2").first?.fault == .unknownField)
        #expect(errors("-a always,exit -S open -F a0=1>=2").first?.fault == .unknownField)
    }

    @Test func values() throws {
        #expect(
            try tests("-F a0=017 -F a0=0x1F -F a0=-1") == [
                RuleTest(.a0, .equal, 15), RuleTest(.a0, .equal, 31), RuleTest(.a0, .equal, .max),
            ])
        #expect(
            try tests("-F exit=-EPERM -F exit=EACCES -F exit=-22 -F exit=3") == [
                RuleTest(.exit, .equal, UInt32(bitPattern: -1)), RuleTest(.exit, .equal, 13),
                RuleTest(.exit, .equal, UInt32(bitPattern: -22)), RuleTest(.exit, .equal, 3),
            ])
        #expect(
            try tests("-F auid!=unset -F loginuid=-1 -F auid=4294967295") == [
                RuleTest(.auid, .notEqual, .max), RuleTest(.auid, .equal, .max), RuleTest(.auid, .equal, .max),
            ])
        #expect(
            try tests("-F uid=root -F gid!=root -F fsuid>=1000") == [
                RuleTest(.uid, .equal, 0), RuleTest(.gid, .notEqual, 0), RuleTest(.fsuid, .greaterOrEqual, 1000),
            ])
        #expect(
            try tests("-F sessionid=unset -F sessionid!=-1 -F sessionid>5") == [
                RuleTest(.sessionid, .equal, .max), RuleTest(.sessionid, .notEqual, .max), RuleTest(.sessionid, .greater, 5),
            ])
        #expect(
            try tests("-F saddr_fam=10 -F pers&0x8 -F success=1 -F ppid=1") == [
                RuleTest(.saddrFamily, .equal, 10), RuleTest(.pers, .anyBit, 8), RuleTest(.success, .equal, 1),
                RuleTest(.ppid, .equal, 1),
            ])
        #expect(
            try tests("-F arch=b64 -F arch!=i686 -F arch=c000003e") == [
                RuleTest(.arch, .equal, 0xC000_003E), RuleTest(.arch, .notEqual, 0x4000_0003),
                RuleTest(.arch, .equal, 0xC000_003E),
            ])
    }

    @Test func keys() throws {
        #expect(try compile("-a always,exit -S open\n").keys == [nil])
        #expect(try compile("-a always,exit -S open -k a -F key=b -k c\n").keys == [Array("a\u{1}b\u{1}c".utf8)])
        #expect(try compile("-a always,exit -F key=x=y -S open\n").keys == [Array("x=y".utf8)])
        #expect(try compile("-a always,exit -S open -F key=\n").keys == [nil])
        #expect(try compile("-a always,exit -S open -F key!=b\n").keys == [Array("b".utf8)])
        #expect(try compile("-a always,exit -S open -k a\\ b\\\\c\n").keys == [Array("a b\\c".utf8)])
        #expect(try compile("-a always,exit -S open -k \"q\"\n").keys == [Array("\"q\"".utf8)])
        let longest = String(repeating: "k", count: 256)
        #expect(try compile("-a always,exit -S open -k \(longest)\n").keys == [Array(longest.utf8)])
    }

    @Test func controlLinesAreKept() throws {
        let text = """
            -D
            -D -k old
            -b 8192
            -f 1
            -e 2
            -r 0 -b 64
            -i
            -c
            -q /mnt,/home
            -t
            -l
            -s -i
            -v
            -m hello
            --backlog_wait_time 60000
            --loginuid-immutable
            --reset-lost
            --reset_backlog_wait_time_actual
            --signal cont
            """
        let set = try compile(text)
        #expect(set.rules.isEmpty)
        #expect(set.warnings.isEmpty)
        #expect(
            set.controls.map { $0.option + ($0.value.map { " " + $0 } ?? "") } == [
                "-D", "-D old", "-b 8192", "-f 1", "-e 2", "-r 0", "-b 64", "-i", "-c", "-q /mnt,/home", "-t", "-l", "-s",
                "-v", "-m hello", "--backlog_wait_time 60000", "--loginuid-immutable", "--reset-lost",
                "--reset_backlog_wait_time_actual", "--signal cont",
            ])
        #expect(set.controls[6].place == RulePlace(file: "test.rules", line: 6))
        #expect(try compile("-t -b 64\n").warnings.map(\.fault) == [.ignoredBehind(option: "-t")])
    }

    @Test func whatMeansTheKernelsOwnAuditIsSaidOnce() throws {
        let set = try compile("-D\n-i\n-b 8192\n-f 1\n--loginuid-immutable\n-a always,exit -F arch=b64 -S open\n-e 2\n")
        #expect(set.remarks.count == 1)
        #expect(set.remarks.first?.contains(":3: -b 8192, -f 1, --loginuid-immutable, -e 2: ") == true, "\(set.remarks)")
        #expect(try compile("-D\n-c\n-i\n-a always,exit -F arch=b64 -S open\n").remarks == [])
    }

    @Test func ignoredErrorsLeaveTheRest() throws {
        let text = "-a always,exit -S 1\n-i\n-a always,exit -S opne\n-a always,exit -S 2\n"
        let set = try compile(text)
        #expect(set.rules.map(\.place.line) == [1, 4])
        #expect(set.skipped.map(\.line) == [3])
        #expect(!set.hasFailed)
        let continued = try compile(text.replacing("-i\n", with: "-c\n"))
        #expect(continued.rules.map(\.place.line) == [1, 4])
        #expect(continued.hasFailed, "auditctl exits with 1")
        #expect(try !compile("-c\n-a always,exit -S 1\n").hasFailed)
        // Only from there on; and on the very line.
        #expect(errors("-a always,exit -S opne\n-i\n").map(\.line) == [1])
        #expect(try compile("-ic\n").skipped.map(\.fault) == [.parameterWithoutOption])
    }

    @Test func operandsBeforeAnOptionThatEndsTheLineGoUnseen() throws {
        #expect(try compile("x -c\n").skipped.isEmpty)
        #expect(try compile("x -c y\n").skipped.map(\.word) == ["x", "y"])
        #expect(errors("x -D\n").isEmpty == false, "auditctl counts the words of -D")
    }

    @Test func rulesAreDeletedOneByOne() throws {
        let set = try compile(
            """
            -a always,exit -S 1 -k a
            -a always,exit -S 2
            -A always,exit -S 2
            -d always,exit -S 2
            -d exit,always -k a -S 1
            """.replacing("-d exit,always -k a -S 1", with: "-d exit,always -S 1 -k a"))
        // The one at the head of the list goes first.
        #expect(set.rules.map(\.place.line) == [2])
        #expect(errors("-a always,exit -S 1\n-d always,exit -S 1\n-d always,exit -S 1\n").map(\.line) == [3])
    }

    @Test func deleteAllDeletesWhatCameBefore() throws {
        let text = """
            -a always,exit -S 1 -k old-one
            -a always,exit -S 2 -k keep
            -a always,exit -S 3
            -D -k old
            -a always,exit -S 4 -k old-again
            """
        #expect(try compile(text).rules.map(\.place.line) == [2, 3, 5])
        #expect(try compile(text + "\n-D\n-a never,exit -S 1").rules.map(\.place.line) == [7])
    }

    @Test func severalFilesMakeOneSet() throws {
        var reader = RuleReader()
        reader.read(Array("-a always,exit -S 1\n".utf8), named: "first")
        reader.read(Array("-A never,exit -S 1\n-a always,exit -S 2\n".utf8), named: "second")
        let set = try reader.finish()
        #expect(set.rules.map(\.place.description) == ["second:1", "first:1", "second:2"])
        #expect(set.rules(for: .native, 1) == [0])
        #expect(set.rules(for: .native, 2) == [2])
        #expect(set.rules(for: .native, 3) == [])
        #expect(set.rules(for: .compat, 2) == [2])
        #expect(set.rules(for: .native, 99999) == [])
    }
}
