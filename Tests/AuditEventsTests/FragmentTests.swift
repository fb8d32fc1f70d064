// SPDX-License-Identifier: MIT
import AuditEvents
import AuditTestSupport
import CAuditWire
import Testing

/// Argument text that comes ahead of its event. The order is the ring's: fragments of one event in order, those of other CPUs
/// between them; what the ring had no room for is missing.
@Suite struct FragmentTests {
    /// The sequence of event `number` of `cpu`: the CPU in the upper 16 bits.
    private func sequence(_ cpu: UInt64, _ number: UInt64) -> UInt64 { cpu << 48 | number }

    private func fragment(_ sequence: UInt64, _ text: [UInt8], type: UInt16 = 2) -> [UInt8] {
        let sections = DecodingTests.section(5, text)
        return DecodingTests.head(size: UInt32(24 + sections.count), type: type, sequence: sequence) + sections
    }

    private func fragment(_ sequence: UInt64, _ text: String) -> [UInt8] { fragment(sequence, Array(text.utf8)) }

    private func add(_ bytes: [UInt8], to fragments: inout FragmentAssembler) throws {
        try fragments.add(unsafe bytes.span.bytes)
    }

    private func text(_ fragments: borrowing FragmentAssembler) -> String {
        String(decoding: DecodingTests.copy(fragments.text), as: UTF8.self)
    }

    @Test func textIsPutTogetherInOrder() throws {
        var fragments = FragmentAssembler()
        let event = sequence(1, 7)
        let isEmpty = fragments.isEmpty
        #expect(isEmpty)
        for part in ["one\0", "two\0", "three"] { try add(fragment(event, part), to: &fragments) }
        let isEmptyWithText = fragments.isEmpty
        #expect(!isEmptyWithText)
        #expect(text(fragments) == "", "nobody has taken it")
        fragments.take(for: event)
        #expect(text(fragments) == "one\0two\0three")
        fragments.take(for: event)
        #expect(text(fragments) == "one\0two\0three", "an event that is put back comes again")
        fragments.take(for: sequence(1, 8))
        #expect(text(fragments) == "")
        let isEmptyAgain = fragments.isEmpty
        #expect(isEmptyAgain)
    }

    @Test func fragmentsOfCPUsMayInterleave() throws {
        var fragments = FragmentAssembler()
        // The same count on three CPUs, of which one is the highest that fits.
        let events = [sequence(0, 4), sequence(3, 4), sequence(0xffff, 4)]
        for part in 0..<5 {
            for (index, event) in events.enumerated() { try add(fragment(event, "\(index)\(part) "), to: &fragments) }
        }
        for index in [1, 0, 2] {
            fragments.take(for: events[index])
            #expect(text(fragments) == (0..<5).map { "\(index)\($0) " }.joined())
        }
    }

    @Test func anotherEventInBetweenDoesNotDisturbItsNeighbours() throws {
        var fragments = FragmentAssembler()
        try add(fragment(sequence(1, 7), "long"), to: &fragments)
        // A short event of another CPU comes first: it has no earlier text.
        fragments.take(for: sequence(2, 1))
        #expect(text(fragments) == "")
        fragments.take(for: sequence(1, 7))
        #expect(text(fragments) == "long")
    }

    @Test func textOfALostEventGoesWithTheNextOneOfItsCPU() throws {
        var fragments = FragmentAssembler()
        // The event itself did not fit into the ring; the next of that CPU has no text of its own.
        try add(fragment(sequence(1, 7), "lost"), to: &fragments)
        fragments.take(for: sequence(1, 8))
        #expect(text(fragments) == "")
        fragments.take(for: sequence(1, 7))
        #expect(text(fragments) == "", "it does not come back")
        // The next one has.
        try add(fragment(sequence(1, 9), "lost"), to: &fragments)
        try add(fragment(sequence(1, 10), "kept"), to: &fragments)
        fragments.take(for: sequence(1, 10))
        #expect(text(fragments) == "kept")
    }

    /// An event that says that `fragments` pieces of its text went ahead; its own text is the end.
    private func event(_ number: UInt64, fragments: UInt8, flags: UInt8 = 16) -> [UInt8] {
        let call = [UInt8](repeating: 0, count: 160)
        // Tag 5, detail, flags, length, and the text with its padding.
        let own: [UInt8] = [5, 0, fragments, 0, 4, 0, 0, 0] + Array("end\0".utf8) + [0, 0, 0, 0]
        let size = UInt32(24 + call.count + own.count)
        return DecodingTests.head(size: size, flags: flags, sequence: number) + call + own
    }

    @Test("an event is incomplete when a piece of its text is missing", arguments: [0, 1, 2, 3])
    func missingText(_ arrived: Int) throws {
        var fragments = FragmentAssembler()
        let number = sequence(1, 7)
        for _ in 0..<arrived { try add(fragment(number, "part "), to: &fragments) }
        fragments.take(for: number)
        let count = fragments.count
        #expect(count == arrived)
        let whole = event(number, fragments: 2)
        let view = try EventView(
            decoding: unsafe whole.span.bytes, earlierArguments: fragments.text, earlierFragments: fragments.count)
        let (isIncomplete, lacksArguments) = (view.isIncomplete, view.lacksArguments)
        #expect(isIncomplete == (arrived != 2))
        #expect(lacksArguments == (arrived != 2))
        // One that says nothing of fragments has none that could be missing.
        let plain = event(number, fragments: 0, flags: 0)
        let other = try EventView(decoding: unsafe plain.span.bytes, earlierArguments: RawSpan(), earlierFragments: 0)
        let isOtherIncomplete = other.isIncomplete
        #expect(!isOtherIncomplete)
    }

    @Test func countsOfFragmentsAreToldModulo256() throws {
        let whole = event(1, fragments: 0)
        let view = try EventView(decoding: unsafe whole.span.bytes, earlierArguments: RawSpan(), earlierFragments: 256)
        let isIncomplete = view.isIncomplete
        #expect(!isIncomplete)
        let lacking = try EventView(decoding: unsafe whole.span.bytes, earlierArguments: RawSpan(), earlierFragments: 255)
        let isLacking = lacking.isIncomplete
        #expect(isLacking)
    }

    @Test func textIsBounded() throws {
        // 3/4 of _STK_LIM, which is 8 MiB (fs/exec.c): the kernel takes no more argument text.
        #expect(FragmentAssembler.textLimit == 6_291_456)
        var fragments = FragmentAssembler()
        let event = sequence(0, 1)
        let part = [UInt8](repeating: 0x61, count: 24576)
        let record = fragment(event, part)
        for _ in 0..<256 { try add(record, to: &fragments) }  // 256 * 24576 is the limit
        do {
            try add(fragment(event, "x"), to: &fragments)
            Issue.record("text beyond the limit was taken")
        } catch {
            #expect(error as? WireError == .size(40))
        }
        fragments.take(for: event)
        let count = fragments.text.byteCount
        #expect(count <= 6_291_456)
        // It goes on.
        try add(fragment(sequence(0, 2), "short"), to: &fragments)
        fragments.take(for: sequence(0, 2))
        #expect(text(fragments) == "short")
    }

    @Test func otherRecordsAreRefused() throws {
        var fragments = FragmentAssembler()
        for (bytes, expected) in [
            (DecodingTests.record, WireError.type(1)), (fragment(1, [1], type: 9), .type(9)), ([], .outOfBounds),
            (DecodingTests.head(size: 32, type: 2), .size(32)),
            (DecodingTests.head(size: 32, type: 2) + DecodingTests.section(5, length: 8), .outOfBounds),
            (DecodingTests.head(size: 24, type: 2, version: 4), .version(4)),
            (DecodingTests.head(size: 32, type: 2) + DecodingTests.section(8, length: 4), .section(tag: 8, length: 4)),
        ] {
            do {
                try add(bytes, to: &fragments)
                Issue.record("\(expected) was taken")
            } catch {
                #expect(error as? WireError == expected)
            }
        }
        let isEmpty = fragments.isEmpty
        #expect(isEmpty)
    }

    @Test func textThatCouldNotBeReadIsNoText() throws {
        var fragments = FragmentAssembler()
        let event = sequence(2, 2)
        try add(fragment(event, "before "), to: &fragments)
        let unreadable = DecodingTests.section(5, length: -14)
        try add(DecodingTests.head(size: 32, type: 2, sequence: event) + unreadable, to: &fragments)
        try add(fragment(event, "behind"), to: &fragments)
        fragments.take(for: event)
        #expect(text(fragments) == "before behind")
    }
}
