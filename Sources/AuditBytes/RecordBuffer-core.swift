// SPDX-License-Identifier: MIT

/// A reusable buffer that records are formatted into and outputs write from.
///
/// It owns its memory, grows only when asked to, and keeps complete lines: what is appended after the last
/// ``commit(records:)`` can be taken back with ``rollback()``, so that an event is in the buffer whole or not at all.
@safe package struct RecordBuffer: ~Copyable, @unchecked Sendable {
    private let base: UnsafeMutableRawPointer
    /// Bytes it can hold.
    package let capacity: Int
    /// Bytes in it.
    package private(set) var count = 0
    /// Bytes up to the last commit.
    package private(set) var committedCount = 0
    /// Events committed.
    package private(set) var events = 0

    /// An empty buffer of `capacity` bytes.
    package init(capacity: Int) {
        unsafe base = .allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
    }

    deinit { unsafe base.deallocate() }

    /// Room left.
    package var freeCapacity: Int { capacity - count }

    /// What is in it.
    package var bytes: RawSpan {
        @_lifetime(borrow self) get {
            unsafe _overrideLifetime(RawSpan(_unsafeStart: base, byteCount: count), borrowing: self)
        }
    }
}
