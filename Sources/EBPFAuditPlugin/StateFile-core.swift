// SPDX-License-Identifier: MIT
internal import Glibc

/// The file with the report so far.
enum StateFile {
    /// Replaces the file at `path` by one with `text`, which readers see whole.
    ///
    /// - Returns: why not, for the operator, or nil.
    static func write(_ text: String, to path: String) -> String? {
        let draft = path + ".new"
        // A link that somebody has left there is not followed.
        _ = unsafe unlink(draft)
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { return reason(path) }
        defer { close(descriptor) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                defer { _ = unsafe unlink(draft) }
                return reason(path)
            }
            rest = rest.dropFirst(written)
        }
        return unsafe rename(draft, path) == 0 ? nil : reason(path)
    }

    private static func reason(_ path: String) -> String {
        "the state cannot be written to \(path): \(unsafe String(cString: strerror(errno)))"
    }
}
