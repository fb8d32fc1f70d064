// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRules
import AuditTestSupport
import CAuditWire
import Testing

/// The list io_uring. Expectations are read from kernel/auditsc.c (6.18): `__audit_uring_exit()`, `audit_filter_uring()`, `__audit_filter_op()`,
/// `audit_filter_rules()`; which operations have records from io_uring/opdef.c (`audit_skip`).
@Suite struct RingRuleTests {
    private static let within = UInt8(AW_FLAG_WITHIN.rawValue)
    /// io_uring_enter(2), linux/unistd.h.
    private static let enter: UInt32 = 426

    private static func set(_ text: String) throws -> RuleSet { try RuleSet.compile(Array(text.utf8), named: "test.rules") }

    /// An operation within a call, or one that a worker issues.
    private static func operation(_ number: UInt32, within: Bool = true, _ change: (inout EventBytes) -> Void = { _ in }) -> EventBytes {
        var event = within ? EventBytes(enter, 3, 1) : EventBytes(arch: 0, 0)
        event.operation = number
        event.flags = within ? Self.within : 0
        change(&event)
        return event
    }

    /// What the rules say of each of `events`, which follow each other within one call: the decision and the keys of records.
    private static func judge(_ rules: String, _ events: [EventBytes]) throws -> [String] {
        let set = try set(rules)
        let evaluator = Evaluator(set)
        var state = RingState()
        return try events.map { event in
            try event.withView { view in
                if let operation = view.operation {
                    evaluator.judge(view, operation: operation, state: &state)
                } else {
                    evaluator.judge(view, state: &state)
                }
            }
            guard state.decision == .always else { return "-" }
            return state.keyRule.flatMap { set.keys[$0] }.map { String(decoding: $0, as: UTF8.self) } ?? "(null)"
        }
    }

    @Test(arguments: [
        // openat is 18, close 19.
        ("-a always,io_uring -S openat -k a", ["a", "-"]),
        ("-a always,io_uring -S 19 -k a", ["-", "a"]),
        ("-a always,io_uring -S openat,close", ["(null)", "(null)"]),
        ("-a always,io_uring -S all -k a", ["a", "a"]),
        // The first that matches decides.
        ("-a never,io_uring -S openat\n-a always,io_uring -S all -k a", ["-", "a"]),
        ("-a always,io_uring -S all -k a\n-A never,io_uring -S openat", ["-", "a"]),
        ("-a always,io_uring -S openat -k a\n-a never,io_uring -S openat", ["a", "-"]),
        // Rules of other lists say nothing of a worker's.
        ("-a always,exit -F arch=b64 -S io_uring_enter -k c", ["-", "-"]),
        ("-a never,exit -F arch=b64 -S all\n-a always,io_uring -S openat -k a", ["a", "-"]),
    ])
    func operationsOfWorkers(_ rules: String, _ expected: [String]) throws {
        for (number, key) in zip([UInt32(18), 19], expected) {
            #expect(try Self.judge(rules, [Self.operation(number, within: false)]) == [key])
        }
    }

    @Test func fieldsAreThoseOfTheTask() throws {
        func selects(_ fields: String, _ event: EventBytes) throws -> Bool {
            try Self.judge("-a always,io_uring \(fields) -S openat", [event]) != ["-"]
        }
        var event = Self.operation(18, within: false)
        event.call.pid = 42
        event.call.uid = 1
        event.call.euid = 2
        event.call.auid = 1000
        event.groups = [7]
        for fields in ["-F pid=42", "-F uid=1", "-F euid=2", "-F auid=1000", "-F gid=7", "-F uid<2", "-F a0=0", "-F arch!=b64"] {
            #expect(try selects(fields, event), "\(fields)")
        }
        for fields in ["-F pid!=42", "-F uid=2", "-F gid=8", "-F gid!=7", "-F saddr_fam=0", "-F arch=b64", "-F arch=b32"] {
            #expect(try !selects(fields, event), "\(fields)")
        }
        // Within a call its architecture and arguments.
        #expect(try selects("-F arch=b64", Self.operation(18)))
        #expect(try selects("-F a0=3 -F a1=1", Self.operation(18)))
    }

    @Test func auditctlTakesNoResultsHere() throws {
        for field in ["success=1", "exit=0", "ppid=1", "perm=r", "path=/etc/passwd", "inode=1", "x-exe=/bin/*"] {
            #expect(throws: RulesError.self) { try Self.set("-a always,io_uring -S openat -F \(field)") }
        }
        #expect(throws: RulesError.self) { try Self.set("-a always,io_uring -S openat -C uid=euid") }
    }

    /// `current_state`, `prio` and `filterkey` stay until the call ends.
    @Test(arguments: [
        // What comes behind a recorded one is recorded, and so is the call.
        ("-a always,io_uring -S openat -k a", ["a", "a", "a"]),
        ("-a always,io_uring -S close -k a", ["-", "a", "a"]),
        ("-a always,io_uring -S connect -k a", ["-", "-", "-"]),
        // Behind a refused one as well, unless a rule before that one says otherwise.
        ("-a never,io_uring -S openat\n-a always,io_uring -S close -k a", ["-", "-", "-"]),
        ("-a always,io_uring -S close -k a\n-a never,io_uring -S openat", ["-", "a", "a"]),
        // The list exit comes first, with the operation's result.
        ("-a always,exit -F arch=b64 -S io_uring_enter -k c\n-a always,io_uring -S openat -k a", ["c", "c", "c"]),
        ("-a always,io_uring -S openat -k a\n-a always,exit -F arch=b64 -S io_uring_enter -k c", ["c", "c", "c"]),
        ("-a always,exit -F arch=b64 -S io_uring_enter -F success=1 -k c\n-a always,io_uring -S all -k a", ["a", "c", "c"]),
        ("-a always,io_uring -S all -k a\n-a always,exit -F arch=b64 -S io_uring_enter -F success=1 -k c", ["a", "a", "a"]),
        // Refused by the list exit: rules of this list count only if they come before that one.
        ("-a never,exit -F arch=b64 -S io_uring_enter\n-a always,io_uring -S openat -k a", ["-", "-", "-"]),
        ("-a always,io_uring -S openat -k a\n-a never,exit -F arch=b64 -S io_uring_enter", ["a", "a", "a"]),
        // A rule without a key leaves the key.
        ("-a always,exit -F arch=b64 -S io_uring_enter -F success=1\n-a always,io_uring -S openat -k a", ["a", "a", "a"]),
    ])
    func withinACall(_ rules: String, _ expected: [String]) throws {
        var call = EventBytes(Self.enter, 3, 1)
        call.call.ret = 2
        // An open that cannot be done at once, and a close.
        let events = [Self.operation(18) { $0.call.ret = -11 }, Self.operation(19), call]
        #expect(try Self.judge(rules, events) == expected)
    }

    @Test func whatIsNotKnownMatchesNoResult() throws {
        var event = Self.operation(18)
        event.hasReturned = false
        for result in ["success=1", "success=0", "exit=0", "exit!=0"] {
            let rules = "-a always,exit -F arch=b64 -S io_uring_enter -F \(result) -k c\n-a always,io_uring -S openat -k a"
            #expect(try Self.judge(rules, [event]) == ["a"], "\(result)")
        }
    }

    @Test func theKernelSideIsToldWhatRulesName() throws {
        let image = MapImage(try Self.set("-a always,io_uring -S openat,uring_cmd128,0,22,99 -k a"))
        // nop and read have no records.
        #expect(image.operations.named.0 == 1 << 18 && image.operations.named.1 == 1 << 0)
        #expect(image.operations.within.0 == 1 << 18 && image.operations.within.1 == 1 << 0)
        #expect(image.operations.audited.0 & (1 << 0 | 1 << 22 | 1 << 63) == 0 && image.operations.audited.0 & 1 << 62 != 0)
        let entry = image.index[Int(Self.enter)]
        #expect(entry.flags & UInt16(AS_INDEX_RING.rawValue | AS_INDEX_ENTRY.rawValue | AS_INDEX_EXIT.rawValue) == 0x15)
        #expect(entry.count == 0 && entry.flags & UInt16(AS_INDEX_UNCONDITIONAL.rawValue) == 0)
        // A call that the list exit may select has records for all that is in it.
        let both = MapImage(try Self.set("-a always,io_uring -S openat\n-a always,exit -F arch=b64 -S io_uring_enter -F pid=1"))
        #expect(both.operations.named.0 == 1 << 18)
        #expect(both.operations.within == both.operations.audited)
        let none = MapImage(try Self.set("-a always,exit -F arch=b64 -S openat"))
        #expect(none.operations.named == (0, 0) && none.operations.within == (0, 0))
        #expect(none.index.allSatisfy { $0.flags & UInt16(AS_INDEX_RING.rawValue) == 0 })
    }
}
