// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEvents
import AuditRecords
import AuditTestSupport
import CAuditWire
import Testing

/// URINGOP, against lines that Linux 6.18 has written of `Tests/Workload/rings.c`, and `audit_log_uring()` of kernel/auditsc.c.
@Suite struct OperationRecordTests {
    private static let within = UInt8(AW_FLAG_WITHIN.rawValue)
    private static let unknown = UInt8(AW_FLAG_NO_RETURN.rawValue)

    private static func event(_ number: UInt32, _ result: Int64, flags: UInt8) -> EventBuilder {
        var event = EventBuilder()
        event.operation = number
        event.flags = flags
        event.call.ret = result
        event.call.ppid = 29986
        event.call.pid = 30017
        return event
    }

    /// The records of `events`, each with the serial before if `joined`.
    private static func lines(
        _ events: [EventBuilder], joined: Bool = false, options: FormatOptions = FormatOptions(), key: Int = 0
    ) throws -> [String] {
        var formatter = try RecordFormatter(options: options)
        formatter.setKeys([Array("ring".utf8)])
        var buffer = RecordBuffer(capacity: 1 << 18)
        var serial: UInt32?
        for event in events {
            let bytes = event.bytes
            let view = try EventView(decoding: unsafe bytes.span.bytes, earlierArguments: RawSpan())
            if view.operation == nil {
                #expect(formatter.format(view, realtime: 1_795_727_015_213_000_000, key: key, serial: serial, into: &buffer))
            } else {
                serial = formatter.formatOperation(
                    view, realtime: 1_795_727_015_213_000_000, key: key, serial: joined ? serial : nil, into: &buffer)
                #expect(serial != nil)
            }
        }
        return buffer.text.split(separator: "\n").map(String.init)
    }

    @Test(
        arguments: [
            (
                19, 0, within, 0, 0,
                "uring_op=19 success=yes exit=0 items=0 ppid=29986 pid=30017 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 key=\"ring\""
            ),
            // By another personality.
            (
                19, 0, within, 4, 7,
                "uring_op=19 success=yes exit=0 items=0 ppid=29986 pid=30017 uid=0 gid=0 euid=4 suid=0 fsuid=4 egid=7 sgid=0 fsgid=7 key=\"ring\""
            ),
            // With items=1 there.
            (
                18, -11, within, 0, 0,
                "uring_op=18 success=no exit=-11 items=0 ppid=29986 pid=30017 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 key=\"ring\""
            ),
            (
                18, 0, within | unknown, 0, 0,
                "uring_op=18 items=0 ppid=29986 pid=30017 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 key=\"ring\""
            ),
        ] as [(UInt32, Int64, UInt8, UInt32, UInt32, String)])
    func recordsAreTheKernels(_ number: UInt32, _ result: Int64, _ flags: UInt8, _ user: UInt32, _ group: UInt32, _ text: String) throws {
        var event = Self.event(number, result, flags: flags)
        (event.call.euid, event.call.fsuid, event.call.egid, event.call.fsgid) = (user, user, group, group)
        #expect(try Self.lines([event]) == ["type=URINGOP msg=audit(1795727015.213:2147483648): " + text])
    }

    @Test func aWorkersEventEnds() throws {
        let lines = try Self.lines([Self.event(36, 0, flags: 0), Self.event(36, 0, flags: 0)])
        #expect(
            lines.map { $0.prefix(52) } == [
                "type=URINGOP msg=audit(1795727015.213:2147483648): u", "type=EOE msg=audit(1795727015.213:2147483648): ",
                "type=URINGOP msg=audit(1795727015.213:2147483649): u", "type=EOE msg=audit(1795727015.213:2147483649): ",
            ])
    }

    @Test func whatIsWithinACallHasItsSerial() throws {
        var call = EventBuilder()
        call.call.nr = 426
        let events = [Self.event(19, 0, flags: Self.within), Self.event(18, 0, flags: Self.within), call]
        let heads = try Self.lines(events, joined: true).map { line in line.split(separator: " ").prefix(2).joined(separator: " ") }
        #expect(
            heads
                == ["URINGOP", "URINGOP", "SYSCALL", "PROCTITLE", "EOE"].map { "type=\($0) msg=audit(1795727015.213:2147483648):" })
    }

    @Test func theLabelStandsBeforeTheKey() throws {
        var event = Self.event(18, 0, flags: Self.within)
        event.add(.label, detail: UInt8(AW_LABEL_PROFILE.rawValue), "unconfined")
        #expect(try Self.lines([event])[0].hasSuffix(" fsgid=0 subj=unconfined key=\"ring\""))
        var hostile = Self.event(18, 0, flags: Self.within)
        hostile.add(.label, detail: UInt8(AW_LABEL_PROFILE.rawValue), "a\ntype=SYSCALL")
        #expect(try Self.lines([hostile]).count == 1)
    }

    /// As auditd 4 has it where it knows operations (auparse/interpret.c `print_syscall()` with MACH_IO_URING, src/auditd-event.c).
    @Test func enriched() throws {
        var options = FormatOptions()
        options.enriched = true
        let lines = try Self.lines([Self.event(18, 0, flags: Self.within), Self.event(58, 0, flags: Self.within)], options: options)
        let names = " UID=\"root\" GID=\"root\" EUID=\"root\" SUID=\"root\" FSUID=\"root\" EGID=\"root\" SGID=\"root\" FSGID=\"root\""
        #expect(lines[0].hasSuffix("key=\"ring\"\u{1d}URING_OP=openat" + names))
        #expect(lines[1].hasSuffix("key=\"ring\"\u{1d}URING_OP=unknown-syscall(58)" + names))
    }
}
