// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEvents
import AuditRecords
import AuditTestSupport

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
    keys: [[UInt8]?] = [], key: Int = -1, capacity: Int = 65536, realtime: UInt64 = testTime, hiding hidden: [FileSystemDevice] = []
) throws -> [String] {
    var formatter = try RecordFormatter(options: options)
    formatter.setKeys(keys)
    formatter.hiddenDevices = hidden
    var buffer = RecordBuffer(capacity: capacity)
    guard try append(event.bytes, earlier: earlier, to: &buffer, with: &formatter, key: key, time: realtime) else { return [] }
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
