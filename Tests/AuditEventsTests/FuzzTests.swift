// SPDX-License-Identifier: MIT
import AuditEvents
import AuditTestSupport
import CAuditWire
import Testing

/// Whatever the bytes are, decoding answers with a view or an error; a view that was given can be walked to its end.
@Suite struct FuzzTests {
    /// Decodes and reads all that a view offers. Returns whether the bytes were taken.
    private func exercise(_ bytes: [UInt8]) -> Bool {
        do throws(WireError) {
            let view = try EventView(decoding: unsafe bytes.span.bytes, earlierArguments: RawSpan())
            // Sections and their padding fill the record exactly: heads of the known ones are 8 bytes each.
            var (walk, known) = (view.walk, 0)
            while let section = walk.next() {
                known += 8 + (section.bytes.byteCount + 7) & ~7
                if section.errno < 0 || section.errno > 4095 { Issue.record("errno \(section.errno)") }
                if section.errno != 0, section.bytes.byteCount != 0 { Issue.record("bytes and an errno") }
                for offset in stride(from: 0, to: section.bytes.byteCount, by: 7) {
                    _ = try WireReader(section.bytes).load(at: offset, as: UInt8.self)
                }
                let tag = section.tag
                if view.section(tag) == nil { Issue.record("\(tag) is walked over, but not found") }
            }
            let size = view.sections.byteCount
            if known > size { Issue.record("\(known) bytes of sections in \(size)") }
            if size + 184 > bytes.count { Issue.record("more sections than bytes") }
            return true
        } catch {
            return false
        }
    }

    @Test(arguments: 1...4) func soundRecordsAreTakenAndMutatedOnesNeverTrap(_ seed: UInt64) {
        var random = Random(seed: seed)
        var (taken, refused) = (0, 0)
        for _ in 0..<1000 {
            let sound = EventBuilder(random: &random).bytes
            let isTaken = exercise(sound)
            #expect(isTaken)
            var bytes = sound
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                // Mostly where sizes, tags and lengths are.
                let offset =
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: Int.random(in: 0..<24, using: &random)
                    case 1: min(bytes.count - 1, 184 + 8 * Int.random(in: 0..<40, using: &random) + Int.random(in: 0..<8, using: &random))
                    default: Int.random(in: 0..<bytes.count, using: &random)
                    }
                let kind = Int.random(in: 0..<3, using: &random)
                bytes[offset] = kind == 0 ? UInt8.random(in: 0...255, using: &random) : kind == 1 ? bytes[offset] ^ 0x80 : 0xff
            }
            if Int.random(in: 0..<4, using: &random) == 0 { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
            if exercise(bytes) { taken += 1 } else { refused += 1 }
        }
        // Both ways are walked.
        #expect(taken > 50)
        #expect(refused > 50)
    }

    @Test func randomBytesNeverTrap() {
        var random = Random(seed: 99)
        for round in 0..<4000 {
            var bytes = (0..<round % 700).map { _ in UInt8.random(in: 0...255, using: &random) }
            // Half of them with a head that lets the decoder come further.
            if round % 2 == 0, bytes.count >= 24 {
                let size = UInt32(bytes.count & ~7)
                bytes.replaceSubrange(0..<8, with: rawBytes(of: size) + [1, 0, 3, 0])
            }
            _ = exercise(bytes)
            var fragments = FragmentAssembler()
            _ = try? fragments.add(unsafe bytes.span.bytes)
        }
    }
}
