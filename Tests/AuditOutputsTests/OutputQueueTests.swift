// SPDX-License-Identifier: MIT
import AuditBytes
import AuditOutputs
import Foundation
import Glibc
import Synchronization
import Testing

@Suite struct OutputQueueTests {
    @Test func aFullQueueGivesNoBufferAndDoesNotWait() throws {
        let queue = try OutputQueue(buffers: 3, bufferCapacity: 256)
        for serial in 1...3 {
            guard var buffer = queue.takeFree() else {
                Issue.record("no buffer \(serial) of three")
                return
            }
            fill(&buffer, [event(serial)])
            queue.submit(buffer)
        }
        // Not #expect: it cannot take what must not be copied.
        if queue.takeFree() != nil { Issue.record("a fourth buffer out of three") }
        guard case .batch(let batch) = queue.next(timeoutMilliseconds: 0) else {
            Issue.record("no batch")
            return
        }
        queue.recycle(batch)
        guard let free = queue.takeFree() else {
            Issue.record("a recycled buffer is not free")
            return
        }
        #expect(free.count == 0)
        #expect(free.events == 0)
        #expect(queue.submittedEvents == 3)
    }

    @Test func afterClosingComesTheRestAndThenTheEnd() throws {
        let queue = try OutputQueue(buffers: 4, bufferCapacity: 256)
        for serial in 1...3 { submit([event(serial)], to: queue) }
        queue.close()
        var seen: [String] = []
        reading: while true {
            switch queue.next() {
            case .batch(let batch):
                seen.append(text(batch))
                queue.recycle(batch)
            case .idle: continue
            case .closed: break reading
            }
        }
        #expect(seen == events(1...3))
        guard case .closed = queue.next() else {
            Issue.record("open again")
            return
        }
    }

    @Test func anEmptyQueueIsIdleAfterTheTimeAndAfterAWakeUp() throws {
        let queue = try OutputQueue(buffers: 2, bufferCapacity: 256)
        guard case .idle = queue.next(timeoutMilliseconds: 1) else {
            Issue.record("not idle")
            return
        }
        queue.wake()
        guard case .idle = queue.next(timeoutMilliseconds: -1) else {
            Issue.record("not idle")
            return
        }
    }

    /// Every batch arrives once and in order while both sides stop and go at random; a lost wake-up would hang.
    @Test(.timeLimit(.minutes(2)), arguments: [2, 3, 16])
    func twoThreadsLoseAndRepeatNothing(buffers: Int) throws {
        let batches = 100_000
        let queue = try OutputQueue(buffers: buffers, bufferCapacity: 64)
        let reader = Background {
            var generator = SystemRandomNumberGenerator()
            var expected = 0
            while true {
                switch queue.next() {
                case .batch(let batch):
                    if number(batch) != expected { return -expected }
                    expected += 1
                    queue.recycle(batch)
                    if UInt8.random(in: 0...255, using: &generator) == 0 { usleep(20) }
                case .idle: continue
                case .closed: return expected
                }
            }
        }
        var generator = SystemRandomNumberGenerator()
        var sent = 0
        while sent < batches {
            if var buffer = queue.takeFree() {
                let digits = Array("\(sent)\n".utf8)
                unsafe buffer.append(digits.span.bytes)
                buffer.commit(records: 1)
                queue.submit(buffer)
                sent += 1
            } else {
                sched_yield()
            }
            if UInt8.random(in: 0...255, using: &generator) == 0 { usleep(20) }
        }
        queue.close()
        #expect(reader.wait() == batches)
        #expect(queue.submittedEvents == batches)
    }

    /// What does not fit is known to the thread that formats: taken + refused is all.
    @Test func overflowIsCounted() throws {
        let queue = try OutputQueue(buffers: 4, bufferCapacity: 256)
        var refused = 0
        for serial in 1...100 {
            if var buffer = queue.takeFree() {
                fill(&buffer, [event(serial)])
                queue.submit(buffer)
            } else {
                refused += 1
            }
        }
        #expect(refused == 96)
        #expect(queue.submittedEvents == 4)
    }
}

private func text(_ batch: borrowing RecordBuffer) -> String {
    let bytes = batch.bytes
    return String(decoding: (0..<bytes.byteCount).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }, as: UTF8.self)
}

private func number(_ batch: borrowing RecordBuffer) -> Int {
    let bytes = batch.bytes
    var value = 0
    for offset in 0..<(bytes.byteCount - 1) {
        value = value * 10 + Int(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)) - 48
    }
    return value
}
