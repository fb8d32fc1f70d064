// SPDX-License-Identifier: MIT
package import AuditEvents
internal import CAuditWire

/// What the rules say about one event.
package enum Decision: Sendable, Equatable {
    /// Write it; `rule` is the position in ``RuleSet/rules`` of the rule that says so.
    case select(rule: Int)
    /// Do not.
    case reject
}

/// The exact decision, made for every event that the kernel's prefilter let through.
///
/// Hot path: no allocation, no lock; the cost grows with the rules that name the event's call only.
package struct Evaluator: Sendable {
    /// The rules in force.
    package let rules: RuleSet

    /// Decides by `rules`.
    package init(_ rules: RuleSet) {
        self.rules = rules
    }

    /// What the rules say about `event`: the first that matches decides.
    package func decide(_ event: borrowing EventView) -> Decision {
        guard let part = rules.candidates.part(arch: event.call.arch, number: event.call.nr) else { return .reject }
        let facts = RuleFacts(event, groups: rules.needsGroups, family: rules.needsFamily)
        // Spans, because every access through the arrays would count references.
        let list = rules.candidates.list.span
        let compiled = rules.compiled.span
        let tests = rules.tests.span
        for entry in Int(part.first)..<Int(part.first) + Int(part.count) {
            let position = Int(list[entry])
            let rule = compiled[position]
            if Self.matches(tests, rule, facts) {
                return rule.isNever ? .reject : .select(rule: position)
            }
        }
        return .reject
    }

    @inline(__always)
    private static func matches(
        _ tests: Span<CompiledTest>, _ rule: CompiledRule, _ facts: borrowing RuleFacts
    ) -> Bool {
        for test in rule.range where !facts.satisfies(tests[test]) { return false }
        return true
    }
}
