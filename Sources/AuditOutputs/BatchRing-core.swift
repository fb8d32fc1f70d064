// SPDX-License-Identifier: MIT
import AuditBytes
import Synchronization

/// A ring of batches between exactly one thread that pushes and exactly one that pops. No lock, no system call, no wait.
///
/// Buffers are moved through the slots, never copied: at any time each belongs to one side, which is what makes it safe
/// that they carry no lock themselves.
@safe final class BatchRing: @unchecked Sendable {
    private let slots: UnsafeMutablePointer<RecordBuffer>
    private let capacity: Int
    /// Batches popped since the start; written by the popping thread only.
    private let popped = Atomic<Int>(0)
    /// Batches pushed since the start; written by the pushing thread only.
    private let pushed = Atomic<Int>(0)

    /// A ring for at most `capacity` batches.
    init(capacity: Int) {
        self.capacity = max(capacity, 1)
        unsafe slots = .allocate(capacity: self.capacity)
    }

    deinit {
        var index = popped.load(ordering: .acquiring)
        let end = pushed.load(ordering: .acquiring)
        while index < end {
            unsafe (slots + index % capacity).deinitialize(count: 1)
            index += 1
        }
        unsafe slots.deallocate()
    }

    /// Puts a batch in. A full ring traps: the owner of the ring hands out only as many batches as it has slots for.
    func push(_ batch: consuming RecordBuffer) {
        let index = pushed.load(ordering: .relaxed)
        precondition(index - popped.load(ordering: .acquiring) < capacity, "more batches than slots")
        unsafe (slots + index % capacity).initialize(to: batch)
        // Sequentially consistent, since OutputQueue reads a flag after it that the other side sets before it looks here.
        pushed.store(index + 1, ordering: .sequentiallyConsistent)
    }

    /// Takes the oldest batch out, nil when there is none.
    func pop() -> RecordBuffer? {
        let index = popped.load(ordering: .relaxed)
        guard index < pushed.load(ordering: .acquiring) else { return nil }
        let batch = unsafe (slots + index % capacity).move()
        popped.store(index + 1, ordering: .releasing)
        return batch
    }

    /// Whether there is nothing to pop. For the popping thread.
    var isEmpty: Bool { popped.load(ordering: .relaxed) == pushed.load(ordering: .sequentiallyConsistent) }
}
