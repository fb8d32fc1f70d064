// SPDX-License-Identifier: MIT
internal import Glibc

/// Opening and reading a rules file.
package enum RuleFile {
    /// More than this is no rules file.
    static let limit = 16 << 20

    /// The bytes of the file at `path`.
    ///
    /// - Throws: ``RulesError`` when it cannot be read, or others than root and the caller could have written it.
    package static func contents(of path: String) throws(RulesError) -> [UInt8] {
        // O_NONBLOCK: opening a fifo must not wait for its writer.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw .unreadable(path: path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular(path: path) }
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            throw .foreignOwner(path: path, uid: status.st_uid)
        }
        guard status.st_mode & S_IWOTH == 0 else { throw .worldWritable(path: path) }
        return try readAll(descriptor, path)
    }

    private static func readAll(_ descriptor: Int32, _ path: String) throws(RulesError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(path: path, errno: errno) }
            if count == 0 { return bytes }
            bytes += chunk.prefix(count)
            guard bytes.count <= limit else { throw .tooLarge(path: path, limit: limit) }
        }
    }
}

/// The system's words for an errno.
enum ErrnoText {
    static func of(_ number: Int32) -> String {
        var text = [CChar](repeating: 0, count: 256)
        guard unsafe strerror_r(number, &text, text.count) == 0 else { return "error \(number)" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
