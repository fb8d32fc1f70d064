// SPDX-License-Identifier: MIT
internal import Glibc

/// auditd's records on standard input. They are read and dropped: a plugin that does not read backs up auditd's queue, and
/// then every audited process (auditd-plugins(5)).
struct AuditdInput: ~Copyable {
    private var bytes = [UInt8](repeating: 0, count: 65536)
    /// The descriptor to watch.
    let descriptor = STDIN_FILENO

    /// Reads what is there without waiting. Returns false when auditd has closed its end.
    mutating func drain() -> Bool {
        while true {
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&ready, 1, 0) > 0 else { return true }
            let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return false }
            if count < 0, errno != EINTR, errno != EAGAIN { return false }
        }
    }
}
