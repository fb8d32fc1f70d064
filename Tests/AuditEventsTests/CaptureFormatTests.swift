// SPDX-License-Identifier: MIT
import AuditEvents
import AuditTestSupport
import CAuditWire
import Testing

/// Capture files written out byte by byte from their description (capture.h), little-endian as on every machine that this runs on.
@Suite struct CaptureFormatTests {
    /// A header: magic, size 56, version 1, wire version 3, x86-64, kernel 6.18, capabilities, a tick of 4 ms, boot id 0 … 15.
    static let header: [UInt8] =
        [0x89, 0x45, 0x42, 0x50, 0x41, 0x0d, 0x0a, 0x00] + [56, 0, 0, 0] + [1, 0] + [3, 0] + [0x3e, 0, 0, 0xc0] + [0, 18, 6, 0]
        + [0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0, 0] + [0x00, 0x09, 0x3d, 0, 0, 0, 0, 0] + (0..<16).map { UInt8($0) }

    static func decode(_ bytes: [UInt8]) throws(CaptureError) -> (CaptureHeader, Int) {
        var size = 0
        let header = try CaptureHeader(decoding: unsafe bytes.span.bytes, size: &size)
        return (header, size)
    }

    static func changed(_ offset: Int, _ value: UInt8) -> [UInt8] {
        var bytes = header
        bytes[offset] = value
        return bytes
    }

    @Test func headerIsReadAndWritten() throws {
        let (header, size) = try Self.decode(Self.header + [1, 2, 3])
        #expect(size == 56)
        #expect(header.machine == 0xC000_003E)
        #expect(header.kernel == 0x061200)
        #expect(header.capabilities == 0x1ff_ffff_ffff)
        #expect(header.tick == 4_000_000)
        #expect(header.boot == (0..<16).map { UInt8($0) })
        #expect(header.encoded == Self.header)
    }

    @Test func aLaterHeaderMayBeLonger() throws {
        let (header, size) = try Self.decode(Self.changed(8, 64) + [UInt8](repeating: 7, count: 8))
        #expect(size == 64)
        #expect(header.tick == 4_000_000)
    }

    @Test func whatIsNoHeaderIsRefused() {
        func refused(_ bytes: [UInt8], _ expected: CaptureError) {
            #expect(throws: expected) { try Self.decode(bytes) }
            // A place and a remedy.
            #expect(expected.description.hasPrefix("byte "))
            #expect(expected.description.contains(";"))
        }
        refused([], .notCapture)
        refused(Array("type=SYSCALL msg=audit(1.2:3): arch=c000003e".utf8), .notCapture)
        refused(Self.changed(5, 0x0a), .notCapture)
        for count in 8..<56 { refused(Array(Self.header.prefix(count)), .truncated(at: UInt64(count))) }
        refused(Self.changed(12, 2), .version(2))
        // Written by a machine of the other byte order.
        refused(Self.changed(12, 0).enumerated().map { $0.offset == 13 ? 1 : $0.element }, .version(256))
        refused(Self.changed(14, 9), .wire(9))
        refused(Self.changed(8, 48), .header(size: 48))
        refused(Self.changed(8, 60), .header(size: 60))
        refused(Self.changed(10, 1), .header(size: 56 + 65536))
        refused(Self.changed(8, 64), .truncated(at: 56))
        refused(Self.changed(39, 0x80), .tick(0x8000_0000_003d_0900))
        refused(Array(Self.header[..<32]) + [UInt8](repeating: 0, count: 24), .tick(0))
    }

    @Test func notesAreReadAndWritten() throws {
        let offset: [UInt8] = [0x00, 0x00, 0x64, 0xa7, 0xb3, 0xb6, 0xe0, 0x0d]  // 1,000,000,000,000,000,000
        let clock: [UInt8] =
            [48, 0, 0, 0, 0x01, 0x80, 3, 0] + [UInt8](repeating: 0, count: 16) + offset + [5, 0, 0, 0, 0, 0, 0, 0] + [7, 0, 0, 0]
            + [1, 0, 0, 0]
        let serial: [UInt8] =
            [32, 0, 0, 0, 0x02, 0x80, 3, 0] + [UInt8](repeating: 0, count: 16) + [0x09, 0, 0, 0x80] + [0, 0, 0, 0]
        let reading = ClockReading(offset: 1_000_000_000_000_000_000, time: 5, ticks: 7)
        for (bytes, note) in [(clock, CaptureNote.clock(reading)), (serial, .serial(0x8000_0009))] {
            let head = try #require(try CaptureFraming.head(in: unsafe bytes.span.bytes, at: 0))
            #expect(CaptureNote.isNote(head.type))
            #expect(try CaptureNote(decoding: unsafe bytes.span.bytes, header: head) == note)
            #expect(note.encoded == bytes)
        }
        var unasked = clock
        unasked[44] = 0
        let head = try #require(try CaptureFraming.head(in: unsafe unasked.span.bytes, at: 0))
        let note = try CaptureNote(decoding: unsafe unasked.span.bytes, header: head)
        #expect(note == .clock(ClockReading(offset: reading.offset, time: 5, ticks: nil)))
    }

    @Test func aNoteOfALaterVersionIsPassedOverAndAShortOneRefused() throws {
        var bytes: [UInt8] = [24, 0, 0, 0, 0x77, 0x80, 3, 0] + [UInt8](repeating: 0, count: 16)
        var head = try #require(try CaptureFraming.head(in: unsafe bytes.span.bytes, at: 0))
        #expect(try CaptureNote(decoding: unsafe bytes.span.bytes, header: head) == .unknown)
        bytes[4] = 1
        head = try #require(try CaptureFraming.head(in: unsafe bytes.span.bytes, at: 0))
        #expect(throws: WireError.outOfBounds) { try CaptureNote(decoding: unsafe bytes.span.bytes, header: head) }
    }

    @Test func recordsAreFoundOneAfterTheOther() throws {
        var random = Random(seed: 5)
        let records = (0..<50).map { _ in EventBuilder(random: &random).bytes }
        let bytes = records.flatMap { $0 }
        var at = 0
        for record in records {
            let head = try #require(try CaptureFraming.head(in: unsafe bytes.span.bytes, at: at))
            #expect(Int(head.size) == record.count)
            at += record.count
        }
        #expect(try CaptureFraming.head(in: unsafe bytes.span.bytes, at: at) == nil)
        // The last one is not whole.
        let cut = Array(bytes.dropLast())
        #expect(try CaptureFraming.head(in: unsafe cut.span.bytes, at: at - records[49].count) == nil)
    }

    @Test(arguments: [0, 8, 16, 23, 25, 32776, Int(UInt32.max)]) func aSizeThatCannotBeIsRefused(_ size: Int) {
        let bytes = rawBytes(of: UInt32(size)) + [1, 0, 3, 0] + [UInt8](repeating: 0, count: 40_000)
        #expect(throws: WireError.size(UInt32(size))) { try CaptureFraming.head(in: unsafe bytes.span.bytes, at: 0) }
    }

    @Test func randomHeadersNeverTrap() {
        var random = Random(seed: 11)
        var taken = 0
        for _ in 0..<20_000 {
            var bytes = Self.header
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                bytes[Int.random(in: 0..<56, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if (try? Self.decode(bytes)) != nil { taken += 1 }
        }
        #expect(taken > 1000)
        #expect(taken < 20_000)
    }
}
