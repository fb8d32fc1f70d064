// SPDX-License-Identifier: MIT
internal import AuditEvents
internal import Glibc

/// A capture file being read, portion by portion. Its bytes are anybody's: all that is known of them is how many there are.
///
/// Read and not mapped: a mapped file that somebody cuts short meanwhile would end this process by a signal.
@safe struct CaptureReader: ~Copyable {
    /// Bytes held: many records of the greatest length.
    private static let capacity = 1 << 20

    private let path: String
    private let descriptor: Int32
    private let base: UnsafeMutableRawPointer
    private var start = 0
    private var end = 0
    /// Where ``bytes`` begins in the file.
    private(set) var offset: UInt64 = 0

    /// Opens the file at `path`.
    ///
    /// - Throws: ``Failure`` when it cannot be read.
    init(path: String) throws(Failure) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            throw Failure("cannot read \(path): \(unsafe String(cString: strerror(errno))); name a capture file", .noInput)
        }
        self.path = path
        self.descriptor = descriptor
        unsafe base = .allocate(byteCount: Self.capacity, alignment: 8)
    }

    deinit {
        close(descriptor)
        unsafe base.deallocate()
    }

    /// What has been read and not been passed over.
    var bytes: RawSpan {
        @_lifetime(borrow self) get {
            unsafe _overrideLifetime(RawSpan(_unsafeStart: base + start, byteCount: end - start), borrowing: self)
        }
    }

    /// Passes over the first `count` bytes.
    mutating func consume(_ count: Int) {
        let count = max(0, min(count, end - start))
        start += count
        offset += UInt64(count)
    }

    /// Reads more behind what there is.
    ///
    /// - Returns: false when there is no more, or no room for it.
    /// - Throws: ``Failure`` when the file cannot be read.
    mutating func fill() throws(Failure) -> Bool {
        if start > 0 {
            unsafe base.copyMemory(from: base + start, byteCount: end - start)
            end -= start
            start = 0
        }
        guard end < Self.capacity else { return false }
        while true {
            let count = unsafe read(descriptor, base + end, Self.capacity - end)
            if count > 0 {
                end += count
                return true
            }
            if count == 0 { return false }
            guard errno == EINTR else {
                throw Failure(
                    "\(path): byte \(offset): cannot be read: \(unsafe String(cString: strerror(errno))); copy the file again", .noInput)
            }
        }
    }
}
