// SPDX-License-Identifier: MIT
internal import AuditSyscalls

/// Says in words what rules select, which of them never decide anything, and which cost most.
package struct RuleExplanation {
    private let rules: [Rule]
    private let order: RuleOrder

    /// The explanation of `rules`, each list's in the order in which they are tried.
    package static func text(of rules: [Rule]) -> String {
        RuleExplanation(rules: rules, order: RuleOrder(rules: rules)).text
    }

    private var text: String {
        guard !rules.isEmpty else { return "No rules: nothing is written.\n" }
        var text = ""
        for (position, rule) in rules.enumerated() {
            text += "\(rule.place): \(sentence(rule))\n"
            switch order.verdict(position) {
            case .reached: break
            case .contradiction: text += "  Never matches: no number satisfies all of its comparisons.\n"
            case .noCalls: text += "  Never matches: it names no call of this machine's tables.\n"
            case .hidden(let others):
                text +=
                    "  Never reached: what it matches is decided before, by \(others.map { "\(rules[$0].place)" }.joined(separator: ", ")).\n"
            }
        }
        return text + costliest
    }

    // MARK: What a rule selects

    private func sentence(_ rule: Rule) -> String {
        let tests = rule.tests.filter { $0.field != .arch }.map(RuleWording.text)
        let condition = tests.isEmpty ? "" : " where " + tests.joined(separator: " and ")
        let write = rule.action == .always
        let key = rule.key.map { key in
            ", with the key " + key.split(separator: 1).map { "\"\(String(decoding: $0, as: UTF8.self))\"" }.joined(separator: " and ")
        }
        switch rule.list {
        case .exit:
            return (write ? "writes " : "does not write ") + calls(rule) + condition + (write ? key ?? "" : "") + "."
        case .task:
            guard write else { return "looks at none of the calls of tasks that are made\(condition)." }
            return "writes every call of tasks that are made\(condition), whatever rules of the list exit say\(key ?? "")."
        case .exclude:
            // Whatever the action: audit_filter().
            return tests.isEmpty ? "leaves out nothing, because it has no field." : "leaves out records\(condition)."
        case .filesystem:
            return (write ? "keeps" : "leaves out") + " what is known of files\(condition)."
        case .ring:
            let names = rule.syscalls.numbers.map { RingOperations.name($0) ?? "number \($0)" }
            let operations = rule.syscalls.isAll ? "every operation" : names.joined(separator: ", ")
            return (write ? "writes " : "does not write ") + "\(operations) of io_uring\(condition)\(write ? key ?? "" : "")."
        case .user:
            return (write ? "takes" : "refuses") + " records of programs\(condition); only the kernel's own audit can do that."
        }
    }

    private func calls(_ rule: Rule) -> String {
        let tables = [("64-bit", RuleOrder.native), ("32-bit", RuleOrder.compat)].filter { rule.appliesTo(arch: $0.1) }.map(\.0)
        let table = tables.count == 2 ? "" : tables.first.map { " of the \($0) table" } ?? " of no table"
        if rule.syscalls.isAll { return "every call\(table)" }
        let machine = LibAudit.machine(arch: tables == ["32-bit"] ? RuleOrder.compat : RuleOrder.native) ?? 0
        let numbers = rule.syscalls.numbers
        let names = numbers.prefix(12).map { LibAudit.name(syscall: $0, machine: machine) ?? "number \($0)" }
        let more = numbers.count > 12 ? " and \(numbers.count - 12) more" : ""
        let both = tables.count == 2 ? ", and what has these numbers in the 32-bit table," : ""
        return names.joined(separator: ", ") + more + table + both
    }

    // MARK: What it costs

    /// The rules that are tried most often, by calls that programs make most often; an estimate.
    private var costliest: String {
        let costs = rules.indices.filter { rules[$0].list == .exit && order.verdict($0) == .reached }
            .map { (position: $0, cost: RuleCost(rules[$0])) }
            .filter { $0.cost.weight > 0 }
            .sorted { ($0.cost.weight, $1.position) > ($1.cost.weight, $0.position) }
        guard !costs.isEmpty else { return "" }
        return "\nCostliest first, as an estimate:\n"
            + costs.prefix(5).map { "\(rules[$0.position].place): \($0.cost.reason)\n" }.joined()
    }
}

/// An estimate of what a rule costs: how often it is tried, and how often it writes.
struct RuleCost {
    /// Calls of which busy programs make thousands a second: reading and writing, waiting, memory, looking up files.
    private static let frequent: Set<String> = [
        "read", "write", "readv", "writev", "pread", "pwrite", "pread64", "pwrite64", "close", "futex", "poll", "ppoll", "select",
        "epoll_wait", "epoll_pwait", "epoll_ctl", "recvfrom", "recvmsg", "sendto", "sendmsg", "lseek", "fcntl", "ioctl", "mmap",
        "munmap", "mprotect", "madvise", "brk", "open", "openat", "stat", "fstat", "lstat", "newfstatat", "statx", "access",
        "getdents64", "nanosleep", "clock_nanosleep", "rt_sigaction", "rt_sigprocmask", "sched_yield", "getpid", "gettid",
    ]

    /// 0 for a rule that is tried seldom.
    let weight: Int
    let reason: String

    init(_ rule: Rule) {
        let abi: SyscallABI = rule.appliesTo(arch: RuleOrder.native) ? .native : .compat
        // A watch is tried only for calls that can be about a file, and perm= only for those of that permission.
        let reachable = RuleReach.calls(of: rule, abi)
        let machine = LibAudit.table(abi)?.machine ?? 0
        let names = reachable.numbers.compactMap { LibAudit.name(syscall: $0, machine: machine) }.filter(Self.frequent.contains)
        let narrows = rule.tests.contains { $0.field != .arch }
        let writes = rule.action == .always && !narrows
        weight = names.count * (writes ? 10 : 1)
        let calls =
            reachable.isAll
            ? "every call, the most frequent among them"
            : "the frequent calls " + names.prefix(6).joined(separator: ", ") + (names.count > 6 ? " and \(names.count - 6) more" : "")
        reason =
            writes
            ? "writes \(calls), whoever makes them; a field such as auid or exit would narrow it"
            : "tried for \(calls)" + (reachable.isAll ? "; name the calls with -S" : "")
    }
}
