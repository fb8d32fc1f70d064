// SPDX-License-Identifier: MIT
internal import AuditEvents
internal import AuditRules

/// Events of tasks that a rule of the list `task` with `always` matched when they were made. That rule decides of them, and no other.
struct MarkedTasks {
    /// All such rules of this run.
    private var numbers = TaskNumbers()
    /// Events that each of them has decided, by its number.
    private var hits: [UInt64] = []
    /// The formatter's number for the key of the first.
    var firstKey = 0

    /// Rules have come.
    mutating func add(_ rules: RuleSet) {
        numbers.add(rules)
        while hits.count < numbers.rules.count { hits.append(0) }
    }

    /// The keys by number.
    var keys: [[UInt8]?] { numbers.rules.map(\.key) }

    /// The number of the rule that decides of `event`; nil when the rules of the list `exit` do, as they do in a replay by rules that do not have
    /// it.
    @inline(__always)
    func rule(of event: borrowing EventView) -> Int? {
        if hits.isEmpty { return nil }
        return event.taskRule.flatMap { $0 < UInt32(hits.count) ? Int($0) : nil }
    }

    /// Notes an event that rule `number` has decided.
    mutating func count(_ number: Int) { hits[number] += 1 }

    /// Those of `rules` that are on the list, and the events that each has decided.
    func hits(of rules: RuleSet) -> (rules: [Rule], hits: [UInt64]) {
        let rules = rules.recordingTaskRules
        return (rules, rules.map { rule in numbers.number(of: rule).map { hits[$0] } ?? 0 })
    }
}
