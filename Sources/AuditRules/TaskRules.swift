// SPDX-License-Identifier: MIT
internal import CAuditWire

/// The list `task`: `audit_alloc()` and `audit_filter_task()` (kernel/auditsc.c), asked when a task is made. The first rule that matches decides.
///
/// After a `never` rule that matches no call of the task is ever recorded, after an `always` rule all are, whatever the other lists say but
/// `exclude` and `filesystem`. What the rules see is a task that is still a copy of the one that makes it, process id included, and no
/// call: tests of calls hold never. The kernel programs alone decide, since a task's credentials are others when its calls come.
struct TaskRules: Sendable {
    /// A rule that can match some task.
    struct Entry: Sendable {
        let rule: Rule
        /// None where it matches every task.
        let tests: [as_test]
    }

    /// In the order in which they are tried; nothing is behind one that matches every task.
    private(set) var entries: [Entry] = []
    /// What facts from `AS_FIELD_GROUPS` on are: a field and a group that it, or a supplementary group, is.
    private(set) var groups: [as_test] = []
    /// Why the kernel programs cannot judge by all rules: the first that is too much, and what of it. It and what follows is not among the entries.
    private(set) var excess: (rule: Rule, what: String)?

    init(_ rules: [Rule]) {
        var clauses = 0
        for (rule, tests) in Self.deciding(rules) {
            var groups = groups
            let tests = tests.map { test in
                let fact = Fact(test.field)?.rawValue ?? 0
                guard test.asksForGroups else {
                    return as_test(field: fact, op: test.op.rawValue, reserved: 0, operand: test.value)
                }
                let place = groups.firstIndex { $0.field == fact && $0.operand == test.value } ?? groups.count
                if place == groups.count {
                    groups.append(as_test(field: fact, op: UInt8(AS_EQUAL.rawValue), reserved: 0, operand: test.value))
                }
                return as_test(
                    field: UInt8(truncatingIfNeeded: Int(AS_FIELD_GROUPS) + place), op: UInt8(AS_EQUAL.rawValue), reserved: 0,
                    operand: test.op == .equal ? 1 : 0)
            }
            clauses += Self.clauses(ofTests: tests.count)
            guard groups.count <= Int(AS_TASK_GROUPS_MAX) else {
                excess = (rule, "gid and egid compared with more than \(AS_TASK_GROUPS_MAX) groups by = and != on the list task are")
                return
            }
            guard clauses + Self.clauses(ofGroups: groups.count) <= Int(AS_RANGE_MAX) else {
                excess = (rule, "so many rules and fields on the list task are")
                return
            }
            self.groups = groups
            entries.append(Entry(rule: rule, tests: tests))
        }
    }

    private static func clauses(ofGroups count: Int) -> Int { (count + Int(AS_GROUPS_IN_CLAUSE) - 1) / Int(AS_GROUPS_IN_CLAUSE) }

    /// A rule without tests takes one, too.
    private static func clauses(ofTests count: Int) -> Int { max(1, (count + Int(AS_TESTS_MAX) - 1) / Int(AS_TESTS_MAX)) }

    /// How many clauses all of it takes.
    var clauseCount: Int {
        entries.reduce(Self.clauses(ofGroups: groups.count)) { count, entry in count + Self.clauses(ofTests: entry.tests.count) }
    }

    /// The rule that decides of all tasks, if it is one.
    var ofAll: Entry? { entries.first.flatMap { $0.tests.isEmpty ? $0 : nil } }

    /// Those of `rules` that there have to be, with the tests that decide.
    static func deciding(_ rules: [Rule]) -> [(rule: Rule, tests: [RuleTest])] {
        var deciding: [(rule: Rule, tests: [RuleTest])] = []
        for rule in rules where rule.list == .task {
            guard let tests = rule.testsOfTask else { continue }
            if tests.isEmpty, rule.action == .never {
                // What comes to it is left out anyway.
                while deciding.last?.rule.action == .never { deciding.removeLast() }
            }
            deciding.append((rule, tests))
            if tests.isEmpty { break }
        }
        return deciding
    }
}

/// Numbers for the rules of the list `task` with `always`. A task that such a rule matched has its number for good, also when the rules are
/// others since, so a rule keeps its number for a whole run.
package struct TaskNumbers: Sendable {
    /// By number. A rule that comes again is here once.
    package private(set) var rules: [Rule] = []

    /// No rule yet.
    package init() {}

    /// Gives numbers to the rules of `set` that have none, in the order in which they are tried.
    package mutating func add(_ set: RuleSet) {
        for rule in set.recordingTaskRules where number(of: rule) == nil { rules.append(rule) }
    }

    /// The number of `rule`, nil when it has none.
    package func number(of rule: Rule) -> Int? { rules.firstIndex { $0.identity == rule.identity } }
}

extension RuleSet {
    /// Rules of the list `task` with `always` that can match some task.
    package var recordingTaskRules: [Rule] { taskRules.entries.map(\.rule).filter { $0.action == .always } }
}

extension Rule {
    /// The tests that decide of a task that is made; nil when the rule matches none.
    ///
    /// `exe` is of no task but the current one (`audit_exe_compare()`, since 6.7), and that is the one that makes the new one: `=` holds never,
    /// `!=` always.
    var testsOfTask: [RuleTest]? {
        var deciding: [RuleTest] = []
        for test in tests {
            switch test.field {
            case .pid, .uid, .euid, .suid, .fsuid, .gid, .egid, .sgid, .fsgid, .auid, .pers: deciding.append(test)
            case .exe where test.op == .notEqual: break
            default: return nil
            }
        }
        return deciding
    }
}
