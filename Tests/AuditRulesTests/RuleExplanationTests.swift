// SPDX-License-Identifier: MIT
import AuditRules
import Testing

/// What rules are said to select, and which are said never to be reached: worked out by hand from the kernel's order (the first rule
/// that matches decides, kernel/auditsc.c) and its unsigned comparisons.
@Suite struct RuleExplanationTests {
    private func explain(_ text: String) throws -> [String] {
        var reader = RuleReader()
        reader.read(Array((text + "\n").utf8), named: "r")
        return RuleExplanation.text(of: try reader.loaded()).split(separator: "\n").map(String.init)
    }

    @Test(arguments: [
        (
            "-a always,exit -F arch=b64 -S open -F a1&01103 -k w",
            "r:1: writes open of the 64-bit table where argument a1 has some bit of 0x243, with the key \"w\"."
        ),
        (
            "-a never,exit -F arch=b32 -S all -F auid=unset",
            "r:1: does not write every call of the 32-bit table where the login user is unset."
        ),
        ("-w /etc/passwd -p wa", "r:1: writes every call where it is about the file /etc/passwd and it writes or changes attributes."),
        (
            "-a always,exit -F arch=b64 -S kill -C uid!=euid -F success=0",
            "r:1: writes kill of the 64-bit table where uid differs from euid and it fails."
        ),
        ("-a never,task -F uid=7", "r:1: looks at none of the calls of tasks that are made where uid is 7."),
        (
            "-a always,task -F uid=7", "r:1: writes every call of tasks that are made where uid is 7, whatever rules of the list exit say."
        ),
        ("-a always,exclude -F msgtype=CWD", "r:1: leaves out records where the type is CWD."),
        ("-a never,exclude -F msgtype=CWD", "r:1: leaves out records where the type is CWD."),
        ("-a always,exclude", "r:1: leaves out nothing, because it has no field."),
        (
            "-a always,io_uring -S openat,19 -F uid=0",
            "r:1: writes openat, close of io_uring where uid is 0."
        ),
        ("-a never,filesystem -F fstype=debugfs", "r:1: leaves out what is known of files where the file system is debugfs."),
        (
            "-a always,exit -F arch=b64 -S open -F exit=-EACCES",
            "r:1: writes open of the 64-bit table where the result, as an unsigned number, is -EACCES."
        ),
    ])
    func aRuleInWords(_ rule: String, _ words: String) throws {
        #expect(try explain(rule).first == words)
    }

    /// Positions of rules that are never reached, from 0.
    @Test(arguments: [
        ("-a always,exit -S open -F a0=1\n-a always,exit -S open -k x", []),
        ("-a always,exit -S open\n-a always,exit -S open -F a0=1", [2]),
        ("-a never,exit -S all\n-a always,exit -S open,close -k x", [2]),
        ("-a never,exit -F arch=b64 -S all\n-a always,exit -S open -k x", []),
        ("-a never,exit -F arch=b64 -S all\n-a never,exit -F arch=b32 -S all\n-a always,exit -S open -k x", [3]),
        ("-a never,exit -S open -F uid=0\n-a always,exit -S open -F pid=3 -F uid=0", [2]),
        ("-a never,exit -S open\n-a never,exit -S close\n-a always,exit -S open,close -k x", [3]),
        ("-a never,exit -S open\n-a always,exit -S open,close -k x", []),
        ("-a always,exit -S open\n-A never,exit -S open", [1]),
        ("-a never,exit -S all -F uid=0\n-a always,task -F uid=0", []),
        ("-a never,task\n-a always,task -F uid=1", [2]),
        ("-a always,exit -S open -F a0=1 -F a0=2", [1]), ("-a always,exit -S open -F exit<0", [1]),
        ("-a always,exit -S open -F uid>=1000 -F uid<1000", [1]), ("-a always,exit -S open -F gid=1 -F gid=2", []),
        ("-a always,exit -S open -F auid>=1000 -F auid!=unset", []), ("-a always,exit -S open -F a0>5 -F a0<7 -F a0!=6", [1]),
        ("-a always,exit -F arch=b64 -F arch=b32 -S open", [1]),
        ("-a always,exit -S open -F a0=1 -F a0=2\n-a always,exit -S open", [1]),
    ])
    func neverReached(_ rules: String, _ lines: [Int]) throws {
        var found: [Int] = []
        var line = 0
        for text in try explain(rules).prefix(while: { !$0.hasPrefix("Costliest") }) {
            if text.hasPrefix("r:") { line = Int(text.split(separator: ":")[1]) ?? 0 }
            if text.contains(" Never ") { found.append(line) }
        }
        #expect(found == lines)
    }

    @Test func theHidingRuleIsNamed() throws {
        let text = try explain("-a never,exit -S open\n-a always,exit -S open -F a0=1 -k x")
        #expect(text.contains("  Never reached: what it matches is decided before, by r:1."))
    }

    @Test func whatIsTriedMostCostsMost() throws {
        let text = try explain(
            "-a always,exit -F arch=b64 -S adjtimex\n-a always,exit -F arch=b64 -S read -F a0=9\n-a always,exit -F auid=7\n-a always,exit -F arch=b64 -S write"
        )
        let costliest = text.drop { !$0.hasPrefix("Costliest") }.dropFirst().map { $0.prefix(3) }
        // Every call, then write without a condition, then read with one; adjtimex is seldom called.
        #expect(costliest == ["r:3", "r:4", "r:2"])
    }

    @Test func noRules() throws {
        #expect(try explain("# none") == ["No rules: nothing is written."])
    }
}
