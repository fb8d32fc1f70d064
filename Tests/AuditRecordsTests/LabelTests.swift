// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRecords
import AuditTestSupport
import CAuditWire
import Testing

/// subj= and obj=, against `aa_label_snxprint()` and `aa_profile_snxprint()` of Linux (security/apparmor/label.c).
@Suite struct LabelTests {
    private static let profile = UInt8(AW_LABEL_PROFILE.rawValue)
    private static let namespace = UInt8(AW_LABEL_NAMESPACE.rawValue)
    private static let shared = UInt8(AW_TARGET_LABEL_SHARED.rawValue)

    /// An event whose label has these names; those that begin with a colon are namespaces.
    private static func event(_ names: [String]) -> EventBuilder {
        var event = EventBuilder()
        event.add(.executable, "/usr/bin/cat")
        for name in names {
            if name.hasPrefix(":") {
                event.add(.label, detail: namespace, String(name.dropFirst()))
            } else {
                event.add(.label, detail: profile, name)
            }
        }
        return event
    }

    private static func target(_ pid: UInt32) -> [UInt8] {
        var target = aw_target()
        target.pid = pid
        return rawBytes(of: target)
    }

    @Test(arguments: [
        (["unconfined"], "unconfined"),
        (["/usr/sbin/cupsd"], "/usr/sbin/cupsd"),
        (["php-fpm//hat"], "php-fpm//hat"),
        // It is printed with %s.
        (["Discord Canary"], "Discord Canary"),
        (["a", "b", "unconfined"], "a//&b//&unconfined"),
        // Of a namespace's name the part below the first namespace, "root".
        ([":root//lxd-a_<var-lib-lxd>", "unconfined"], ":lxd-a_<var-lib-lxd>:unconfined"),
        ([":root//one//two", "x"], ":one//two:x"),
        (["host", ":root//ns", "a", ":root//ns", "b"], "host//&:ns:a//&b"),
        ([":root//ns", "a", ":root//other", "b", ":root//ns", "c"], ":ns:a//&:other:b//&:ns:c"),
        // prev_ns is not changed by a profile of the first namespace.
        ([":root//ns", "a", "host", ":root//ns", "b"], ":ns:a//&host//&b"),
        // A line break would end the record.
        (["a\nb"], "610A62"),
        // No reader would find a value, or take the line.
        ([" a"], "2061"),
        ([""], "?"),
        (["é"], "C3A9"),
    ])
    func labelsStandBehindTheProgram(_ names: [String], _ text: String) throws {
        let record = try #require(try RecordFormatterTests.record("SYSCALL", of: Self.event(names)))
        #expect(record.hasSuffix(" exe=\"/usr/bin/cat\" subj=\(text) key=(null)"))
    }

    @Test func withoutALabelThereIsNoField() throws {
        var event = Self.event([])
        event.add(.label, detail: Self.profile, errno: 14)
        #expect(try RecordFormatterTests.record("SYSCALL", of: event)?.contains("subj") == false)
        #expect(try RecordFormatterTests.record("SYSCALL", of: Self.event([":root//ns"]))?.contains("subj") == false)
    }

    @Test func aLabelLeavesRoomForTheRest() throws {
        let name = String(repeating: "x", count: 1023)
        let four = try #require(try RecordFormatterTests.record("SYSCALL", of: Self.event([name, name, name])))
        #expect(four.hasSuffix(" subj=\(name)//&\(name)//&\(name) key=(null)"))
        let eight = [String](repeating: String(repeating: "\u{1}", count: 1023), count: 8)
        #expect(try RecordFormatterTests.record("SYSCALL", of: Self.event(eight))?.hasSuffix(" subj=? key=(null)") == true)
        var long = EventBuilder()
        long.add(.executable, [UInt8](repeating: 1, count: 4106))
        long.add(.label, detail: Self.profile, name)
        let key = String(repeating: "01", count: 256)
        let record = try RecordFormatterTests.record("SYSCALL", of: long, keys: [[UInt8](repeating: 1, count: 256)], key: 0)
        #expect(record?.hasSuffix(" exe=\"<too_long>\" subj=\(name) key=\(key)") == true)
    }

    /// `audit_log_pid_context()`: obj= is before ocomm=.
    @Test func targetsWithTheCallersLabelShowIt() throws {
        var event = Self.event([])
        event.add(.target, detail: Self.shared, Self.target(7))
        event.add(.target, Self.target(8))
        event.add(.label, detail: Self.profile, "unconfined")
        let records = try format(event).filter { $0.hasPrefix("type=OBJ_PID ") }
        #expect(records.count == 2)
        // The first one comes last.
        #expect(records.first?.hasSuffix(" opid=8 oauid=0 ouid=0 oses=0 ocomm=\"\"") == true)
        #expect(records.last?.hasSuffix(" opid=7 oauid=0 ouid=0 oses=0 obj=unconfined ocomm=\"\"") == true)
    }

    @Test func manyTargetsWithLongLabelsFindRoom() throws {
        var event = EventBuilder()
        for number in 0..<256 { event.add(.target, detail: Self.shared, Self.target(UInt32(number))) }
        event.add(.label, detail: Self.profile, String(repeating: "x", count: 1023))
        #expect(try format(event).filter { $0.hasPrefix("type=OBJ_PID ") && $0.contains(" obj=x") }.count == 256)
    }
}
