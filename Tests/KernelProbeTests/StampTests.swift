// SPDX-License-Identifier: MIT
import CAuditWire
import Foundation
import KernelProbe
import Testing

extension KernelProbeTests.Accounting {
    /// CLOCK_REALTIME_COARSE, ns: what `ktime_get_coarse_real_ts64()` gives the kernel's audit, by way of clock_gettime(2).
    private static func coarse() -> UInt64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    @Test("events are stamped with what the coarse clock shows at their entry")
    func stamps() throws {
        var kernel = try Self.load(Self.rule)
        try kernel.attach()
        // Some ticks apart, so that a clock which stands still is noticed.
        var around: [(before: UInt64, after: UInt64)] = []
        for number in 0..<20 {
            let before = Self.coarse()
            Self.call(number..<(number + 1))
            around.append((before, Self.coarse()))
            usleep(3000)
        }
        let (before, stamp, after) = (Self.coarse(), kernel.stamp(), Self.coarse())
        try kernel.detach()
        let taken = try Self.drain(&kernel)
        try #require(taken.count == around.count)
        for (event, times) in zip(taken, around) {
            #expect(times.before <= event.call.stamp && event.call.stamp <= times.after)
        }
        #expect(Set(taken.map(\.call.stamp)).count > 5)
        let asked = try #require(stamp)
        #expect(before <= asked && asked <= after)
    }
}
