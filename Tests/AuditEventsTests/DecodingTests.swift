// SPDX-License-Identifier: MIT
import AuditEvents
import CAuditWire
import Testing

/// Records written out byte by byte from the wire's description (wire.h), little-endian as on every machine that this runs on,
/// and what must be read in them.
@Suite struct DecodingTests {
    /// A record with every field another value: 24 bytes of head, 160 of call.
    static let record: [UInt8] =
        head(size: 184, flags: 0x02)
        + (0..<6).flatMap { little(UInt64(0x1111_1111_1111_1111 * ($0 + 1))) }
        + little(UInt64(bitPattern: -13))  // ret
        + little(UInt64(0x0102_0304_0506_0708))  // start
        + little(UInt64(1_795_635_819_282_000_000))  // stamp
        + [
            0xC000_003E, 257, 7, 0x0040_0000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013,
            0xffff_fff0,
        ].flatMap { little(UInt32($0)) }
        + Array("sixteen bytes co".utf8)

    static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        (0..<MemoryLayout<T>.size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    static func head(
        size: UInt32, type: UInt16 = 1, version: UInt8 = 3, flags: UInt8 = 0, sequence: UInt64 = 0x0003_0000_0000_0009
    ) -> [UInt8] {
        little(size) + little(type) + [version, flags] + little(UInt64(123_456_789_012)) + little(sequence)
    }

    static func section(_ tag: UInt16, detail: UInt8 = 0, flags: UInt8 = 0, length: Int32? = nil, _ bytes: [UInt8] = []) -> [UInt8] {
        little(tag) + [detail, flags] + little(length ?? Int32(bytes.count)) + bytes
            + [UInt8](repeating: 0xEE, count: (8 - bytes.count % 8) % 8)
    }

    /// `record` with `sections` and the right size.
    static func record(_ sections: [UInt8]) -> [UInt8] {
        head(size: UInt32(184 + sections.count)) + record[24...] + sections
    }

    static func decode(_ bytes: [UInt8], _ check: (borrowing EventView) throws -> Void = { _ in }) throws {
        try check(try EventView(decoding: unsafe bytes.span.bytes, earlierArguments: RawSpan()))
    }

    static func copy(_ span: RawSpan) -> [UInt8] { unsafe span.withUnsafeBytes { unsafe Array($0) } }

    @Test func everyFieldOfHeadAndCall() throws {
        try Self.decode(Self.record) { view in
            let (header, call) = (view.header, view.call)
            #expect(header.size == 184)
            #expect(header.type == 1)
            #expect(header.version == 3)
            #expect(header.flags == 2)
            #expect(header.time == 123_456_789_012)
            #expect(header.sequence == 0x0003_0000_0000_0009)
            #expect(call.args.0 == 0x1111_1111_1111_1111)
            #expect(call.args.5 == 0x6666_6666_6666_6666)
            #expect(call.ret == -13)
            #expect(call.start == 0x0102_0304_0506_0708)
            #expect(call.stamp == 1_795_635_819_282_000_000)
            #expect(call.arch == 0xC000_003E)
            #expect(call.nr == 257)
            #expect(call.generation == 7)
            #expect(call.personality == 0x0040_0000)
            #expect(
                [
                    call.pid, call.tid, call.ppid, call.auid, call.ses, call.uid, call.gid, call.euid, call.suid, call.fsuid,
                    call.egid, call.sgid, call.fsgid,
                ] == Array(1001...1013))
            #expect(call.jiffies == 0xffff_fff0)
            #expect(call.comm.0 == UInt8(ascii: "s"))
            #expect(call.comm.15 == UInt8(ascii: "o"))
            let (isIncomplete, hasReturned, succeeded) = (view.isIncomplete, view.hasReturned, view.succeeded)
            #expect(isIncomplete && hasReturned && !succeeded)
        }
    }

    /// is_syscall_success() and IS_ERR_VALUE() (include/linux/err.h, MAX_ERRNO is 4095).
    @Test(arguments: [
        (Int64(0), true), (1, true), (-1, false), (-4095, false), (-4096, true), (.min, true), (.max, true), (0x7fff_f000, true),
    ])
    func success(_ result: Int64, _ expected: Bool) throws {
        var bytes = Self.record
        bytes.replaceSubrange(72..<80, with: Self.little(UInt64(bitPattern: result)))
        try Self.decode(bytes) { view in
            let succeeded = view.succeeded
            #expect(succeeded == expected)
        }
        // A task that died in the call has neither succeeded nor returned.
        bytes[7] = 0x01
        try Self.decode(bytes) { view in
            let (hasReturned, succeeded, isIncomplete) = (view.hasReturned, view.succeeded, view.isIncomplete)
            #expect(!hasReturned && !succeeded && !isIncomplete)
        }
    }

    struct Read: Equatable {
        var tag: UInt16
        var detail: UInt8 = 0
        var isCut = false
        var isLate = false
        var errno: Int32 = 0
        var bytes: [UInt8] = []
    }

    static func sections(_ view: borrowing EventView) -> [Read] {
        var all: [Read] = []
        var walk = view.walk
        while let section = walk.next() {
            all.append(
                Read(
                    tag: section.tag.rawValue, detail: section.detail, isCut: section.isCut, isLate: section.isLate,
                    errno: section.errno, bytes: copy(section.bytes)))
        }
        return all
    }

    @Test func sectionsInOrderWithoutTheirPadding() throws {
        let bytes = Self.record(
            Self.section(1, Array("pts0".utf8)) + Self.section(6, detail: 1, flags: 2, Array("/a/bc/def".utf8))
                + Self.section(5, flags: 1, Array("12345678".utf8)) + Self.section(6, detail: 3, length: -14)
                + Self.section(4) + Self.section(3, flags: 3, Array("/".utf8)))
        try Self.decode(bytes) { view in
            #expect(
                Self.sections(view) == [
                    Read(tag: 1, bytes: Array("pts0".utf8)),
                    Read(tag: 6, detail: 1, isLate: true, bytes: Array("/a/bc/def".utf8)),
                    Read(tag: 5, isCut: true, bytes: Array("12345678".utf8)), Read(tag: 6, detail: 3, errno: 14),
                    Read(tag: 4), Read(tag: 3, isCut: true, isLate: true, bytes: [0x2f]),
                ])
        }
    }

    @Test func aSectionIsFoundByTagAndDetail() throws {
        let bytes = Self.record(
            Self.section(6, detail: 0, [1]) + Self.section(6, detail: 2, [2]) + Self.section(6, detail: 2, [3])
                + Self.section(8, detail: 4, [UInt8](repeating: 7, count: 40)))
        try Self.decode(bytes) { view in
            func found(_ tag: SectionTag, _ detail: UInt8? = nil) -> [UInt8]? {
                if let section = view.section(tag, detail: detail) { Self.copy(section.bytes) } else { nil }
            }
            #expect(found(.pathname) == [1])
            #expect(found(.pathname, 0) == [1])
            #expect(found(.pathname, 2) == [2], "the first of them")
            #expect(found(.pathname, 1) == nil)
            #expect(found(.object) == [UInt8](repeating: 7, count: 40))
            #expect(found(.object, 4) != nil)
            #expect(found(.object, 1) == nil)
            #expect(found(.tty) == nil)
        }
    }

    @Test func aLaterVersionsSectionIsPassedOver() throws {
        let bytes = Self.record(
            Self.section(200, [UInt8](repeating: 1, count: 21)) + Self.section(0, [1]) + Self.section(0xffff, length: -4095)
                + Self.section(1, Array("tty1".utf8)))
        try Self.decode(bytes) { view in #expect(Self.sections(view) == [Read(tag: 1, bytes: Array("tty1".utf8))]) }
    }

    @Test func bytesBehindTheRecordAreNotLookedAt() throws {
        try Self.decode(Self.record + Self.section(1, [1])) { view in
            #expect(Self.sections(view) == [])
        }
    }

    @Test func earlierArgumentsAreHandedOn() throws {
        let text = Array("one\0two\0".utf8)
        let record = Self.record
        let view = try EventView(decoding: unsafe record.span.bytes, earlierArguments: unsafe text.span.bytes)
        let earlier = Self.copy(view.earlierArguments)
        #expect(earlier == text)
    }

    // MARK: Errors

    static func error(_ bytes: [UInt8]) -> WireError? {
        do {
            try decode(bytes)
            return nil
        } catch {
            return error as? WireError
        }
    }

    @Test func everyCutOfARecordIsRefused() {
        let whole = Self.record(Self.section(1, Array("pts0".utf8)) + Self.section(6, Array("/a/bc/def".utf8)))
        for length in 0..<24 { #expect(Self.error(Array(whole.prefix(length))) == .outOfBounds, "\(length) bytes") }
        for length in 24..<whole.count {
            #expect(Self.error(Array(whole.prefix(length))) == .size(UInt32(whole.count)), "\(length) bytes")
            // A size that admits the cut: the head goes on behind it, or a section does.
            let size = UInt32(length & ~7)
            let cut = Self.head(size: size) + whole[24..<max(24, length)]
            let isWhole = size == 184 || size == 200
            #expect((Self.error(cut) == nil) == isWhole, "\(length) bytes: \(String(describing: Self.error(cut)))")
        }
        #expect(Self.error(whole) == nil)
    }

    @Test(arguments: [UInt8(0), 1, 2, 255]) func version(_ version: UInt8) {
        #expect(Self.error(Self.head(size: 184, version: version) + Self.record[24...]) == .version(version))
    }

    @Test(arguments: [UInt32(0), 8, 16, 23, 25, 183, 185, 188, 192, 0x8000_0000, .max]) func size(_ size: UInt32) {
        #expect(Self.error(Self.head(size: size) + Self.record[24...]) == .size(size))
    }

    @Test(arguments: [UInt32(24), 32, 176]) func sizeWithoutRoomForTheCall(_ size: UInt32) {
        #expect(Self.error(Self.head(size: size) + Self.record[24...]) == .size(size))
        #expect(Self.error(Self.head(size: size) + Self.record[24..<Int(size)]) == .outOfBounds)
    }

    @Test(arguments: [UInt16(0), 2, 4, 0x0100, .max]) func type(_ type: UInt16) {
        #expect(Self.error(Self.head(size: 184, type: type) + Self.record[24...]) == .type(type))
    }

    /// Of each tag the lengths that wire.h allows, and others: at the bounds where there are.
    static let lengths: [(UInt16, [Int], [Int])] = [
        (1, [0, 1, 64], [65]), (2, [0, 4106], [4113, 8000]), (3, [0, 4106], [4113, 8000]), (4, [0, 128], [129]),
        (5, [0, 32768], [32769]), (6, [0, 4095], [4096]), (7, [0, 2, 128], [129]), (8, [40], [0, 39, 41, 80]),
        (9, [0, 4, 4096], [1, 2, 3, 4098]), (10, [8], [0, 4, 7, 9, 16]), (11, [8], [0, 4, 7, 9, 16]),
        (12, [0, 1, 32, 64], [65, 72, 128]), (13, [40], [0, 16, 32, 39, 41, 80]),
        (24, [4], [0, 3, 5, 8]), (25, [8, 9, 2055], [0, 7, 2056]),
    ]

    @Test(arguments: lengths)
    func sectionLengths(_ tag: UInt16, _ right: [Int], _ wrong: [Int]) {
        for length in right {
            #expect(Self.error(Self.record(Self.section(tag, [UInt8](repeating: 1, count: length)))) == nil, "\(length)")
        }
        for length in wrong {
            #expect(
                Self.error(Self.record(Self.section(tag, [UInt8](repeating: 1, count: length))))
                    == .section(tag: tag, length: Int32(length)))
        }
        // An errno stands for any value; what is none does not.
        for errno in [-1, -14, -36, -4095] as [Int32] {
            #expect(Self.error(Self.record(Self.section(tag, length: errno))) == nil)
        }
        for errno in [-4096, .min] as [Int32] {
            #expect(Self.error(Self.record(Self.section(tag, length: errno))) == .section(tag: tag, length: errno))
        }
    }

    @Test func sectionsThatReachPastTheEnd() {
        // The head alone, half of it, a length beyond the record, a length whose padding is missing.
        #expect(Self.error(Self.record(Self.section(6, length: 8))) == .outOfBounds)
        #expect(Self.error(Self.record(Self.section(6, length: 9) + [UInt8](repeating: 0, count: 8))) == .outOfBounds)
        #expect(Self.error(Self.record(Self.section(200, length: .max))) == .outOfBounds)
        #expect(Self.error(Self.record(Self.section(9, length: .max & ~3))) == .outOfBounds)
        #expect(Self.error(Self.record(Self.section(1, [1]) + Self.section(6, length: 1))) == .outOfBounds)
    }

    @Test func readerRefusesOffsetsOutsideItsBytes() throws {
        let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        let reader = WireReader(unsafe bytes.span.bytes)
        #expect(try reader.load(at: 0, as: UInt64.self) == 0x0807_0605_0403_0201)
        #expect(try reader.load(at: 3, as: UInt16.self) == 0x0504, "at an odd offset")
        for offset in [-1, 1, 8, .max, .min] {
            #expect(throws: WireError.outOfBounds) { _ = try WireReader(unsafe bytes.span.bytes).load(at: offset, as: UInt64.self) }
        }
        for (offset, count) in [(-1, 1), (0, 9), (8, 1), (9, 0), (0, -1), (.max, 1), (1, .max), (.min, 0), (0, .min)] {
            #expect(throws: WireError.outOfBounds) { _ = try WireReader(unsafe bytes.span.bytes).slice(at: offset, count: count).byteCount }
        }
        let empty = try reader.slice(at: 8, count: 0).byteCount
        #expect(empty == 0)
        let middle = try Self.copy(reader.slice(at: 2, count: 3))
        #expect(middle == [3, 4, 5])
    }
}
