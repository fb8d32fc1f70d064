// SPDX-License-Identifier: MIT
internal import AuditOutputs
internal import AuditRules
internal import KernelProbe

/// How far a change of the rules has come. Nothing of it holds thread A up but writing the selection and attaching hooks.
struct Reload {
    enum Stage {
        case idle
        /// The new rules are read, checked and compiled.
        case reading(Errand<Result<CompiledRules, RulesError>>)
        /// They are in force; programs that may still read the selection before them are waited for.
        case settling(Errand<Void>)
    }

    var stage = Stage.idle
    /// It is asked for once more.
    private(set) var isRequested = false
    /// Processes that wait for an answer, see ``ReloadRequest``: to what is asked for, and to what is under way.
    private(set) var nextAskers: [Int32] = []
    private(set) var askers: [Int32] = []
    /// When to see whether calls of earlier rules are still under way, s, and how long after that again.
    var nextLook = 0.0
    var lookInterval = Reload.firstLookInterval
    /// What the last look found: events of older generations have been in the ring before it.
    var oldest: UInt32?

    static let firstLookInterval = 1.0
    /// Calls may be under way for ever.
    static let lastLookInterval = 60.0

    /// Notes that the rules are to be read anew, and who wants to know the outcome.
    mutating func request(by asker: Int32?) {
        isRequested = true
        if let asker { nextAskers.append(asker) }
    }

    /// Takes the request as one to be met now.
    mutating func accept() {
        isRequested = false
        (askers, nextAskers) = (nextAskers, [])
    }
}

extension Collector {
    /// Goes on with what SIGHUP asked for, as far as it has come. Called between drains, so that an event is judged by one set of rules or
    /// the other.
    mutating func advanceReload() {
        switch reload.stage {
        case .idle where reload.isRequested: startReload()
        case .idle: break
        case .reading(let errand):
            guard let result = errand.value else { return }
            loop.forget(errand.descriptor)
            reload.stage = .idle
            switch result {
            case .success(let rules): replaceRules(rules)
            case .failure(let error): endReload(Failure(error))
            }
        case .settling(let errand):
            guard errand.value != nil else { return }
            loop.forget(errand.descriptor)
            reload.stage = .idle
            if reload.isRequested { startReload() }
        }
    }

    private mutating func startReload() {
        reload.accept()
        let paths = configuration.rules
        let isSilent = configuration.isSilent
        let numbers = selection.numbers
        do throws(OutputError) {
            let errand = try Errand(name: "audit-rules") {
                Result { () throws(RulesError) in
                    let rules = try RuleSet.load(paths: paths)
                    for remark in rules.remarks where !isSilent { Screen.error("ebpf-audit: \(remark)\n") }
                    return CompiledRules(rules, after: numbers)
                }
            }
            watch(errand.descriptor)
            reload.stage = .reading(errand)
        } catch {
            endReload(Failure("the rules cannot be read now: \(error)", .unavailable))
        }
    }

    private mutating func replaceRules(_ rules: CompiledRules) {
        let hooks: HooksReport
        let rings: RingsReport?
        countRefusals()
        do throws(KernelError) {
            (hooks, rings) = try selection.replace(with: rules, kernel: pipeline.kernel, ways: hookWays, calls: configuration.calls)
        } catch {
            return endReload(Failure(error))
        }
        pipeline.replaceRules(rules.rules, generation: selection.generation)
        reload.oldest = nil
        reload.lookInterval = Reload.firstLookInterval
        reload.nextLook = SystemTime.monotonic() + reload.lookInterval
        if let errand = try? Errand(name: "audit-rules", { KernelSide.waitForPrograms() }) {
            watch(errand.descriptor)
            reload.stage = .settling(errand)
        } else {
            // Events wait in the ring meanwhile.
            KernelSide.waitForPrograms()
        }
        tellShortcoming(hooks)
        tellShortcoming(rings)
        tellLabels(rules.rules)
        if !configuration.isSilent { Screen.error("ebpf-audit: rules in force: \(selection.ruleCount), read anew\n") }
        let calls = pipeline.kernel.callsReport(selection.calls(ways: configuration.calls))
        pipeline.write(.reload(calls: calls, hooks: hooks, rules: selection.ruleCount))
        for asker in reload.askers { ReloadRequest.answer(asker, 0) }
    }

    /// The rules stay as they are.
    private mutating func endReload(_ failure: Failure) {
        if !configuration.isSilent {
            Screen.error("ebpf-audit: \(failure.sentence)\nebpf-audit: the rules stay as they are\n")
        }
        pipeline.write(.reloadFailed(failure, rules: selection.ruleCount))
        for asker in reload.askers { ReloadRequest.answer(asker, failure.status.rawValue) }
    }

    /// Where it cannot be watched, the loop's own interval does.
    private func watch(_ descriptor: Int32) { try? loop.watch(descriptor, .errand) }

    /// Lets earlier rules go when no call is under way that they judge. Called when the ring is empty. What one look finds is acted upon at the
    /// next, when everything that calls had sent which ended before the first has come through the ring.
    mutating func forgetEarlierRules() {
        guard selection.hasEarlier, case .idle = reload.stage else { return }
        let now = SystemTime.monotonic()
        guard now >= reload.nextLook else { return }
        reload.nextLook = now + reload.lookInterval
        reload.lookInterval = min(2 * reload.lookInterval, Reload.lastLookInterval)
        if let oldest = reload.oldest {
            countRefusals()
            pipeline.forgetRules(before: oldest)
            // When writing fails, which it did not before, more is sent than has to be.
            if oldest == selection.generation { try? selection.forgetEarlier(pipeline.kernel, ways: hookWays) }
        }
        reload.oldest = pipeline.kernel.oldestGeneration(current: selection.generation)
    }
}
