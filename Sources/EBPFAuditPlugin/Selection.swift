// SPDX-License-Identifier: MIT
internal import AuditEvents
internal import AuditRules
internal import AuditSyscalls
internal import CAuditWire
internal import KernelProbe

/// Rules, made ready for both sides.
struct CompiledRules: Sendable {
    let rules: RuleSet
    let image: MapImage
    /// Of the rules of the list `task`, these and those before.
    let numbers: TaskNumbers
    /// Path hooks that calls need which some rule may select.
    let hookGroups: HookGroups

    /// - Parameter earlier: ``numbers`` of the rules before these.
    init(_ rules: RuleSet, after earlier: TaskNumbers = TaskNumbers()) {
        self.rules = rules
        var numbers = earlier
        numbers.add(rules)
        self.numbers = numbers
        image = MapImage(rules, numbers: numbers)
        var groups: HookGroups = []
        for (slot, shape) in SyscallShapes.wireTable().enumerated()
        where slot < image.index.count && image.index[slot].flags & UInt16(AS_INDEX_ENTRY.rawValue) != 0 {
            groups.formUnion(HookGroups(needsOf: shape))
        }
        hookGroups = groups
    }
}

/// What the kernel side selects calls by, over changes of the rules.
///
/// A call belongs to the rules that were in force when it began (its generation), and until no call of earlier rules is under way
/// the kernel side goes on to look for their ends, to read what they need, and to hook what they go through.
struct Selection {
    /// The number of the rules in force, from 0.
    private(set) var generation: UInt32 = 0
    /// Rules before these may still have calls under way.
    private(set) var hasEarlier = false
    private var current: CompiledRules
    /// What the clauses in force have rejected, and those before them, until theirs are written anew.
    private var refusals: [CountedRefusals]
    /// Calls of earlier rules may return there, by place in the index.
    private var earlierExits: [Bool]
    private var earlierHooks: HookGroups = []
    private var earlierWanted: WantedParts = []

    /// The rules to begin with, written and in force.
    init(_ rules: CompiledRules, kernel: borrowing KernelSide) throws(KernelError) {
        current = rules
        earlierExits = Array(repeating: false, count: rules.image.index.count)
        refusals = [CountedRefusals(generation: 0, counters: rules.image.counters)]
        try kernel.select(
            generation: generation, index: rules.image.index, list: rules.image.list, clauses: rules.image.clauses,
            tasks: rules.image.tasks, operations: rules.image.operations, wanted: rules.rules.wanted)
    }

    /// The rules in force.
    var rules: RuleSet { current.rules }

    /// How many rules there are.
    var ruleCount: Int { current.rules.deciding.count }

    /// Of the rules of the list `task` so far.
    var numbers: TaskNumbers { current.numbers }

    /// Calls that rules have refused in the kernel since this was asked last.
    mutating func takeRefusals(_ kernel: borrowing KernelSide) throws(KernelError) -> [RefusedCalls] {
        // All of them first: what is taken is not counted again.
        let counts = try refusals.map { part throws(KernelError) in try kernel.refusals(generation: part.generation) }
        return refusals.indices.flatMap { refusals[$0].take(counts[$0]) }
    }

    /// Attaches the hooks that the rules need, before the programs are attached.
    func attachHooks(_ kernel: borrowing KernelSide, ways: HookWays) -> HooksReport {
        kernel.attachHooks(current.hookGroups, ways: ways)
    }

    /// Sees to it that operations of io_uring are seen if there are rules of that list. Once the programs are attached.
    ///
    /// - Returns: how they are seen; nil when no rule asks for them.
    func attachRings(_ kernel: borrowing KernelSide, ways: HookWays) -> RingsReport? {
        Self.attachRings(current, kernel, ways: ways)
    }

    private static func attachRings(_ rules: CompiledRules, _ kernel: borrowing KernelSide, ways: HookWays) -> RingsReport? {
        rules.rules.ringRules.isEmpty ? nil : kernel.attachRings(ways: ways)
    }

    /// The calls that the rules select.
    func calls(ways: CallWays) -> SelectedCalls { SelectedCalls(index: current.image.index, ways: ways) }

    /// Puts `rules` into force for the calls that begin from now on. When it fails the present ones stay. Not before all programs have ended
    /// that were running at the last change (``KernelSide/waitForPrograms()``), and after ``takeRefusals(_:)``: the counts of the rules before
    /// the present ones go.
    mutating func replace(
        with rules: CompiledRules, kernel: borrowing KernelSide, ways: HookWays, calls: CallWays
    ) throws(KernelError) -> (hooks: HooksReport, rings: RingsReport?) {
        try kernel.want(SelectedCalls(index: rules.image.index, ways: calls))
        let exit = UInt16(AS_INDEX_EXIT.rawValue)
        for place in earlierExits.indices where current.image.index[place].flags & exit != 0 { earlierExits[place] = true }
        earlierHooks.formUnion(current.hookGroups)
        earlierWanted.formUnion(current.rules.wanted)
        let report = kernel.attachHooks(rules.hookGroups.union(earlierHooks), ways: ways)
        let rings = Self.attachRings(rules, kernel, ways: ways)
        var index = rules.image.index
        for place in index.indices where earlierExits[place] { index[place].flags |= exit }
        refusals.removeAll { $0.generation != generation }
        try kernel.select(
            generation: generation &+ 1, index: index, list: rules.image.list, clauses: rules.image.clauses,
            tasks: rules.image.tasks, operations: rules.image.operations, wanted: rules.rules.wanted.union(earlierWanted))
        kernel.beginCalls()
        generation &+= 1
        refusals.append(CountedRefusals(generation: generation, counters: rules.image.counters))
        current = rules
        hasEarlier = true
        return (report, rings)
    }

    /// No call of earlier rules is under way any more: does without what was there for them.
    mutating func forgetEarlier(_ kernel: borrowing KernelSide, ways: HookWays) throws(KernelError) {
        hasEarlier = false
        kernel.settleCalls()
        for place in earlierExits.indices { earlierExits[place] = false }
        earlierHooks = []
        earlierWanted = []
        _ = kernel.attachHooks(current.hookGroups, ways: ways)
        if current.rules.ringRules.isEmpty { kernel.detachRings() }
        try kernel.write(index: current.image.index, generation: generation)
        kernel.enforce(generation: generation, wanted: current.rules.wanted)
    }
}
