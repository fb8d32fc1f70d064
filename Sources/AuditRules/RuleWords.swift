// SPDX-License-Identifier: MIT

/// A word of a rules file and where it stands.
struct RuleWord: Equatable {
    let bytes: [UInt8]
    /// Byte of the line where it begins, from 1.
    let column: Int

    /// For messages; bytes that are no UTF-8 are replaced.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The word without its first `count` bytes.
    func dropping(_ count: Int) -> RuleWord {
        RuleWord(bytes: Array(bytes.dropFirst(count)), column: column + count)
    }

    func isEqual(_ text: StaticString) -> Bool { bytes.elementsEqual(String(describing: text).utf8) }

    /// The parts between bytes `separator`, empty ones left out, as strtok_r(3) does.
    func split(at separator: UInt8) -> [RuleWord] {
        bytes.split(separator: separator).map { part in
            RuleWord(bytes: Array(part), column: column + part.startIndex)
        }
    }
}

/// Lines and words of a rules file as `auditctl -R` sees them (src/auditctl.c, `fileopt()`).
enum RuleWords {
    /// Bytes of a line, not counting the newline: auditctl reads with a buffer of 6144, its NUL included.
    static let lineLimit = 6143

    /// The lines of `bytes`, the last one with or without a newline.
    static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// The words of a line: split at blanks and at nothing else, so a tab or a quote is part of a word.
    ///
    /// `\ ` stands for a blank and `\\` for a backslash, except in the first word.
    static func words(of line: ArraySlice<UInt8>) -> [RuleWord] {
        var words: [RuleWord] = []
        var current: [UInt8] = []
        var start: Int?
        var position = line.startIndex
        let blank = UInt8(ascii: " ")
        let backslash = UInt8(ascii: "\\")
        func column(_ position: Int) -> Int { position - line.startIndex + 1 }
        while position < line.endIndex {
            let byte = line[position]
            let next = position + 1 < line.endIndex ? line[position + 1] : nil
            if byte == backslash, let next, next == blank || next == backslash {
                start = start ?? column(position)
                // auditctl marks the pair before it splits, and undoes the mark in all words but the first.
                current += words.isEmpty ? (next == blank ? [7, 7] : [4, 4]) : [next]
                position += 2
                continue
            }
            if byte == blank {
                if let begin = start { words.append(RuleWord(bytes: current, column: begin)) }
                start = nil
                current = []
            } else {
                start = start ?? column(position)
                current.append(byte)
            }
            position += 1
        }
        if let begin = start { words.append(RuleWord(bytes: current, column: begin)) }
        return words
    }
}

/// strtoul(3) with base 0, as auditctl uses it for control values.
enum RuleNumber {
    /// The number that `bytes` begin with, what follows it is not looked at; nil when it does not fit 64 bits.
    static func leading(_ bytes: [UInt8]) -> UInt64? {
        var digits = bytes[...]
        var base: UInt64 = 10
        if digits.first == UInt8(ascii: "0") {
            base = 8
            let rest = digits.dropFirst()
            if let mark = rest.first, mark | 0x20 == UInt8(ascii: "x"), let digit = rest.dropFirst().first,
                value(of: digit, base: 16) != nil
            {
                base = 16
                digits = rest.dropFirst()
            }
        }
        var number: UInt64 = 0
        for byte in digits {
            guard let digit = value(of: byte, base: base) else { break }
            let (product, overflow) = number.multipliedReportingOverflow(by: base)
            let (sum, carry) = product.addingReportingOverflow(digit)
            if overflow || carry { return nil }
            number = sum
        }
        return number
    }

    private static func value(of byte: UInt8, base: UInt64) -> UInt64? {
        let digit: UInt64
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt64(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = UInt64(byte - UInt8(ascii: "A")) + 10
        default: return nil
        }
        return digit < base ? digit : nil
    }
}

extension UInt8 {
    /// isdigit(3) in the C locale.
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}
