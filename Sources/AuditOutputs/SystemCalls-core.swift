// SPDX-License-Identifier: MIT
import Glibc

/// A failed system call: its errno value.
struct Errno: Error, Equatable {
    /// As in errno(3), never 0.
    let code: Int32

    /// The value the calling thread's last failed call left.
    static var last: Errno { Errno(code: errno) }

    /// The text of strerror(3).
    var text: String {
        // The XSI form, which fills the buffer: strerror() itself shares one buffer between threads on older C libraries.
        let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
            guard let start = buffer.baseAddress, unsafe strerror_r(code, start, buffer.count) == 0 else {
                return ""
            }
            return unsafe String(cString: start)
        }
        return text.isEmpty ? "error \(code)" : text
    }
}

/// What fstat(2) says of a file, as far as outputs care.
struct FileFacts {
    let mode: mode_t
    let owner: uid_t
    let size: Int
    let links: Int

    /// The file type bits.
    var kind: mode_t { mode & S_IFMT }
    var isRegular: Bool { kind == S_IFREG }

    fileprivate init(_ raw: stat) {
        mode = raw.st_mode
        owner = raw.st_uid
        size = Int(raw.st_size)
        links = Int(raw.st_nlink)
    }
}

/// The system calls of this module, each with its errno as an error. No other file here calls into C with a pointer.
enum SystemCalls {
    /// write(2) of as much as the kernel takes; may be less than asked.
    static func write(_ descriptor: Int32, _ bytes: RawSpan) throws(Errno) -> Int {
        let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw .last }
        return count
    }

    /// send(2) of one datagram, without waiting and without SIGPIPE.
    static func send(_ descriptor: Int32, _ bytes: RawSpan) throws(Errno) {
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
        guard count >= 0 else { throw .last }
    }

    /// The byte at `offset` of a file, nil at or past its end.
    static func byte(_ descriptor: Int32, at offset: Int) throws(Errno) -> UInt8? {
        var byte: UInt8 = 0
        let count = unsafe withUnsafeMutableBytes(of: &byte) { unsafe pread(descriptor, $0.baseAddress, 1, off_t(offset)) }
        guard count >= 0 else { throw .last }
        return count == 1 ? byte : nil
    }

    /// Waits until `descriptor` is ready for `events` (POLLIN, POLLOUT), at most `milliseconds`; below 0 means for ever.
    ///
    /// - Returns: whether it is ready, or in error, which the next call on it will tell.
    static func wait(_ descriptor: Int32, _ events: Int32, milliseconds: Int32) throws(Errno) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        let count = unsafe poll(&entry, 1, milliseconds)
        guard count >= 0 else { throw .last }
        return count > 0
    }

    static func facts(_ descriptor: Int32) throws(Errno) -> FileFacts {
        var raw = stat()
        guard unsafe fstat(descriptor, &raw) == 0 else { throw .last }
        return FileFacts(raw)
    }

    /// What `name` in `directory` is, without following a symbolic link.
    static func facts(_ name: String, in directory: Int32) throws(Errno) -> FileFacts {
        var raw = stat()
        guard unsafe fstatat(directory, name, &raw, AT_SYMLINK_NOFOLLOW) == 0 else { throw .last }
        return FileFacts(raw)
    }

    /// openat(2), always with O_CLOEXEC.
    static func open(_ name: String, in directory: Int32 = AT_FDCWD, _ flags: Int32, mode: mode_t = 0) throws(Errno) -> Int32 {
        let descriptor = unsafe openat(directory, name, flags | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw .last }
        return descriptor
    }

    static func rename(_ old: String, to new: String, in directory: Int32) throws(Errno) {
        guard unsafe renameat(directory, old, directory, new) == 0 else { throw .last }
    }

    static func truncate(_ descriptor: Int32, to size: Int) throws(Errno) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw .last }
    }

    static func position(_ descriptor: Int32) throws(Errno) -> Int {
        let position = lseek(descriptor, 0, SEEK_CUR)
        guard position >= 0 else { throw .last }
        return Int(position)
    }

    static func setPosition(_ descriptor: Int32, _ position: Int) throws(Errno) {
        guard lseek(descriptor, off_t(position), SEEK_SET) >= 0 else { throw .last }
    }

    static func setMode(_ descriptor: Int32, _ mode: mode_t) throws(Errno) {
        guard fchmod(descriptor, mode) == 0 else { throw .last }
    }

    static func synchronize(_ descriptor: Int32) throws(Errno) {
        guard fdatasync(descriptor) == 0 else { throw .last }
    }

    /// The access mode and status flags of an open descriptor.
    static func flags(_ descriptor: Int32) throws(Errno) -> Int32 {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0 else { throw .last }
        return flags
    }

    /// A connected datagram socket to the local address `path`.
    static func connectDatagram(to path: String) throws(Errno) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        let name = Array(path.utf8)
        guard !name.isEmpty, name.count < room, !name.contains(0) else { throw Errno(code: ENAMETOOLONG) }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { field in
            for index in name.indices { unsafe field[index] = name[index] }
        }
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw .last }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let problem = Errno.last
            close(descriptor)
            throw problem
        }
        return descriptor
    }

    /// A connected pair of stream sockets, neither of which ever blocks.
    static func socketPair() throws(Errno) -> (Int32, Int32) {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        var ends: (Int32, Int32) = (-1, -1)
        let result = unsafe withUnsafeMutableBytes(of: &ends) {
            unsafe socketpair(AF_UNIX, type, 0, $0.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        guard result == 0 else { throw .last }
        return ends
    }

    /// Reads and forgets what has arrived on a descriptor that does not block.
    static func discard(_ descriptor: Int32) {
        unsafe withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            while unsafe read(descriptor, buffer.baseAddress, buffer.count) == buffer.count {}
        }
    }

    /// Local time as RFC 3164 wants it, month from 0.
    static func localTime(_ seconds: time_t) -> (month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        var seconds = seconds
        var parts = unsafe tm()
        guard unsafe localtime_r(&seconds, &parts) != nil else { return (0, 1, 0, 0, 0) }
        return unsafe (
            Int(parts.tm_mon), Int(parts.tm_mday), Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec)
        )
    }

    /// Seconds since 1970.
    static func now() -> time_t { time(nil) }

    /// Milliseconds of the clock that never steps.
    static func monotonicMilliseconds() -> Int {
        var value = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &value)
        return value.tv_sec * 1000 + value.tv_nsec / 1_000_000
    }
}

extension RawSpan {
    /// One byte. Traps outside the bounds, as an array does.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 { unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

    /// Where the first `byte` from `start` on is, nil when there is none.
    func firstOffset(of byte: UInt8, from start: Int) -> Int? {
        guard start >= 0, start < byteCount else { return nil }
        return unsafe withUnsafeBytes { all in
            guard let base = all.baseAddress,
                let found = unsafe memchr(base + start, Int32(byte), all.count - start)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }

    /// Whether the two ranges hold the same bytes. Both must be inside the bounds.
    func same(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe extracting(left).withUnsafeBytes { first in
            unsafe extracting(right).withUnsafeBytes { second in
                guard let one = first.baseAddress, let other = second.baseAddress else { return true }
                return unsafe memcmp(one, other, first.count) == 0
            }
        }
    }
}

extension Array<UInt8> {
    /// Its bytes. `Span.bytes` is unsafe for element types with padding; a byte has none.
    var rawSpan: RawSpan {
        @_lifetime(borrow self) get { unsafe span.bytes }
    }
}
