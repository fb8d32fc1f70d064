// SPDX-License-Identifier: MIT
internal import AuditBytes
internal import AuditEnrichment
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
    private let capture: CaptureFile?

    /// - Parameter capture: gets a copy of what the ring brings.
    init(
        kernel: consuming KernelSide, rules: RuleSet, formatter: consuming RecordFormatter, queue: OutputQueue,
        capture: CaptureFile? = nil
    ) {
        let clock = EventClock(kernel)
        self.kernel = kernel
        self.capture = capture
        stages = Stages(rules: rules, formatter: formatter, clock: clock, queue: queue, fileSystems: FileSystems())
        capture?.note(.clock(clock.reading))
        capture?.note(.serial(stages.nextSerial))
    }

    /// What happened so far.
    var counts: Counts { stages.counts }

    /// Looks at the clocks again, see ``EventClock/refresh(_:)``.
    mutating func refreshClock() {
        stages.clock.refresh(kernel)
        capture?.note(.clock(stages.clock.reading))
    }

    /// Looks again where the rules' paths lead, since files are replaced while they are watched.
    mutating func lookAtPaths() { stages.lookAtPaths() }

    /// Looks what SELinux's policy says of names in rules, if that, or the rules, may have changed.
    mutating func lookAtNames() {
        let policy = kernel.policyNumber
        guard policy != 0, policy != stages.policyNumber else { return }
        stages.policyNumber = policy
        var known: [PolicyName: KnownName] = [:]
        for name in stages.policyNames { known[name] = Self.ask(kernel, name) }
        stages.take(known)
    }

    private static func ask(_ kernel: borrowing KernelSide, _ name: PolicyName) -> KnownName {
        let kind: ContextNameKind =
            switch name.kind {
            case .user: .user
            case .role: .role
            case .type: .type
            case .sensitivity: .sensitivity
            case .category: .category
            }
        return switch kernel.contextName(kind, name.text) {
        case .unknown: .unknown
        case .absent: .absent
        case .same(let text): .same(text)
        }
    }

    /// Judges the events of calls that begin under `generation` by `rules`, those of earlier calls as before.
    mutating func replaceRules(_ rules: RuleSet, generation: UInt32) {
        stages.replaceRules(rules, generation: generation)
        lookAtNames()
    }

    /// Counts calls that rules have refused before there was an event.
    mutating func count(refused: [RefusedCalls]) { for calls in refused { stages.count(refused: calls) } }

    /// The events that each of the rules in force has decided.
    mutating func hits() -> RuleHits { stages.hits() }

    /// No more events of rules before `generation` will come.
    mutating func forgetRules(before generation: UInt32) { stages.forgetRules(before: generation) }

    /// Takes what is in the ring through the stages and hands what came of it to the outputs.
    ///
    /// - Returns: how far it has come. While the queue to the outputs is full, events wait in the ring, and what the ring cannot hold the
    ///   kernel side counts as lost.
    mutating func drain() -> Drained {
        let end = SystemTime.monotonic() + Self.patience
        while true {
            let count = Self.pass(kernel, &fragments, &stages, capture)
            kernel.releaseRecords()
            if count < Self.portion {
                let isEmpty = stages.hasRoom()
                stages.flush()
                capture?.flush()
                return isEmpty ? .empty : .crowded
            }
            if SystemTime.monotonic() >= end { return .more }
        }
    }

    /// What a drain has left behind.
    enum Drained {
        /// Nothing.
        case empty
        /// What the outputs have no room for yet.
        case crowded
        /// Events that have come meanwhile.
        case more
    }

    /// After this time others get their turn, signals among them: where events come faster than they are judged there is no end, s.
    private static let patience = 0.1

    /// Writes a record about this program itself.
    mutating func write(_ status: StatusRecord) {
        stages.write(status)
        // It has used up a serial, which a replay does not.
        capture?.note(.serial(stages.nextSerial))
    }

    /// Takes what is left in the ring and counts it as lost, for the end of a run whose outputs have stalled.
    mutating func discard() {
        stages.countLost(Self.countEvents(kernel))
        kernel.releaseRecords()
    }

    private static func countEvents(_ kernel: borrowing KernelSide) -> UInt64 {
        var count: UInt64 = 0
        while let record = kernel.nextRecord() {
            if let header = try? RecordHead.decode(record), RecordHead.isEvent(header.type) { count += 1 }
        }
        return count
    }

    /// Records after which room goes back to the kernel: each time is a write that other CPUs see.
    private static let portion = 64

    /// Passes up to a portion of records on and returns how many there were. The parts are parameters, because a record borrows
    /// the ring, and an event the fragments, while the stages change.
    private static func pass(
        _ kernel: borrowing KernelSide, _ fragments: inout FragmentAssembler, _ stages: inout Stages, _ capture: CaptureFile?
    ) -> Int {
        var count = 0
        while count < portion, stages.hasRoom(), let record = kernel.nextRecord() {
            do throws(WireError) {
                let header = try RecordHead.decode(record)
                if header.type == UInt16(AW_TYPE_ARGV.rawValue) {
                    try fragments.add(record)
                } else {
                    if !fragments.isEmpty { fragments.take(for: header.sequence) }
                    let event = try EventView(decoding: record, earlierArguments: fragments.text, earlierFragments: fragments.count)
                    if !stages.pass(event) {
                        kernel.putBackRecord()
                        return count
                    }
                }
                capture?.append(record)
            } catch {
                stages.countBad()
            }
            count += 1
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
    /// Events beyond what their rules may write in a second (`x-rate=`).
    var suppressed: UInt64 = 0
    /// Records that are no event.
    var bad: UInt64 = 0
    /// Events of which something could not be read or was cut.
    var incomplete: UInt64 = 0
    /// Events for which the queue to the outputs had no room before the end.
    var lostQueue: UInt64 = 0
    /// Events handed to the outputs.
    var submitted: UInt64 = 0

    /// Adds the counts of another part of the run.
    mutating func add(_ other: Counts) {
        events += other.events
        filtered += other.filtered
        suppressed += other.suppressed
        bad += other.bad
        incomplete += other.incomplete
        lostQueue += other.lostQueue
        submitted += other.submitted
    }
}

/// decide, format, queue.
struct Stages: ~Copyable {
    private(set) var counts = Counts()
    var clock: EventClock
    /// The rules in force.
    private var current: Judge
    /// Calls that the kernel side has refused by rules that it had no counter for.
    private var uncounted: UInt64 = 0
    /// Rules of which calls may still be under way or in the ring, the newest first.
    private var earlier: [Judge] = []
    /// Events that the list `task` has decided of.
    private var marked = MarkedTasks()
    /// Calls that operations of io_uring have come from.
    private var ringCalls = RingCalls()
    private var fileSystems: FileSystems?
    /// Tells when paths of the rules may lead elsewhere.
    private var pathChanges = PathChanges()
    /// When they were last looked at, monotonic s; not since the rules have changed.
    private var pathsLookedAt = -Double.infinity
    /// Some rules in use hide files by their file system.
    private var hidesFileSystems: Bool
    private var formatter: RecordFormatter
    private let queue: OutputQueue
    private var batch: RecordBuffer?

    /// - Parameters:
    ///   - fileSystems: those that files of the events may be on; nil where that is not known.
    ///   - isLive: events come as they happen, see ``Evaluator/init(_:isLive:)``.
    init(
        rules: RuleSet, formatter: consuming RecordFormatter, clock: EventClock, queue: OutputQueue,
        fileSystems: consuming FileSystems? = nil, isLive: Bool = true
    ) {
        self.clock = clock
        current = Judge(rules, generation: 0, isLive: isLive)
        current.look(at: fileSystems?.devices ?? [])
        self.fileSystems = fileSystems
        hidesFileSystems = rules.hidesFileSystems
        self.formatter = formatter
        self.queue = queue
        marked.add(rules)
        giveKeys()
    }

    /// The next event's serial.
    var nextSerial: UInt32 { formatter.nextSerial }

    /// Goes on with another serial, as it was when a capture was made.
    mutating func continueSerials(at serial: UInt32) { formatter.continueSerials(at: serial) }

    /// Notes a record that is no event.
    mutating func countBad() { counts.bad += 1 }

    /// Takes one event through the stages. Returns false when there is no room for it yet: then it is as if it had not been.
    mutating func pass(_ event: borrowing EventView) -> Bool {
        let place = earlierPlace(event)
        if let operation = event.operation { return pass(event, place, operation: operation) }
        if !ringCalls.isEmpty, let call = ringCalls.take(event) { return pass(event, place, withOperations: call) }
        let verdict: Verdict
        var firstKey = 0
        if let rule = marked.rule(of: event) { return pass(event, place, ofTasks: rule) }
        if hidesFileSystems { formatter.hiddenDevices = place.map { earlier[$0].hiddenDevices } ?? current.hiddenDevices }
        if let place {
            verdict = Self.judge(event, earlier[place].evaluator, &formatter, clock)
            firstKey = earlier[place].firstKey
        } else {
            verdict = Self.judge(event, current.evaluator, &formatter, clock)
        }
        switch verdict.decision {
        case .select where hidesAll(event, place):
            counts.filtered += 1
        case .select(let rule) where isOverRate(rule, place, event.header.time):
            counts.suppressed += 1
        case .select(let rule):
            guard format(event, realtime(event), firstKey + rule) else { return false }
            let time = event.header.time
            if let place { earlier[place].limit.count(rule, time: time) } else { current.limit.count(rule, time: time) }
        case .reject:
            counts.filtered += 1
        }
        if let rule = verdict.rule, !verdict.isMoot {
            if let place { earlier[place].hits[rule] += 1 } else { current.hits[rule] += 1 }
        }
        counts.events += 1
        if event.isIncomplete { counts.incomplete += 1 }
        return true
    }

    /// The same for an event that rule `rule` of the list `task` has decided of, before it was made.
    private mutating func pass(_ event: borrowing EventView, _ place: Int?, ofTasks rule: Int) -> Bool {
        if hidesFileSystems { formatter.hiddenDevices = place.map { earlier[$0].hiddenDevices } ?? current.hiddenDevices }
        if hidesAll(event, place) {
            counts.filtered += 1
        } else {
            guard format(event, realtime(event), marked.firstKey + rule) else { return false }
        }
        marked.count(rule)
        counts.events += 1
        if event.isIncomplete { counts.incomplete += 1 }
        return true
    }

    /// The same for an operation of io_uring.
    private mutating func pass(_ event: borrowing EventView, _ place: Int?, operation: UInt32) -> Bool {
        var call = event.isWithinCall ? ringCalls.call(event) : RingCall(event)
        let taskRule = marked.rule(of: event)
        var rule: Int?
        var key = -1
        if let taskRule {
            key = marked.firstKey + taskRule
        } else {
            if let place {
                earlier[place].evaluator.judge(event, operation: operation, state: &call.state)
                key = earlier[place].firstKey
            } else {
                current.evaluator.judge(event, operation: operation, state: &call.state)
                key = 0
            }
            rule = call.state.rule
            key = call.state.keyRule.map { key + $0 } ?? -1
        }
        let isWritten = taskRule != nil || call.state.decision == .always
        _ = isWritten && hidesAll(event, place)
        if !isWritten || formatter.hiddenRecords.contains(.operation) {
            counts.filtered += 1
        } else {
            guard let serial = format(event, realtime(event), operationKey: key, serial: call.serial) else { return false }
            call.serial = serial
        }
        if event.isWithinCall { ringCalls.keep(call) }
        count(event, place, rule: rule, ofTasks: taskRule)
        return true
    }

    /// The same for a call that operations have come from.
    private mutating func pass(_ event: borrowing EventView, _ place: Int?, withOperations earlierCall: RingCall) -> Bool {
        var call = earlierCall
        let taskRule = marked.rule(of: event)
        let firstKey = place.map { earlier[$0].firstKey } ?? 0
        if taskRule == nil {
            if let place {
                earlier[place].evaluator.judge(event, state: &call.state)
            } else {
                current.evaluator.judge(event, state: &call.state)
            }
        }
        let key = taskRule.map { marked.firstKey + $0 } ?? call.state.keyRule.map { firstKey + $0 } ?? -1
        if hidesFileSystems { formatter.hiddenDevices = place.map { earlier[$0].hiddenDevices } ?? current.hiddenDevices }
        if (taskRule == nil && call.state.decision != .always) || hidesAll(event, place) {
            counts.filtered += 1
        } else if !format(event, realtime(event), key, serial: call.serial) {
            ringCalls.keep(earlierCall)
            return false
        }
        count(event, place, rule: taskRule == nil ? call.state.rule : nil, ofTasks: taskRule)
        return true
    }

    /// Notes an event that has been dealt with, and the rule that has decided of it.
    private mutating func count(_ event: borrowing EventView, _ place: Int?, rule: Int?, ofTasks taskRule: Int?) {
        if let taskRule { marked.count(taskRule) }
        if let rule {
            if let place { earlier[place].hits[rule] += 1 } else { current.hits[rule] += 1 }
        }
        counts.events += 1
        if event.isIncomplete { counts.incomplete += 1 }
    }

    /// The parts are parameters, because the rules would be copied otherwise.
    @inline(__always)
    private static func judge(
        _ event: borrowing EventView, _ evaluator: borrowing Evaluator, _ formatter: inout RecordFormatter, _ clock: borrowing EventClock
    ) -> Verdict {
        guard evaluator.wantsFiles(event) else { return evaluator.judge(event) }
        let realtime = clock.realtime(monotonic: event.header.time, jiffies: event.call.jiffies)
        return evaluator.judge(event, files: formatter.namedFiles(of: event, realtime: realtime))
    }

    /// Notes which records the rules leave out of an event, and says whether that is all of it: without SYSCALL the kernel writes nothing
    /// at a call's end.
    private mutating func hidesAll(_ event: borrowing EventView, _ place: Int?) -> Bool {
        let has = place.map { earlier[$0].evaluator.hasExclusions } ?? current.evaluator.hasExclusions
        guard has else {
            if formatter.hiddenRecords.rawValue != 0 { formatter.hiddenRecords = [] }
            return false
        }
        let hidden = place.map { earlier[$0].evaluator.hiddenRecords(of: event) } ?? current.evaluator.hiddenRecords(of: event)
        formatter.hiddenRecords = hidden
        guard hidden.contains(.syscall) else { return false }
        return hidden.contains(.bpf) || event.section(.special, detail: UInt8(AW_SPECIAL_BPF.rawValue)) == nil
    }

    /// Which of the earlier rules judge an event; nil for those in force. A replay judges all by the one set it has.
    @inline(__always)
    private func earlierPlace(_ event: borrowing EventView) -> Int? {
        if earlier.isEmpty { return nil }
        let generation = event.call.generation
        if generation == current.generation { return nil }
        return earlier.firstIndex { $0.generation == generation }
    }

    /// Whether rule `rule` of the earlier rules at `place`, or for nil of those in force, has written what it may in this second.
    @inline(__always)
    private func isOverRate(_ rule: Int, _ place: Int?, _ time: UInt64) -> Bool {
        if let place { return earlier[place].limit.isReached(by: rule, time: time) }
        return current.limit.isReached(by: rule, time: time)
    }

    private func realtime(_ event: borrowing EventView) -> UInt64 {
        event.call.stamp != 0 ? event.call.stamp : clock.realtime(monotonic: event.header.time, jiffies: event.call.jiffies)
    }

    /// Looks again where the rules' paths lead, if that may have changed.
    mutating func lookAtPaths() {
        if hidesFileSystems, fileSystems?.refresh() == true { lookAtFileSystems() }
        guard current.evaluator.hasPaths || earlier.contains(where: \.evaluator.hasPaths) else { return }
        let now = SystemTime.monotonic()
        guard pathChanges.haveHappened() || pathChanges.isPartial || now - pathsLookedAt >= PathChanges.patience else { return }
        pathsLookedAt = now
        // First, so that what happens while they are looked at is told.
        pathChanges.watch(current.evaluator.watchedPaths + earlier.flatMap(\.evaluator.watchedPaths))
        current.evaluator.look()
        for place in earlier.indices { earlier[place].evaluator.look() }
    }

    /// The policy that the rules have been told of (``KernelSide/policyNumber``); 0 for none.
    var policyNumber: UInt32 = 0

    /// The names in labels that rules in use ask for.
    var policyNames: Set<PolicyName> { earlier.reduce(current.evaluator.policyNames) { $0.union($1.evaluator.policyNames) } }

    /// Takes what the policy in force says of ``policyNames``.
    mutating func take(_ known: [PolicyName: KnownName]) {
        guard !known.isEmpty else { return }
        current.evaluator.take(known)
        for place in earlier.indices { earlier[place].evaluator.take(known) }
    }

    private mutating func lookAtFileSystems() {
        let devices = fileSystems?.devices ?? []
        current.look(at: devices)
        for place in earlier.indices { earlier[place].look(at: devices) }
    }

    /// Earlier rules that are kept at most. An event of still earlier ones is judged by those in force.
    private static let earlierLimit = 64

    /// Judges the events of calls that begin under `generation` by `rules`. A rule that was there before goes on counting.
    mutating func replaceRules(_ rules: RuleSet, generation: UInt32) {
        var next = Judge(rules, generation: generation)
        for place in earlier.indices { current.takeHits(of: &earlier[place]) }
        next.takeHits(of: &current)
        earlier.insert(current, at: 0)
        if earlier.count > Self.earlierLimit { earlier.removeLast() }
        current = next
        marked.add(rules)
        pathsLookedAt = -.infinity
        policyNumber = 0
        _ = fileSystems?.refresh()
        lookAtFileSystems()
        hidesFileSystems = hidesFileSystems || rules.hidesFileSystems
        giveKeys()
    }

    /// No more events of rules before `generation` will come.
    mutating func forgetRules(before generation: UInt32) {
        for place in earlier.indices { current.takeHits(of: &earlier[place]) }
        earlier.removeAll { current.generation &- $0.generation > current.generation &- generation }
        giveKeys()
    }

    /// Counts calls that a rule has refused before there was an event. Those of rules that have gone go with them.
    mutating func count(refused calls: RefusedCalls) {
        guard let rule = calls.rule else {
            uncounted += calls.count
            return
        }
        if calls.generation == current.generation {
            current.hits[rule] += calls.count
        } else if let place = earlier.firstIndex(where: { $0.generation == calls.generation }) {
            earlier[place].hits[rule] += calls.count
        }
    }

    /// The events that each of the rules in force has decided.
    mutating func hits() -> RuleHits {
        for place in earlier.indices { current.takeHits(of: &earlier[place]) }
        let tasks = marked.hits(of: current.evaluator.rules)
        return RuleHits(rules: current.evaluator.rules.deciding + tasks.rules, hits: current.hits + tasks.hits, uncounted: uncounted)
    }

    /// The formatter knows keys by number: those in force first, earlier ones behind.
    private mutating func giveKeys() {
        var keys = current.evaluator.rules.keys
        for place in earlier.indices {
            earlier[place].firstKey = keys.count
            keys += earlier[place].evaluator.rules.keys
        }
        marked.firstKey = keys.count
        keys += marked.keys
        formatter.setKeys(keys)
    }

    /// Whether an event can be formatted now: there is a batch with room for one of the usual kind.
    mutating func hasRoom() -> Bool {
        if let current = batch.take() {
            if current.freeCapacity >= RecordFormatter.eventRoom {
                batch = consume current
                return true
            }
            submit(current)
        }
        batch = queue.takeFree()
        return batch != nil
    }

    /// Formats into the batch, which ``hasRoom()`` has seen to, or for an event with much argument text into an empty one.
    private mutating func format(_ event: borrowing EventView, _ realtime: UInt64, _ rule: Int, serial: UInt32? = nil) -> Bool {
        while var current = batch.take() {
            if formatter.format(event, realtime: realtime, key: rule, serial: serial, into: &current) {
                batch = consume current
                return true
            }
            submit(current)
            batch = queue.takeFree()
        }
        return false
    }

    /// The same for an operation. Returns the event's serial.
    private mutating func format(
        _ event: borrowing EventView, _ realtime: UInt64, operationKey key: Int, serial: UInt32?
    ) -> UInt32? {
        while var current = batch.take() {
            if let serial = formatter.formatOperation(event, realtime: realtime, key: key, serial: serial, into: &current) {
                batch = consume current
                return serial
            }
            submit(current)
            batch = queue.takeFree()
        }
        return nil
    }

    /// Notes events that could not be handed over.
    mutating func countLost(_ count: UInt64) { counts.lostQueue += count }

    /// Hands over what has been formatted, even if the batch is not full.
    mutating func flush() {
        guard let current = batch.take() else { return }
        submit(current)
    }

    /// Writes a record about this program itself, in a batch of its own: what becomes of a batch is counted by its events, and
    /// this is none. Without a free batch it is dropped; the counts that it would have told are in the next one and the report.
    mutating func write(_ status: StatusRecord) {
        flush()
        guard var batch = queue.takeFree() else { return }
        _ = formatter.formatStatus(
            status.operation, status.fields, identity: .this, succeeded: status.succeeded, realtime: SystemTime.realtime(),
            into: &batch)
        queue.submit(batch)
    }

    private mutating func submit(_ batch: consuming RecordBuffer) {
        counts.submitted += UInt64(batch.events)
        queue.submit(batch)
    }
}
