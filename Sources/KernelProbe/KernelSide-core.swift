// SPDX-License-Identifier: MIT
package import AuditEvents
package import CAuditWire
internal import CBPF
internal import Glibc

/// What can be set before the programs are loaded.
package struct KernelSettings: Sendable {
    /// The collector's own process, whose calls never become events.
    package var selfProcess: UInt32
    /// One more process to leave out (auditd, when it started us), or nil.
    package var excludedProcess: UInt32?
    /// Size of the ring, bytes: a power of two, at least 4096.
    package var ringBytes: UInt32 = 8 << 20
    /// Calls that can be under way at a time.
    package var inflight: UInt32 = 16384
    /// Waiting bytes that are worth waking the reader for.
    package var wakeupBytes: UInt64 = 256 << 10
    /// Tasks whose path hooks are remembered at a time; 1 where there are to be no hooks.
    package var traces: UInt32 = 1
    /// Enough for the tasks that are in calls with paths at a time; each takes 3.75 KiB.
    package static let tracesWithHooks: UInt32 = 4096
    /// The calls that the first rules select, or nil to see all by tracepoints. Tier `btf` alone has another way.
    package var calls: SelectedCalls?
    /// A file with type information to use in place of the kernel's own (`/sys/kernel/btf/vmlinux`), or nil.
    package var typeInformation: String?

    package init(selfProcess: UInt32) { self.selfProcess = selfProcess }
}

/// What a name in a context of SELinux is of: `enum cbpf_name`.
package enum ContextNameKind: UInt32, Sendable { case user = 0, role, type, sensitivity, category }

/// What SELinux's policy says of a name.
package enum ContextName: Sendable, Equatable {
    /// Nothing: there is no policy, or it cannot be read.
    case unknown
    /// It does not have it.
    case absent
    /// Contexts have this in its place.
    case same([UInt8])
}

/// The kernel programs of one tier, loaded. Stages as one reads them: ``init(tier:settings:)``, write the selection,
/// ``attach()``, take records, ``detach()``.
@safe package struct KernelSide: ~Copyable {
    private let handle: OpaquePointer
    /// The tier that was loaded.
    package let tier: Tier
    /// What the kernel said to hooks on the functions of calls when the programs were loaded, or "".
    private let callRefusal: String

    /// Opens and loads the programs of `tier`.
    ///
    /// - Throws: ``KernelError`` with the verifier's last lines when the kernel refuses them.
    package init(tier: Tier, settings: KernelSettings) throws(KernelError) {
        var refusal = ""
        let opened: OpaquePointer
        do throws(KernelError) {
            unsafe opened = try unsafe Self.open(tier, settings)
        } catch {
            // Hooks on calls are tried first and are no condition.
            guard settings.calls?.text != nil else { throw error }
            var settings = settings
            settings.calls = nil
            unsafe opened = try unsafe Self.open(tier, settings)
            refusal = error.description
        }
        unsafe self.handle = opened
        self.tier = tier
        callRefusal = refusal
    }

    private static func open(_ tier: Tier, _ settings: KernelSettings) throws(KernelError) -> OpaquePointer {
        var raw = cbpf_settings()
        raw.self_tgid = settings.selfProcess
        raw.excluded_tgid = settings.excludedProcess ?? 0
        raw.ring_bytes = settings.ringBytes
        raw.inflight = settings.inflight
        raw.wakeup_bytes = settings.wakeupBytes
        raw.traces = settings.traces

        var handle: OpaquePointer?
        var error = unsafe cbpf_open(tier.raw, &raw, settings.typeInformation, &handle)
        guard let opened = unsafe handle else { throw .failed(stage: "opening tier \(tier.name)", errno: -error, log: "") }
        var stage = "opening"
        if error == 0 {
            stage = "loading"
            if let calls = settings.calls { _ = unsafe cbpf_want_calls(opened, calls.text, calls.ways.rawValue) }
            error = unsafe cbpf_load(opened)
        }
        guard error != 0 else { return unsafe opened }
        let log = unsafe String(cString: cbpf_log(opened))
        unsafe cbpf_close(opened)
        if error == -EPERM || error == -EACCES, !log.contains("END PROG LOAD LOG") {
            throw .notPermitted(stage: "\(stage) tier \(tier.name)")
        }
        throw .failed(stage: "\(stage) tier \(tier.name)", errno: -error, log: lastLines(of: log))
    }

    deinit { unsafe cbpf_close(handle) }

    /// Attaches the path hooks that calls of these groups need, as far as this kernel lets it, and detaches others. Before ``attach()``
    /// or before ``enforce(generation:wanted:)``: calls that are under way are told without new hooks.
    package borrowing func attachHooks(_ groups: HookGroups, ways: HookWays) -> HooksReport {
        let complete = unsafe cbpf_attach_hooks(handle, groups.rawValue, ways.rawValue)
        var hooks: [HookReport] = []
        for number in 0..<cbpf_hook_count() { if let hook = unsafe HookReport(cbpf_hook(handle, number)) { hooks.append(hook) } }
        return HooksReport(wanted: groups, complete: HookGroups(rawValue: complete), hooks: hooks)
    }

    /// Has the calls seen that rules select which are about to come into force, besides those that are seen now. Once the programs are
    /// attached, before ``select(generation:index:list:clauses:tasks:groups:)``.
    package borrowing func want(_ calls: SelectedCalls) throws(KernelError) {
        try check(unsafe cbpf_want_calls(handle, calls.text, calls.ways.rawValue), "attaching to calls")
    }

    /// The rules that calls were wanted for are in force.
    package borrowing func beginCalls() { unsafe cbpf_begin_calls(handle) }

    /// No call of earlier rules is under way, by ``oldestGeneration(current:)``: what was there to see them ends.
    package borrowing func settleCalls() { unsafe cbpf_settle_calls(handle) }

    /// How calls are seen now, `calls` being those that were wanted last.
    package borrowing func callsReport(_ calls: SelectedCalls) -> CallsReport {
        var raw = cbpf_calls_report()
        unsafe cbpf_calls(handle, &raw)
        let way =
            switch raw.way {
            case CBPF_CALLS_FENTRY: "fentry"
            case CBPF_CALLS_KPROBE: "kprobe"
            case CBPF_CALLS_PERF: "perf"
            default: "tracepoints"
            }
        let reason = calls.reason ?? (callRefusal.isEmpty ? text(of: raw.reason) : callRefusal)
        return CallsReport(way: way, functions: Int(raw.functions), reason: calls.ways.isEmpty ? "" : reason)
    }

    /// Loads and attaches what sees operations of io_uring, unless that is there. Once the programs are attached.
    package borrowing func attachRings(ways: HookWays) -> RingsReport {
        var raw = cbpf_rings_report()
        unsafe cbpf_attach_rings(handle, ways.rawValue, &raw)
        let way: RingsReport.Way =
            switch raw.way {
            case CBPF_RINGS_FENTRY: .fentry
            case CBPF_RINGS_KPROBE: .kprobe
            case CBPF_RINGS_TRACEPOINTS: .tracepoints
            default: .none
            }
        return RingsReport(way: way, place: text(of: raw.function), reason: text(of: raw.reason))
    }

    /// Takes away what sees operations of io_uring.
    package borrowing func detachRings() { unsafe cbpf_detach_rings(handle) }

    /// Starts the programs.
    package borrowing func attach() throws(KernelError) {
        try check(unsafe cbpf_attach(handle), "attaching tier \(tier.name)")
    }

    /// Stops the programs. What they have sent stays readable.
    package borrowing func detach() throws(KernelError) {
        try check(unsafe cbpf_detach(handle), "detaching tier \(tier.name)")
    }

    /// Writes what the arguments of each call mean.
    package borrowing func write(shapes: [ash_shape]) throws(KernelError) {
        let error = unsafe shapes.withUnsafeBufferPointer {
            unsafe cbpf_write_shapes(handle, 0, $0.baseAddress, UInt32($0.count))
        }
        try check(error, "writing call shapes")
    }

    /// Writes a selection into the slots of `generation` and puts it into force.
    ///
    /// - Parameters:
    ///   - index: `AS_ABIS * AS_SYSCALLS` entries.
    ///   - tasks: the entry of the list `task`.
    ///   - operations: those of the list `io_uring`.
    ///   - wanted: what events are to carry.
    package borrowing func select(
        generation: UInt32, index: [as_index], list: [UInt32], clauses: [as_clause], tasks: as_index,
        operations: as_operations = as_operations(), wanted: WantedParts
    ) throws(KernelError) {
        precondition(list.count <= Int(AS_LIST_MAX) && clauses.count <= Int(AS_CLAUSES_MAX), "the compiler bounds these")
        let half = generation % UInt32(AS_GENERATIONS)
        try check(
            unsafe clauses.withUnsafeBufferPointer {
                unsafe cbpf_write_clauses(handle, half * UInt32(AS_CLAUSES_MAX), $0.baseAddress, UInt32($0.count))
            }, "writing clauses")
        try check(
            unsafe list.withUnsafeBufferPointer {
                unsafe cbpf_write_list(handle, half * UInt32(AS_LIST_MAX), $0.baseAddress, UInt32($0.count))
            }, "writing clause lists")
        try check(unsafe cbpf_clear_refusals(handle, half), "clearing the counts of refusals")
        var tasks = tasks
        try check(unsafe cbpf_write_tasks(handle, half, &tasks), "writing the list task")
        var operations = operations
        try check(unsafe cbpf_write_operations(handle, half, &operations), "writing the list io_uring")
        try write(index: index, generation: generation)
        enforce(generation: generation, wanted: wanted)
    }

    /// Writes the index of `generation`; while that is in force, only flags may change.
    package borrowing func write(index: [as_index], generation: UInt32) throws(KernelError) {
        precondition(index.count == Int(AS_ABIS.rawValue) * Int(AS_SYSCALLS), "an index has one entry a call")
        let half = generation % UInt32(AS_GENERATIONS)
        try check(
            unsafe index.withUnsafeBufferPointer {
                unsafe cbpf_write_index(handle, half * UInt32(index.count), $0.baseAddress, UInt32($0.count))
            }, "writing the call index")
    }

    /// Puts a written generation into force for the calls that begin from now on.
    ///
    /// - Parameter wanted: what events are to carry, also those of calls that have begun.
    package borrowing func enforce(generation: UInt32, wanted: WantedParts) {
        unsafe cbpf_set_generation(handle, generation, wanted.rawValue)
    }

    /// Waits until the programs that are running have ended; between two changes of the generation, because the slots of the
    /// second are those that programs may have read until the first. From any thread.
    package static func waitForPrograms() { cbpf_wait_for_programs() }

    /// The oldest generation under which a call has begun that is still under way, `current` when there is no older one; nil when
    /// that cannot be told now. After ``waitForPrograms()``.
    package borrowing func oldestGeneration(current: UInt32) -> UInt32? {
        var oldest: UInt32 = current
        return unsafe cbpf_oldest_generation(handle, current, &oldest) == 0 ? oldest : nil
    }

    /// Calls that the clauses of `generation`, which is in force or was before the last change, have rejected: by as_clause.counter, summed
    /// over the CPUs, since ``select(generation:index:list:clauses:tasks:wanted:)`` has written them.
    package borrowing func refusals(generation: UInt32) throws(KernelError) -> [UInt64] {
        var error: Int32 = 0
        let counts = unsafe [UInt64](unsafeUninitializedCapacity: Int(AS_REFUSALS_MAX)) { buffer, count in
            error = unsafe buffer.withMemoryRebound(to: as_refusals.self) {
                unsafe cbpf_refusals(handle, generation % UInt32(AS_GENERATIONS), $0.baseAddress)
            }
            count = error == 0 ? Int(AS_REFUSALS_MAX) : 0
        }
        try check(error, "reading the counts of refusals")
        return counts
    }

    /// The programs' counts, summed over the CPUs.
    package borrowing func statistics() throws(KernelError) -> ast_statistics {
        var sum = ast_statistics()
        try check(unsafe cbpf_statistics(handle, &sum), "reading statistics")
        return sum
    }

    /// Runs that the kernel skipped because the program was under way on the same CPU.
    package borrowing func missedRuns() throws(KernelError) -> UInt64 {
        var missed: UInt64 = 0
        try check(unsafe cbpf_missed(handle, &missed), "reading program information")
        return missed
    }

    /// The low bits of the kernel's tick count now, or nil where it cannot be asked: in tiers for kernels before 5.10 while
    /// the programs are not attached, or where the kernel hides the variable.
    package borrowing func ticks() -> UInt32? {
        var ticks: UInt32 = 0
        return unsafe cbpf_ticks(handle, &ticks) == 0 ? ticks : nil
    }

    /// What the kernel side would stamp an event with now, ns since the epoch, or nil where it cannot read the coarse clock. Once
    /// ``attach()`` has looked for that.
    package borrowing func stamp() -> UInt64? {
        var stamp: UInt64 = 0
        return unsafe cbpf_stamp(handle, &stamp) == 0 ? stamp : nil
    }

    /// Polls readable when the kernel side asks for a wake-up.
    package var ringDescriptor: Int32 { unsafe cbpf_ring_descriptor(handle) }

    /// The oldest record that has not been taken, or nil when there is none. The bytes are the ring's own: they stay
    /// valid until ``releaseRecords()``, which the borrow of `self` keeps from being called while they are in use. Where SELinux is at work they are a
    /// copy that lasts until the next call.
    @_lifetime(borrow self)
    package borrowing func nextRecord() -> RawSpan? {
        var bytes: UnsafeRawPointer?
        var size: UInt32 = 0
        guard unsafe cbpf_ring_next(handle, &bytes, &size) == 1, let start = unsafe bytes else { return nil }
        return unsafe _overrideLifetime(RawSpan(_unsafeStart: start, byteCount: Int(size)), borrowing: self)
    }

    /// Whose labels events have; once ``attach()`` has looked.
    package var labels: SecurityLabels {
        switch unsafe cbpf_labels(handle) {
        case CBPF_LABELS_SELINUX: .seLinux
        case CBPF_LABELS_APPARMOR: .appArmor
        default: .none
        }
    }

    /// What is missing to tell SELinux's labels, where it is at work and they are not told; once ``attach()`` has looked. Nil where nothing is.
    package var lackingForContexts: String? {
        unsafe cbpf_contexts_lacking(handle).map { unsafe String(cString: $0) }
    }

    /// A number that changes when SELinux's policy does; 0 where SELinux is not at work.
    package var policyNumber: UInt32 { unsafe cbpf_policy(handle) }

    /// What the policy in force says of a name in a context.
    package borrowing func contextName(_ kind: ContextNameKind, _ name: [UInt8]) -> ContextName {
        guard !name.contains(0) else { return .absent }
        var canonical = [CChar](repeating: 0, count: Int(AW_LABEL_MAX) + 1)
        let text = name.map { CChar(bitPattern: $0) } + [0]
        let answer = unsafe canonical.withUnsafeMutableBufferPointer { room in
            unsafe text.withUnsafeBufferPointer {
                unsafe cbpf_context_name(handle, cbpf_name(rawValue: kind.rawValue), $0.baseAddress, room.baseAddress, room.count)
            }
        }
        guard answer >= 0 else { return .unknown }
        return answer == 0 ? .absent : .same(canonical.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
    }

    /// Makes the record that was taken last the next one again. Only before ``releaseRecords()``.
    package borrowing func putBackRecord() { unsafe cbpf_ring_back(handle) }

    /// Gives the room of all records taken so far back to the kernel.
    package mutating func releaseRecords() {
        unsafe cbpf_ring_release(handle)
    }

    private borrowing func check(_ error: Int32, _ stage: String) throws(KernelError) {
        guard error != 0 else { return }
        if error == -EPERM || error == -EACCES { throw .notPermitted(stage: stage) }
        throw .failed(stage: stage, errno: -error, log: lastLines(of: unsafe String(cString: cbpf_log(handle))))
    }
}

extension HookReport {
    fileprivate init?(_ raw: UnsafePointer<cbpf_hook>?) {
        guard let raw = unsafe raw else { return nil }
        function = unsafe raw.pointee.function.map { unsafe String(cString: $0) } ?? ""
        state =
            switch unsafe raw.pointee.state {
            case CBPF_HOOK_FENTRY: .fentry
            case CBPF_HOOK_KPROBE: .kprobe
            case CBPF_HOOK_LACKING: .lacking
            case CBPF_HOOK_REFUSED:
                .refused(describe(errno: unsafe raw.pointee.error) + Self.details(text(of: unsafe raw.pointee.reason)))
            default: .unneeded
            }
    }

    private static func details(_ log: String) -> String { log.isEmpty ? "" : ": " + lastLines(of: log) }
}

/// The end of a libbpf or verifier log: where it says why.
func lastLines(of log: String) -> String {
    log.split(separator: "\n").suffix(6).joined(separator: " | ")
}
