// SPDX-License-Identifier: MIT
internal import Glibc

/// Files of /proc that say something of this process in one number.
enum SelfFile {
    /// The number in the file at `path`, or nil.
    static func number(_ path: String) -> UInt32? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        return UInt32(String(decoding: bytes.prefix(max(0, count)).filter { $0 != 0x0a }, as: UTF8.self))
    }
}
