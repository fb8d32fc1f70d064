// SPDX-License-Identifier: MIT
internal import AuditBytes
internal import AuditEvents
internal import AuditOutputs
internal import AuditRecords
internal import AuditRules
internal import CAuditWire
internal import KernelProbe

/// The way of an event: ring → decode → decide → format → queue. The one place that sees both ends.
struct Pipeline: ~Copyable {
    /// The kernel side; its ring is where events come from.
    var kernel: KernelSide
    private var fragments = FragmentAssembler()
    private var stages: Stages

    init(kernel: consuming KernelSide, rules: RuleSet, formatter: consuming RecordFormatter, queue: OutputQueue) {
        self.kernel = kernel
        stages = Stages(rules: rules, formatter: formatter, queue: queue)
    }

    /// What happened so far.
    var counts: Counts { stages.counts }

    /// Looks at the clocks again, see ``EventClock/refresh()``.
    mutating func refreshClock() { stages.clock.refresh() }

    /// Takes all that is in the ring through the stages and hands what came of it to the outputs.
    mutating func drain() {
        while Self.pass(kernel, &fragments, &stages) == Self.portion { kernel.releaseRecords() }
        kernel.releaseRecords()
        stages.flush()
    }

    /// Records after which room goes back to the kernel: each time is a write that other CPUs see.
    private static let portion = 64

    /// Passes up to a portion of records on and returns how many there were. The parts are parameters, because a record borrows
    /// the ring, and an event the fragments, while the stages change.
    private static func pass(
        _ kernel: borrowing KernelSide, _ fragments: inout FragmentAssembler, _ stages: inout Stages
    ) -> Int {
        var count = 0
        while count < portion, let record = kernel.nextRecord() {
            count += 1
            do throws(WireError) {
                let header = try RecordHead.decode(record)
                if header.type == UInt16(AW_TYPE_ARGV.rawValue) {
                    try fragments.add(record)
                } else {
                    if !fragments.isEmpty { fragments.take(for: header.sequence) }
                    stages.pass(try EventView(decoding: record, earlierArguments: fragments.text))
                }
            } catch {
                stages.countBad()
            }
        }
        return count
    }
}

/// What became of the records taken from the ring.
struct Counts {
    /// Events decoded.
    var events: UInt64 = 0
    /// Events that the rules refuse, after the kernel's prefilter let them through.
    var filtered: UInt64 = 0
    /// Records that are no event.
    var bad: UInt64 = 0
    /// Events of which something could not be read or was cut.
    var incomplete: UInt64 = 0
    /// Events for which the queue to the outputs had no room.
    var lostQueue: UInt64 = 0
    /// Events handed to the outputs.
    var submitted: UInt64 = 0
}

/// decide, format, queue.
struct Stages: ~Copyable {
    private(set) var counts = Counts()
    var clock = EventClock()
    private let evaluator: Evaluator
    private var formatter: RecordFormatter
    private let queue: OutputQueue
    private var batch: RecordBuffer?

    init(rules: RuleSet, formatter: consuming RecordFormatter, queue: OutputQueue) {
        evaluator = Evaluator(rules)
        self.formatter = formatter
        self.formatter.setKeys(rules.keys)
        self.queue = queue
    }

    /// Notes a record that is no event.
    mutating func countBad() { counts.bad += 1 }

    /// Takes one event through the stages.
    mutating func pass(_ event: borrowing EventView) {
        counts.events += 1
        if event.isIncomplete { counts.incomplete += 1 }
        guard case .select(let rule) = evaluator.decide(event) else {
            counts.filtered += 1
            return
        }
        format(event, clock.realtime(monotonic: event.header.time), rule)
    }

    /// Formats into the batch, and into a new one when the event does not fit into what is left.
    private mutating func format(_ event: borrowing EventView, _ realtime: UInt64, _ rule: Int) {
        if var current = batch.take() {
            if current.freeCapacity >= RecordFormatter.eventRoom,
                formatter.format(event, realtime: realtime, key: rule, into: &current)
            {
                batch = consume current
                return
            }
            submit(current)
        }
        guard var fresh = queue.takeFree() else {
            counts.lostQueue += 1
            return
        }
        if !formatter.format(event, realtime: realtime, key: rule, into: &fresh) { counts.lostQueue += 1 }
        batch = consume fresh
    }

    /// Hands over what has been formatted, even if the batch is not full.
    mutating func flush() {
        guard let current = batch.take() else { return }
        submit(current)
    }

    private mutating func submit(_ batch: consuming RecordBuffer) {
        counts.submitted += UInt64(batch.events)
        queue.submit(batch)
    }
}
