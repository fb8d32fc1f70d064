// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRecords
import AuditSyscalls
import AuditTestSupport
import CAuditWire
import Foundation
import Testing

/// One record, read the way its readers do: `key=value` words, values in quotes or hexadecimal digits.
struct ReadRecord {
    var type = ""
    var serial = ""
    var fields: [(name: String, value: String)] = []

    init(_ line: String) {
        for word in line.split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { continue }
            fields.append((parts[0], parts[1]))
        }
        type = self["type"] ?? ""
        serial = self["msg"] ?? ""
    }

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    func number(_ name: String, radix: Int = 10) -> UInt64 {
        UInt64(self[name] ?? "", radix: radix) ?? UInt64(bitPattern: Int64(self[name] ?? "", radix: radix) ?? 0)
    }

    /// The bytes of an untrusted string.
    func bytes(_ name: String) -> [UInt8]? {
        guard let value = self[name], value != "(null)" else { return nil }
        if value.hasPrefix("\"") { return Array(value.dropFirst().dropLast().utf8) }
        let digits = Array(value.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).map { at in
            UInt8(String(decoding: digits[at...at + 1], as: UTF8.self), radix: 16)!
        }
    }
}

/// The kernel's own records, taken apart into an event, must come out again.
@Suite struct KernelRecordTests {
    static let events = kernelRecords.components(separatedBy: "\n\n")

    /// Which arguments of a call are paths.
    static let paths: [UInt32: [UInt8]] = [257: [1], 59: [0], 322: [1], 90: [0], 76: [0]]

    @Test(arguments: events.indices)
    func comesOutAsTheKernelWroteIt(_ number: Int) throws {
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("kernel-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let lines = try Self.localised(
            Self.events[number].split(separator: "\n").map(String.init), home: home)
        let call = ReadRecord(lines[0])
        let head = String(call.serial.dropFirst("audit(".count).dropLast("):".count))
        let written = try format(event(of: lines), keys: [call.bytes("key")], key: 0)
        let expected = lines.map { $0.replacingOccurrences(of: head, with: "1700000000.007:2147483653") }
        #expect(written == expected + ["type=EOE msg=audit(1700000000.007:2147483653): "])
    }

    /// An exec's records with the files of this machine in them: loader, capabilities and script are looked up by path when the event
    /// is written, so they are those of the machine that the test runs on.
    static func localised(_ lines: [String], home: URL) throws -> [String] {
        var lines = lines
        let call = ReadRecord(lines[0])
        guard lines.contains(where: { $0.hasPrefix("type=EXECVE ") }) else { return lines }
        let program = String(decoding: try #require(call.bytes("exe")), as: UTF8.self)
        let isHere = FileManager.default.fileExists(atPath: program)
        if lines.contains(where: { $0.contains("name=\"./script.sh\"") }) {
            try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
            try "#!/bin/sh -e\n".write(to: home.appendingPathComponent("script.sh"), atomically: true, encoding: .utf8)
        }
        for at in lines.indices {
            let record = ReadRecord(lines[at])
            switch (record.type, record["name"]) {
            case ("CWD", _) where FileManager.default.fileExists(atPath: home.path):
                lines[at] = lines[at].replacingOccurrences(of: "/tmp/example", with: home.path)
            case ("PATH", "\"./script.sh\""): lines[at] = try withFacts(of: home.path + "/script.sh", lines[at])
            case ("PATH", "\"/lib64/ld-linux-x86-64.so.2\"") where isHere:
                lines[at] = try withFacts(of: "/lib64/ld-linux-x86-64.so.2", lines[at])
            case ("PATH", _) where isHere: lines[at] = try withFacts(of: program, lines[at])
            default: break
            }
        }
        if !isHere {
            // The program was in the test's own directory, so nobody can tell its loader any more.
            let all = lines.count
            lines.removeAll { $0.contains("name=\"/lib64/ld-linux-x86-64.so.2\"") }
            lines[0] = lines[0].replacingOccurrences(
                of: "items=\(call["items"]!)", with: "items=\(call.number("items") - UInt64(all - lines.count))")
        }
        return lines
    }

    /// A PATH line with inode, device, mode and owner of the file at `path`.
    private static func withFacts(of path: String, _ line: String) throws -> String {
        var status = stat()
        try #require(unsafe stat(path, &status) == 0, "\(path)")
        func numbers(_ device: dev_t) -> String {
            func hex(_ value: UInt64) -> String { value < 16 ? "0" + String(value, radix: 16) : String(value, radix: 16) }
            return hex(UInt64(device) >> 8 & 0xfff) + ":" + hex(UInt64(device) & 0xff | UInt64(device) >> 12 & 0xfff00)
        }
        let facts = [
            "inode": "\(status.st_ino)", "dev": numbers(status.st_dev), "mode": "0" + String(status.st_mode, radix: 8),
            "ouid": "\(status.st_uid)", "ogid": "\(status.st_gid)", "rdev": numbers(status.st_rdev),
        ]
        return line.split(separator: " ", omittingEmptySubsequences: false).map { word in
            let name = String(word.prefix { $0 != "=" })
            return facts[name].map { "\(name)=\($0)" } ?? String(word)
        }.joined(separator: " ")
    }

    @Test func thereAreRecordsOfEveryKindThatIsWritten() {
        for type in ["BPRM_FCAPS", "SYSCALL", "EXECVE", "MMAP", "FD_PAIR", "SOCKADDR", "CWD", "PATH", "PROCTITLE"] {
            #expect(kernelRecords.contains("type=\(type) "))
        }
        #expect(Self.events.count == 35)
    }

    private func event(of lines: [String]) -> EventBuilder {
        var event = EventBuilder()
        let records = lines.map(ReadRecord.init)
        let call = records[0]
        setCall(&event, call)
        let isExec = event.call.nr == 59 || event.call.nr == 322
        var names = Self.paths[event.call.nr] ?? []
        // The kernel has no item for a name that getname() refuses; the wire tells why.
        if call["items"] == "0", let argument = names.first {
            if call["exit"] == "-2" { event.add(.pathname, detail: argument, "") }
            if call["exit"] == "-14" { event.add(.pathname, detail: argument, errno: EFAULT) }
            if call["exit"] == "-36" { event.add(.pathname, detail: argument, errno: ENAMETOOLONG) }
            event.add(.workingDirectory, "/tmp/example")
        }
        for record in records.dropFirst() {
            switch record.type {
            case "CWD": event.add(.workingDirectory, record.bytes("cwd")!)
            case "SOCKADDR": event.add(.socketAddress, record.bytes("saddr")!)
            case "MMAP":
                let map = aw_mmap(
                    fd: Int32(record["fd"]!)!, flags: UInt32(record["flags"]!.dropFirst(2), radix: 16)!)
                event.add(.memoryMap, rawBytes(of: map))
            case "FD_PAIR":
                event.add(
                    .descriptorPair,
                    rawBytes(of: Int32(record["fd0"]!)!) + rawBytes(of: Int32(record["fd1"]!)!))
            case "EXECVE":
                let words = (0..<Int(record["argc"]!)!).map { record.bytes("a\($0)")! + [0] }
                event.add(.arguments, words.flatMap { $0 })
            case "PROCTITLE":
                let title = record["proctitle"] == "\"(null)\"" ? [] : record.bytes("proctitle")!
                // What the kernel cut off at the end.
                let padding: [UInt8] = title.count > 100 ? [] : [0x9f, 0, 0]
                event.add(.processTitle, title + padding)
            case "BPRM_FCAPS": addCredentials(record, call, to: &event)
            // connect()'s path is in its address.
            case "PATH" where event.call.nr == 42: break
            case "PATH": add(record, to: &event, isExec: isExec, names: &names)
            default: Issue.record("unexpected \(record.type)")
            }
        }
        return event
    }

    private func addCredentials(_ record: ReadRecord, _ call: ReadRecord, to event: inout EventBuilder) {
        for (kind, prefix) in [(AW_SPECIAL_OLD_CREDENTIALS, "old_"), (AW_SPECIAL_NEW_CREDENTIALS, "")] {
            let sets = aw_credentials(
                inheritable: record.number(prefix + "pi", radix: 16), permitted: record.number(prefix + "pp", radix: 16),
                effective: record.number(prefix + "pe", radix: 16), ambient: record.number(prefix + "pa", radix: 16),
                uid: event.call.uid, euid: event.call.euid, securebits: 0, reserved: 0)
            event.add(.special, detail: UInt8(kind.rawValue), rawBytes(of: sets))
        }
    }

    private func add(_ record: ReadRecord, to event: inout EventBuilder, isExec: Bool, names: inout [UInt8]) {
        var object = aw_object()
        object.inode = record.number("inode")
        object.mode = UInt16(record["mode"] ?? "0", radix: 8)!
        object.uid = UInt32(record.number("ouid"))
        object.gid = UInt32(record.number("ogid"))
        let device = (record["dev"] ?? "0:0").split(separator: ":").map { UInt32($0, radix: 16)! }
        (object.dev_major, object.dev_minor) = (device[0], device[1])
        let node = (record["rdev"] ?? "0:0").split(separator: ":").map { UInt32($0, radix: 16)! }
        (object.rdev_major, object.rdev_minor) = (node[0], node[1])
        switch (record["nametype"], record["name"]) {
        case ("PARENT", _): event.add(object, as: AW_ROLE_RESULT_PARENT)
        case ("NORMAL", "(null)"): event.add(object, as: AW_ROLE_DESCRIPTOR)
        case ("CREATE", _):
            object.flags = UInt16(AW_OBJECT_CREATED.rawValue)
            event.add(.pathname, detail: names.removeFirst(), record.bytes("name")!)
            event.add(object, as: AW_ROLE_RESULT)
        case ("NORMAL", _) where isExec:
            // A script: what the second item describes is what runs.
            if !names.isEmpty { event.add(.pathname, detail: names.removeFirst(), record.bytes("name")!) }
            if record.bytes("name") == Array("./script.sh".utf8) { return }
            event.add(object, as: AW_ROLE_EXECUTABLE)
        case ("NORMAL", _):
            event.add(.pathname, detail: names.removeFirst(), record.bytes("name")!)
            event.add(object, as: AW_ROLE_RESULT)
        default:
            if names.isEmpty { names = [0] }
            event.add(.pathname, detail: names.removeFirst(), record.bytes("name")!)
        }
    }

    private func setCall(_ event: inout EventBuilder, _ call: ReadRecord) {
        event.call.arch = UInt32(call.number("arch", radix: 16))
        event.call.nr = UInt32(call.number("syscall"))
        event.call.personality = UInt32(call.number("per", radix: 16))
        event.call.ret = Int64(bitPattern: call.number("exit"))
        if call["exit"] == nil { event.flags = UInt8(AW_FLAG_NO_RETURN.rawValue) }
        event.call.args = (
            call.number("a0", radix: 16), call.number("a1", radix: 16), call.number("a2", radix: 16),
            call.number("a3", radix: 16), 0, 0
        )
        event.call.ppid = UInt32(call.number("ppid"))
        event.call.pid = UInt32(call.number("pid"))
        event.call.auid = UInt32(call.number("auid"))
        event.call.uid = UInt32(call.number("uid"))
        event.call.gid = UInt32(call.number("gid"))
        event.call.euid = UInt32(call.number("euid"))
        event.call.suid = UInt32(call.number("suid"))
        event.call.fsuid = UInt32(call.number("fsuid"))
        event.call.egid = UInt32(call.number("egid"))
        event.call.sgid = UInt32(call.number("sgid"))
        event.call.fsgid = UInt32(call.number("fsgid"))
        event.call.ses = UInt32(call.number("ses"))
        event.setCommand(call.bytes("comm")!)
        event.add(.executable, call.bytes("exe")!)
        if call["tty"] != "(none)" { event.add(.tty, call["tty"]!) }
    }
}
