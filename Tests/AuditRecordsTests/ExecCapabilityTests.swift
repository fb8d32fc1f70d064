// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEvents
import AuditRecords
import AuditTestSupport
import CAuditWire
import CLinux
import Foundation
import Testing

/// When an exec is reported to have raised capabilities, and how: `nonroot_raised_pE()` (security/commoncap.c) and the BPRM_FCAPS part
/// of `audit_log_exit()`, worked out by hand.
@Suite struct ExecCapabilityTests {
    /// A process's credentials.
    struct Who: Sendable {
        var uid: UInt32 = 1000
        var euid: UInt32 = 1000
        var permitted: UInt64 = 0
        var effective: UInt64 = 0
        var ambient: UInt64 = 0
        var inheritable: UInt64 = 0
        var securebits: UInt32 = 0

        var bytes: [UInt8] {
            rawBytes(
                of: aw_credentials(
                    inheritable: inheritable, permitted: permitted, effective: effective, ambient: ambient, uid: uid, euid: euid,
                    securebits: securebits, reserved: 0))
        }
    }

    /// The 41 capabilities of 5.9 and later.
    static let full: UInt64 = 0x1ff_ffff_ffff
    static let user = Who()
    static let root = Who(uid: 0, euid: 0, permitted: full, effective: full)
    /// SECBIT_NOROOT
    static let noRoot: UInt32 = 1

    static let cases: [(name: String, old: Who, new: Who, hasFile: Bool, isRaised: Bool)] = [
        ("root with all", root, root, false, false),
        ("a user with none", user, user, false, false),
        ("root with a bounded set", root, Who(uid: 0, euid: 0, permitted: full - 1, effective: full - 1), false, true),
        ("root that has nothing", Who(uid: 0, euid: 0), Who(uid: 0, euid: 0), false, false),
        // setuid root: all capabilities, and it is root now.
        ("a user to setuid root", user, Who(uid: 1000, euid: 0, permitted: full, effective: full), false, false),
        ("a user to setuid root, bounded", user, Who(uid: 1000, euid: 0, permitted: 1, effective: 1), false, true),
        ("a user to setuid root without any", user, Who(uid: 1000, euid: 0), false, true),
        // Real root only: no effective ones, permitted ones not from the file.
        ("root to setuid user", root, Who(uid: 0, euid: 1000, permitted: full), false, false),
        ("real root with all effective", root, Who(uid: 0, euid: 1000, permitted: full, effective: full), false, false),
        // File capabilities.
        ("a file gives one", user, Who(permitted: 0x400, effective: 0x400), true, true),
        ("a file gives one, not effective", user, Who(permitted: 0x400), true, true),
        ("a file gives what there was", Who(permitted: 0x400), Who(permitted: 0x400), true, false),
        ("more permitted, but from no file", user, Who(permitted: 0x400), false, false),
        ("a file's, with the user changed", user, Who(uid: 1000, euid: 1001, permitted: 0x400), true, false),
        // 6.17: old and new effective user are compared.
        ("a file's, under a user already changed", Who(euid: 1001), Who(euid: 1001, permitted: 0x400), true, true),
        ("a file's, and back to the real user", Who(euid: 1001), Who(permitted: 0x400), true, false),
        // Ambient ones are handed on and are no gain.
        (
            "ambient kept", Who(permitted: 2, effective: 2, ambient: 2, inheritable: 2),
            Who(permitted: 2, effective: 2, ambient: 2, inheritable: 2), false, false
        ),
        ("ambient gained", user, Who(permitted: 2, effective: 2, ambient: 2), false, true),
        ("effective beyond ambient", user, Who(permitted: 6, effective: 6, ambient: 2), false, true),
        // SECBIT_NOROOT: user 0 is like any other.
        (
            "root is nobody special", Who(uid: 0, euid: 0, permitted: full, effective: full, securebits: noRoot),
            Who(uid: 0, euid: 0, permitted: full, effective: full, securebits: noRoot), false, true
        ),
        (
            "setuid root is nothing", Who(securebits: noRoot), Who(uid: 1000, euid: 0, securebits: noRoot), false, false
        ),
        // Another bit of the securebits says nothing about root.
        ("keep-caps", root, Who(uid: 0, euid: 0, permitted: full, effective: full, securebits: 0x10), false, false),
    ]

    /// A program file in a directory of its own, with capabilities when there are bytes for them.
    struct Program {
        let directory: URL
        var path: String { directory.appendingPathComponent("program").path }

        init(attribute: [UInt8] = []) throws {
            directory = FileManager.default.temporaryDirectory.appendingPathComponent("caps-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            try Data("not an ELF file".utf8).write(to: URL(fileURLWithPath: path))
            guard !attribute.isEmpty else { return }
            let result = unsafe setxattr(path, "security.capability", attribute, attribute.count, 0)
            try #require(result == 0, "capabilities of a file cannot be set: \(errno)")
        }

        /// As the kernel side describes it.
        func object() throws -> aw_object {
            var status = stat()
            try #require(unsafe stat(path, &status) == 0)
            var object = aw_object()
            object.inode = UInt64(status.st_ino)
            object.dev_major = UInt32(status.st_dev >> 8 & 0xfff)
            object.dev_minor = UInt32(status.st_dev & 0xff | status.st_dev >> 12 & 0xfff00)
            object.mode = UInt16(status.st_mode)
            return object
        }

        func remove() { try? FileManager.default.removeItem(at: directory) }
    }

    /// cap_net_raw (13), permitted and effective, version 2.
    static let attribute: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]

    static func event(_ program: Program?, old: Who?, new: Who?) throws -> EventBuilder {
        var event = EventBuilder()
        event.call.nr = 59
        event.add(.arguments, "x\0")
        if let program {
            event.add(.executable, program.path)
            event.add(.pathname, detail: 0, program.path)
            event.add(try program.object(), as: AW_ROLE_EXECUTABLE)
        }
        if let old { event.add(.special, detail: UInt8(AW_SPECIAL_OLD_CREDENTIALS.rawValue), old.bytes) }
        if let new { event.add(.special, detail: UInt8(AW_SPECIAL_NEW_CREDENTIALS.rawValue), new.bytes) }
        return event
    }

    @Test(arguments: cases.indices)
    func whenTheyAreRaised(_ number: Int) throws {
        let it = Self.cases[number]
        let program = try Program(attribute: it.hasFile ? Self.attribute : [])
        defer { program.remove() }
        let lines = try format(Self.event(program, old: it.old, new: it.new)).filter { $0.hasPrefix("type=BPRM_FCAPS ") }
        #expect(lines.count == (it.isRaised ? 1 : 0), "\(it.name)")
        #expect(lines.allSatisfy { $0.contains(it.hasFile ? ": fver=2 fp=0000000000002000 " : ": fver=0 fp=0 ") })
    }

    /// A kernel with 38 capabilities (up to 5.7): root with all of them has got none.
    @Test func allThatTheKernelHas() throws {
        let all: UInt64 = 0x3f_ffff_ffff
        let root = Who(uid: 0, euid: 0, permitted: all, effective: all)
        for (capabilities, count) in [(all, 0), (Self.full, 1)] {
            let options = FormatOptions(serialBase: 5, allCapabilities: capabilities)
            let lines = try format(Self.event(nil, old: root, new: root), options: options)
            #expect(lines.filter { $0.hasPrefix("type=BPRM_FCAPS ") }.count == count)
        }
    }

    /// Permitted 0x1_0000_0002, inheritable 0x3_0000_0000, not effective, versions 2 and 3. Those of another namespace's root user (100000) are none
    /// here: `get_vfs_caps_from_disk()` returns ENODATA for them, with the version stored already.
    @Test(arguments: [false, true])
    func everyFieldStandsInTheKernelsOrder(isForeign: Bool) throws {
        let program = try Program(
            attribute: [0, 0, 0, isForeign ? 3 : 2, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0]
                + (isForeign ? [0xa0, 0x86, 1, 0] : []))
        defer { program.remove() }
        let old = Who(permitted: 0x10, effective: 0x20, ambient: 0x30, inheritable: 0x40)
        let new = Who(permitted: 0x50, effective: 0x60, ambient: 0, inheritable: 0x70)
        let lines = try format(Self.event(program, old: old, new: new))
        let sets = isForeign ? "fver=3 fp=0 fi=0" : "fver=2 fp=0000000100000002 fi=0000000300000000"
        #expect(
            lines[1] == """
                type=BPRM_FCAPS msg=audit(1700000000.007:2147483653): \(sets) fe=0 \
                old_pp=0000000000000010 old_pi=0000000000000040 old_pe=0000000000000020 old_pa=0000000000000030 \
                pp=0000000000000050 pi=0000000000000070 pe=0000000000000060 pa=0 frootid=0
                """)
        #expect(lines[2].hasPrefix("type=EXECVE "))
        let path = try #require(lines.first { $0.hasPrefix("type=PATH ") })
        let file =
            isForeign
            ? " cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0"
            : " cap_fp=0000000100000002 cap_fi=0000000300000000 cap_fe=0 cap_fver=2 cap_frootid=0"
        #expect(path.hasSuffix(" nametype=NORMAL" + file))
    }

    /// What one exec's file had must not show in the next one's records.
    @Test func factsOfAnEarlierProgramAreForgotten() throws {
        let program = try Program(attribute: Self.attribute)
        defer { program.remove() }
        let gained = Who(permitted: 0x2000, effective: 0x2000)
        var formatter = try RecordFormatter(options: FormatOptions())
        var buffer = RecordBuffer(capacity: 1 << 20)
        for event in [
            try Self.event(program, old: Self.user, new: gained), try Self.event(nil, old: Self.user, new: gained),
        ] {
            let isWritten = try append(event.bytes, to: &buffer, with: &formatter)
            #expect(isWritten)
        }
        let versions = buffer.text.split(separator: "\n").filter { $0.hasPrefix("type=BPRM_FCAPS ") }
            .map { ReadRecord(String($0))["fver"] }
        #expect(versions == ["2", "0"])
    }

    /// An exec that leaves the credentials as they were tells them once.
    @Test(arguments: cases.indices.filter { cases[$0].old.bytes == cases[$0].new.bytes })
    func theSameBeforeAndAfterMayBeToldOnce(_ number: Int) throws {
        let it = Self.cases[number]
        let program = try Program(attribute: it.hasFile ? Self.attribute : [])
        defer { program.remove() }
        var event = try Self.event(program, old: nil, new: nil)
        event.add(.special, detail: UInt8(AW_SPECIAL_SAME_CREDENTIALS.rawValue), it.old.bytes)
        let lines = try format(event).filter { $0.hasPrefix("type=BPRM_FCAPS ") }
        #expect(lines.count == (it.isRaised ? 1 : 0), "\(it.name)")
        let sets = { (prefix: String, who: Who) in
            [("pp", who.permitted), ("pi", who.inheritable), ("pe", who.effective), ("pa", who.ambient)].map { name, set -> String in
                let digits = String(set, radix: 16)
                return " \(prefix)\(name)=" + (set == 0 ? "0" : String(repeating: "0", count: 16 - digits.count) + digits)
            }.joined()
        }
        #expect(lines.allSatisfy { $0.contains(sets("old_", it.old) + sets("", it.new)) })
    }

    @Test func withoutBothCredentialsThereIsNoRecord() throws {
        let gained = Who(permitted: 2, effective: 2)
        for (old, new) in [(Self.user, nil), (nil, gained), (nil, nil)] as [(Who?, Who?)] {
            #expect(try format(Self.event(nil, old: old, new: new)).allSatisfy { !$0.hasPrefix("type=BPRM_FCAPS") })
        }
    }
}
