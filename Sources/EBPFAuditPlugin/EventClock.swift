// SPDX-License-Identifier: MIT
internal import Glibc

/// Turns an event's monotonic time of entry into the wall time that audit would have stamped it with.
///
/// audit stamps with the coarse real-time clock (`ktime_get_coarse_real_ts64()` in `audit_syscall_entry`), which moves once a
/// tick. Monotonic and real time differ by an offset that only setting the clock changes, so an event that entered before
/// a step keeps the time of before, and one that entered after it gets the new one.
struct EventClock {
    /// An offset and the monotonic time from which it holds, ns.
    private struct Span {
        var from: UInt64
        var offset: Int64
    }
    /// Oldest first; never empty.
    private var spans: [Span]
    /// A point of the coarse clock's grid, monotonic ns.
    private var grid: UInt64
    /// Distance between grid points, ns.
    private let tick: UInt64

    /// Steps remembered: events in the ring are not older than the last few.
    private static let spansKept = 16

    init() {
        var resolution = timespec()
        _ = unsafe clock_getres(CLOCK_MONOTONIC_COARSE, &resolution)
        tick = max(1, UInt64(resolution.tv_nsec))
        let now = Self.sample()
        grid = now.monotonic
        spans = [Span(from: 0, offset: now.offset)]
    }

    /// Looks at the clocks again. Call at least once a second, and at once when the clock has been set.
    mutating func refresh() {
        let now = Self.sample()
        grid = now.monotonic
        guard now.offset != spans[spans.count - 1].offset else { return }
        spans.append(Span(from: now.monotonic, offset: now.offset))
        if spans.count > Self.spansKept { spans.removeFirst() }
    }

    /// The wall time, ns since the epoch, of an event that entered at `monotonic`.
    func realtime(monotonic: UInt64) -> UInt64 {
        var index = spans.count - 1
        while index > 0, spans[index].from > monotonic { index -= 1 }
        return UInt64(max(0, Int64(bitPattern: coarse(monotonic)) &+ spans[index].offset))
    }

    /// The grid point at or before `time`.
    private func coarse(_ time: UInt64) -> UInt64 {
        let behind = time < grid ? (tick - (grid - time) % tick) % tick : (time - grid) % tick
        return behind > time ? 0 : time - behind
    }

    /// Monotonic coarse time, and how far the real one is ahead of it. Both clocks move in the same instant, so two equal
    /// readings of one around a reading of the other belong together.
    private static func sample() -> (monotonic: UInt64, offset: Int64) {
        var before = now(CLOCK_MONOTONIC_COARSE)
        while true {
            let real = now(CLOCK_REALTIME_COARSE)
            let after = now(CLOCK_MONOTONIC_COARSE)
            if before == after { return (before, Int64(real) - Int64(before)) }
            before = after
        }
    }

    private static func now(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        _ = unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// Time for intervals.
enum SystemTime {
    /// Seconds on a clock that is never set.
    static func monotonic() -> Double {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
