// SPDX-License-Identifier: MIT
import AuditEvents
import CAuditWire
import Testing

/// Records of type 3, written out byte by byte from wire.h.
@Suite struct OperationDecodingTests {
    private static func record(
        _ number: UInt32, type: UInt16 = 3, flags: UInt8 = 0x40, size: UInt32? = nil, _ sections: [UInt8] = []
    ) -> [UInt8] {
        DecodingTests.head(size: size ?? UInt32(192 + sections.count), type: type, flags: flags) + DecodingTests.record[24...]
            + DecodingTests.little(number) + DecodingTests.little(UInt32(0)) + sections
    }

    @Test func anOperationWithinACall() throws {
        try DecodingTests.decode(Self.record(18, DecodingTests.section(15, detail: 1, Array("unconfined".utf8)))) { view in
            #expect(view.operation == 18)
            #expect(view.isWithinCall && view.hasReturned)
            #expect(view.call.nr == 257 && view.call.pid == 1001 && view.call.ret == -13)
            guard let label = view.section(.label) else {
                Issue.record("no label")
                return
            }
            #expect(DecodingTests.copy(label.bytes) == Array("unconfined".utf8))
        }
    }

    @Test func anOperationOfAWorkerWithoutResult() throws {
        try DecodingTests.decode(Self.record(127, flags: 0x01)) { view in
            #expect(view.operation == 127)
            #expect(!view.isWithinCall && !view.hasReturned)
        }
    }

    @Test func aCallIsNone() throws {
        try DecodingTests.decode(DecodingTests.record) { view in #expect(view.operation == nil) }
    }

    @Test func bytesThatAreNoneAreRefused() throws {
        #expect(throws: WireError.operation(128)) { try DecodingTests.decode(Self.record(128)) }
        #expect(throws: WireError.operation(0xffff_ffff)) { try DecodingTests.decode(Self.record(0xffff_ffff)) }
        #expect(throws: WireError.type(4)) { try DecodingTests.decode(Self.record(18, type: 4)) }
        // A call's size: the number would be beyond it.
        #expect(throws: WireError.size(184)) { try DecodingTests.decode(Self.record(18, size: 184)) }
        #expect(throws: WireError.outOfBounds) { try DecodingTests.decode(Array(Self.record(18, size: 184).prefix(184))) }
        #expect(throws: WireError.size(200)) { try DecodingTests.decode(Self.record(18, size: 200)) }
        #expect(throws: WireError.self) { try DecodingTests.decode(Self.record(18, DecodingTests.section(15, length: 4000))) }
        // Every beginning of a record, and the head alone.
        let whole = Self.record(18, DecodingTests.section(9, DecodingTests.little(UInt32(7))))
        for length in 0..<whole.count {
            #expect(throws: WireError.self) { try DecodingTests.decode(Array(whole.prefix(length))) }
        }
    }
}
