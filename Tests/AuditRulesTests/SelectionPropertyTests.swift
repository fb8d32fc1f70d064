// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRules
import AuditTestSupport
import CAuditWire
import Testing

/// Random rule sets over random events: the kernel's prefilter lets through all that the evaluator selects, and the
/// evaluator selects what a plain reading of the kernel's source does.
@Suite struct SelectionPropertyTests {
    @Test(arguments: 1...12)
    func prefilterSelectsASupersetAndTheEvaluatorIsExact(_ seed: UInt64) throws {
        var random = Random(seed: seed &* 0x9E37_79B9)
        var selected = 0
        var refused = 0
        var overselected = 0
        for _ in 0..<60 {
            let rules = (0..<Int.random(in: 1...12, using: &random)).map { _ in RandomRule(&random) }
            let text = rules.map(\.text).joined(separator: "\n")
            // Two rules may come out alike, which is an error in a file.
            guard let set = try? RuleSet.compile(Array(text.utf8), named: "random.rules") else { continue }
            let evaluator = Evaluator(set)
            let prefilter = PrefilterModel(MapImage(set))
            for _ in 0..<60 {
                let event = RandomRule.event(&random)
                let expected = rules.first { $0.matches(event) }?.isAlways ?? false
                try event.withView { view in
                    let decision = evaluator.decide(view, files: event.files)
                    let passed = prefilter.accepts(view)
                    #expect((decision != .reject) == expected, "\(text)\n\(event)")
                    if case .select(let position) = decision {
                        #expect(rules[position].matches(event), "\(text)\n\(event)")
                        #expect(passed, "lost by the prefilter:\n\(text)\n\(event)")
                        selected += 1
                    }
                    if !passed { refused += 1 } else if decision == .reject { overselected += 1 }
                }
            }
        }
        // The property means something only while all three happen.
        #expect(selected > 100)
        #expect(refused > 100)
        #expect(overselected < selected, "a prefilter that lets everything through would pass, too")
    }
}
