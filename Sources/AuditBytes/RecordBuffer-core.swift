// SPDX-License-Identifier: MIT

/// A reusable buffer that records are formatted into and outputs write from.
///
/// It owns its memory, grows only when asked to, and keeps complete lines: what is appended after the last
/// ``commit(records:)`` can be taken back with ``rollback()``, so that an event is in the buffer whole or not at all.
///
/// An append that finds no room sets ``isOverflowed`` and writes nothing. A formatter therefore appends without looking
/// and asks once, at the end of its event.
///
/// The type is `@usableFromInline` for the sake of its callers in other modules: without that, Swift 6.3 silently does not
/// inline `@inlinable package` members there, and formatting takes one and a half times as long.
@safe @usableFromInline package struct RecordBuffer: ~Copyable, @unchecked Sendable {
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

    /// Makes room for at least `byteCount` more bytes. This is the only place where a buffer allocates after its making.
    package mutating func reserve(_ byteCount: Int) {
        guard byteCount > freeCapacity else { return }
        let size = count + byteCount
        let new = UnsafeMutableRawPointer.allocate(byteCount: size + Self.slack, alignment: 16)
        unsafe new.copyMemory(from: base, byteCount: count)
        unsafe base.deallocate()
        unsafe base = new
        capacity = size
        limit = isOverflowed ? -1 : size
    }

    /// Makes what was appended since the last commit a whole event of `records` lines.
    ///
    /// - Parameters:
    ///   - records: lines.
    ///   - events: 1, or 0 for what does not count as an event: the program's own records.
    /// - Returns: false when an append had found no room; the event is then taken back.
    @discardableResult
    package mutating func commit(records: Int, events: Int = 1) -> Bool {
        guard !isOverflowed else {
            rollback()
            return false
        }
        committedCount = count
        self.events += events
        self.records += records
        return true
    }

    /// Takes back what was appended since the last commit.
    package mutating func rollback() {
        count = committedCount
        isOverflowed = false
        limit = capacity
    }

    /// Takes back what was appended after the first `count` bytes; committed bytes stay.
    package mutating func truncate(to count: Int) {
        guard !isOverflowed, count >= committedCount, count <= self.count else { return }
        self.count = count
    }

    /// Empties it; the memory stays.
    package mutating func removeAll() {
        count = 0
        committedCount = 0
        events = 0
        records = 0
        isOverflowed = false
        limit = capacity
    }

    /// The place for `byteCount` bytes behind the last one, or nil and ``isOverflowed`` when there is no room.
    ///
    /// The caller fills them, and may scribble on ``slack`` bytes behind them.
    @inlinable @inline(__always)
    mutating func claim(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        let end = count &+ byteCount
        guard _fastPath(end <= limit) else {
            isOverflowed = true
            limit = -1
            return nil
        }
        let place = unsafe base + count
        count = end
        return unsafe place
    }

    /// Appends one byte.
    @inlinable @inline(__always)
    package mutating func append(_ byte: UInt8) {
        guard let place = unsafe claim(1) else { return }
        unsafe place.storeBytes(of: byte, as: UInt8.self)
    }

    /// Appends the text of a literal.
    @inlinable @inline(__always)
    package mutating func append(_ literal: StaticString) {
        let length = literal.utf8CodeUnitCount
        guard let place = unsafe claim(length) else { return }
        unsafe place.copyMemory(from: literal.utf8Start, byteCount: length)
    }

    /// Appends `bytes` as they are.
    @inlinable
    package mutating func append(_ bytes: RawSpan) {
        let length = bytes.byteCount
        guard length > 0, let place = unsafe claim(length) else { return }
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe place.copyMemory(from: start, byteCount: length)
        }
    }

    /// Appends `bytes` as they are.
    @inlinable
    package mutating func append(_ bytes: Span<UInt8>) {
        append(unsafe bytes.bytes)
    }

    /// Appends again the bytes at `range`, which must lie in the buffer; otherwise nothing.
    @inlinable
    package mutating func appendCopy(of range: Range<Int>) {
        guard range.lowerBound >= 0, range.upperBound <= count, let place = unsafe claim(range.count) else { return }
        unsafe place.copyMemory(from: base + range.lowerBound, byteCount: range.count)
    }
}
