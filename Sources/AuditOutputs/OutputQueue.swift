// SPDX-License-Identifier: MIT
package import AuditBytes
import Synchronization

/// The bounded way of whole batches from the thread that formats (A) to the thread that writes (B).
///
/// All buffers are made at the start and go round: free → A fills → filled → B writes → free. A never waits: when all are
/// filled or being written, ``takeFree()`` gives nil and A counts what it has to drop. B sleeps when there is nothing to do, and
/// only then costs A a system call.
///
/// ``takeFree()``, ``submit(_:)`` and ``close()`` are for thread A alone, ``next(timeoutMilliseconds:)`` and ``recycle(_:)`` for
/// thread B alone; ``wake()`` and the properties are for any.
package final class OutputQueue: Sendable {
    /// What B finds in the queue.
    package enum Next: ~Copyable {
        /// The oldest batch submitted. To be given back with ``OutputQueue/recycle(_:)``.
        case batch(RecordBuffer)
        /// Nothing in the given time, or somebody called ``OutputQueue/wake()``.
        case idle
        /// Closed, and all that was submitted has been taken.
        case closed
    }

    private let free: BatchRing
    private let filled: BatchRing
    private let wakeUp: WakeUp
    private let sleeping = Atomic<Bool>(false)
    private let isClosed = Atomic<Bool>(false)
    private let events = Atomic<Int>(0)

    /// Makes the pool: `buffers` of `bufferCapacity` bytes each.
    ///
    /// - Parameters:
    ///   - buffers: at least 2, one to fill while the other is written.
    ///   - bufferCapacity: bytes; must hold the largest event with all its records.
    /// - Throws: ``OutputError/start(code:)`` when the process has no descriptors left.
    package init(buffers: Int, bufferCapacity: Int) throws(OutputError) {
        let count = max(buffers, 2)
        do { wakeUp = try WakeUp() } catch { throw .start(code: error.code) }
        free = BatchRing(capacity: count)
        filled = BatchRing(capacity: count)
        for _ in 0..<count { free.push(RecordBuffer(capacity: bufferCapacity)) }
    }

    /// An empty buffer to fill, nil when all are on their way: the queue is full, and the caller counts the loss.
    package func takeFree() -> RecordBuffer? { free.pop() }

    /// Hands a batch to B. What was appended to it after its last commit is not written.
    ///
    /// Only for buffers from ``takeFree()``, and not after ``close()``: both would be a bug, and trap.
    package func submit(_ batch: consuming RecordBuffer) {
        precondition(!isClosed.load(ordering: .relaxed), "submitted to a closed queue")
        events.wrappingAdd(batch.events, ordering: .relaxed)
        filled.push(batch)
        // The push above and this exchange, the store of the flag and the look at the ring in next(): of two threads that each
        // write one and read the other in sequentially consistent order, at least one sees the other's write.
        if sleeping.exchange(false, ordering: .sequentiallyConsistent) { wakeUp.signal() }
    }

    /// Nothing more will be submitted. B gets what is in the queue, then ``Next/closed``.
    package func close() {
        isClosed.store(true, ordering: .sequentiallyConsistent)
        wakeUp.signal()
    }

    /// Events in all batches submitted since the start.
    package var submittedEvents: Int { events.load(ordering: .relaxed) }

    /// The oldest batch, waiting for it up to `timeoutMilliseconds` (below 0: for ever).
    package func next(timeoutMilliseconds: Int32 = -1) -> Next {
        if let batch = filled.pop() { return .batch(batch) }
        if isClosed.load(ordering: .acquiring) { return last() }
        sleeping.store(true, ordering: .sequentiallyConsistent)
        if filled.isEmpty, !isClosed.load(ordering: .sequentiallyConsistent) {
            wakeUp.wait(milliseconds: timeoutMilliseconds)
        }
        sleeping.store(false, ordering: .relaxed)
        if let batch = filled.pop() { return .batch(batch) }
        return isClosed.load(ordering: .acquiring) ? last() : .idle
    }

    /// After closing: a batch that came just before it may still be there.
    private func last() -> Next {
        if let batch = filled.pop() { return .batch(batch) }
        return .closed
    }

    /// Gives a written batch back to A, emptied.
    package func recycle(_ batch: consuming RecordBuffer) {
        batch.removeAll()
        free.push(batch)
    }

    /// Makes a waiting ``next(timeoutMilliseconds:)`` return, so that B looks at what else it is to do.
    package func wake() { wakeUp.signal() }
}
