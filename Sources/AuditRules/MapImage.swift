// SPDX-License-Identifier: MIT
internal import AuditSyscalls
package import CAuditWire

/// A rule set as the kernel programs read it: the arrays of selection.h, for one generation.
///
/// Selects a superset of what ``Evaluator`` selects. Whatever does not fit, in kind or in number, is left out in the
/// direction of selecting more; there is no rule set that cannot be compiled.
package struct MapImage: Sendable {
    /// `AS_ABIS * AS_SYSCALLS` entries, at `abi * AS_SYSCALLS + nr`.
    package private(set) var index: [as_index]
    /// Positions in ``clauses``; at most `AS_LIST_MAX`.
    package private(set) var list: [UInt32] = []
    /// At most `AS_CLAUSES_MAX`. One for each rule, at the rule's position, then those of the list `task`.
    package private(set) var clauses: [as_clause]
    /// By counter of ``as_refusals``: the position of the rule whose refusals it counts; 0 is of none.
    package private(set) var counters: [Int?] = [nil]
    /// The list `task`: what marks tasks that are made.
    package private(set) var tasks = as_index(flags: 0, count: 0, first: 0)
    /// The list `io_uring`: operations that its rules name.
    package private(set) var operations = as_operations()

    /// The numbers of execve and execveat in `abi`.
    private static func execNumbers(_ abi: SyscallABI) -> [Int] {
        guard let machine = LibAudit.table(abi)?.machine else { return [] }
        return ["execve", "execveat"].compactMap { name in
            LibAudit.syscall(named: Array(name.utf8), machine: machine).map(Int.init)
        }
    }

    /// Compiles `rules`.
    ///
    /// - Parameter numbers: those of all rules of the list `task` with `always` since the programs run, ``TaskNumbers``; nil: these are the first.
    package init(_ rules: RuleSet, numbers: TaskNumbers? = nil) {
        var numbers = numbers ?? TaskNumbers()
        numbers.add(rules)
        let size = Int(AS_SYSCALLS)
        index = Array(repeating: as_index(flags: 0, count: 0, first: 0), count: Int(AS_ABIS.rawValue) * size)
        // Those of the list task must have room, because nobody judges after them.
        let room = Int(AS_CLAUSES_MAX) - (rules.taskRules.ofAll == nil ? rules.taskRules.clauseCount : 0)
        clauses = rules.rules.indices.prefix(room).map { position in
            as_clause(rules.tests[rules.compiled[position].range], isNever: rules.compiled[position].isNever, position)
        }
        for position in clauses.indices where clauses[position].isNever && clauses[position].isExact {
            guard counters.count < Int(AS_REFUSALS_MAX) else { break }
            clauses[position].counter = UInt16(counters.count)
            counters.append(position)
        }
        let count = clauses.count
        addTasks(rules.taskRules, numbers)
        var known: [CandidateTable.Part: as_index] = [:]
        for abi in SyscallABI.allCases {
            for number in 0..<size {
                let place = Int(abi.rawValue) * size + number
                let part = rules.candidates.parts[place]
                if let entry = known[part] {
                    index[place] = entry
                } else {
                    let entry = add(rules.candidates.positions(for: abi, number), limit: count)
                    known[part] = entry
                    index[place] = entry
                }
            }
        }
        markExecReturns()
        operations = rules.rings.image
        if !rules.rings.isEmpty { markRings() }
        if !numbers.rules.isEmpty { markCallsOfTasks() }
    }

    /// Adds the clauses of the list `task`.
    private mutating func addTasks(_ tasks: TaskRules, _ numbers: TaskNumbers) {
        guard !tasks.entries.isEmpty else { return }
        func mark(_ rule: Rule) -> UInt32 {
            guard let number = numbers.number(of: rule) else { return AS_TASK_NEVER.rawValue }
            return AS_TASK_ALWAYS.rawValue + UInt32(number)
        }
        if let entry = tasks.ofAll {
            self.tasks = .unconditional
            self.tasks.first = mark(entry.rule)
            return
        }
        let first = UInt32(list.count)
        func add(_ tests: ArraySlice<as_test>, _ flags: UInt32, _ mark: UInt32) {
            list.append(UInt32(clauses.count))
            clauses.append(as_clause(kept: Array(tests), flags: AS_CLAUSE_EXACT.rawValue | flags, rule: mark))
        }
        for start in stride(from: 0, to: tasks.groups.count, by: Int(AS_GROUPS_IN_CLAUSE)) {
            add(tasks.groups[start...].prefix(Int(AS_GROUPS_IN_CLAUSE)), AS_CLAUSE_GROUPS.rawValue, 0)
        }
        for entry in tasks.entries {
            var rest = entry.tests[...]
            while rest.count > Int(AS_TESTS_MAX) {
                add(rest.prefix(Int(AS_TESTS_MAX)), AS_CLAUSE_MORE.rawValue, 0)
                rest = rest.dropFirst(Int(AS_TESTS_MAX))
            }
            add(rest, 0, mark(entry.rule))
        }
        self.tasks = as_index(flags: as_index.selected, count: UInt16(list.count) - UInt16(first), first: first)
    }

    /// Adds the clauses of one call's rules, of which the first `limit` have one, and says where they are.
    private mutating func add(_ positions: ArraySlice<UInt32>, limit: Int) -> as_index {
        var own: [UInt32] = []
        var lastAlways = 0
        for position in positions {
            guard position < limit else { return .unconditional }
            let clause = clauses[Int(position)]
            // A `never` that only perhaps matches rejects nothing.
            if clause.isNever, !clause.isExact { continue }
            // An `always` without tests selects whatever comes to it.
            if !clause.isNever, clause.count == 0, own.isEmpty { return .unconditional }
            own.append(position)
            if !clause.isNever { lastAlways = own.count }
            if clause.count == 0 { break }
        }
        // What is left unmatched is rejected, with a `never` or without.
        own.removeLast(own.count - lastAlways)
        if own.isEmpty { return as_index(flags: 0, count: 0, first: 0) }
        guard own.count <= Int(AS_RANGE_MAX), list.count + own.count <= Int(AS_LIST_MAX) else { return .unconditional }
        let first = UInt32(list.count)
        list += own
        return as_index(flags: as_index.selected, count: UInt16(own.count), first: first)
    }

    /// A successful exec returns under the new program's number and table, so when one exec is selected, returns are
    /// looked for at all of them.
    private mutating func markExecReturns() {
        var places: [Int] = []
        for abi in SyscallABI.allCases {
            places += Self.execNumbers(abi).map { Int(abi.rawValue) * Int(AS_SYSCALLS) + $0 }
        }
        guard places.contains(where: { index[$0].flags & UInt16(AS_INDEX_ENTRY.rawValue) != 0 }) else { return }
        for place in places { index[place].flags |= UInt16(AS_INDEX_EXIT.rawValue) }
    }
}

extension MapImage {
    /// Every call may be one of a task that was marked with `always`, also of one that earlier rules have marked.
    private mutating func markCallsOfTasks() {
        for place in index.indices { index[place].flags |= as_index.selected }
    }
}

extension MapImage {
    /// What goes on within io_uring_enter(2) is told with the call.
    private mutating func markRings() {
        for abi in SyscallABI.allCases {
            guard let number = SyscallTable.number(of: "io_uring_enter", abi: abi), number < UInt32(AS_SYSCALLS) else { continue }
            index[Int(abi.rawValue) * Int(AS_SYSCALLS) + Int(number)].flags |= as_index.selected | UInt16(AS_INDEX_RING.rawValue)
        }
    }
}

extension as_index {
    fileprivate static var selected: UInt16 { UInt16(AS_INDEX_ENTRY.rawValue | AS_INDEX_EXIT.rawValue) }

    fileprivate static var unconditional: as_index {
        as_index(flags: selected | UInt16(AS_INDEX_UNCONDITIONAL.rawValue), count: 0, first: 0)
    }
}

extension as_clause {
    /// It rejects.
    package var isNever: Bool { flags & UInt8(AS_CLAUSE_NEVER.rawValue) != 0 }
    /// Its tests are the whole rule.
    package var isExact: Bool { flags & UInt8(AS_CLAUSE_EXACT.rawValue) != 0 }

    /// The clause for the rule at `position`.
    fileprivate init(_ tests: ArraySlice<CompiledTest>, isNever: Bool, _ position: Int) {
        var kept: [as_test] = []
        var isExact = true
        for test in tests {
            let translation = Translation(test)
            isExact = isExact && translation.isExact
            if let own = translation.test { kept.append(own) }
        }
        let limit = Int(AS_TESTS_MAX)
        if kept.count > limit {
            // Those that are known at entry decide early: keep them.
            kept = Array((kept.filter(\.isKnownAtEntry) + kept.filter { !$0.isKnownAtEntry }).prefix(limit))
            isExact = false
        }
        let flags = (isNever ? AS_CLAUSE_NEVER.rawValue : 0) | (isExact ? AS_CLAUSE_EXACT.rawValue : 0)
        self.init(kept: kept, flags: flags, rule: UInt32(position))
    }

    /// The clause with these tests, at most `AS_TESTS_MAX`.
    fileprivate init(kept: [as_test], flags: UInt32, rule: UInt32) {
        let none = as_test(field: 0, op: 0, reserved: 0, operand: 0)
        let padded = kept + Array(repeating: none, count: Int(AS_TESTS_MAX) - kept.count)
        self.init(
            flags: UInt8(flags), count: UInt8(kept.count), counter: 0, rule: rule,
            tests: (padded[0], padded[1], padded[2], padded[3], padded[4], padded[5], padded[6]))
    }
}

extension as_test {
    var isKnownAtEntry: Bool { field <= UInt8(AS_FIELD_PID.rawValue) }
}

/// One test in the kernel programs' terms: the part of it that they can decide.
private struct Translation {
    /// Necessary for the rule to match; nil when nothing can be said.
    var test: as_test?
    /// It is sufficient as well.
    var isExact: Bool

    init(_ test: CompiledTest) {
        let same = as_test(field: test.fact.rawValue, op: test.op.rawValue, reserved: 0, operand: test.operand)
        switch (test.fact, test.op) {
        case (let fact, _) where fact.rawValue >= Fact.saddrFamily.rawValue:
            self.test = nil
            isExact = false
        case (.gid, .equal), (.egid, .equal):
            // A supplementary group may match where the group does not.
            self.test = nil
            isExact = false
        case (.gid, .notEqual), (.egid, .notEqual):
            // The group must differ, and so must the supplementary groups.
            self.test = same
            isExact = false
        case (.success, .equal), (.success, .notEqual):
            let wanted: UInt32 = test.operand == ReturnState.success ? 1 : 0
            self.test = as_test(field: same.field, op: same.op, reserved: 0, operand: wanted)
            isExact = true
        case (.success, _):
            // Other operators compare the kernel's codes for success and failure. Nobody writes that.
            self.test = nil
            isExact = false
        default:
            self.test = same
            isExact = true
        }
    }
}
