// SPDX-License-Identifier: MIT
import AuditRules
import AuditTestSupport
import CAuditWire
import Testing

/// What rules mean. Expectations are read from kernel/auditsc.c (`audit_filter_rules`, `audit_in_mask`) and
/// kernel/auditfilter.c (`audit_comparator`, `audit_data_to_entry`).
@Suite struct EvaluatorTests {
    /// The position of the rule that selects `event`, nil when it is rejected.
    private func decide(_ text: String, _ event: EventBytes) throws -> Int? {
        let set = try RuleSet.compile(Array(text.utf8), named: "test.rules")
        return try event.withView { view in
            switch Evaluator(set).decide(view) {
            case .select(let rule): rule
            case .reject: nil
            }
        }
    }

    private func selects(_ fields: String, _ event: EventBytes) throws -> Bool {
        try decide("-a always,exit -F arch=b64 -S all \(fields)", event) != nil
    }

    // MARK: Operators

    @Test(
        arguments: [
            // left, operator, right, whether it holds
            (5, "=", "5", true), (5, "=", "6", false),
            (5, "!=", "6", true), (5, "!=", "5", false),
            (5, "<", "6", true), (5, "<", "5", false), (6, "<", "5", false),
            (5, "<=", "5", true), (6, "<=", "5", false),
            (6, ">", "5", true), (5, ">", "5", false),
            (5, ">=", "5", true), (4, ">=", "5", false),
            (4, "&", "6", true), (1, "&", "6", false), (0, "&", "0", false),
            (6, "&=", "6", true), (7, "&=", "6", true), (4, "&=", "6", false), (0, "&=", "0", true),
            // Octal and hexadecimal, as strtoul() with base 0.
            (64, "=", "0100", true), (255, "=", "0xff", true),
            // Unsigned: -1 is the largest number.
            (0xffff_ffff, "=", "-1", true), (5, "<", "-1", true), (0xffff_ffff, ">", "0", true), (0xffff_ffff, "<", "1", false),
            // Truncated to 32 bits.
            (0x1_0000_0005, "=", "5", true), (0x1_0000_0000, ">", "0", false), (0xffff_ffff_ffff_fff3, "=", "-13", true),
        ] as [(UInt64, String, String, Bool)])
    func argumentsAreUnsigned32Bit(_ left: UInt64, _ op: String, _ right: String, _ holds: Bool) throws {
        for argument in 0...3 {
            var event = EventBytes(1)
            event.setArgument(argument, left)
            #expect(try selects("-F a\(argument)\(op)\(right)", event) == holds)
        }
    }

    // MARK: Fields

    @Test func eachFieldLooksAtItsOwnValue() throws {
        var event = EventBytes(1, 100, 101, 102, 103)
        event.call.pid = 104
        event.call.ppid = 105
        event.call.personality = 106
        event.call.auid = 107
        event.call.ses = 108
        event.call.uid = 109
        event.call.euid = 110
        event.call.suid = 111
        event.call.fsuid = 112
        event.call.gid = 113
        event.call.egid = 114
        event.call.sgid = 115
        event.call.fsgid = 116
        event.call.ret = 117
        event.call.tid = 118
        let fields = [
            "a0", "a1", "a2", "a3", "pid", "ppid", "pers", "auid", "sessionid", "uid", "euid", "suid", "fsuid", "gid",
            "egid", "sgid", "fsgid", "exit",
        ]
        for (index, field) in fields.enumerated() {
            #expect(try selects("-F \(field)=\(100 + index)", event), "\(field)")
            #expect(try !selects("-F \(field)!=\(100 + index)", event), "\(field)")
            #expect(try !selects("-F \(field)=\(99 + index)", event), "\(field)")
            #expect(try selects("-F \(field)>\(99 + index) -F \(field)<\(101 + index)", event), "\(field)")
        }
        #expect(try selects("-F loginuid=107", event))
        #expect(try selects("-F pers&2 -F pers&=0x6a", event))
        #expect(try !selects("-F pid=118", event), "pid is the process, not the thread")
    }

    @Test func exitIsComparedUnsigned() throws {
        var failed = EventBytes(1)
        failed.call.ret = -13
        #expect(try selects("-F exit=-EACCES", failed))
        #expect(try selects("-F exit=-13", failed))
        #expect(try !selects("-F exit=EACCES", failed), "the name without the sign is +13")
        #expect(try !selects("-F exit<0", failed), "nothing is below 0 when unsigned")
        #expect(try selects("-F exit>=0", failed))
        #expect(try selects("-F exit>-14 -F exit<-12", failed))
        var positive = EventBytes(1)
        positive.call.ret = 0x1_0000_0003
        #expect(try selects("-F exit=3", positive))
    }

    @Test(arguments: [
        // test, whether it holds for success, for failure, for a call that never returned
        ("success=1", true, false, false), ("success=0", false, true, false), ("success=5", true, false, false),
        ("success!=1", false, true, false), ("success!=0", true, false, false),
        // The kernel compares its codes, 1 for success and 2 for failure, with that of the value.
        ("success<0", true, false, false), ("success<=1", true, false, false), ("success>1", false, true, false),
        ("success>=1", true, true, false), ("success<1", false, false, false), ("success<=0", true, true, false),
        ("exit=0", true, false, false), ("exit!=77", true, true, false), ("exit>=0", true, true, false),
    ])
    func successAndExitNeedAReturn(_ test: String, _ onSuccess: Bool, _ onFailure: Bool, _ onNone: Bool) throws {
        var event = EventBytes(1)
        event.call.ret = 0
        #expect(try selects("-F \(test)", event) == onSuccess)
        event.call.ret = -2
        #expect(try selects("-F \(test)", event) == onFailure)
        event.call.ret = 0
        event.hasReturned = false
        #expect(try selects("-F \(test)", event) == onNone)
    }

    @Test func onlyMinus1ToMinus4095AreErrors() throws {
        var event = EventBytes(1)
        for (value, success) in [(-1, 0), (-4095, 0), (-4096, 1), (Int64.min, 1), (0, 1), (Int64.max, 1)] as [(Int64, Int)] {
            event.call.ret = value
            #expect(try selects("-F success=\(success)", event), "\(value)")
        }
    }

    @Test func groupsCountForEqualityOfGidAndEgidOnly() throws {
        var event = EventBytes(1)
        event.call.gid = 10
        event.call.egid = 20
        event.call.sgid = 30
        event.call.fsgid = 40
        event.groups = [5, 27, 1000]
        #expect(try selects("-F gid=10", event))
        #expect(try selects("-F gid=27", event))
        #expect(try selects("-F egid=1000", event))
        #expect(try !selects("-F gid=28", event))
        #expect(try !selects("-F gid!=27", event))
        #expect(try !selects("-F gid!=10", event))
        #expect(try selects("-F gid!=28", event))
        #expect(try !selects("-F egid!=5", event))
        #expect(try !selects("-F sgid=27", event))
        #expect(try selects("-F fsgid!=27", event))
        #expect(try !selects("-F gid>500", event), "1000 is a supplementary group, which > does not look at")
        event.groups = nil
        #expect(try !selects("-F gid=27", event))
        #expect(try selects("-F gid!=27", event))
    }

    @Test func unsetLoginUid() throws {
        var event = EventBytes(1)
        event.call.auid = .max
        for value in ["unset", "-1", "4294967295"] {
            #expect(try selects("-F auid=\(value)", event))
            #expect(try !selects("-F auid!=\(value)", event))
        }
        #expect(try selects("-F auid>=1000", event), "which is why rules add auid!=unset")
        event.call.auid = 0
        #expect(try !selects("-F auid=unset", event))
        #expect(try selects("-F auid!=unset", event))
        event.call.ses = .max
        #expect(try selects("-F sessionid=unset", event))
        #expect(try selects("-F sessionid=-1", event))
    }

    @Test func addressFamilyNeedsAnAddress() throws {
        var event = EventBytes(42)
        #expect(try !selects("-F saddr_fam=2", event))
        #expect(try !selects("-F saddr_fam!=2", event))
        event.address = [10, 0, 1, 187] + Array(repeating: 0, count: 24)
        #expect(try selects("-F saddr_fam=10", event))
        #expect(try selects("-F saddr_fam!=2", event))
        #expect(try !selects("-F saddr_fam=2", event))
    }

    @Test func userNamesAreThisSystems() throws {
        var event = EventBytes(1)
        event.call.uid = 0
        event.call.fsgid = 0
        #expect(try selects("-F uid=root -F fsgid=root", event))
        #expect(try !selects("-F uid!=root", event))
    }

    // MARK: Calls

    @Test func namesBelongToTheTableOfTheArch() throws {
        let b64 = "-a always,exit -F arch=b64 -S openat"
        let b32 = "-a always,exit -F arch=b32 -S openat"
        // openat is 257 for x86-64 and 295 for i386.
        let native = EventBytes(257)
        let compat = EventBytes(arch: EventBytes.compat, 295)
        #expect(try decide(b64, native) != nil)
        #expect(try decide(b64, compat) == nil)
        #expect(try decide(b32, native) == nil)
        #expect(try decide(b32, compat) != nil)
        #expect(try decide(b32, EventBytes(arch: EventBytes.compat, 257)) == nil)
        #expect(try decide("-a always,exit -F arch=i686 -S openat", compat) != nil)
        #expect(try decide("-a always,exit -F arch=x86_64 -S openat", native) != nil)
        #expect(try decide("-a always,exit -F arch!=b32 -S all", native) != nil)
        #expect(try decide("-a always,exit -F arch!=b32 -S all", compat) == nil)
    }

    @Test func withoutArchTheNumberCountsInBothTables() throws {
        let rule = "-a always,exit -S openat"
        #expect(try decide(rule, EventBytes(257)) != nil)
        #expect(try decide(rule, EventBytes(arch: EventBytes.compat, 257)) != nil)
        #expect(try decide(rule, EventBytes(arch: EventBytes.compat, 295)) == nil)
    }

    @Test func numbersThatNoMaskHoldsMatchNothing() throws {
        let all = "-a always,exit -S all"
        #expect(try decide(all, EventBytes(2031)) != nil)
        // The kernel takes the last 16 bits of a mask for call classes.
        #expect(try decide(all, EventBytes(2032)) == nil)
        #expect(try decide(all, EventBytes(2047)) == nil)
        #expect(try decide(all, EventBytes(2048)) == nil)
        // x32: __X32_SYSCALL_BIT.
        #expect(try decide(all, EventBytes(0x4000_0000)) == nil)
        #expect(try decide(all, EventBytes(.max)) == nil)
        #expect(try decide(all, EventBytes(arch: 0xC000_00B7, 1)) == nil, "not an architecture of this machine")
    }

    @Test func noSyscallOptionMeansAll() throws {
        #expect(try decide("-a always,exit -F pid=0", EventBytes(1)) != nil)
        #expect(try decide("-a always,exit -F pid=0", EventBytes(arch: EventBytes.compat, 400)) != nil)
        #expect(try decide("-a always,exit -F pid=0 -S 2,3 -S 4", EventBytes(1)) == nil)
        #expect(try decide("-a always,exit -F pid=0 -S 2,3 -S 4", EventBytes(4)) != nil)
    }

    // MARK: Order

    @Test func theFirstMatchDecides() throws {
        let text = """
            -a never,exit -S 1 -F a0=7
            -a always,exit -S 1 -F a0>5 -k first
            -a always,exit -S 1 -k second
            """
        #expect(try decide(text, EventBytes(1, 7)) == nil)
        #expect(try decide(text, EventBytes(1, 6)) == 1)
        #expect(try decide(text, EventBytes(1, 5)) == 2)
        #expect(try decide(text, EventBytes(2, 5)) == nil)
    }

    @Test func capitalAPutsARuleFirst() throws {
        let text = """
            -a always,exit -S 1 -k appended
            -A never,exit -S 1 -F a0=1
            -A always,exit -S 1 -F a0<3 -k last-prepended
            """
        let set = try RuleSet.compile(Array(text.utf8), named: "test.rules")
        #expect(set.keys == [Array("last-prepended".utf8), nil, Array("appended".utf8)])
        #expect(try decide(text, EventBytes(1, 1)) == 0)
        #expect(try decide(text, EventBytes(1, 4)) == 2)
    }

    @Test func everyFieldOfARuleMustHold() throws {
        let rule = "-a always,exit -S 1 -F a0=1 -F a1=2 -F uid=3 -F exit=4"
        var event = EventBytes(1, 1, 2)
        event.call.uid = 3
        event.call.ret = 4
        #expect(try decide(rule, event) == 0)
        event.call.ret = 5
        #expect(try decide(rule, event) == nil)
    }

    @Test func anEmptySetSelectsNothing() throws {
        #expect(try decide("", EventBytes(59)) == nil)
        #expect(try decide("-D\n# nothing\n\n   \n", EventBytes(59)) == nil)
    }
}
