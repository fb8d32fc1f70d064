// SPDX-License-Identifier: MIT

/// A reusable buffer that records are formatted into and outputs write from.
///
/// It owns its memory, grows only when asked to, and keeps complete lines: what is appended after the last
/// ``commit(records:)`` can be taken back with ``rollback()``, so that an event is in the buffer whole or not at all.
///
/// An append that finds no room sets ``isOverflowed`` and writes nothing. A formatter therefore appends without looking
/// and asks once, at the end of its event.
@safe package struct RecordBuffer: ~Copyable, @unchecked Sendable {
    /// Bytes beyond ``capacity`` that encoders may scribble on: they store whole words and advance by less.
    @usableFromInline static let slack = 64

    @usableFromInline var base: UnsafeMutableRawPointer
    /// Bytes it can hold.
    package internal(set) var capacity: Int
    /// Bytes in it.
    @usableFromInline package internal(set) var count = 0
    /// Bytes up to the last commit.
    package private(set) var committedCount = 0
    /// Events committed.
    package private(set) var events = 0
    /// Records (lines) committed.
    package private(set) var records = 0
    /// An append since the last commit or rollback found no room; what was appended since then is not whole.
    @usableFromInline package internal(set) var isOverflowed = false
    /// ``capacity`` while all went well, else -1, so that nothing is appended behind a gap.
    @usableFromInline var limit: Int

    /// An empty buffer of `capacity` bytes.
    package init(capacity: Int) {
        let size = max(0, capacity)
        unsafe base = .allocate(byteCount: size + Self.slack, alignment: 16)
        self.capacity = size
        self.limit = size
    }

    deinit { unsafe base.deallocate() }

    /// Room left.
    package var freeCapacity: Int { capacity - count }

    /// What is in it, uncommitted bytes included.
    package var bytes: RawSpan {
        @_lifetime(borrow self) get {
            unsafe _overrideLifetime(RawSpan(_unsafeStart: base, byteCount: count), borrowing: self)
        }
    }

    /// Appends `bytes`, all or nothing; false when there is no room.
    @discardableResult
    package mutating func append(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount <= freeCapacity else { return false }
        unsafe bytes.withUnsafeBytes { source in
            if let start = source.baseAddress { unsafe (base + count).copyMemory(from: start, byteCount: source.count) }
        }
        count += bytes.byteCount
        return true
    }

    /// Keeps what was appended, as one event.
    package mutating func commit(records: Int) {
        committedCount = count
        events += 1
    }

    /// Empties it.
    package mutating func removeAll() {
        count = 0
        committedCount = 0
        events = 0
    }
}
