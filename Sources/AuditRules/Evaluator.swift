// SPDX-License-Identifier: MIT
package import AuditEvents
internal import CAuditWire

/// What the rules say about one event.
package enum Decision: Sendable, Equatable {
    /// Write it; `rule` is the position in ``RuleSet/deciding`` of the rule that says so.
    case select(rule: Int)
    /// Do not.
    case reject
}

/// A decision, and which rule has made it.
package struct Verdict: Sendable, Equatable {
    package let decision: Decision
    /// The position in ``RuleSet/rules`` of the first rule that matches, `always` or `never`; nil when none does.
    package let rule: Int?
    /// The rule is a `never` behind which no `always` names the call: without it nothing would be written, either. The kernel side does not try
    /// such rules, and their calls are not counted.
    package let isMoot: Bool
}

/// The exact decision, made for every event that the kernel's prefilter let through.
///
/// Hot path: no allocation, no lock; the cost grows with the rules that name the event's call only.
package struct Evaluator: Sendable {
    /// The rules in force.
    package let rules: RuleSet
    private(set) var paths: RulePaths
    /// What the paths of the rules lead to now.
    private(set) var currentPaths: CurrentPaths

    private let isLive: Bool

    /// Decides by `rules`.
    ///
    /// - Parameter isLive: events are judged as they happen, so that rules may ask the system about parents of their processes.
    package init(_ rules: RuleSet, isLive: Bool = true) {
        self.rules = rules
        self.isLive = isLive
        paths = rules.paths
        currentPaths = CurrentPaths(rules.paths)
    }

    /// Some rule is about a path, so that ``look()`` has something to look at.
    package var hasPaths: Bool { !paths.paths.isEmpty }

    /// Looks again where the paths of the rules lead.
    package mutating func look() { if paths.look() { currentPaths = CurrentPaths(paths) } }

    /// The names in labels that rules ask for, each once.
    package var policyNames: Set<PolicyName> { Set(paths.labels.flatMap { $0.context?.names ?? [] }) }

    /// Takes what the policy in force says of ``policyNames``.
    package mutating func take(_ known: [PolicyName: KnownName]) {
        paths.take(known)
        currentPaths = CurrentPaths(paths)
    }

    /// Whether a rule that can match `event` compares files, so that ``decide(_:files:)`` needs them.
    package func wantsFiles(_ event: borrowing EventView) -> Bool {
        guard rules.needsFiles, let part = rules.candidates.part(arch: event.call.arch, number: event.call.nr) else { return false }
        let list = rules.candidates.list.span
        let compiled = rules.compiled.span
        for entry in Int(part.first)..<Int(part.first) + Int(part.count) where compiled[Int(list[entry])].needsFiles { return true }
        return false
    }

    /// What the rules say about `event`, of which no rule wants files.
    package func decide(_ event: borrowing EventView) -> Decision { judge(event).decision }

    /// What the rules say about `event`, which is about `files`: the first that matches decides.
    package func decide(_ event: borrowing EventView, files: borrowing NamedFiles) -> Decision { judge(event, files: files).decision }

    /// What the rules say about `event`, which is about `files`, and which of them says it.
    package func judge(_ event: borrowing EventView, files: borrowing NamedFiles) -> Verdict { judge(event, files.view) }

    /// The same for an event of which no rule wants files.
    package func judge(_ event: borrowing EventView) -> Verdict { judge(event, Span()) }

    private func judge(_ event: borrowing EventView, _ files: Span<NamedFile>) -> Verdict {
        let none = Verdict(decision: .reject, rule: nil, isMoot: false)
        guard let part = rules.candidates.part(arch: event.call.arch, number: event.call.nr) else { return none }
        let facts = RuleFacts(event, groups: rules.wanted.contains(.groups), family: rules.needsFamily)
        // Spans, because every access through the arrays would count references.
        let list = rules.candidates.list.span
        let compiled = rules.compiled.span
        let tests = rules.tests.span
        let fileTests = FileTests(event: event, paths: currentPaths, isLive: isLive)
        var touched = TouchedPaths()
        for entry in Int(part.first)..<Int(part.first) + Int(part.count) {
            let position = Int(list[entry])
            let rule = compiled[position]
            if matches(tests, rule, facts, fileTests, files, &touched) {
                guard rule.isNever else { return Verdict(decision: .select(rule: position), rule: position, isMoot: false) }
                var later = entry + 1
                let end = Int(part.first) + Int(part.count)
                while later < end, compiled[Int(list[later])].isNever { later += 1 }
                return Verdict(decision: .reject, rule: position, isMoot: later == end)
            }
        }
        return none
    }

    /// Whether rule `position` matches `event`, of which no files are known.
    func matches(_ event: borrowing EventView, rule position: Int) -> Bool {
        let facts = RuleFacts(event, groups: rules.wanted.contains(.groups), family: rules.needsFamily)
        var touched = TouchedPaths()
        return matches(
            rules.tests.span, rules.compiled[position], facts, FileTests(event: event, paths: currentPaths, isLive: isLive), Span(),
            &touched)
    }

    @inline(__always)
    private func matches(
        _ tests: Span<CompiledTest>, _ rule: CompiledRule, _ facts: borrowing RuleFacts, _ fileTests: borrowing FileTests,
        _ files: Span<NamedFile>, _ touched: inout TouchedPaths
    ) -> Bool {
        if rule.isOfOneFile {
            for file in 0..<files.count where satisfies(tests, rule, facts, fileTests, files, file, &touched) { return true }
            return false
        }
        return satisfies(tests, rule, facts, fileTests, files, nil, &touched)
    }

    @inline(__always)
    private func satisfies(
        _ tests: Span<CompiledTest>, _ rule: CompiledRule, _ facts: borrowing RuleFacts, _ fileTests: borrowing FileTests,
        _ files: Span<NamedFile>, _ file: Int?, _ touched: inout TouchedPaths
    ) -> Bool {
        for number in rule.range {
            let test = tests[number]
            if test.fact.rawValue <= Fact.saddrFamily.rawValue {
                guard facts.satisfies(test) else { return false }
            } else {
                guard fileTests.holds(test, facts.call, files, file, &touched) else { return false }
            }
        }
        return true
    }
}
