// SPDX-License-Identifier: MIT
internal import CAuditWire

/// The list `task`: `audit_alloc()` and `audit_filter_task()` (kernel/auditsc.c), asked when a task is made.
///
/// After a `never` rule that matches no call of the task is ever recorded. What the rules see is a task that is still a copy of the one that
/// makes it, process id included, and no call: tests of calls hold never. The kernel programs alone decide, since a task's credentials are
/// others when its calls come.
struct TaskRules: Sendable {
    /// The tests of each rule that can match some task, none where it matches every.
    let rules: [[CompiledTest]]

    init(_ rules: [Rule]) {
        // Tests that these rules are left with have no paths.
        var paths = RulePaths()
        let all = rules.filter { $0.list == .task && $0.action == .never }.compactMap(\.testsOfTask).map { tests in
            tests.compactMap { CompiledTest($0, paths: &paths) }
        }
        // More are refused where rules are read (``RuleReader/unsupported(_:)``), unless one makes the others needless.
        self.rules = all.contains(where: \.isEmpty) ? [[]] : Array(all.prefix(Int(AS_TASK_RULES_MAX)))
    }

    /// Some rule matches all tasks.
    var takesAll: Bool { rules.contains(where: \.isEmpty) }
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

    /// What of a rule of this list the kernel programs cannot judge.
    var unsupportedOfTask: String? {
        if action == .always { return "always on the list task is" }
        guard let tests = testsOfTask else { return nil }
        if let group = tests.first(where: \.asksForGroups) {
            return "\(group.field.name ?? "gid")\(group.op.symbol) on the list task is"
        }
        return tests.count > Int(AS_TESTS_MAX) ? "more than \(AS_TESTS_MAX) fields on the list task are" : nil
    }
}
