// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEvents
import AuditRecords
import AuditTestSupport
import CAuditWire
import Foundation
import Testing

/// The enriched form against libauparse of this machine, whose interpretations auditd writes. libauparse keeps state of
/// its own, so one test at a time.
@Suite(.serialized) struct EnrichedTests {
    /// The functions of auparse.h that are used here.
    @unsafe struct Parser {
        typealias Handle = OpaquePointer
        let make: @convention(c) (Int32, UnsafePointer<CChar>) -> Handle?
        let destroy: @convention(c) (Handle) -> Void
        let firstRecord: @convention(c) (Handle) -> Int32
        let nextField: @convention(c) (Handle) -> Int32
        let fieldType: @convention(c) (Handle) -> Int32
        let fieldName: @convention(c) (Handle) -> UnsafePointer<CChar>?
        let interpret: @convention(c) (Handle) -> UnsafePointer<CChar>?
        let setEscape: @convention(c) (Handle, Int32) -> Void

        init() throws {
            let library = try unsafe #require(dlopen("libauparse.so.0", RTLD_NOW))
            func symbol<T>(_ name: String, as type: T.Type) throws -> T {
                unsafe unsafeBitCast(try #require(dlsym(library, name)), to: type)
            }
            unsafe make = try symbol("auparse_init", as: (@convention(c) (Int32, UnsafePointer<CChar>) -> Handle?).self)
            unsafe destroy = try symbol("auparse_destroy", as: (@convention(c) (Handle) -> Void).self)
            unsafe firstRecord = try symbol("auparse_first_record", as: (@convention(c) (Handle) -> Int32).self)
            unsafe nextField = try symbol("auparse_next_field", as: (@convention(c) (Handle) -> Int32).self)
            unsafe fieldType = try symbol("auparse_get_field_type", as: (@convention(c) (Handle) -> Int32).self)
            unsafe fieldName = try symbol(
                "auparse_get_field_name", as: (@convention(c) (Handle) -> UnsafePointer<CChar>?).self)
            unsafe interpret = try symbol(
                "auparse_interpret_field", as: (@convention(c) (Handle) -> UnsafePointer<CChar>?).self)
            unsafe setEscape = try symbol(
                "auparse_set_escape_mode", as: (@convention(c) (Handle, Int32) -> Void).self)
        }

        /// What auditd 3.0.9 adds to `line`, by the description of auditd.conf(5) and audit_encode_nv_string(3): names in quotes
        /// for UID and GID fields, plain words for the call, the architecture and the address. Types by auparse-defs.h.
        func addition(to line: String) throws -> String {
            let uid: Int32 = 1
            let (gid, syscall, arch, address) = (Int32(2), Int32(3), Int32(4), Int32(9))
            // AUSOURCE_BUFFER is 3, AUPARSE_ESC_RAW is 0.
            let handle = try unsafe #require(make(3, line + "\n"))
            defer { unsafe destroy(handle) }
            unsafe setEscape(handle, 0)
            var parts: [String] = []
            guard unsafe firstRecord(handle) > 0 else { return "unparsed" }
            repeat {
                let type = unsafe fieldType(handle)
                guard let rawName = unsafe fieldName(handle) else { continue }
                let name = unsafe String(cString: rawName).uppercased()
                switch type {
                case uid, gid:
                    let value = unsafe interpret(handle).map { unsafe String(cString: $0) } ?? "?"
                    parts.append("\(name)=\"\(value)\"")
                case syscall, arch, address:
                    let value = unsafe interpret(handle).map { unsafe String(cString: $0) } ?? "?"
                    parts.append("\(name)=\(value)")
                default: break
                }
            } while unsafe nextField(handle) > 0
            return parts.isEmpty ? "" : "\u{1d}" + parts.joined(separator: " ")
        }
    }

    static let options = FormatOptions(enriched: true, serialBase: 5)

    /// Addresses of every family that auparse reads, too short ones, unknown ones.
    static let addresses: [[UInt8]] = {
        func bytes(_ text: String) -> [UInt8] { ReadRecord("x=\(text)").bytes("x")! }
        var all = [
            "020000097F0000010000000000000000", "02000009", "0100", "01002F", "01002F6E6F2F73756368",
            "01002F6E6F2F7375636800000000000000", "0100006162737472616374", "01000061",
            "0A001F9000000000FE80000000000001000000000000AB00000000", "0A001F90000000000000000000000000000000000000000000000000",
            "0A001F900000000000000000000000000000FFFF0102030400000000", "0A001F90000000000000",
            "100000004D00000005000000", "10000000", "1100000302000000000006000000000000000000", "28000000000400000200000000000000",
            "00000000000000000000000000000000", "63000000000000000000000000000000", "1B000000000000000000000000000000",
            "1F00000000000000", "2C00000000000000", "2D00000000000000", "0F00000000000000", "0100",
        ].map(bytes)
        all.append([1, 0] + [UInt8](repeating: 0x78, count: 108))
        return all
    }()

    @Test(arguments: addresses)
    func addressesAreThoseOfAuparse(_ address: [UInt8]) throws {
        var event = EventBuilder()
        event.add(.socketAddress, address)
        let line = try #require(try format(event, options: Self.options).first { $0.hasPrefix("type=SOCKADDR ") })
        let parts = line.components(separatedBy: "\u{1d}")
        #expect(parts.count == 2)
        #expect("\u{1d}" + parts[1] == (try unsafe Parser().addition(to: parts[0])))
    }

    @Test func aSocketsPathCannotEndTheRecord() throws {
        var event = EventBuilder()
        event.add(.socketAddress, [1, 0] + Array("/a b\ntype=X\u{1d}".utf8))
        let lines = try format(event, options: Self.options)
        #expect(lines.contains { $0.hasSuffix("\u{1d}SADDR={ saddr_fam=local path=2F6120620A747970653D581D }") })
    }

    @Test func callsAndOwnersAreThoseOfAuparse() throws {
        for (arch, number) in [
            (UInt32(0xc000_003e), UInt32(257)), (0xc000_003e, 59), (0x4000_0003, 5), (0xc000_003e, 9999), (0x4000_0003, 999),
            (0xc000_003e, 0x4000_0001), (0xc000_003e, 334), (0x1234, 5),
        ] {
            var event = EventBuilder()
            (event.call.arch, event.call.nr) = (arch, number)
            event.call.uid = 1
            event.call.gid = 2
            event.call.euid = 65534
            event.call.suid = 4_000_000_000
            event.call.fsuid = 77_777
            event.call.egid = 65534
            event.call.sgid = 54321
            event.call.fsgid = 4
            var object = aw_object()
            object.uid = 33
            object.gid = 44444
            event.add(object, as: AW_ROLE_DESCRIPTOR)
            let lines = try format(event, options: Self.options)
            for type in ["SYSCALL", "PATH"] {
                let line = try #require(lines.first { $0.hasPrefix("type=\(type) ") })
                let parts = line.components(separatedBy: "\u{1d}")
                #expect(parts.count == 2)
                let expected = try unsafe Parser().addition(to: parts[0])
                #expect("\u{1d}" + parts[1] == expected)
            }
            #expect(lines.filter { $0.contains("\u{1d}") }.count == 2)
        }
    }

    /// Every other record, those with users of other processes and objects among them.
    @Test func additionsOfAllRecordsAreThoseOfAuparse() throws {
        var event = EventBuilder()
        event.call.uid = 1
        var target = aw_target()
        (target.pid, target.auid, target.uid, target.ses) = (5, .max, 33, 4)
        event.add(.target, rawBytes(of: target))
        event.add(.special, detail: UInt8(AW_SPECIAL_IPC.rawValue), rawBytes(of: aw_ipc(uid: 1, gid: 2, mode: 0o600, sid: 0)))
        event.add(
            .special, detail: UInt8(AW_SPECIAL_IPC_SET_PERM.rawValue),
            rawBytes(of: aw_ipc_set(qbytes: 1, uid: 77_777, gid: 4, mode: 0, reserved: 0)))
        event.add(.descriptorPair, rawBytes(of: Int32(3)) + rawBytes(of: Int32(4)))
        event.add(.workingDirectory, "/")
        event.add(.pathname, detail: 0, "x")
        for kind in [AW_SPECIAL_IPC, AW_SPECIAL_CAPSET, AW_SPECIAL_OPENAT2, AW_SPECIAL_MQ_OPEN, AW_SPECIAL_SOCKETCALL] {
            var event = event
            if kind != AW_SPECIAL_IPC {
                event = EventBuilder()
                event.add(.special, detail: UInt8(kind.rawValue), [UInt8](repeating: 1, count: 48))
            }
            let lines = try format(event, options: Self.options)
            #expect(lines.count > 3)
            for line in lines where !line.hasPrefix("type=EOE ") {
                let parts = line.components(separatedBy: "\u{1d}")
                let addition = parts.count > 1 ? "\u{1d}" + parts[1] : ""
                #expect(addition == (try unsafe Parser().addition(to: parts[0])), "\(parts[0])")
            }
        }
    }

    @Test func whatDoesNotFitIsLeftOut() throws {
        let key = [UInt8](repeating: 1, count: 190)
        for (length, isThere) in [(4106, false), (3600, true)] {
            var event = EventBuilder()
            event.add(.executable, [UInt8](repeating: 1, count: length))
            let line = try #require(try format(event, options: Self.options, keys: [key], key: 0).first)
            #expect(line.contains("\u{1d}") == isThere)
            #expect(line.contains(String(repeating: "01", count: length) + " key=" + String(repeating: "01", count: 190)))
            #expect(line.utf8.count + 1 <= RecordFormatter.lineLimit)
        }
    }
}
