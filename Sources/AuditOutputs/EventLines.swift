// SPDX-License-Identifier: MIT

/// The lines of a batch, and where one event ends and the next begins.
///
/// Needed where a batch can be cut: a disk that fills up in the middle, a message a syslog daemon refuses. What is known here of
/// an event is only that its records are neighbours and carry the same `msg=audit(TIME:SERIAL)` (auparse groups by the same
/// text). A line without that is an event of its own.
struct EventLines {
    /// One line.
    struct Line: Equatable {
        /// Its bytes without the line feed.
        let text: Range<Int>
        /// Where the next line begins.
        let end: Int
        /// Whether it belongs to another event than the line before.
        let startsEvent: Bool
    }

    private var offset = 0
    private var identity: Range<Int>?

    /// The next line of `bytes`, which must be the same in every call. Nil after the last.
    mutating func next(in bytes: RawSpan) -> Line? {
        guard offset < bytes.byteCount else { return nil }
        let start = offset
        let lineFeed = bytes.firstOffset(of: 0x0A, from: start)
        let text = start..<(lineFeed ?? bytes.byteCount)
        offset = lineFeed.map { $0 + 1 } ?? bytes.byteCount
        let previous = identity
        identity = Self.identity(of: text, in: bytes)
        guard let previous, let identity else { return Line(text: text, end: offset, startsEvent: true) }
        return Line(text: text, end: offset, startsEvent: !bytes.same(previous, identity))
    }

    /// The text between `audit(` and `)` of a record. The head of a record holds no text that anybody else chose, except the
    /// node name, which has no blank; so the first ` msg=audit(` is the real one.
    private static func identity(of line: Range<Int>, in bytes: RawSpan) -> Range<Int>? {
        let mark: StaticString = " msg=audit("
        var from = line.lowerBound
        while let blank = bytes.firstOffset(of: 0x20, from: from), blank + mark.utf8CodeUnitCount <= line.upperBound {
            if matches(mark, at: blank, in: bytes) {
                let start = blank + mark.utf8CodeUnitCount
                guard let end = bytes.firstOffset(of: 0x29, from: start), end < line.upperBound else { return nil }
                return start..<end
            }
            from = blank + 1
        }
        return nil
    }

    private static func matches(_ mark: StaticString, at offset: Int, in bytes: RawSpan) -> Bool {
        mark.withUTF8Buffer { text in
            for index in text.indices where unsafe text[index] != bytes.byte(at: offset + index) { return false }
            return true
        }
    }

    /// How much of a batch, of which the first `limit` bytes went out, is whole events.
    ///
    /// - Returns: the bytes of them, and their number.
    static func whole(in bytes: RawSpan, upTo limit: Int) -> (bytes: Int, events: Int) {
        var lines = EventLines()
        var border = 0
        var events = -1
        while let line = lines.next(in: bytes), line.text.lowerBound <= limit {
            guard line.startsEvent else { continue }
            border = line.text.lowerBound
            events += 1
        }
        guard limit < bytes.byteCount else { return (bytes.byteCount, events + 1) }
        return (border, max(events, 0))
    }
}
