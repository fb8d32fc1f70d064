// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEvents
import Glibc

/// The argument text of an exec: what came ahead in fragments, then what came with the event, as one run of bytes.
struct ArgumentText: ~Escapable {
    private let early: RawSpan
    private let late: RawSpan

    /// The text of `event`, whose sections are at `index`.
    @_lifetime(copy event)
    init(_ event: borrowing EventView, index: SectionIndex) {
        early = event.earlierArguments
        late = event.value(index.arguments)
    }

    /// Bytes of text.
    var byteCount: Int { early.byteCount + late.byteCount }

    /// Words: every NUL ends one; a last word without its NUL (the text was cut) counts too.
    var words: Int {
        var count = 0
        var start = 0
        while start < byteCount {
            start = end(from: start) + 1
            count += 1
        }
        return count
    }

    /// Upper bound of the bytes that EXECVE records of this text take, `node` bytes of node name in each.
    func room(node: Int) -> Int {
        // Two digits a byte; ` aN_len=N aN[0]=""` for each word; and for each record its head and an ` aN[i]=`.
        let payload = byteCount * 2 + words * 56
        return payload + (payload / 7000 + 2) * (node + 160)
    }

    /// Position of the first NUL from `start`, or ``byteCount``.
    func end(from start: Int) -> Int {
        if start < early.byteCount {
            if let found = Self.zero(in: early, from: start) { return found }
            return early.byteCount + (Self.zero(in: late, from: 0) ?? late.byteCount)
        }
        return early.byteCount + (Self.zero(in: late, from: start - early.byteCount) ?? late.byteCount)
    }

    private static func zero(in bytes: RawSpan, from start: Int) -> Int? {
        unsafe bytes.withUnsafeBytes { all in
            guard let base = all.baseAddress, start < all.count else { return nil }
            guard let found = unsafe memchr(base + start, 0, all.count - start) else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }

    /// Whether the bytes at `range` can stand in quotes.
    func isPlain(_ range: Range<Int>) -> Bool {
        PlainText.isPlain(part(early, range, base: 0)) && PlainText.isPlain(part(late, range, base: early.byteCount))
    }

    /// Appends the bytes at `range` as hexadecimal digits.
    func appendHex(_ range: Range<Int>, into buffer: inout RecordBuffer) {
        buffer.appendUppercaseHex(part(early, range, base: 0))
        buffer.appendUppercaseHex(part(late, range, base: early.byteCount))
    }

    /// Appends the bytes at `range` in quotes.
    func appendQuoted(_ range: Range<Int>, into buffer: inout RecordBuffer) {
        buffer.append(UInt8(ascii: "\""))
        buffer.append(part(early, range, base: 0))
        buffer.append(part(late, range, base: early.byteCount))
        buffer.append(UInt8(ascii: "\""))
    }

    /// What `range` covers of `bytes`, which begin at `base`.
    @_lifetime(copy bytes)
    private func part(_ bytes: RawSpan, _ range: Range<Int>, base: Int) -> RawSpan {
        let from = min(max(range.lowerBound - base, 0), bytes.byteCount)
        let to = min(max(range.upperBound - base, from), bytes.byteCount)
        return bytes.extracting(from..<to)
    }
}
