// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// The file tree as a process sees it, for looking at files by the paths in its events.
struct ProcessRoot: ~Copyable {
    private let descriptor: Int32

    /// The root directory of `process`; our own when the process is gone, which is right for all that are not in a container.
    init(of process: UInt32) {
        let flags = O_PATH_FLAG | O_DIRECTORY | O_CLOEXEC
        let theirs = unsafe Glibc.open("/proc/\(process)/root", flags)
        descriptor = theirs >= 0 ? theirs : unsafe Glibc.open("/", flags)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The file at absolute `path`, or nil. Links are followed inside this root, the last one only with `followsLinks`; nothing is opened that
    /// could wait or act.
    borrowing func open(_ path: [UInt8], followsLinks: Bool = true) -> OpenFile? {
        guard path.first == UInt8(ascii: "/"), !path.contains(0) else { return nil }
        let found = unsafe (path + [0]).withUnsafeBytes { unsafe clinux_open_in_root(descriptor, $0.baseAddress!, followsLinks) }
        return found >= 0 ? OpenFile(path: found) : nil
    }
}

/// A file found by path.
struct OpenFile: ~Copyable {
    private let path: Int32
    /// What stat(2) says of it.
    let facts: FileFacts
    /// When its inode was changed last, nanoseconds since 1970; 0 for before.
    let changeTime: UInt64

    /// Takes over a descriptor opened with O_PATH.
    fileprivate init(path: Int32) {
        self.path = path
        var status = stat()
        var facts = FileFacts()
        if unsafe fstat(path, &status) == 0 {
            facts.inode = UInt64(status.st_ino)
            (facts.deviceMajor, facts.deviceMinor) = Self.numbers(status.st_dev)
            (facts.nodeMajor, facts.nodeMinor) = Self.numbers(status.st_rdev)
            facts.mode = status.st_mode
            facts.user = status.st_uid
            facts.group = status.st_gid
        }
        self.facts = facts
        changeTime = UInt64(max(0, status.st_ctim.tv_sec)) * 1_000_000_000 + UInt64(max(0, status.st_ctim.tv_nsec))
    }

    deinit { close(path) }

    /// A regular file, which may be read without side effects.
    var isRegular: Bool { facts.mode & S_IFMT == S_IFREG }

    /// Up to `count` bytes at `offset`; fewer at the file's end or when it cannot be read.
    borrowing func read(at offset: UInt64, count: Int) -> [UInt8] {
        guard isRegular, offset <= UInt64(Int64.max) else { return [] }
        let descriptor = unsafe Glibc.open("/proc/self/fd/\(path)", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
        return Array(bytes.prefix(max(0, got)))
    }

    /// The bytes of `security.capability`, or none.
    borrowing func capabilityAttribute() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 24)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe getxattr("/proc/self/fd/\(path)", "security.capability", $0.baseAddress, $0.count)
        }
        return Array(bytes.prefix(max(0, count)))
    }

    /// Major and minor of a dev_t in glibc's layout (gnu_dev_major(3)).
    private static func numbers(_ device: dev_t) -> (UInt32, UInt32) {
        let major = (device >> 8 & 0xfff) | (device >> 32 & ~0xfff)
        let minor = (device & 0xff) | (device >> 12 & ~0xff)
        return (UInt32(truncatingIfNeeded: major), UInt32(truncatingIfNeeded: minor))
    }
}

/// O_PATH (fcntl.h, with _GNU_SOURCE only).
private let O_PATH_FLAG: Int32 = CLINUX_O_PATH
