// SPDX-License-Identifier: MIT
internal import AuditEvents
internal import AuditOutputs
internal import AuditRecords
internal import AuditRules
internal import AuditSyscalls
internal import CAuditWire
internal import Glibc

/// Capture files taken through the same stages as a ring: decode → decide → format → queue.
struct Replay: ~Copyable {
    /// While the queue to the outputs is full it is looked at again this often, ns.
    private static let crowded = 200_000

    private let configuration: Configuration
    private let rules: RuleSet
    private let writer: OutputThread
    private let queue: OutputQueue
    private var counts = Counts()
    private var hits: RuleHits

    /// Opens the outputs.
    init(_ configuration: Configuration, rules: RuleSet) throws(Failure) {
        self.configuration = configuration
        self.rules = rules
        let counted = rules.deciding + rules.recordingTaskRules
        hits = RuleHits(rules: counted, hits: Array(repeating: 0, count: counted.count))
        (queue, writer) = try Outputs.open(configuration)
        if rules.hidesFileSystems, !configuration.isSilent {
            Screen.error("ebpf-audit: which file systems were mounted is not known: the list filesystem has no effect\n")
        }
    }

    /// Replays the files in order, and reports.
    ///
    /// - Returns: why it ended early, or nil.
    mutating func run(_ files: [String]) throws(Failure) -> Failure? {
        var failure: Failure?
        do {
            for file in files { try replay(file) }
        } catch {
            failure = error
        }
        writer.stop(deadlineMilliseconds: Int(Int32.max))
        var kernel = ast_statistics()
        kernel.generated = counts.events + counts.bad + counts.lostQueue
        let account = Account(kernel: kernel, missed: 0, counts: counts, outputs: writer.counters)
        if !configuration.isSilent { Screen.error(account.text + hits.text) }
        if let failure { return failure }
        if let error = writer.failure { return .whileRunning(error) }
        return account.outputs.contains { $0.lost.total > 0 } ? .recordsLost : nil
    }

    private mutating func replay(_ file: String) throws(Failure) {
        var reader = try CaptureReader(path: file)
        while reader.bytes.byteCount < CaptureHeader.byteLimit, try reader.fill() {}
        var size = 0
        let header: CaptureHeader
        do throws(CaptureError) {
            header = try CaptureHeader(decoding: reader.bytes, size: &size)
            let here = SyscallTable.arch(.native)
            guard header.machine == here else { throw .machine(header.machine, here: here) }
        } catch {
            throw Failure("\(file): \(error)", .data)
        }
        reader.consume(size)
        var stages = try makeStages(header)
        defer {
            stages.flush()
            counts.add(stages.counts)
            hits.add(stages.hits())
        }
        var source = ReplaySource(tick: header.tick)
        while true {
            do throws(CaptureError) {
                reader.consume(try source.pass(reader.bytes, at: reader.offset, &stages))
            } catch {
                throw Failure("\(file): \(error)", .data)
            }
            if source.waits {
                if writer.failure != nil { return }
                SystemTime.sleep(nanoseconds: Self.crowded)
            } else if !(try reader.fill()) {
                break
            }
        }
        guard reader.bytes.byteCount == 0 else {
            throw Failure("\(file): \(CaptureError.truncated(at: reader.offset + UInt64(reader.bytes.byteCount)))", .data)
        }
    }

    private func makeStages(_ header: CaptureHeader) throws(Failure) -> Stages {
        var options = Outputs.formatOptions(configuration, kernel: header.kernel)
        options.allCapabilities = header.capabilities
        options.looksAtFiles = false
        // Until the first note is read no event is passed.
        let clock = EventClock(tick: header.tick, reading: ClockReading(offset: 0, time: 0, ticks: nil))
        return Stages(rules: rules, formatter: try Outputs.formatter(options), clock: clock, queue: queue, isLive: false)
    }
}

/// What one file's records need to be passed on.
private struct ReplaySource: ~Copyable {
    private let tick: UInt64
    private var fragments = FragmentAssembler()
    private var hasClock = false
    /// The queue to the outputs is full: the first record that has not been taken is to be passed again.
    private(set) var waits = false

    init(tick: UInt64) { self.tick = tick }

    /// Passes on the records that are whole in `bytes`, up to the first for which there is no room.
    ///
    /// - Parameter offset: where `bytes` begins in the file.
    /// - Returns: bytes of the records that were taken.
    mutating func pass(_ bytes: RawSpan, at offset: UInt64, _ stages: inout Stages) throws(CaptureError) -> Int {
        var at = 0
        var isEarly = false
        waits = false
        do throws(WireError) {
            while let header = try CaptureFraming.head(in: bytes, at: at) {
                let record = bytes.extracting(droppingFirst: at).extracting(first: Int(header.size))
                if CaptureNote.isNote(header.type) {
                    take(try CaptureNote(decoding: record, header: header), &stages)
                } else if !hasClock {
                    isEarly = true
                    break
                } else if header.type == UInt16(AW_TYPE_ARGV.rawValue) {
                    try fragments.add(record)
                } else {
                    if !fragments.isEmpty { fragments.take(for: header.sequence) }
                    guard try Self.pass(record, fragments, &stages) else {
                        waits = true
                        return at
                    }
                }
                at += Int(header.size)
            }
        } catch {
            throw .record(at: offset + UInt64(at), error)
        }
        if isEarly { throw .noClock(at: offset + UInt64(at)) }
        return at
    }

    private static func pass(
        _ record: RawSpan, _ fragments: borrowing FragmentAssembler, _ stages: inout Stages
    ) throws(WireError) -> Bool {
        let event = try EventView(decoding: record, earlierArguments: fragments.text, earlierFragments: fragments.count)
        return stages.hasRoom() && stages.pass(event)
    }

    private mutating func take(_ note: CaptureNote, _ stages: inout Stages) {
        switch note {
        case .clock(let reading) where hasClock: stages.clock.note(reading)
        case .clock(let reading):
            hasClock = true
            stages.clock = EventClock(tick: tick, reading: reading)
        case .serial(let serial): stages.continueSerials(at: serial)
        case .unknown: break
        }
    }
}
