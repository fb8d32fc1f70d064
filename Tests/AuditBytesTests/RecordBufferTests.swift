// SPDX-License-Identifier: MIT
import AuditBytes
import Testing

extension RecordBuffer {
    /// What is in it.
    var content: [UInt8] {
        unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    }

    /// What is in it, as text.
    var text: String { String(decoding: content, as: UTF8.self) }
}

@Suite struct RecordBufferTests {
    @Test func appendsUpToItsCapacityAndNotBeyond() {
        var buffer = RecordBuffer(capacity: 10)
        buffer.append("12345678")
        buffer.append(0x39)
        buffer.append(0x30)
        #expect(buffer.isOverflowed == false)
        #expect(buffer.text == "1234567890")
        #expect(buffer.freeCapacity == 0)
        buffer.append(0x31)
        #expect(buffer.isOverflowed == true)
        #expect(buffer.text == "1234567890")
    }

    @Test func nothingIsAppendedBehindAGap() {
        var buffer = RecordBuffer(capacity: 4)
        buffer.append("abc")
        buffer.append("de")
        buffer.append("f")
        buffer.append(0x67)
        buffer.appendDecimal(UInt32(1))
        #expect(buffer.text == "abc")
        #expect(buffer.isOverflowed == true)
    }

    @Test func commitOfAnOverflowedEventTakesItBack() {
        var buffer = RecordBuffer(capacity: 8)
        buffer.append("one\n")
        let isCommitted1 = buffer.commit(records: 1)
        #expect(isCommitted1 == true)
        buffer.append("two\n")
        buffer.append("three\n")
        let isCommitted2 = buffer.commit(records: 2)
        #expect(isCommitted2 == false)
        #expect(buffer.text == "one\n")
        #expect(buffer.events == 1)
        #expect(buffer.records == 1)
        #expect(buffer.isOverflowed == false)
        buffer.append("4444")
        let isCommittedAgain = buffer.commit(records: 1)
        #expect(isCommittedAgain == true)
        #expect(buffer.text == "one\n4444")
    }

    @Test func recordsThatAreNoEventDoNotCountAsOne() {
        var buffer = RecordBuffer(capacity: 64)
        buffer.append("status\n")
        let isCommitted = buffer.commit(records: 1, events: 0)
        #expect(isCommitted == true)
        #expect(buffer.events == 0)
        #expect(buffer.records == 1)
        buffer.append("a\nb\nc\n")
        buffer.commit(records: 3)
        #expect(buffer.events == 1)
        #expect(buffer.records == 4)
        #expect(buffer.committedCount == buffer.count)
    }

    @Test func rollbackOfAnOverflowMakesItUsableAgain() {
        var buffer = RecordBuffer(capacity: 6)
        buffer.append("abc")
        buffer.commit(records: 1)
        buffer.append("defg")
        #expect(buffer.isOverflowed == true)
        buffer.rollback()
        #expect(buffer.isOverflowed == false)
        #expect(buffer.freeCapacity == 3)
        buffer.append("def")
        #expect(buffer.text == "abcdef")
    }

    @Test func rollbackKeepsWhatWasCommitted() {
        var buffer = RecordBuffer(capacity: 64)
        buffer.append("a\nb\n")
        buffer.commit(records: 2)
        buffer.append("c")
        buffer.rollback()
        #expect(buffer.text == "a\nb\n")
        #expect(buffer.committedCount == 4)
        #expect(buffer.events == 1)
        #expect(buffer.records == 2)
    }

    @Test func truncateStopsAtTheCommit() {
        var buffer = RecordBuffer(capacity: 64)
        buffer.append("abcd")
        buffer.commit(records: 1)
        buffer.append("efgh")
        buffer.truncate(to: 6)
        #expect(buffer.text == "abcdef")
        buffer.truncate(to: 3)
        #expect(buffer.text == "abcdef")
        buffer.truncate(to: 60)
        #expect(buffer.text == "abcdef")
    }

    @Test func removeAllEmptiesAndKeepsTheCapacity() {
        var buffer = RecordBuffer(capacity: 4)
        buffer.append("abcd")
        buffer.commit(records: 1)
        buffer.append("e")
        buffer.removeAll()
        #expect(buffer.count == 0)
        #expect(buffer.committedCount == 0)
        #expect(buffer.events == 0)
        #expect(buffer.records == 0)
        #expect(buffer.capacity == 4)
        buffer.append("efgh")
        #expect(buffer.text == "efgh")
    }

    @Test func reserveKeepsTheContentAndMakesRoom() {
        var buffer = RecordBuffer(capacity: 4)
        buffer.append("abcd")
        buffer.commit(records: 1)
        buffer.reserve(1000)
        #expect(buffer.freeCapacity >= 1000)
        buffer.append("e")
        #expect(buffer.text == "abcde")
        let capacity = buffer.capacity
        buffer.reserve(10)
        #expect(buffer.capacity == capacity)
    }

    @Test func aNegativeOrEmptyCapacityHoldsNothing() {
        var none = RecordBuffer(capacity: 0)
        none.append("")
        #expect(none.isOverflowed == false)
        none.append("a")
        #expect(none.isOverflowed == true)
        let negative = RecordBuffer(capacity: -5)
        #expect(negative.capacity == 0)
    }

    @Test func copiesOfItsOwnBytes() {
        var buffer = RecordBuffer(capacity: 16)
        buffer.append("abcdef")
        buffer.appendCopy(of: 1..<4)
        #expect(buffer.text == "abcdefbcd")
        buffer.appendCopy(of: 8..<10)
        buffer.appendCopy(of: -1..<2)
        #expect(buffer.text == "abcdefbcd")
    }

    /// Encoders that store whole words must check the room for what they mean to write, and may not lose it.
    @Test(arguments: 0...40)
    func everyEncoderStopsAtTheCapacity(_ capacity: Int) {
        let value: [UInt8] = Array("path with blanks".utf8)
        var buffer = RecordBuffer(capacity: capacity)
        var whole = RecordBuffer(capacity: 100)
        buffer.appendHex(0x1234_5678_9abc)
        whole.appendHex(0x1234_5678_9abc)
        buffer.appendUntrusted(value.span)
        whole.appendUntrusted(value.span)
        if capacity >= whole.count {
            #expect(buffer.text == whole.text)
        } else {
            #expect(buffer.isOverflowed == true)
            #expect(buffer.text == (capacity >= 12 ? "123456789abc" : ""))
        }
        #expect(buffer.count <= capacity)
    }
}
