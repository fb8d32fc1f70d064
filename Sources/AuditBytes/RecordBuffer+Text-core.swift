// SPDX-License-Identifier: MIT

/// Bytes from outside, made harmless.
extension RecordBuffer {
    /// Appends `bytes` as uppercase hexadecimal digits (`audit_log_n_hex()`, kernel/audit.c).
    @inlinable
    package mutating func appendUppercaseHex(_ bytes: RawSpan) {
        let length = bytes.byteCount
        guard length > 0, let place = unsafe claim(length &* 2) else { return }
        var at = 0
        while at &+ 4 <= length {
            let four = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt32.self)
            unsafe place.storeBytes(of: HexWord.uppercase(four), toByteOffset: at &* 2, as: UInt64.self)
            at &+= 4
        }
        guard at < length else { return }
        // The last one to three bytes; the digits of the padding go to the slack.
        var rest: UInt32 = 0
        var next = length
        while next > at {
            next &-= 1
            rest = rest << 8 | UInt32(unsafe bytes.unsafeLoad(fromUncheckedByteOffset: next, as: UInt8.self))
        }
        unsafe place.storeBytes(
            of: HexWord.uppercase(rest.littleEndian), toByteOffset: at &* 2, as: UInt64.self)
    }

    /// Appends a string whose bytes are not ours to trust: `"text"` when all of it is plain, else uppercase hexadecimal
    /// digits without quotes (`audit_log_n_untrustedstring()`, kernel/audit.c).
    ///
    /// A byte is plain from 0x21 to 0x7e, except the quote. So a blank, a control character or UTF-8 makes the whole
    /// string hexadecimal.
    @inlinable
    package mutating func appendUntrusted(_ bytes: RawSpan) {
        if PlainText.isPlain(bytes) {
            appendQuoted(bytes)
        } else {
            appendUppercaseHex(bytes)
        }
    }

    /// Appends a string whose bytes are not ours to trust; see ``appendUntrusted(_:)-(RawSpan)``.
    @inlinable
    package mutating func appendUntrusted(_ bytes: Span<UInt8>) {
        appendUntrusted(unsafe bytes.bytes)
    }

    /// Appends `bytes` as uppercase hexadecimal digits.
    @inlinable
    package mutating func appendUppercaseHex(_ bytes: Span<UInt8>) {
        appendUppercaseHex(unsafe bytes.bytes)
    }

    /// Appends `bytes` in quotes, whatever they are (`audit_log_n_string()`, kernel/audit.c).
    @inlinable
    package mutating func appendQuoted(_ bytes: RawSpan) {
        let length = bytes.byteCount
        guard let place = unsafe claim(length &+ 2) else { return }
        unsafe place.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe (place + 1).copyMemory(from: start, byteCount: length)
        }
        unsafe place.storeBytes(of: UInt8(ascii: "\""), toByteOffset: length &+ 1, as: UInt8.self)
    }
}

/// The kernel's test for strings that can stand in quotes (`audit_string_contains_control()`, kernel/audit.c).
@usableFromInline package enum PlainText {
    /// Whether every byte is in 0x21 ... 0x7e and none is a quote.
    @inlinable
    package static func isPlain(_ bytes: RawSpan) -> Bool {
        let length = bytes.byteCount
        if length >= 8 {
            var special: UInt64 = 0
            var at = 0
            while at &+ 8 <= length {
                special |= marks(unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self))
                at &+= 8
            }
            // The end once more, overlapping what was seen.
            special |= marks(unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: length &- 8, as: UInt64.self))
            return special == 0
        }
        if length >= 4 {
            let first = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt32.self)
            let last = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: length &- 4, as: UInt32.self)
            return marks(UInt64(first) << 32 | UInt64(last)) == 0
        }
        var word: UInt64 = 0x4141_4141_4141_4141
        var at = 0
        while at < length {
            word = word << 8 | UInt64(unsafe bytes.unsafeLoad(fromUncheckedByteOffset: at, as: UInt8.self))
            at &+= 1
        }
        return marks(word) == 0
    }

    /// Whether every byte is in 0x21 ... 0x7e and none is a quote.
    @inlinable
    package static func isPlain(_ bytes: Span<UInt8>) -> Bool {
        isPlain(unsafe bytes.bytes)
    }

    /// Not 0 exactly when one of the word's eight bytes is not plain.
    @inlinable @inline(__always)
    static func marks(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        let low = (word &- ones &* 0x21) & ~word
        let quote = word ^ (ones &* 0x22)
        let isQuote = (quote &- ones) & ~quote
        // 0x7f is the only byte below 0x80 that an addition of one brings to the top bit.
        return (low | isQuote | word | (word &+ ones)) & tops
    }
}
