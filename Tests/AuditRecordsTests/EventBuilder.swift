// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEvents
import AuditRecords
import CAuditWire

/// Puts together the wire bytes of one event, as the kernel programs would.
struct EventBuilder {
    var call = aw_syscall()
    var flags: UInt8 = 0
    var time: UInt64 = 1
    var sequence: UInt64 = 1
    private var sections: [UInt8] = []

    init() {
        call.arch = 0xC000_003E
        call.auid = UInt32.max
        call.ses = UInt32.max
        setCommand("cat")
    }

    mutating func setCommand(_ text: String) {
        setCommand(Array(text.utf8))
    }

    mutating func setCommand(_ bytes: [UInt8]) {
        unsafe withUnsafeMutableBytes(of: &call.comm) { comm in
            for at in 0..<comm.count { unsafe comm[at] = at < bytes.count ? bytes[at] : 0 }
        }
    }

    mutating func add(_ tag: SectionTag, detail: UInt8 = 0, flags: UInt8 = 0, _ bytes: [UInt8]) {
        let head = aw_section(tag: tag.rawValue, detail: detail, flags: flags, length: Int32(bytes.count))
        sections += rawBytes(of: head) + bytes
        while sections.count % 8 != 0 { sections.append(0) }
    }

    mutating func add(_ tag: SectionTag, detail: UInt8 = 0, _ text: String) {
        add(tag, detail: detail, Array(text.utf8))
    }

    mutating func add(_ tag: SectionTag, detail: UInt8 = 0, errno: Int32) {
        sections += rawBytes(of: aw_section(tag: tag.rawValue, detail: detail, flags: 0, length: -errno))
    }

    mutating func add(_ object: aw_object, as role: aw_role) {
        add(.object, detail: UInt8(role.rawValue), rawBytes(of: object))
    }

    /// The whole record.
    var bytes: [UInt8] {
        let size = MemoryLayout<aw_header>.size + MemoryLayout<aw_syscall>.size + sections.count
        let header = aw_header(
            size: UInt32(size), type: UInt16(AW_TYPE_SYSCALL.rawValue), version: UInt8(AW_VERSION), flags: flags,
            time: time, sequence: sequence)
        return rawBytes(of: header) + rawBytes(of: call) + sections
    }
}

/// The bytes of a plain C value.
func rawBytes<T: BitwiseCopyable>(of value: T) -> [UInt8] {
    unsafe withUnsafeBytes(of: value) { unsafe Array($0) }
}

extension RecordBuffer {
    /// What is in it, as text; every record byte is ASCII.
    var text: String { String(decoding: content, as: UTF8.self) }

    /// What is in it.
    var content: [UInt8] {
        unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    }
}

/// 2023-11-14 22:13:20.007 UTC in nanoseconds.
let testTime: UInt64 = 1_700_000_000_007_654_321

/// The lines that an event is written as, the line feeds taken off. Serial 2147483653.
func format(
    _ event: EventBuilder, earlier: [UInt8] = [], options: FormatOptions = FormatOptions(serialBase: 0x8000_0005),
    keys: [[UInt8]?] = [], key: Int = -1, capacity: Int = 65536
) throws -> [String] {
    var formatter = try RecordFormatter(options: options)
    formatter.setKeys(keys)
    var buffer = RecordBuffer(capacity: capacity)
    guard try append(event.bytes, earlier: earlier, to: &buffer, with: &formatter, key: key) else { return [] }
    var lines = buffer.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.popLast() != "" { lines.append("no line feed at the end") }
    return lines
}

/// Formats the event in `bytes`.
func append(
    _ bytes: [UInt8], earlier: [UInt8] = [], to buffer: inout RecordBuffer, with formatter: inout RecordFormatter,
    key: Int = -1, time: UInt64 = testTime
) throws -> Bool {
    let event = try EventView(decoding: unsafe bytes.span.bytes, earlierArguments: unsafe earlier.span.bytes)
    return formatter.format(event, realtime: time, key: key, into: &buffer)
}
