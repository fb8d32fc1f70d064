// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRules
import AuditTestSupport
import CAuditWire
import Testing

/// `subj_role=` where AppArmor labels tasks. Expectations are read from `aa_audit_rule_match()` (security/apparmor/audit.c),
/// `aa_label_is_subset()` and `aa_label_strn_parse()` (label.c), and `aa_splitn_fqname()` (lib.c).
@Suite struct RuleLabelTests {
    /// The names of a label as the kernel side sends them; those that begin with a colon are namespaces.
    private func event(_ names: [String]) -> EventBytes {
        var event = EventBytes(59)
        event.more = names.map { name in
            let isNamespace = name.hasPrefix(":")
            return (
                .label, UInt8(isNamespace ? AW_LABEL_NAMESPACE.rawValue : AW_LABEL_PROFILE.rawValue),
                Array((isNamespace ? String(name.dropFirst()) : name).utf8)
            )
        }
        return event
    }

    private func selects(_ fields: String, _ names: [String]) throws -> Bool {
        let set = try RuleSet.compile(Array("-a always,exit -F arch=b64 -S execve \(fields)\n".utf8), named: "test.rules")
        #expect(set.warnings.isEmpty)
        return try event(names).withView { view in
            let isSelected = Evaluator(set).decide(view) != .reject
            #expect(PrefilterModel(MapImage(set)).accepts(view) || !isSelected, "lost by the prefilter")
            return isSelected
        }
    }

    @Test(arguments: [
        ("unconfined", ["unconfined"], true),
        ("unconfined", ["/usr/sbin/cupsd"], false),
        ("/usr/sbin/cupsd", ["/usr/sbin/cupsd"], true),
        ("/usr/sbin/cups", ["/usr/sbin/cupsd"], false),
        ("php-fpm//hat", ["php-fpm//hat"], true),
        ("php-fpm", ["php-fpm//hat"], false),
        // The task must have all that the rule names, and may have more.
        ("b", ["a", "b", "c"], true),
        ("c//&a", ["a", "b", "c"], true),
        ("a//&d", ["a", "b", "c"], false),
        ("a//&b", ["a"], false),
        ("a//&a", ["a"], true),
        // On top of what the kernel itself has.
        ("&a", ["a", "unconfined"], true),
        ("&a", ["a"], false),
        // Namespaces, whose names the kernel side sends from the first one on.
        (":ns:a", [":root//ns", "a"], true),
        (":ns://a", [":root//ns", "a"], true),
        (":ns:a", ["a"], false),
        ("a", [":root//ns", "a"], false),
        (":one//two:a", [":root//one//two", "a"], true),
        (":two:a", [":root//one//two", "a"], false),
        (":ns:", [":root//ns", "unconfined"], true),
        (":ns", [":root//ns", "unconfined"], true),
        ("::a", ["a"], true),
        // A namespace is for those behind it, too; each profile has its own before it on the wire.
        (":ns:a//&b", [":root//ns", "a", ":root//ns", "b"], true),
        (":ns:a//&b", [":root//ns", "a", "b"], false),
        ("host//&:ns:a", ["host", ":root//ns", "a"], true),
        (#"Discord\ Canary"#, ["Discord Canary"], true),
    ])
    func aTaskHasWhatTheRuleNames(_ role: String, _ label: [String], _ isCarried: Bool) throws {
        #expect(try selects("-F subj_role=\(role)", label) == isCarried)
        #expect(try selects("-F subj_role!=\(role)", label) == !isCarried)
    }

    /// Without a module that labels tasks the kernel's rule has nothing to compare with (`audit_filter_rules()`, f->lsm_rule).
    @Test func withoutALabelNeitherHolds() throws {
        #expect(try !selects("-F subj_role=unconfined", []))
        #expect(try !selects("-F subj_role!=unconfined", []))
    }

    /// `aa_label_strn_parse()` gives an error; the kernel takes no such rule where AppArmor is at work.
    @Test(arguments: ["&", ":", "a//&"]) func whatIsNoLabelMatchesNothing(_ role: String) throws {
        #expect(try !selects("-F subj_role=\(role)", ["a"]))
        #expect(try !selects("-F subj_role!=\(role)", ["a"]))
    }

    @Test func recordsAreLeftOutByIt() throws {
        let set = try RuleSet.compile(
            Array("-a always,exclude -F subj_role=/usr/sbin/cupsd\n-a always,exit -S all\n".utf8), named: "test.rules")
        let types = { (names: [String]) in try event(names).withView { Evaluator(set).hiddenRecords(of: $0) } }
        #expect(try !types(["/usr/sbin/cupsd"]).isEmpty)
        #expect(try types(["unconfined"]).isEmpty)
    }
}
