// SPDX-License-Identifier: MIT

/// Numbers as the kernel's `printk` formats print them.
///
/// Encoders work on whole words: on x86-64 and arm64 a digit at a time costs several times as much.
extension RecordBuffer {
    /// `%lu`
    @inlinable
    package mutating func appendDecimal(_ value: UInt64) {
        if value <= UInt64(UInt32.max) {
            appendDecimal(UInt32(truncatingIfNeeded: value))
            return
        }
        // Two halves: the upper one is below 2^64 / 10^9 < 2^35, so it needs at most one more split.
        let (upper, lower) = value.quotientAndRemainder(dividingBy: 1_000_000_000)
        appendDecimal(upper)
        appendPadded(UInt32(truncatingIfNeeded: lower))
    }

    /// `%ld`
    @inlinable
    package mutating func appendDecimal(_ value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        appendDecimal(value.magnitude)
    }

    /// `%u`
    @inlinable
    package mutating func appendDecimal(_ value: UInt32) {
        if value < 10 {
            append(UInt8(truncatingIfNeeded: value) &+ 0x30)
            return
        }
        let digits = Self.decimalDigits(value)
        guard let place = unsafe claim(digits) else { return }
        unsafe Self.storeDecimal(value, at: place, digits: digits)
    }

    /// `%d`
    @inlinable
    package mutating func appendDecimal(_ value: Int32) {
        if value < 0 { append(UInt8(ascii: "-")) }
        appendDecimal(value.magnitude)
    }

    /// `%09u`: the lower nine digits of a long number.
    @inlinable
    mutating func appendPadded(_ value: UInt32) {
        guard let place = unsafe claim(9) else { return }
        unsafe Self.storeDecimal(value, at: place, digits: 9)
    }

    /// `%03u` of `value` modulo 1000: the milliseconds of a time stamp.
    @inlinable
    package mutating func appendMilliseconds(_ value: UInt32) {
        guard let place = unsafe claim(3) else { return }
        unsafe Self.storeDecimal(value % 1000, at: place, digits: 3)
    }

    /// `%lx`
    @inlinable
    package mutating func appendHex(_ value: UInt64) {
        let digits = max(1, (67 &- value.leadingZeroBitCount) >> 2)
        guard let place = unsafe claim(digits) else { return }
        // The first digit comes to the top, then both halves are spread to one digit a byte.
        let aligned = value &<< UInt64(truncatingIfNeeded: 64 &- digits &* 4)
        let upper = HexWord.lowercase(UInt32(truncatingIfNeeded: aligned >> 32).byteSwapped)
        unsafe place.storeBytes(of: upper, as: UInt64.self)
        if digits > 8 {
            let lower = HexWord.lowercase(UInt32(truncatingIfNeeded: aligned).byteSwapped)
            unsafe (place + 8).storeBytes(of: lower, as: UInt64.self)
        }
    }

    /// `%02x`
    @inlinable
    package mutating func appendHexByte(_ value: UInt32) {
        if value > 0xFF {
            appendHex(UInt64(value))
            return
        }
        guard let place = unsafe claim(2) else { return }
        unsafe place.storeBytes(of: Self.hexDigit(value >> 4), as: UInt8.self)
        unsafe place.storeBytes(of: Self.hexDigit(value & 0xF), toByteOffset: 1, as: UInt8.self)
    }

    /// The digit of a number below 16.
    @inlinable @inline(__always)
    static func hexDigit(_ value: UInt32) -> UInt8 {
        UInt8(truncatingIfNeeded: value &+ (value < 10 ? 0x30 : 0x57))
    }

    /// `%016lx`
    @inlinable
    package mutating func appendHex16(_ value: UInt64) {
        guard let place = unsafe claim(16) else { return }
        let upper = HexWord.lowercase(UInt32(truncatingIfNeeded: value >> 32).byteSwapped)
        let lower = HexWord.lowercase(UInt32(truncatingIfNeeded: value).byteSwapped)
        unsafe place.storeBytes(of: upper, as: UInt64.self)
        unsafe (place + 8).storeBytes(of: lower, as: UInt64.self)
    }

    /// `%#o`: a leading zero, and a single one for zero.
    @inlinable
    package mutating func appendOctal(_ value: UInt32) {
        append(UInt8(ascii: "0"))
        if value != 0 { appendPlainOctal(UInt64(value)) }
    }

    /// `%llo`
    @inlinable
    package mutating func appendPlainOctal(_ value: UInt64) {
        let digits = max(1, (66 &- value.leadingZeroBitCount) / 3)
        guard let place = unsafe claim(digits) else { return }
        var rest = value
        var at = digits
        while at > 0 {
            at &-= 1
            unsafe place.storeBytes(
                of: UInt8(truncatingIfNeeded: rest & 7) &+ 0x30, toByteOffset: at, as: UInt8.self)
            rest >>= 3
        }
    }

    /// How many decimal digits `value` has.
    @inlinable @inline(__always)
    static func decimalDigits(_ value: UInt32) -> Int {
        if value < 10_000 {
            return value < 100 ? (value < 10 ? 1 : 2) : (value < 1_000 ? 3 : 4)
        }
        if value < 100_000_000 {
            return value < 1_000_000 ? (value < 100_000 ? 5 : 6) : (value < 10_000_000 ? 7 : 8)
        }
        return value < 1_000_000_000 ? 9 : 10
    }

    /// Stores the lower `digits` decimal digits of `value`, two at a time, from the last.
    @inlinable @inline(__always)
    static func storeDecimal(_ value: UInt32, at place: UnsafeMutableRawPointer, digits: Int) {
        let pairs: StaticString = """
            00010203040506070809101112131415161718192021222324252627282930313233343536373839\
            40414243444546474849505152535455565758596061626364656667686970717273747576777879\
            8081828384858687888990919293949596979899
            """
        let table = unsafe UnsafeRawPointer(pairs.utf8Start)
        var rest = value
        var at = digits
        while at >= 2 {
            let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
            at &-= 2
            let two = unsafe table.loadUnaligned(fromByteOffset: Int(pair) &* 2, as: UInt16.self)
            unsafe place.storeBytes(of: two, toByteOffset: at, as: UInt16.self)
            rest = quotient
        }
        if at == 1 {
            unsafe place.storeBytes(of: UInt8(truncatingIfNeeded: rest % 10) &+ 0x30, as: UInt8.self)
        }
    }
}

/// Four bytes as eight hexadecimal digits in one word.
@usableFromInline
enum HexWord {
    /// The digits' values, one a byte, the first byte's upper half first in memory.
    @inlinable @inline(__always)
    static func spread(_ bytes: UInt32) -> UInt64 {
        var word = UInt64(UInt32(littleEndian: bytes))
        word = (word | word << 16) & 0x0000_FFFF_0000_FFFF
        word = (word | word << 8) & 0x00FF_00FF_00FF_00FF
        let upper = (word >> 4) & 0x000F_000F_000F_000F
        let lower = (word & 0x000F_000F_000F_000F) << 8
        return upper | lower
    }

    /// Digit values to text; `letters` is the distance from behind '9' to the letter digits.
    @inlinable @inline(__always)
    static func text(_ digits: UInt64, letters: UInt64) -> UInt64 {
        let isLetter = ((digits &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        return (digits &+ 0x3030_3030_3030_3030 &+ isLetter &* letters).littleEndian
    }

    /// As `%x` prints; `bytes` in memory order.
    @inlinable @inline(__always)
    static func lowercase(_ bytes: UInt32) -> UInt64 { text(spread(bytes), letters: 0x27) }

    /// As `%X` prints; `bytes` in memory order.
    @inlinable @inline(__always)
    static func uppercase(_ bytes: UInt32) -> UInt64 { text(spread(bytes), letters: 0x07) }
}
