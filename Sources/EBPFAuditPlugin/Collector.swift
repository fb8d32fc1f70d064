// SPDX-License-Identifier: MIT
internal import AuditEnrichment
internal import AuditEvents
internal import AuditOutputs
internal import AuditRules
internal import AuditSyscalls
internal import CAuditWire
internal import Glibc
internal import KernelProbe

/// One run of collecting: sets up both sides, turns the loop, ends in order.
struct Collector: ~Copyable {
    /// The ring is looked at this often even when the kernel side asks for no wake-up: the longest that an event waits, ms.
    private static let interval: Int32 = 50
    /// The same while the queue to the outputs is full: the outputs may take a batch at any time, ms.
    private static let crowded: Int32 = 2
    /// How often the clocks are looked at, s.
    private static let clockInterval = 0.1
    /// How often losses are looked for, to tell of them among the records, s.
    private static let lossInterval = 1.0
    /// The outputs get this long to take what is left at the end; a plugin's end is waited for by auditd, ms.
    private static let farewell = 2000

    let configuration: Configuration
    let loop: EventLoop
    private let writer: OutputThread
    private let capture: CaptureFile?
    var pipeline: Pipeline
    private var input = AuditdInput()
    /// What the kernel side selects by.
    var selection: Selection
    var reload = Reload()
    /// Ways to attach hooks that the configuration and this kernel permit.
    let hookWays: HookWays
    /// What was said to be missing of the hooks.
    private var shortcomingTold: String?
    private var ringShortcomingTold: String?
    /// Losses that the records have told of.
    private var lossTold: UInt64 = 0

    /// Sets up everything. Nothing is collected yet.
    init(_ configuration: Configuration, rules: RuleSet) throws(Failure) {
        EventLoop.takeOverSignals()
        // Before any thread is started: they inherit it. Without the right to it, collecting goes on at the usual priority.
        _ = setpriority(
            __priority_which_t(PRIO_PROCESS.rawValue), 0,
            getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) - configuration.priorityBoost)
        let loop = try EventLoop()
        let hookWays = configuration.hooks.isEmpty ? [] : configuration.hooks.intersection(.available())
        let compiled = CompiledRules(rules)
        let kernel = try Self.load(configuration, hookWays, SelectedCalls(index: compiled.image.index, ways: configuration.calls))
        let selection: Selection
        do { selection = try Selection(compiled, kernel: kernel) } catch { throw Failure(error) }
        let formatter = try Outputs.formatter(Outputs.formatOptions(configuration, kernel: KernelFeatures.version()))
        let capture = try Self.openCapture(configuration)
        let (queue, writer) = try Outputs.open(configuration)
        self.configuration = configuration
        self.selection = selection
        self.hookWays = hookWays
        self.loop = loop
        self.writer = writer
        self.capture = capture
        pipeline = Pipeline(kernel: kernel, rules: rules, formatter: formatter, queue: queue, capture: capture)
    }

    /// Collects until something ends it, and reports.
    ///
    /// - Returns: why it ended early, or nil when it was told to end.
    mutating func run() throws(Failure) -> Failure? {
        try loop.watch(pipeline.kernel.ringDescriptor, .ring)
        try loop.watch(writer.failureDescriptor, .output)
        if configuration.isPlugin { try loop.watch(input.descriptor, .input) }
        let hooks = selection.attachHooks(pipeline.kernel, ways: hookWays)
        tellShortcoming(hooks)
        do { try pipeline.kernel.attach() } catch { throw Failure(error) }
        tellShortcoming(selection.attachRings(pipeline.kernel, ways: hookWays))
        pipeline.lookAtNames()
        if let lacking = pipeline.kernel.lackingForContexts, !configuration.isSilent {
            Screen.error("ebpf-audit: SELinux's labels are left out: not found in this kernel: \(lacking)\n")
        }
        tellLabels(selection.rules)
        // Only attached programs answer in some tiers.
        pipeline.refreshClock()
        let calls = pipeline.kernel.callsReport(selection.calls(ways: configuration.calls))
        pipeline.write(.start(tier: pipeline.kernel.tier, calls: calls, hooks: hooks, rules: selection.ruleCount))
        if !configuration.isSilent { Screen.error("ready\n") }

        let failure = turn()
        return try finish(failure)
    }

    /// The loop of thread A.
    private mutating func turn() -> Failure? {
        let end = configuration.duration.map { SystemTime.monotonic() + $0 }
        var refreshed = SystemTime.monotonic()
        var told = refreshed
        var drained = Pipeline.Drained.empty
        while true {
            let now = SystemTime.monotonic()
            if now - refreshed >= Self.clockInterval {
                pipeline.refreshClock()
                pipeline.lookAtPaths()
                pipeline.lookAtNames()
                refreshed = now
            }
            if now - told >= Self.lossInterval {
                tellLosses()
                told = now
            }
            var timeout =
                switch drained {
                case .empty: Self.interval
                case .crowded: Self.crowded
                case .more: Int32(0)
                }
            if let end {
                if now >= end { return nil }
                timeout = min(timeout, Int32(((end - now) * 1000).rounded(.up)))
            }
            let happened = loop.wait(milliseconds: timeout)
            if happened.contains(.clock) {
                loop.armClock()
                pipeline.refreshClock()
            }
            advanceReload()
            drained = pipeline.drain()
            if drained == .empty { forgetEarlierRules() }
            if happened.contains(.output), let error = writer.failure { return .whileRunning(error) }
            if happened.contains(.input), !input.drain() { return nil }
            while happened.contains(.signal), let signal = loop.takeSignal() {
                switch signal.number {
                case SIGINT, SIGTERM: return nil
                case SIGHUP:
                    writer.reopen()
                    reload.request(by: signal.asker)
                    drained = .more
                case SIGUSR1: tellState()
                default: break
                }
            }
        }
    }

    /// Says what is missing of the hooks, unless that was said last.
    mutating func tellShortcoming(_ hooks: HooksReport) {
        guard let sentence = hooks.shortcoming, sentence != shortcomingTold else { return }
        shortcomingTold = sentence
        if !configuration.isSilent { Screen.error("ebpf-audit: \(sentence)\n") }
    }

    /// Says which of `rules` ask for labels that events do not have.
    func tellLabels(_ rules: RuleSet) {
        guard !configuration.isSilent else { return }
        for remark in rules.remarks(on: pipeline.kernel.labels) { Screen.error("ebpf-audit: \(remark)\n") }
    }

    /// Says what is missing where operations of io_uring are seen, unless that was said last.
    mutating func tellShortcoming(_ rings: RingsReport?) {
        guard let sentence = rings?.shortcoming, sentence != ringShortcomingTold else { return }
        ringShortcomingTold = sentence
        if !configuration.isSilent { Screen.error("ebpf-audit: \(sentence)\n") }
    }

    /// Puts losses that nobody has been told of among the records. What cannot be read now is told later, at the latest in the report.
    private mutating func tellLosses() {
        guard let account = try? account(), account.lostTotal > lossTold else { return }
        lossTold = account.lostTotal
        pipeline.write(.loss(account))
    }

    /// Says how it goes, where the configuration wants to have it.
    private mutating func tellState() {
        guard let account = try? account() else { return }
        let text = account.text + hits().text
        guard let path = configuration.state else {
            if !configuration.isSilent { Screen.error(text) }
            return
        }
        if let problem = StateFile.write(text, to: path), !configuration.isSilent { Screen.error("ebpf-audit: \(problem)\n") }
    }

    /// The account up to now; while events are on their way through the queue they count as written.
    private func account() throws(KernelError) -> Account {
        Account(
            kernel: try pipeline.kernel.statistics(), missed: try pipeline.kernel.missedRuns(), counts: pipeline.counts,
            outputs: writer.counters)
    }

    /// What the rules have decided up to now, in the kernel and here.
    private mutating func hits() -> RuleHits {
        countRefusals()
        return pipeline.hits()
    }

    /// Counts what the rules have refused in the kernel. What cannot be read now is counted later, if the rules stay.
    mutating func countRefusals() {
        if let refused = try? selection.takeRefusals(pipeline.kernel) { pipeline.count(refused: refused) }
    }

    /// Detach, drain, flush, report.
    private mutating func finish(_ failure: Failure?) throws(Failure) -> Failure? {
        do {
            try pipeline.kernel.detach()
            let deadline = SystemTime.monotonic() + Double(Self.farewell) / 1000
            while pipeline.drain() != .empty, SystemTime.monotonic() < deadline { _ = loop.wait(milliseconds: Self.crowded) }
            pipeline.discard()
            pipeline.write(.stop(try account()))
            capture?.flush()
            writer.stop(deadlineMilliseconds: Self.farewell)
            let final = try account()
            if !configuration.isSilent { Screen.error(final.text + hits().text) }
            if let failure { return failure }
            if let problem = capture?.problem { return Failure(problem, .output) }
            if let error = writer.failure { return .whileRunning(error) }
            return final.outputs.contains { $0.lost.total > 0 } ? .recordsLost : nil
        } catch {
            throw Failure(error)
        }
    }
}

extension Collector {
    private static func openCapture(_ configuration: Configuration) throws(Failure) -> CaptureFile? {
        guard let path = configuration.capture else { return nil }
        return try CaptureFile(
            path: path,
            header: CaptureHeader(
                machine: SyscallTable.arch(.native), kernel: KernelFeatures.version(), capabilities: KernelCapabilities.all(),
                tick: EventClock.tickLength, boot: SelfFile.bootID()))
    }

    private static func load(
        _ configuration: Configuration, _ hookWays: HookWays, _ calls: SelectedCalls
    ) throws(Failure) -> KernelSide {
        var settings = KernelSettings(selfProcess: UInt32(getpid()))
        settings.calls = calls
        if !hookWays.isEmpty { settings.traces = KernelSettings.tracesWithHooks }
        settings.ringBytes = configuration.ringBytes
        settings.typeInformation = configuration.typeInformation
        if let inflight = configuration.inflight { settings.inflight = inflight }
        // The kernel leaves auditd out (auditd_test_task() in kernel/audit.c); a plugin's parent is auditd.
        if configuration.isPlugin { settings.excludedProcess = UInt32(getppid()) }
        do {
            var refused: [TierAttempt] = []
            let kernel = try TierChoice.load(settings: settings, only: configuration.tier, attempts: &refused)
            if !configuration.isSilent {
                for attempt in refused { Screen.error("ebpf-audit: tier \(attempt.tier): \(attempt.reason)\n") }
            }
            try kernel.write(shapes: SyscallShapes.wireTable())
            return kernel
        } catch {
            throw Failure(error)
        }
    }
}
