// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRules
import AuditSyscalls
import AuditTestSupport
import CAuditWire
import Testing

/// `subj_*` and `obj_*` where SELinux labels tasks and files. Expectations are read from `selinux_audit_rule_init()` and `selinux_audit_rule_match()`
/// (security/selinux/ss/services.c), `mls_context_to_sid()` (mls.c), `mls_level_dom()` (mls_types.h), and `audit_filter_rules()` (kernel/auditsc.c).
@Suite struct RuleContextTests {
    private static let subject: UInt32 = 7

    private func section(_ sid: UInt32, _ text: String) -> (tag: SectionTag, detail: UInt8, bytes: [UInt8]) {
        (.context, 0, rawBytes(of: aw_context(sid: sid, reserved: 0)) + Array(text.utf8))
    }

    /// An event of a task with this context; nil: that is not known.
    private func event(_ context: String?) -> EventBytes {
        var event = EventBytes(59)
        event.more = [(.subject, 0, rawBytes(of: Self.subject))]
        if let context { event.more.append(section(Self.subject, context)) }
        return event
    }

    private func compile(_ line: String) throws -> RuleSet {
        let set = try RuleSet.compile(Array("\(line)\n".utf8), named: "test.rules")
        #expect(set.warnings.isEmpty)
        return set
    }

    private func selects(_ field: String, _ context: String?) throws -> Bool {
        let set = try compile("-a always,exit -F arch=b64 -S execve -F \(field)")
        return try event(context).withView { view in
            let isSelected = Evaluator(set).decide(view) != .reject
            #expect(PrefilterModel(MapImage(set)).accepts(view) || !isSelected, "lost by the prefilter")
            return isSelected
        }
    }

    @Test(arguments: [
        ("subj_user", "system_u", true), ("subj_user", "system", false), ("subj_user", "system_r", false),
        ("subj_role", "system_r", true), ("subj_role", "object_r", false),
        ("subj_type", "httpd_t", true), ("subj_type", "httpd", false), ("subj_type", "httpd_t2", false),
    ])
    func namesAreCompared(_ field: String, _ value: String, _ isSame: Bool) throws {
        for context in ["system_u:system_r:httpd_t:s0", "system_u:system_r:httpd_t:s0-s1:c0.c1023", "system_u:system_r:httpd_t"] {
            #expect(try selects("\(field)=\(value)", context) == isSame)
            #expect(try selects("\(field)!=\(value)", context) == !isSame)
        }
    }

    /// By hand, of a task's level and a rule's: whether it is the same, below or the same, above or the same.
    @Test(arguments: [
        ("s0", "s0", true, true, true),
        ("s0", "s1", false, true, false),
        ("s1", "s0", false, false, true),
        ("s2", "s10", false, true, false),
        ("s0:c0,c1", "s0:c0.c1", true, true, true),
        ("s0:c0.c3", "s0:c0.c3", true, true, true),
        ("s0:c0.c2,c5", "s0:c1,c5", false, false, true),
        ("s0:c1", "s0:c0.c2", false, true, false),
        // Neither is above the other.
        ("s0:c1", "s0:c2", false, false, false),
        ("s1", "s0:c1", false, false, false),
        ("s0:c1", "s1", false, false, false),
        ("s1:c1", "s0:c1", false, false, true),
        ("s0:c64", "s0:c0.c64", false, true, false),
        ("s0:c0.c1023", "s0:c1023", false, false, true),
    ])
    func levelsAreComparedByDominance(_ own: String, _ rule: String, _ isSame: Bool, _ isBelow: Bool, _ isAbove: Bool) throws {
        // The first level, the second, and the only one is both.
        for (field, context) in [
            ("subj_sen", "u:r:t:\(own)-s15:c0.c1023"), ("subj_clr", "u:r:t:s0-\(own)"), ("subj_sen", "u:r:t:\(own)"),
            ("subj_clr", "u:r:t:\(own)"),
        ] {
            #expect(try selects("\(field)=\(rule)", context) == isSame)
            #expect(try selects("\(field)!=\(rule)", context) == !isSame)
            #expect(try selects("\(field)<=\(rule)", context) == isBelow)
            #expect(try selects("\(field)<\(rule)", context) == (isBelow && !isSame))
            #expect(try selects("\(field)>=\(rule)", context) == isAbove)
            #expect(try selects("\(field)>\(rule)", context) == (isAbove && !isSame))
        }
    }

    /// The kernel keeps such a rule and never lets it match (-EINVAL of `selinux_audit_rule_init()`).
    @Test(arguments: ["s0-s1", "s", "0", "x0", "s0:", "s0:c", "s0:c1,", "s0:c2.c1", "s0:c1.c1", "s0:c1 c2", "s01", "s0:c01", "s99999999"])
    func whatIsNoLevelMatchesNothing(_ level: String) throws {
        for op in ["=", "!=", "<", ">="] {
            #expect(try !selects("subj_sen\(op)\(level.replacing(" ", with: "\\ "))", "u:r:t:s0"))
        }
    }

    @Test(arguments: [nil, "", ":", "u", "u:r", "u:r:t:x", "u:r:t:s0:c1-", "u:r:t:s0-s0-s0", "kernel"] as [String?])
    func whatIsNoContextMatchesNoLevel(_ context: String?) throws {
        for op in ["=", "!=", "<", "<=", ">", ">="] { #expect(try !selects("subj_clr\(op)s0", context)) }
    }

    /// No `never` rule hides it.
    @Test(arguments: [nil, "", "u", "u:r", "kernel"] as [String?]) func whatIsNoContextHasNoNames(_ context: String?) throws {
        for field in ["subj_user", "subj_role", "subj_type"] {
            #expect(try !selects("\(field)=u", context))
            #expect(try !selects("\(field)!=u", context))
        }
    }

    @Test func recordsAreLeftOutByIt() throws {
        let set = try compile("-a always,exclude -F subj_type=httpd_t -F msgtype=PATH\n-a always,exit -S all")
        let types = { (context: String?) in try event(context).withView { Evaluator(set).hiddenRecords(of: $0) } }
        #expect(try !types("u:r:httpd_t:s0").isEmpty)
        #expect(try types("u:r:other_t:s0").isEmpty)
        #expect(try types(nil).isEmpty)
    }

    /// The rule's name is looked up in the policy, where a type may have several (`symtab_search()`), and the number that is found is compared.
    @Test func thePolicyKnowsNames() throws {
        func selects(_ field: String, _ known: [PolicyName.Kind: [String: KnownName]]) throws -> Bool {
            var evaluator = Evaluator(try compile("-a always,exit -F arch=b64 -S execve -F \(field)"))
            var answers: [PolicyName: KnownName] = [:]
            for name in evaluator.policyNames { answers[name] = known[name.kind]?[String(decoding: name.text, as: UTF8.self)] ?? .unknown }
            evaluator.take(answers)
            return try event("u:r:work_t:s0:c1.c3").withView { evaluator.decide($0) != .reject }
        }
        let types: [PolicyName.Kind: [String: KnownName]] = [
            .type: ["job_t": .same(Array("work_t".utf8)), "work_t": .same(Array("work_t".utf8)), "none_t": .absent],
            .sensitivity: ["s0": .same(Array("s0".utf8)), "s9": .absent], .category: ["c1": .same(Array("c1".utf8)), "c99": .absent],
        ]
        #expect(try selects("subj_type=job_t", types))
        #expect(try !selects("subj_type!=job_t", types))
        #expect(try selects("subj_type=work_t", types))
        // -EINVAL: the rule is kept and matches nothing until there is such a name.
        #expect(try !selects("subj_type!=none_t", types))
        #expect(try selects("subj_type!=none_t", [:]))
        #expect(try selects("subj_sen>=s0:c1", types))
        #expect(try !selects("subj_sen!=s0:c1,c99", types))
        #expect(try !selects("subj_sen<s9", types))
        #expect(try selects("subj_sen<s9:c1.c99", [:]))
        #expect(try !selects("subj_sen<s9:c1.c99", [.category: ["c99": .absent]]))
    }

    // MARK: Files

    private func object(_ sid: UInt32) -> aw_object {
        var object = aw_object()
        object.inode = UInt64(sid)
        object.sid = sid
        return object
    }

    private static let contexts: [(UInt32, String)] = [
        (0, "u:object_r:unlabeled_t:s0"), (1, "u:object_r:etc_t:s0"), (2, "u:object_r:shadow_t:s0:c1"), (7, "u:r:t:s0"),
    ]

    private func selects(_ field: String, _ files: [aw_object?], hooks: Bool = true) throws -> Bool {
        let set = try compile("-a always,exit -F arch=b64 -S rename -F \(field)")
        #expect(set.wanted.contains(.unlabeled))
        var event = EventBytes(82)
        event.flags = hooks ? UInt8(AW_FLAG_STEPS.rawValue) : 0
        event.names = files.indices.map { "/\($0)" }
        event.objects = files
        event.more = [(.subject, 0, rawBytes(of: Self.subject))] + Self.contexts.map { section($0, $1) }
        return try event.withView { view in Evaluator(set).decide(view, files: event.files) != .reject }
    }

    @Test func oneOfTheFilesHasIt() throws {
        let files: [aw_object?] = [object(1), object(2)]
        #expect(try selects("obj_type=shadow_t", files))
        #expect(try selects("obj_type=etc_t", files))
        // It is asked of each: one has another.
        #expect(try selects("obj_type!=etc_t", files))
        #expect(try !selects("obj_type!=etc_t", [object(1), object(1)]))
        #expect(try !selects("obj_type=t", files))
        #expect(try selects("obj_lev_low=s0:c1", files))
        #expect(try selects("obj_lev_high>s0", files))
        #expect(try !selects("obj_lev_high>s0", [object(1)]))
        #expect(try selects("obj_user=u -F obj_role=object_r", files))
    }

    /// `audit_alloc_name()` leaves osid 0, which `sidtab_search()` takes for what is unlabeled.
    @Test func aFileThatIsNotThereIsUnlabeled() throws {
        #expect(try selects("obj_type=unlabeled_t", [nil]))
        #expect(try selects("obj_type!=etc_t", [nil]))
        // Without hooks nobody knows whether there was one.
        #expect(try !selects("obj_type=unlabeled_t", [nil], hooks: false))
        #expect(try !selects("obj_type!=etc_t", [nil], hooks: false))
    }

    @Test func whatWasFoundLaterHasNoLabelThatIsKnown() throws {
        #expect(try !selects("obj_type=unlabeled_t", [object(.max)]))
        #expect(try !selects("obj_type!=etc_t", [object(.max)]))
    }

    @Test func objectsOfSystemVHaveIt() throws {
        let set = try compile("-a always,exit -F arch=b64 -S all -F obj_type=shadow_t")
        let msgctl: UInt32 = 71
        #expect(set.rules(for: .native, msgctl) == [0])
        // getppid has neither.
        #expect(set.rules(for: .native, 110).isEmpty)
        for (sid, isSelected) in [(2, true), (1, false), (0, false)] as [(UInt32, Bool)] {
            var event = EventBytes(msgctl)
            event.more = [(.special, UInt8(AW_SPECIAL_IPC.rawValue), rawBytes(of: aw_ipc(uid: 0, gid: 0, mode: 0, sid: sid)))]
            event.more += Self.contexts.map { section($0, $1) }
            let decided = try event.withView { Evaluator(set).decide($0, files: event.files) != .reject }
            #expect(decided == isSelected)
        }
    }
}
