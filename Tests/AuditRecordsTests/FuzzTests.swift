// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEvents
import AuditRecords
import AuditTestSupport
import CAuditWire
import Testing

/// Whatever the ring holds, what comes out are lines that every reader takes (CONSUMERS: auomscollect's and ausearch's rules).
@Suite struct FuzzTests {
    /// What is wrong with `lines` of one event, or nil.
    static func fault(in content: [UInt8]) -> String? {
        guard content.last == 0x0a else { return "no line feed at the end" }
        for line in content.dropLast().split(separator: 0x0a, omittingEmptySubsequences: false) {
            let text = String(decoding: line, as: UTF8.self)
            if line.count + 1 > 8969 { return "\(line.count) bytes" }
            if !text.hasPrefix("type=") { return "begins \(text.prefix(20))" }
            if let byte = line.first(where: { $0 < 0x20 || $0 > 0x7e }) { return "byte \(byte) in \(text.prefix(60))" }
            if !text.contains(" msg=audit(1700000000.007:214748") { return "stamp of \(text.prefix(60))" }
            guard let last = text.split(separator: " ", omittingEmptySubsequences: false).last else { return "empty" }
            // EOE has no field, and the kernel ends MQ_GETSETATTR with a blank (show_special(), kernel/auditsc.c).
            let mayEndInBlank = text.hasPrefix("type=EOE ") || text.hasPrefix("type=MQ_GETSETATTR ")
            if last.isEmpty ? !mayEndInBlank || text.hasSuffix("  ") : !last.contains("=") { return "ends in \(last)" }
            for word in text.split(separator: " ") where word.hasSuffix("=") && !word.dropLast().contains("=") { return "empty \(word)" }
        }
        return nil
    }

    @Test func randomEventsGiveSoundLines() throws {
        var random = Random(seed: 11)
        var formatter = try RecordFormatter(options: FormatOptions())
        var buffer = RecordBuffer(capacity: 1000)
        for round in 0..<600 {
            let event = EventBuilder(random: &random)
            let early = Int.random(in: 0..<4, using: &random) == 0 ? EventBuilder.bytes(upTo: 20000, random: &random) : []
            buffer.removeAll()
            let isWritten = try append(event.bytes, earlier: early, to: &buffer, with: &formatter, key: round)
            #expect(isWritten)
            if let fault = Self.fault(in: buffer.content) { Issue.record("round \(round): \(fault)") }
        }
    }

    @Test func brokenBytesAreRefusedOrGiveSoundLines() throws {
        var random = Random(seed: 12)
        var formatter = try RecordFormatter(options: FormatOptions())
        var buffer = RecordBuffer(capacity: 1000)
        var written = 0
        for round in 0..<1200 {
            var bytes = EventBuilder(random: &random).bytes
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                // Mostly heads of sections, where lengths and tags are.
                let from = Bool.random(using: &random) ? 0 : min(176, bytes.count - 1)
                let limit = min(bytes.count, from + 80)
                bytes[Int.random(in: from..<limit, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            buffer.removeAll()
            do {
                _ = try append(bytes, to: &buffer, with: &formatter)
                written += 1
                if let fault = Self.fault(in: buffer.content) { Issue.record("round \(round): \(fault)") }
            } catch is WireError {
                #expect(buffer.count == 0)
            }
        }
        #expect(written > 200)
    }

    @Test func randomBytesAreRefused() throws {
        var random = Random(seed: 13)
        var formatter = try RecordFormatter(options: FormatOptions())
        var buffer = RecordBuffer(capacity: 1000)
        for length in 0..<600 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(throws: WireError.self) { _ = try append(bytes, to: &buffer, with: &formatter) }
        }
    }
}
