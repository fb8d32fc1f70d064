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

    /// The first word.
    var firstWord: Range<Int> { 0..<end(from: 0) }

    /// Whether these are the words of a script: the kernel puts the interpreter's path first, perhaps one word from the
    /// script's first line, then the script's name as it was given (`load_script()`, fs/binfmt_script.c).
    ///
    /// - Parameters:
    ///   - name: the path that was given to exec.
    ///   - executable: the path of what runs now.
    func isOfScript(named name: RawSpan, runBy executable: RawSpan) -> Bool {
        let first = firstWord
        guard name.byteCount > 0, !Self.areEqual(name, executable), !isEqual(first, name),
            contains(UInt8(ascii: "/"), in: first)
        else { return false }
        let second = min(first.upperBound + 1, byteCount)..<end(from: min(first.upperBound + 1, byteCount))
        if isEqual(second, name) { return true }
        let start = min(second.upperBound + 1, byteCount)
        return isEqual(start..<end(from: start), name)
    }

    private func contains(_ byte: UInt8, in range: Range<Int>) -> Bool {
        let text = part(early.byteCount > 0 ? early : late, range, base: 0)
        return unsafe text.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            return unsafe memchr(base, Int32(byte), bytes.count) != nil
        }
    }

    private func isEqual(_ range: Range<Int>, _ other: RawSpan) -> Bool {
        // Only the first words are looked at; they are in one piece.
        Self.areEqual(part(early.byteCount > 0 ? early : late, range, base: 0), other)
    }

    private static func areEqual(_ one: RawSpan, _ other: RawSpan) -> Bool {
        guard one.byteCount == other.byteCount else { return false }
        return unsafe one.withUnsafeBytes { first in
            unsafe other.withUnsafeBytes { second in
                guard let one = first.baseAddress, let other = second.baseAddress else { return true }
                return unsafe memcmp(one, other, first.count) == 0
            }
        }
    }

    /// Appends the first word as an untrusted string.
    func appendFirstWord(into buffer: inout RecordBuffer) {
        buffer.appendUntrusted(part(early.byteCount > 0 ? early : late, firstWord, base: 0))
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
