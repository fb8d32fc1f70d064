// SPDX-License-Identifier: MIT
internal import AuditSyscalls

/// Which rules can decide anything, given those that are tried before them. Only says no where that is certain: a rule may be hidden
/// by several others together in ways that are not seen here.
struct RuleOrder {
    enum Verdict: Equatable {
        case reached
        /// Its own comparisons exclude each other.
        case contradiction
        case noCalls
        /// Whatever it matches, one of the rules at these positions matches before.
        case hidden(by: [Int])
    }

    /// `AUDIT_ARCH_*` of the machine's two tables, 0 where there is none.
    static let native = LibAudit.table(.native)?.arch ?? 0
    static let compat = LibAudit.table(.compat)?.arch ?? 0

    private let verdicts: [Verdict]

    init(rules: [Rule]) {
        var verdicts: [Verdict] = []
        for position in rules.indices { verdicts.append(Self.judge(position, rules, verdicts)) }
        self.verdicts = verdicts
    }

    func verdict(_ position: Int) -> Verdict { verdicts[position] }

    private static func judge(_ position: Int, _ rules: [Rule], _ verdicts: [Verdict]) -> Verdict {
        let rule = rules[position]
        if isContradiction(rule.tests) { return .contradiction }
        let own = Set(rule.tests.filter { $0.field != .arch })
        let before = (0..<position).filter { other in
            // A rule that is itself hidden is so by others that are looked at here, too.
            rules[other].list == rule.list && verdicts[other] == .reached
                && rules[other].tests.allSatisfy { $0.field == .arch || own.contains($0) }
        }
        guard rule.list == .exit else {
            // Other lists have no calls; arch is a comparison like the others there.
            let hiding = before.first { other in rules[other].tests.allSatisfy { rule.tests.contains($0) } }
            return hiding.map { .hidden(by: [$0]) } ?? .reached
        }
        let tables = [native, compat].filter { $0 != 0 && rule.appliesTo(arch: $0) }
        let calls = rule.syscalls.numbers
        if tables.isEmpty || calls.isEmpty { return .noCalls }
        var hiding: Set<Int> = []
        for arch in tables {
            let applying = before.filter { rules[$0].appliesTo(arch: arch) }
            for call in calls {
                guard let other = applying.first(where: { rules[$0].syscalls.contains(call) }) else { return .reached }
                hiding.insert(other)
            }
        }
        return .hidden(by: hiding.sorted())
    }

    /// Whether no number satisfies all comparisons of some field that has one value only.
    private static func isContradiction(_ tests: [RuleTest]) -> Bool {
        for field in Set(tests.map(\.field)) where field.isSingleNumber {
            var (low, high): (UInt64, UInt64) = (0, UInt64(UInt32.max))
            for test in tests where test.field == field {
                let value = UInt64(test.value)
                switch test.op {
                case .equal: (low, high) = (max(low, value), min(high, value))
                case .less where value == 0: return true
                case .less: high = min(high, value - 1)
                case .lessOrEqual: high = min(high, value)
                case .greater: low = max(low, value + 1)
                case .greaterOrEqual: low = max(low, value)
                case .notEqual, .anyBit, .allBits: break
                }
            }
            if low > high { return true }
            if low == high, tests.contains(where: { $0.field == field && !$0.op.compare(UInt32(low), $0.value) }) { return true }
        }
        return false
    }
}

extension RuleField {
    /// A task or call has one value of it, compared as a number. Groups are several, files of a call too.
    fileprivate var isSingleNumber: Bool {
        switch self {
        case .pid, .ppid, .uid, .euid, .suid, .fsuid, .sgid, .fsgid, .auid, .sessionid, .pers, .exit, .a0, .a1, .a2, .a3, .msgtype: true
        default: false
        }
    }
}
