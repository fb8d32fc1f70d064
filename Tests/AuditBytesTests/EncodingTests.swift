// SPDX-License-Identifier: MIT
import AuditBytes
import Foundation
import Testing

/// Numbers and strings against `printf` of the C library and the rule of the audit documentation.
@Suite struct EncodingTests {
    static let words: [UInt64] = {
        var words: [UInt64] = [0, 1, 7, 8, 9, 10, 11, 15, 16, 17, 99, 100, 101, .max, .max - 1]
        var power: UInt64 = 1
        for _ in 0..<19 {
            power *= 10
            words += [power - 1, power, power + 1]
        }
        for bit in 0..<64 { words += [1 << bit, (1 << bit) - 1, (1 << bit) + 1] }
        return words
    }()

    static func text(_ body: (inout RecordBuffer) -> Void) -> String {
        var buffer = RecordBuffer(capacity: 4096)
        buffer.append("<")
        body(&buffer)
        buffer.append(">")
        return buffer.text
    }

    static func check(
        _ expected: String, at location: SourceLocation = #_sourceLocation, _ body: (inout RecordBuffer) -> Void
    ) {
        let written = text(body)
        #expect(written == expected, sourceLocation: location)
    }

    @Test func decimals() {
        for word in Self.words {
            Self.check(String(format: "<%llu>", word)) { $0.appendDecimal(word) }
            let signed = Int64(bitPattern: word)
            Self.check(String(format: "<%lld>", signed)) { $0.appendDecimal(signed) }
            let half = UInt32(truncatingIfNeeded: word)
            Self.check(String(format: "<%u>", half)) { $0.appendDecimal(half) }
            let int = Int32(truncatingIfNeeded: word)
            Self.check(String(format: "<%d>", int)) { $0.appendDecimal(int) }
        }
    }

    @Test func hexadecimals() {
        for word in Self.words {
            Self.check(String(format: "<%llx>", word)) { $0.appendHex(word) }
            let half = UInt32(truncatingIfNeeded: word)
            Self.check(String(format: "<%02x>", half)) { $0.appendHexByte(half) }
        }
    }

    @Test func octals() {
        for word in Self.words {
            let half = UInt32(truncatingIfNeeded: word)
            Self.check(String(format: "<%#o>", half)) { $0.appendOctal(half) }
        }
    }

    @Test func milliseconds() {
        for word in UInt32(0)...1003 {
            Self.check(String(format: "<%03u>", word % 1000)) { $0.appendMilliseconds(word) }
        }
    }

    @Test func everyByteAsDigitsAtEveryLength() {
        for length in 0...33 {
            for start in stride(from: 0, to: 256, by: 3) {
                let bytes = (0..<length).map { UInt8(truncatingIfNeeded: start + $0 * 37) }
                let expected = "<" + bytes.map { String(format: "%02X", $0) }.joined() + ">"
                Self.check(expected) { $0.appendUppercaseHex(bytes.span) }
            }
        }
    }

    /// "If the value contains a space, a double quote, a control character or one above 0x7e, it is encoded": each byte at each
    /// place of strings of each length.
    @Test func everyByteAtEveryPlaceDecidesTheForm() {
        for length in 1...20 {
            for place in 0..<length {
                for byte in UInt8.min...UInt8.max {
                    var bytes = [UInt8](repeating: 0x7a, count: length)
                    bytes[place] = byte
                    let isHex = byte == 0x22 || byte < 0x21 || byte > 0x7e
                    let isRight = PlainText.isPlain(bytes.span) == !isHex
                    if !isRight { Issue.record("byte \(byte) at \(place) of \(length)") }
                }
            }
        }
    }

    @Test(arguments: [
        ("", "\"\""), ("a", "\"a\""), ("/bin/cat", "\"/bin/cat\""), ("a b", "612062"), ("\"", "22"), ("\n", "0A"),
        ("ü", "C3BC"), ("~!'\\=", "\"~!'\\=\""), ("\u{7f}", "7F"), ("x key=\"root\"", "78206B65793D22726F6F7422"),
    ])
    func untrustedStrings(_ value: String, _ expected: String) {
        let bytes = Array(value.utf8)
        Self.check("<\(expected)>") { $0.appendUntrusted(bytes.span) }
    }

    @Test func longStringsOfBothForms() {
        let plain = [UInt8](repeating: 0x2f, count: 4095)
        var buffer = RecordBuffer(capacity: 20000)
        buffer.appendUntrusted(plain.span)
        #expect(buffer.content == [0x22] + plain + [0x22])
        buffer.removeAll()
        buffer.appendUntrusted([UInt8](repeating: 0xff, count: 4095).span)
        #expect(buffer.content == [UInt8](repeating: 0x46, count: 8190))
    }
}
