// SPDX-License-Identifier: MIT
package import AuditEvents

/// The list `exclude`: `audit_filter()` (kernel/auditfilter.c), asked of every record before it is written, with the task that makes it.
///
/// A rule that matches leaves the record out, whether it says always or never. One without any test matches nothing. `gid` is the group alone, without
/// the supplementary ones.
struct Exclusions: Sendable {
    private struct Exclusion: Sendable {
        /// That its tests of msgtype let through.
        let types: RecordTypes
        /// The other tests, a range of ``Exclusions/tests``.
        let first: Int
        let count: Int
    }

    private let exclusions: [Exclusion]
    private let tests: [CompiledTest]

    init(_ rules: [Rule], paths: inout RulePaths) {
        var exclusions: [Exclusion] = []
        var tests: [CompiledTest] = []
        for rule in rules where rule.list == .exclude && !rule.tests.isEmpty {
            let types = rule.tests.filter { $0.field == .msgtype }
            let own = rule.tests.compactMap { $0.field == .msgtype ? nil : CompiledTest($0, paths: &paths) }
            exclusions.append(
                Exclusion(
                    types: RecordTypes { number in types.allSatisfy { $0.op.compare(number, $0.value) } }, first: tests.count,
                    count: own.count))
            tests += own
        }
        self.exclusions = exclusions
        self.tests = tests
    }

    var isEmpty: Bool { exclusions.isEmpty }

    /// The types of records that are left out of `event`.
    func hidden(_ event: borrowing EventView, paths: CurrentPaths) -> RecordTypes {
        let facts = RuleFacts(event, groups: false, family: false)
        let files = NamedFiles()
        var hidden: RecordTypes = []
        for exclusion in exclusions {
            var matches = true
            var touched = TouchedPaths()
            for number in exclusion.first..<exclusion.first + exclusion.count where matches {
                let test = tests[number]
                matches =
                    test.fact.rawValue <= Fact.saddrFamily.rawValue
                    ? facts.satisfies(test) : FileTests(event: event, paths: paths).holds(test, facts.call, files.view, nil, &touched)
            }
            if matches { hidden.formUnion(exclusion.types) }
        }
        return hidden.withDependents
    }
}

extension Evaluator {
    /// Some record may be left out.
    package var hasExclusions: Bool { !rules.exclusions.isEmpty }

    /// The types of records that the rules of the list `exclude` leave out of `event`.
    package func hiddenRecords(of event: borrowing EventView) -> RecordTypes {
        rules.exclusions.hidden(event, paths: currentPaths)
    }
}
