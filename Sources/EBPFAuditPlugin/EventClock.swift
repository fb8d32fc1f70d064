// SPDX-License-Identifier: MIT
internal import AuditEvents
internal import Glibc
internal import KernelProbe

/// Turns an event's time of entry into the wall time that audit would have stamped it with, for events that bring no stamp along
/// (`aw_syscall.stamp`).
///
/// audit stamps with the coarse real-time clock (`ktime_get_coarse_real_ts64()` in `__audit_syscall_entry()`), which moves once a
/// tick. An event carries the tick in which it entered, and the clock here knows the coarse time of a recent tick.
/// Coarse real and monotonic time differ by an offset that only setting the clock changes, so an event that entered before
/// such a step keeps the time of before, and one that entered after it gets the new one.
struct EventClock {
    /// Coarse monotonic time and the tick count it belongs to.
    private struct Sample: Equatable {
        var time: UInt64
        var ticks: UInt32?
    }
    /// A time without a step of the clock: the monotonic time of its beginning, the offset of real to monotonic time, ns, and a
    /// sample taken in it. A step also moves where ticks lie: it brings the coarse clock up to the fine one first
    /// (`timekeeping_forward_now()`).
    private struct Span {
        var from: UInt64
        var offset: Int64
        var sample: Sample
    }
    /// Oldest first; never empty.
    private var spans: [Span]
    /// Length of a tick, ns.
    private let tick: UInt64

    /// How far the coarse clock may be off the fine one, ns: a hundred times of what was seen under emulation.
    private static let longestPause: Int64 = 15_000_000_000

    /// Steps remembered: events in the ring are not older than the last few.
    private static let spansKept = 16

    /// This machine's clock.
    ///
    /// - Parameter kernel: knows the tick count. Where it does not, times are rounded down to where ticks can be, which is at most one
    ///   tick off.
    init(_ kernel: borrowing KernelSide) {
        let sample = Self.sample(kernel)
        self.init(tick: Self.tickLength, reading: ClockReading(offset: Self.offset(), time: sample.time, ticks: sample.ticks))
    }

    /// The clock of some machine at some time.
    ///
    /// - Parameters:
    ///   - tick: length of a tick, ns, 1 … 1,000,000,000.
    ///   - reading: what was read first.
    init(tick: UInt64, reading: ClockReading) {
        self.tick = tick
        spans = [Span(from: 0, offset: reading.offset, sample: Sample(time: reading.time, ticks: reading.ticks))]
    }

    /// Length of this machine's tick, ns.
    static var tickLength: UInt64 {
        var resolution = timespec()
        _ = unsafe clock_getres(CLOCK_MONOTONIC_COARSE, &resolution)
        return max(1, UInt64(resolution.tv_nsec))
    }

    /// What was read last.
    var reading: ClockReading {
        let last = spans[spans.count - 1]
        return ClockReading(offset: last.offset, time: last.sample.time, ticks: last.sample.ticks)
    }

    /// Looks at the clocks again. Call about ten times a second, because a tick's length varies a little (ntp), and at once
    /// when the clock has been set.
    mutating func refresh(_ kernel: borrowing KernelSide) {
        let quick = Sample(time: SystemTime.nanoseconds(CLOCK_MONOTONIC_COARSE), ticks: kernel.ticks())
        let sample = goes(quick, with: spans[spans.count - 1].sample) ? quick : Self.sample(kernel)
        note(ClockReading(offset: Self.offset(), time: sample.time, ticks: sample.ticks))
    }

    /// Goes on with what was read of the clocks later.
    mutating func note(_ reading: ClockReading) {
        let last = spans.count - 1
        let sample = Sample(time: reading.time, ticks: reading.ticks)
        guard reading.offset != spans[last].offset else {
            spans[last].sample = sample
            return
        }
        spans.append(Span(from: sample.time, offset: reading.offset, sample: sample))
        if spans.count > Self.spansKept { spans.removeFirst() }
    }

    /// The wall time, ns since the epoch.
    ///
    /// - Parameters:
    ///   - monotonic: time of entry, fine monotonic clock, ns.
    ///   - jiffies: low bits of the tick count at entry.
    func realtime(monotonic: UInt64, jiffies: UInt32) -> UInt64 {
        var index = spans.count - 1
        while index > 0, spans[index].from > monotonic { index -= 1 }
        return UInt64(max(0, coarse(monotonic, jiffies, spans[index].sample) &+ spans[index].offset))
    }

    /// No clock shows more, ns: 146 years after the start. A damaged capture may; sums and differences of such times are numbers still.
    private static let latest: UInt64 = 1 << 62

    private func coarse(_ monotonic: UInt64, _ jiffies: UInt32, _ sample: Sample) -> Int64 {
        let fine = Int64(min(monotonic, Self.latest))
        let sampled = Int64(min(sample.time, Self.latest))
        if let ticks = sample.ticks {
            let distance = Int64(Int32(bitPattern: jiffies &- ticks)) * Int64(tick)
            let time = sampled + distance
            // The coarse clock stands still for as long as no CPU finds the time for its tick, which in a virtual machine can be
            // tenths of a second. Far off the fine clock the count is not what it seems (an event from another boot).
            if abs(time - fine) <= Self.longestPause { return time }
        }
        let sinceGrid = (fine - sampled) % Int64(tick)
        return fine - (sinceGrid < 0 ? sinceGrid + Int64(tick) : sinceGrid)
    }

    /// Whether two samples say the same about how ticks and time relate.
    private func goes(_ sample: Sample, with earlier: Sample) -> Bool {
        guard let ticks = sample.ticks, let earlierTicks = earlier.ticks else { return sample.ticks == nil }
        let distance = Int64(Int32(bitPattern: ticks &- earlierTicks)) * Int64(tick)
        return abs(Int64(earlier.time) + distance - Int64(sample.time)) < Int64(tick) / 2
    }

    /// The coarse time and its tick. A tick moves the count first and the clock a moment later, so the count is the clock's when the clock has just
    /// moved. This waits for that, awake: how long a sleep takes is not in the hands of who sleeps, and without high-resolution timers
    /// none ends but with a tick.
    private static func sample(_ kernel: borrowing KernelSide) -> Sample {
        var before = SystemTime.nanoseconds(CLOCK_MONOTONIC_COARSE)
        while true {
            let time = SystemTime.nanoseconds(CLOCK_MONOTONIC_COARSE)
            if time == before { continue }
            let sample = Sample(time: time, ticks: kernel.ticks())
            before = SystemTime.nanoseconds(CLOCK_MONOTONIC_COARSE)
            // Another tick may have come before the count was read.
            if before == time || sample.ticks == nil { return sample }
        }
    }

    /// How far real time is ahead of monotonic time. Both coarse clocks move in the same instant, so equal readings of one
    /// around a reading of the other belong together.
    private static func offset() -> Int64 {
        var before = SystemTime.nanoseconds(CLOCK_MONOTONIC_COARSE)
        while true {
            let real = SystemTime.nanoseconds(CLOCK_REALTIME_COARSE)
            let after = SystemTime.nanoseconds(CLOCK_MONOTONIC_COARSE)
            if before == after { return Int64(real) - Int64(before) }
            before = after
        }
    }
}

/// The system's clocks, read for other purposes than an event's time.
enum SystemTime {
    /// Seconds on a clock that is never set.
    static func monotonic() -> Double { Double(nanoseconds(CLOCK_MONOTONIC)) / 1e9 }

    /// Wall time, ns since the epoch.
    static func realtime() -> UInt64 { nanoseconds(CLOCK_REALTIME) }

    /// Waits for a time below a second.
    static func sleep(nanoseconds: Int) {
        var pause = timespec(tv_sec: 0, tv_nsec: nanoseconds)
        unsafe nanosleep(&pause, nil)
    }

    /// What a clock shows, ns.
    static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        _ = unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
