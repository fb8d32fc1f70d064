// SPDX-License-Identifier: MIT

/// The checked reader of raw bytes: every load states its offset and is refused outside the bytes.
///
/// All unsafe loads of event decoding are in this file; a bad offset is an error value, never a trap.
@usableFromInline package struct WireReader: ~Escapable {
    /// The bytes being read.
    @usableFromInline package let bytes: RawSpan

    /// Reads from `bytes`.
    @inlinable
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) {
        self.bytes = bytes
    }

    /// The value of a plain C type at `offset` bytes from the start.
    ///
    /// - Throws: ``WireError/outOfBounds`` when the value would reach past the end.
    @inlinable @inline(__always)
    package func load<T: BitwiseCopyable>(at offset: Int, as type: T.Type) throws(WireError) -> T {
        guard offset >= 0, MemoryLayout<T>.size <= bytes.byteCount,
            offset <= bytes.byteCount - MemoryLayout<T>.size
        else { throw .outOfBounds }
        return unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: type)
    }

    /// `count` bytes from `offset`.
    ///
    /// - Throws: ``WireError/outOfBounds`` when they are not all there.
    @inlinable @inline(__always)
    @_lifetime(copy self)
    package func slice(at offset: Int, count: Int) throws(WireError) -> RawSpan {
        guard offset >= 0, count >= 0, count <= bytes.byteCount, offset <= bytes.byteCount - count else {
            throw .outOfBounds
        }
        return bytes.extracting(droppingFirst: offset).extracting(first: count)
    }
}

/// Why bytes are not an event.
@usableFromInline package enum WireError: Error, Equatable {
    /// A value reaches past the end of its record.
    case outOfBounds
    /// `aw_header.version` is not the one this program was built with.
    case version(UInt8)
    /// `aw_header.size` is smaller than the header, larger than the bytes at hand, or no multiple of eight.
    case size(UInt32)
    /// `aw_header.type` is none of `aw_type`.
    case type(UInt16)
    /// `aw_operation.number` is `AS_OPERATIONS` or more.
    case operation(UInt32)
    /// A section's length does not fit its tag: shorter than its structure or longer than its bound.
    case section(tag: UInt16, length: Int32)
}
