// SPDX-License-Identifier: MIT
internal import Glibc

/// Files of /proc that say something of a process in a few words.
enum SelfFile {
    /// The number in the file at `path`, or nil.
    static func number(_ path: String) -> UInt32? { UInt32(text(path)) }

    /// The id of this boot, 16 bytes; none where there is no /proc.
    static func bootID() -> [UInt8] {
        let digits = text("/proc/sys/kernel/random/boot_id").compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// The beginning of the file at `path`; empty when it cannot be read.
    static func bytes(_ path: String, limit: Int) -> ArraySlice<UInt8> {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        return bytes.prefix(max(0, count))
    }

    private static func text(_ path: String) -> String {
        String(decoding: bytes(path, limit: 64).filter { $0 != 0x0a }, as: UTF8.self)
    }
}
