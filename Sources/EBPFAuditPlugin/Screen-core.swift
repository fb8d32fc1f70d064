// SPDX-License-Identifier: MIT
internal import Glibc

/// Text for a person, written at once and without buffering: records may share the descriptors.
enum Screen {
    /// Writes to stderr. A closed stderr is nothing to fail over.
    static func error(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Writes to stdout.
    static func out(_ text: String) { write(text, to: STDOUT_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var offset = 0
            while offset < bytes.count {
                let written = unsafe Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
                if written > 0 {
                    offset += written
                } else if errno != EINTR {
                    return
                }
            }
        }
    }
}
