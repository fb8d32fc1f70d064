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

/// subj= and obj= where SELinux labels tasks, files and the rest: `audit_log_task_context()` (kernel/audit.c), `audit_log_name()`, `audit_log_pid_context()`
/// and `show_special()` (kernel/auditsc.c).
@Suite struct ContextTests {
    private static func event(_ contexts: [(sid: UInt32, text: [UInt8])], subject: UInt32 = 1) -> EventBuilder {
        var event = EventBuilder()
        event.add(.executable, "/usr/bin/cat")
        event.add(.subject, rawBytes(of: subject))
        for (sid, text) in contexts { event.add(.context, rawBytes(of: aw_context(sid: sid, reserved: 0)) + text) }
        return event
    }

    private static let task = Array("system_u:system_r:init_t:s0-s0:c0.c1023".utf8)
    private static let file = Array("system_u:object_r:etc_t:s0".utf8)

    @Test func ofTheTask() throws {
        let record = try RecordFormatterTests.record("SYSCALL", of: Self.event([(3, Self.file), (1, Self.task)]))
        #expect(record?.hasSuffix(" exe=\"/usr/bin/cat\" subj=system_u:system_r:init_t:s0-s0:c0.c1023 key=(null)") == true)
    }

    /// What it stands for was not found, or it has none.
    @Test(arguments: [0, 2, UInt32.max]) func unknownThereIsNoField(_ subject: UInt32) throws {
        let record = try RecordFormatterTests.record("SYSCALL", of: Self.event([(0, Self.file), (1, Self.task)], subject: subject))
        #expect(record?.hasSuffix(" exe=\"/usr/bin/cat\" key=(null)") == true)
    }

    @Test func hostileTextStaysWithinTheField() throws {
        #expect(
            try RecordFormatterTests.record("SYSCALL", of: Self.event([(1, Array("a\nb".utf8))]))?.hasSuffix(" subj=610A62 key=(null)")
                == true)
        #expect(try RecordFormatterTests.record("SYSCALL", of: Self.event([(1, [])]))?.hasSuffix(" subj=? key=(null)") == true)
        let long = [UInt8](repeating: 1, count: Int(AW_CONTEXT_MAX))
        let digits = String(repeating: "01", count: long.count)
        #expect(try RecordFormatterTests.record("SYSCALL", of: Self.event([(1, long)]))?.hasSuffix(" subj=\(digits) key=(null)") == true)
        // The first of several with one number counts, and an event whose sections are wrong is none.
        #expect(try RecordFormatterTests.record("SYSCALL", of: Self.event([(1, Self.task), (1, Self.file)]))?.contains("init_t") == true)
        for wrong in [[], [1, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0] + long + [1]] as [[UInt8]] {
            var event = Self.event([])
            event.add(.context, wrong)
            #expect(throws: WireError.self) { try format(event) }
        }
    }

    @Test func ofFiles() throws {
        var event = Self.event([(1, Self.task), (3, Self.file)])
        event.call.nr = 257
        event.add(.pathname, detail: 1, "/etc/passwd")
        var object = aw_object()
        (object.inode, object.mode, object.sid) = (5, 0o100644, 3)
        event.call.ret = 4
        event.add(object, as: AW_ROLE_RESULT)
        let record = try RecordFormatterTests.record("PATH", of: event)
        #expect(record?.contains(" rdev=00:00 obj=system_u:object_r:etc_t:s0 nametype=NORMAL ") == true)
    }

    @Test func ofProcessesThatAreSignalled() throws {
        var event = Self.event([])
        for (pid, sid) in [(7, 3), (8, 1), (9, 0)] as [(UInt32, UInt32)] {
            var target = aw_target()
            (target.pid, target.sid) = (pid, sid)
            event.add(.target, rawBytes(of: target))
        }
        for (sid, text) in [(1, Self.task), (3, Self.file)] as [(UInt32, [UInt8])] {
            event.add(.context, rawBytes(of: aw_context(sid: sid, reserved: 0)) + text)
        }
        let records = try format(event).filter { $0.hasPrefix("type=OBJ_PID ") }
        #expect(records.count == 3)
        #expect(records[0].hasSuffix(" opid=8 oauid=0 ouid=0 oses=0 obj=system_u:system_r:init_t:s0-s0:c0.c1023 ocomm=\"\""))
        #expect(records[1].hasSuffix(" opid=9 oauid=0 ouid=0 oses=0 ocomm=\"\""))
        #expect(records[2].hasSuffix(" opid=7 oauid=0 ouid=0 oses=0 obj=system_u:object_r:etc_t:s0 ocomm=\"\""))
    }

    @Test func ofObjectsOfSystemV() throws {
        var event = Self.event([(3, Self.file)])
        event.call.nr = 71
        event.add(.special, detail: UInt8(AW_SPECIAL_IPC.rawValue), rawBytes(of: aw_ipc(uid: 1, gid: 2, mode: 0o600, sid: 3)))
        #expect(try RecordFormatterTests.record("IPC", of: event) == "ouid=1 ogid=2 mode=0600 obj=system_u:object_r:etc_t:s0")
    }

    @Test func manyWithLongContextsFindRoom() throws {
        var event = Self.event([])
        for number in 0..<256 {
            var target = aw_target()
            (target.pid, target.sid) = (UInt32(number), 3)
            event.add(.target, rawBytes(of: target))
        }
        event.add(.context, rawBytes(of: aw_context(sid: 3, reserved: 0)) + [UInt8](repeating: 1, count: Int(AW_CONTEXT_MAX)))
        #expect(try format(event).filter { $0.hasPrefix("type=OBJ_PID ") && $0.contains(" obj=0101") }.count == 256)
    }
}
