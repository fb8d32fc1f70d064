// SPDX-License-Identifier: MIT
import AuditRules
import Testing

/// Conversion of the proof of concept's rules. Expected rules are derived by hand from its README and its filter code, which
/// compares `a & v == v` for `&`, `a & v != 0` for `|`, and takes any clause of a call.
@Suite struct ProofOfConceptRulesTests {
    private func convert(_ text: String) -> (rules: [String], faults: [RuleFault]) {
        let converted = ProofOfConceptRules(Array(text.utf8), named: "old.rules")
        let rules = converted.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
        // Whatever comes out is a legal rules file, without repetitions.
        #expect(throws: Never.self) { try RuleSet.compile(Array(converted.text.utf8), named: "new.rules") }
        return (rules.map { String($0.dropFirst("-a always,exit -F arch=b64 -S ".count)) }, converted.diagnostics.map(\.fault))
    }

    @Test(arguments: [
        ("openat a2 | 0x3", ["openat -F a2&0x3"]),
        ("kill a1 = 9 a1 = 19", ["kill -F a1=9", "kill -F a1=19"]),
        ("mmap a2 & 0x6", ["mmap -F a2&=0x6"]),
        ("mmap a2&0x6 A0|1", ["mmap -F a2&=0x6", "mmap -F a0&1"]),
        ("   kill a1 =9", ["kill -F a1=9"]),
        ("59", ["59"]),
        ("execve\nexecve", ["execve"]),
        ("kill\nkill a1 = 9", ["kill -F a1=9"]),
        ("read a2 > 017 a2 < 0x10", ["read -F a2>15", "read -F a2<16"]),
        ("lseek a1 < s0", ["lseek -F a1>=0x80000000"]),
        ("lseek a1 < s-5", ["lseek -F a1>=0x80000000 -F a1<4294967291"]),
        ("lseek a1 < s 5", ["lseek -F a1>=0x80000000", "lseek -F a1<5"]),
        ("lseek a1 > s5", ["lseek -F a1>5 -F a1<0x80000000"]),
        ("lseek a1 > s-1", ["lseek -F a1<0x80000000"]),
        ("lseek a1 > s-5", ["lseek -F a1<0x80000000", "lseek -F a1>4294967291"]),
        ("lseek a1 = s-1", ["lseek -F a1=-1"]),
        ("# nothing\n\n", []),
    ])
    func clausesBecomeFields(_ old: String, _ new: [String]) {
        let (rules, faults) = convert(old)
        #expect(rules == new)
        #expect(faults.isEmpty)
    }

    @Test func flagsAreSaidAndTheRuleStays() {
        let (rules, faults) = convert("connect P V\nopen a1 | 3 V")
        #expect(rules == ["connect", "open -F a1&3"])
        #expect(faults == [.completeOnly, .completeOnly, .completeOnly])
    }

    @Test(arguments: [
        ("opne", RuleFault.unknownSyscall(machine: "x86_64")), ("open a6 = 1", .clauseMalformed), ("open a1", .clauseMalformed),
        ("open a1 ! 3", .clauseMalformed), ("open a1 = x", .clauseMalformed), ("open 3", .clauseMalformed),
        ("mmap a4 = 3", .argumentBeyond), ("mmap a0 = 0x100000000", .valueBeyond), ("5000", .unknownSyscall(machine: "x86_64")),
    ])
    func whatCannotBeSaidIsNotConverted(_ old: String, _ fault: RuleFault) {
        let (rules, faults) = convert(old)
        #expect(rules.isEmpty, "half of a line would select something else")
        #expect(faults == [fault])
    }

    @Test func commentsStay() {
        let converted = ProofOfConceptRules(Array("# open - flags\nopen a1 | 0x3\n".utf8), named: "old.rules")
        #expect(converted.text.hasSuffix("# open - flags\n-a always,exit -F arch=b64 -S open -F a1&0x3\n"))
    }
}
