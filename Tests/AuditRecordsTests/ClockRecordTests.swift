// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEvents
import AuditRecords
import AuditTestSupport
import CAuditWire
import Foundation
import Testing

/// TIME_ADJNTPVAL and TIME_INJOFFSET: the formats of `audit_log_time()` and the conditions of `__audit_ntp_log()`, `__audit_tk_injoffset()`
/// (kernel/auditsc.c), `ntp_adjtimex()` and `do_settimeofday64()` (kernel/time), 6.18, filled in by hand.
@Suite struct ClockRecordTests {
    /// uapi/linux/timex.h
    private enum Mode {
        static let offset: UInt32 = 0x1
        static let setOffset: UInt32 = 0x100
        static let readOnlyAdjust: UInt32 = 0xa001
        static let adjust: UInt32 = 0x8001
    }

    private static func event(
        _ old: aw_clock, _ new: aw_clock?, tid: UInt32 = 5, start: UInt64 = 7, ret: Int64 = 0
    ) -> EventBuilder {
        var event = EventBuilder()
        event.call.ret = ret
        (event.call.tid, event.call.start) = (tid, start)
        event.add(.special, detail: UInt8(AW_SPECIAL_OLD_CLOCK.rawValue), rawBytes(of: old))
        if let new { event.add(.special, detail: UInt8(AW_SPECIAL_NEW_CLOCK.rawValue), rawBytes(of: new)) }
        return event
    }

    /// The records of the clock, stamps taken off.
    private static func records(_ event: EventBuilder, by formatter: inout RecordFormatter) throws -> [String] {
        var buffer = RecordBuffer(capacity: 65536)
        guard try append(event.bytes, to: &buffer, with: &formatter) else { return ["no room"] }
        return buffer.text.split(separator: "\n").filter { $0.hasPrefix("type=TIME_") }.map {
            String($0).replacingOccurrences(of: "msg=audit\\([0-9.:]*\\): ", with: "", options: .regularExpression)
        }
    }

    private static func records(_ event: EventBuilder) throws -> [String] {
        var formatter = try RecordFormatter(options: FormatOptions())
        return try records(event, by: &formatter)
    }

    private static func clock(
        offset: Int64 = 0, freq: Int64 = 0, tick: Int64 = 10000, adjust: Int64 = 0, seconds: Int64 = -1000, nanoseconds: Int64 = 0,
        status: Int32 = 0x40, tai: Int32 = 0, modes: UInt32 = 0
    ) -> aw_clock {
        aw_clock(
            offset: offset, freq: freq, tick: tick, adjust: adjust, seconds: seconds, nanoseconds: nanoseconds, status: status, tai: tai,
            modes: modes, reserved: 0)
    }

    /// A record for each value that changes, in the order of enum audit_ntp_type.
    @Test func adjustments() throws {
        let new = Self.clock(offset: -.max, freq: 4_294_967_296_000, tick: 10001, status: 0x2041, tai: 37, modes: Mode.offset)
        #expect(
            try Self.records(Self.event(Self.clock(), new)) == [
                "type=TIME_ADJNTPVAL op=offset old=0 new=-9223372036854775807",
                "type=TIME_ADJNTPVAL op=freq old=0 new=4294967296000",
                "type=TIME_ADJNTPVAL op=status old=64 new=8257",
                "type=TIME_ADJNTPVAL op=tai old=0 new=37",
                "type=TIME_ADJNTPVAL op=tick old=10000 new=10001",
            ])
        let back = Self.clock(freq: -5, modes: Mode.offset)
        #expect(try Self.records(Self.event(Self.clock(freq: 3), back)) == ["type=TIME_ADJNTPVAL op=freq old=3 new=-5"])
        #expect(try Self.records(Self.event(Self.clock(), Self.clock(modes: Mode.offset))) == [])
    }

    /// ADJ_ADJTIME has its own branch in the kernel; without modes, or when it only reads, nothing is told whatever changes meanwhile.
    @Test func whatIsAskedFor() throws {
        let old = Self.clock()
        #expect(
            try Self.records(Self.event(old, Self.clock(tick: 9999, adjust: -3, modes: Mode.adjust))) == [
                "type=TIME_ADJNTPVAL op=adjust old=0 new=-3"
            ])
        #expect(try Self.records(Self.event(old, Self.clock(adjust: 1, modes: Mode.readOnlyAdjust))) == [])
        #expect(try Self.records(Self.event(old, Self.clock(tick: 9999, adjust: 1))) == [])
        // A call that failed has no state after it.
        #expect(try Self.records(Self.event(old, nil, ret: -22)) == [])
    }

    /// The offset is normalised as `timespec64_sub()` does: the nanoseconds count upwards from the second.
    @Test(arguments: [
        (Int64(-1000), Int64(0), Int64(-1001), Int64(999_999_999), "sec=0 nsec=1"),
        (-1000, 999_999_999, -999, 0, "sec=-1 nsec=999999999"),
        (-1000, 5, -1010, 5, "sec=10 nsec=0"),
        (-1000, 0, -1001, 500_000_000, "sec=0 nsec=500000000"),
        (-1000, 0, -998, 250_000_000, "sec=-3 nsec=750000000"),
    ])
    func settings(_ oldSeconds: Int64, _ oldNanoseconds: Int64, _ seconds: Int64, _ nanoseconds: Int64, _ fields: String) throws {
        let old = Self.clock(seconds: oldSeconds, nanoseconds: oldNanoseconds)
        let new = Self.clock(seconds: seconds, nanoseconds: nanoseconds)
        #expect(try Self.records(Self.event(old, new)) == ["type=TIME_INJOFFSET " + fields])
        #expect(try Self.records(Self.event(old, old)) == [])
    }

    /// What the kernel has noted with the task it tells again with the task's next adjustments, and with no other event.
    @Test func repeatedSteps() throws {
        var formatter = try RecordFormatter(options: FormatOptions())
        let old = Self.clock()
        let stepped = Self.clock(seconds: -1002, status: 0x2040, modes: Mode.setOffset)
        let tick = Self.event(old, Self.clock(tick: 10001, modes: Mode.offset))
        let status = "type=TIME_ADJNTPVAL op=status old=64 new=8256", change = "type=TIME_ADJNTPVAL op=tick old=10000 new=10001"
        #expect(try Self.records(Self.event(old, stepped), by: &formatter) == [status, "type=TIME_INJOFFSET sec=2 nsec=0"])
        #expect(try Self.records(tick, by: &formatter) == [change, "type=TIME_INJOFFSET sec=2 nsec=0"])
        #expect(try Self.records(Self.event(old, Self.clock(modes: Mode.offset)), by: &formatter) == [])
        // Another thread, and another process with the same number.
        for (tid, start) in [(UInt32(6), UInt64(7)), (5, 8)] {
            let other = Self.event(old, Self.clock(tick: 10001, modes: Mode.offset), tid: tid, start: start)
            #expect(try Self.records(other, by: &formatter) == [change])
        }
        // The latest one counts.
        #expect(
            try Self.records(Self.event(old, Self.clock(seconds: -999)), by: &formatter) == ["type=TIME_INJOFFSET sec=-1 nsec=0"])
        #expect(try Self.records(tick, by: &formatter) == [change, "type=TIME_INJOFFSET sec=-1 nsec=0"])
    }

    /// `show_special()` starts a record of the event's type, which is the adjustment's, and ends where the list exclude refuses it.
    @Test func excludedRecords() throws {
        var formatter = try RecordFormatter(options: FormatOptions())
        let old = Self.clock()
        let both = Self.event(old, Self.clock(seconds: -1002, status: 0x2040, modes: Mode.setOffset))
        let tick = Self.event(old, Self.clock(tick: 10001, modes: Mode.offset))
        formatter.hiddenRecords = RecordTypes { $0 == 1333 }  // AUDIT_TIME_ADJNTPVAL
        #expect(try Self.records(both, by: &formatter) == [])
        #expect(try Self.records(tick, by: &formatter) == [])
        #expect(try Self.records(Self.event(old, Self.clock(seconds: -1002)), by: &formatter) == ["type=TIME_INJOFFSET sec=2 nsec=0"])
        formatter.hiddenRecords = RecordTypes { $0 == 1332 }  // AUDIT_TIME_INJOFFSET
        #expect(try Self.records(both, by: &formatter) == ["type=TIME_ADJNTPVAL op=status old=64 new=8256"])
    }

    /// Numbers of a damaged capture.
    @Test func extremes() throws {
        let old = Self.clock(seconds: .min, nanoseconds: .max), new = Self.clock(seconds: .max, nanoseconds: .min)
        #expect(try Self.records(Self.event(old, new)).count == 1)
        #expect(try Self.records(Self.event(new, old)).count == 1)
    }
}
