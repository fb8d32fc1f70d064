// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRecords
import AuditTestSupport
import CAuditWire
import Testing

/// How argument text is cut into EXECVE records.
@Suite struct ExecveRecordTests {
    /// The records of `words`; the argument text before `split` comes in fragments.
    static func records(_ words: [[UInt8]], split: Int? = nil, isEnded: Bool = true) throws -> [String] {
        var event = EventBuilder()
        event.call.nr = 59
        var text: [UInt8] = Array(words.map { $0 + [0] }.joined())
        if !isEnded { text.removeLast() }
        // A section holds at most one ring record.
        let early = split ?? max(0, text.count - 30000)
        event.add(.arguments, Array(text[early...]))
        return try format(event, earlier: Array(text[..<early])).filter { $0.hasPrefix("type=EXECVE ") }
    }

    /// FNV-1a over the lines, each with its line feed.
    static func checksum(_ lines: [String]) -> UInt64 {
        lines.flatMap { Array($0.utf8) + [10] }
            .reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// The text after the record's stamp.
    static func fields(_ line: String) -> String {
        String(line.dropFirst("type=EXECVE msg=audit(1700000000.007:2147483653): ".count))
    }

    // The checksums and lengths of the next three are those of what Linux 6.18 wrote for the same words, with its time stamps
    // replaced by the one used here.

    @Test func longWordsAreCutAsTheKernelCutsThem() throws {
        let words: [[UInt8]] = [
            Array("true".utf8), Array(repeating: 0x42, count: 7499), Array("x".utf8), Array(repeating: 0x43, count: 7500),
            Array(repeating: 0x41, count: 131_071), Array("end".utf8),
        ]
        let lines = try Self.records(words)
        #expect(lines.count == 39)
        #expect(lines.map(\.count).prefix(4) == [7556, 7550, 7549, 7550])
        #expect(lines.last?.count == 83)
        #expect(Self.checksum(lines) == 0x11ce_3663_df33_568c)
    }

    @Test func tenThousandWordsAreCutAsTheKernelCutsThem() throws {
        let words = (0..<10000).map { number -> [UInt8] in
            if number == 0 { return Array("true".utf8) }
            if number % 7 == 3 { return [] }
            return Array((number % 11 == 2 ? "w \(number)" : "w\(number)").utf8)
        }
        let lines = try Self.records(words)
        #expect(
            lines.map(\.count) == [
                7464, 7459, 7449, 7458, 7454, 7449, 7458, 7449, 7449, 7458, 7449, 7449, 7458, 7454, 7449, 7458, 7449, 7449,
                1401,
            ])
        #expect(Self.checksum(lines) == 0xf08b_217b_ce10_3933)
    }

    @Test func wordsThatDoNotFitTheRestOfARecordAreCutAsTheKernelCutsThem() throws {
        let words = (0..<100).map { number -> [UInt8] in
            if number == 0 { return Array("true".utf8) }
            var word = [UInt8](repeating: 0x61 + UInt8(number % 26), count: 50 + number * 3)
            if number % 5 == 1 { word[3] = 0x20 }
            return word
        }
        let lines = try Self.records(words)
        #expect(lines.map(\.count) == [7523, 7499, 7454, 2126])
        #expect(Self.checksum(lines) == 0x7d12_bb96_271b_9a3e)
    }

    @Test func aContinuedRecordBeginsWithASecondBlank() throws {
        let lines = try Self.records([Array(repeating: 0x42, count: 7499)])
        #expect(lines.count == 2)
        #expect(Self.fields(lines[0]).hasPrefix("argc=1 a0_len=7499 a0[0]=\"BBBB"))
        #expect(Self.fields(lines[1]).hasPrefix(" a0[1]=\"B"))
    }

    @Test(arguments: [
        ([], "argc=0"), ([""], "argc=1 a0=\"\""), (["a", "", ""], "argc=3 a0=\"a\" a1=\"\" a2=\"\""),
        (["a b", "q\"q", "\u{1}", "\u{7f}", "ü"], "argc=5 a0=612062 a1=712271 a2=01 a3=7F a4=C3BC"),
    ])
    func shortWords(_ words: [String], _ expected: String) throws {
        #expect(try Self.records(words.map { Array($0.utf8) }).map(Self.fields) == [expected])
    }

    @Test func aLastWordWithoutItsEndCounts() throws {
        let lines = try Self.records([Array("ls".utf8), Array("-l".utf8)], isEnded: false)
        #expect(lines.map(Self.fields) == ["argc=2 a0=\"ls\" a1=\"-l\""])
    }

    @Test func whereTheTextIsFragmentedMakesNoDifference() throws {
        let words: [[UInt8]] = [Array("ab".utf8), [], Array("c d".utf8), Array("efg".utf8)]
        let whole = try Self.records(words)
        for split in 0...12 {
            #expect(try Self.records(words, split: split) == whole)
        }
    }

    @Test func textThatCouldNotBeReadGivesNoRecord() throws {
        var event = EventBuilder()
        event.add(.arguments, errno: 14)
        #expect(try format(event).allSatisfy { !$0.hasPrefix("type=EXECVE") })
    }

    /// auparse joins `aN[0]`, `aN[1]`, … to one value (auparse/nvlist, message EXECVE of the audit documentation).
    @Test(arguments: [1, 2, 3, 4])
    func thePiecesGiveTheWordsBack(_ seed: UInt64) throws {
        var random = Random(seed: seed)
        let words = (0..<Int.random(in: 1...60, using: &random)).map { _ -> [UInt8] in
            let size = [0, 1, 5, 40, 300, 3000, 7400, 7499, 7500, 7501, 20000, 131_071].randomElement(using: &random)!
            let length = size < 7000 ? Int.random(in: 0...size, using: &random) : size
            let isPlain = Bool.random(using: &random)
            return (0..<length).map { _ in
                isPlain ? UInt8.random(in: 0x23...0x7e, using: &random) : UInt8.random(in: 1...255, using: &random)
            }
        }
        let lines = try Self.records(words)
        var count = 0
        var texts: [Int: [UInt8]] = [:]
        var announced: [Int: Int] = [:]
        var digits: [Int: Int] = [:]
        for line in lines {
            // 7,500 bytes of text; the record's head and `argc=` are not counted by the kernel.
            #expect(Self.fields(line).utf8.count <= 7500 + "argc=60 ".count)
            #expect(line.utf8.count < RecordFormatter.lineLimit)
            for field in Self.fields(line).split(separator: " ") {
                let parts = field.split(separator: "=", maxSplits: 1)
                let name = parts[0]
                if name == "argc" {
                    count = Int(parts[1])!
                    continue
                }
                let number = Int(name.dropFirst().prefix { $0.isNumber })!
                if name.hasSuffix("_len") {
                    announced[number] = Int(parts[1])!
                } else {
                    let record = ReadRecord("x=\(parts[1])")
                    texts[number, default: []] += record.bytes("x")!
                    digits[number, default: 0] += parts[1].hasPrefix("\"") ? record.bytes("x")!.count : parts[1].count
                }
            }
        }
        #expect(count == words.count)
        #expect((0..<count).map { texts[$0]! } == words)
        for (number, length) in announced { #expect(digits[number] == length) }
    }
}
