// SPDX-License-Identifier: MIT
import AuditEvents
import CAuditWire
import CBPFTest
import Foundation
import KernelProbe
import Testing

extension KernelProbeTests.Accounting {
    /// struct timex by adjtimex(2), changing `modes` of it.
    private static func adjust(_ state: timex = timex(), modes: UInt32 = 0) throws -> timex {
        var state = state
        state.modes = modes
        try CallError.check(unsafe adjtimex(&state) < 0 ? -errno : 0, "adjtimex")
        return state
    }

    private static func clock(_ event: borrowing EventView, _ kind: aw_special) throws -> aw_clock? {
        guard let section = event.section(.special, detail: UInt8(kind.rawValue)) else { return nil }
        return try WireReader(section.bytes).load(at: 0, as: aw_clock.self)
    }

    /// adjtimex(2) says what the state is, and by how much it sets the clock (ADJ_SETOFFSET): a nanosecond here, and next to nothing to the maximum
    /// error, of which audit does not tell. The C library makes it clock_adjtime(2). Before 5.10 and in other tiers the state is not told (docs/fidelity.md).
    @Test(
        "adjustments bring along the clock's state before and after",
        .enabled(if: tierName == "btf", "only the tier btf tells the clock's state"))
    func clockState() throws {
        let setOffset: UInt32 = 0x100, nano: UInt32 = 0x2000, maximumError: UInt32 = 0x4
        var kernel = try Self.load("-a always,exit -F arch=b64 -S adjtimex -S clock_adjtime -F pid=\(getpid())")
        let before = try Self.adjust()
        try #require(before.tick > 0)
        try kernel.attach()
        _ = try Self.adjust(before, modes: maximumError)
        var step = timex()
        step.time = timeval(tv_sec: 0, tv_usec: 1)
        let after = try Self.adjust(step, modes: setOffset | nano)
        try kernel.detach()
        // ADJ_NANO stays: back to what it was.
        if before.status & STA_NANO == 0 { _ = try Self.adjust(before, modes: 0x1000) }

        var states: [(old: aw_clock, new: aw_clock)] = []
        while let record = kernel.nextRecord() {
            let event = try EventView(decoding: record, earlierArguments: RawSpan())
            if let old = try Self.clock(event, AW_SPECIAL_OLD_CLOCK), let new = try Self.clock(event, AW_SPECIAL_NEW_CLOCK) {
                states.append((old, new))
            }
        }
        kernel.releaseRecords()
        try #require(states.count == 2)
        #expect(states.map(\.new.modes) == [maximumError, setOffset | nano])
        for state in states {
            #expect(state.old.tick == Int64(before.tick) && state.new.tick == Int64(before.tick))
            #expect(state.old.tai == before.tai && state.new.tai == before.tai)
            // PPM_SCALE (linux/timex.h, 1000 << 16): adjtimex gives 2^-16 ppm, rounded.
            #expect(abs(state.new.freq - Int64(before.freq) * 65_536_000) <= 65_536_000)
        }
        #expect(states[0].old.status == before.status && states[0].new.status == before.status)
        #expect(states[1].new.status == after.status)
        // The distance to the monotonic clock, which is not set: unchanged, then a nanosecond less.
        func distance(_ state: aw_clock) -> Int64 { state.seconds * 1_000_000_000 + state.nanoseconds }
        #expect(distance(states[0].new) == distance(states[0].old) && distance(states[0].old) != 0)
        #expect(distance(states[1].new) == distance(states[1].old) - 1)
    }
}
