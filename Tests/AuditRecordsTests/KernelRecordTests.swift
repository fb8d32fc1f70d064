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
        var lines = Self.events[number].split(separator: "\n").map(String.init)
        // Not known in this version: capabilities of exec, and the loader that an ELF program names.
        lines.removeAll { $0.hasPrefix("type=BPRM_FCAPS") }
        let loaders = lines.filter { $0.contains("name=\"/lib64/ld-linux-x86-64.so.2\"") }
        lines.removeAll { loaders.contains($0) }
        let call = ReadRecord(lines[0])
        lines[0] = lines[0].replacingOccurrences(
            of: "items=\(call["items"]!)", with: "items=\(call.number("items") - UInt64(loaders.count))")
        let head = String(call.serial.dropFirst("audit(".count).dropLast("):".count))
        let written = try format(event(of: lines), keys: [call.bytes("key")], key: 0)
        let expected = lines.map { line in
            // Nor the facts of a script, as what runs is its interpreter.
            var words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            if line.contains("name=\"./script.sh\"") {
                let facts = ["inode", "dev", "mode", "ouid", "ogid", "rdev"]
                words.removeAll { word in facts.contains { word.hasPrefix($0 + "=") } }
            }
            return words.joined(separator: " ").replacingOccurrences(of: head, with: "1700000000.007:2147483653")
        }
        #expect(written == expected + ["type=EOE msg=audit(1700000000.007:2147483653): "])
    }

    @Test func thereAreRecordsOfEveryKindThatIsWritten() {
        for type in ["SYSCALL", "EXECVE", "MMAP", "FD_PAIR", "SOCKADDR", "CWD", "PATH", "PROCTITLE"] {
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
            case "PATH": add(record, to: &event, isExec: isExec, names: &names)
            default: Issue.record("unexpected \(record.type)")
            }
        }
        return event
    }

    private func add(_ record: ReadRecord, to event: inout EventBuilder, isExec: Bool, names: inout [UInt8]) {
        var object = aw_object()
        object.inode = record.number("inode")
        object.mode = UInt32(record["mode"] ?? "0", radix: 8)!
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
            object.flags = AW_OBJECT_CREATED.rawValue
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
