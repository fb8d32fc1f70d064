// SPDX-License-Identifier: MIT
internal import Glibc

/// Reading a configuration file that decides what a root process does.
enum ConfigurationFile {
    /// More than this is no configuration, bytes.
    private static let limit = 1 << 20

    /// Whether there is something at `path`.
    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// The text of the file.
    ///
    /// - Throws: ``Failure`` when it cannot be read, or when somebody but root and the caller could have written it.
    static func read(_ path: String) throws(Failure) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            throw Failure("cannot read \(path): \(unsafe String(cString: strerror(errno))); name a readable file with --config", .noInput)
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Failure("\(path) is not a regular file; name one with --config", .noInput)
        }
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            throw Failure("\(path) belongs to user \(status.st_uid), who could change what this program does; chown root \(path)", .noInput)
        }
        guard status.st_mode & S_IWOTH == 0 else {
            throw Failure("\(path) can be written by everybody; chmod o-w \(path)", .noInput)
        }
        guard status.st_size <= limit else { throw Failure("\(path) is larger than \(limit) bytes", .data) }

        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let got = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress! + count, $0.count - count) }
            if got < 0, errno == EINTR { continue }
            if got <= 0 { break }
            count += got
        }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
