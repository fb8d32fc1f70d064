// SPDX-License-Identifier: MIT

/// What came out of one set.
struct RuleRun {
    typealias Difference = RuleComparison.Difference

    /// Path hooks were at work.
    let hasHooks: Bool
    /// Of the kernel, as uname(2) has it.
    let release: String
    let lines: [RuleGenerator.Line]
    let comparison: RuleComparison

    /// Differences by rule and side, with a few events of each.
    func text(of differences: [Difference], examples: Int) -> String {
        var groups: [String: [Difference]] = [:]
        for one in differences {
            groups["kernel: \(rule(one.kernel?.key))\n    ours:   \(rule(one.ours?.key))", default: []].append(one)
        }
        var text = ""
        for (title, group) in groups.sorted(by: { $0.key < $1.key }) {
            text += "  \(group.count) ×\n    \(title)\n"
            for one in group.prefix(examples) {
                for record in one.event?.records ?? [] where ["SYSCALL", "PATH", "CWD"].contains(record.type) {
                    text += "      \(record.text)\n"
                }
            }
        }
        return text
    }

    private func rule(_ key: String?) -> String {
        guard let words = key?.split(separator: " "), let key = words.first else { return "none" }
        let types = words.count > 1 ? ", with \(words.dropFirst().joined(separator: " "))" : ""
        return (lines.first { $0.text.hasSuffix("-k \(key)") }?.text ?? "no rule \(key)") + types
    }
}

/// What came out of all sets.
struct RuleTally {
    private(set) var sets = 0
    private(set) var rules = 0
    /// Rules that selected some event under the kernel's audit.
    private(set) var selecting = 0
    private(set) var selected = 0
    private(set) var differences = 0
    private var allowed: [RuleAllowance: Int] = [:]
    private var combinations: Set<String> = []
    private var pairs: Set<Set<String>> = []

    /// Adds a set, and returns in what it differs and may not.
    mutating func add(_ run: RuleRun) -> [RuleRun.Difference] {
        sets += 1
        rules += run.lines.count - 1
        selecting += run.comparison.keys.count
        selected += run.comparison.same
        for line in run.lines {
            for test in line.tests {
                combinations.insert("\(test.field) \(test.op) \(test.value) \(line.kind?.rawValue ?? "-w")")
                for other in line.tests where other.field != test.field { pairs.insert([test.field, other.field]) }
            }
        }
        let found = run.comparison.differences.filter { one in
            guard let allowance = run.allowance(one) else { return true }
            allowed[allowance, default: 0] += 1
            return false
        }
        differences += found.count
        return found
    }

    var text: String {
        var text = """
            \(sets) sets, \(rules) rules, of which \(selecting) selected something
            \(combinations.count) combinations of field, operator, value and list; \(pairs.count) pairs of fields
            \(selected) events selected by the same rule, \(differences) not

            """
        for allowance in RuleAllowance.allCases where allowed[allowance] != nil {
            text += "\(allowed[allowance] ?? 0) more by docs/rules.md, \(allowance.rawValue): \(allowance.reason)\n"
        }
        return text
    }
}
