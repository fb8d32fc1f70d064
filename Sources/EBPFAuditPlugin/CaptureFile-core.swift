// SPDX-License-Identifier: MIT
internal import AuditBytes
internal import AuditEvents
internal import Glibc

/// The file that a run's capture is written to. Used by thread A alone; what cannot be written ends the capture, not the run.
final class CaptureFile {
    /// Bytes kept back, to be written at once.
    private static let portion = 1 << 18

    private let path: String
    private let descriptor: Int32
    private var buffer = RecordBuffer(capacity: portion)
    /// Why the capture has ended early, or nil.
    private(set) var problem: String?

    /// Makes the file at `path` with mode 0600. One that is there already stays as it is: it may be somebody's only copy.
    ///
    /// - Throws: ``Failure`` when it cannot be made.
    init(path: String, header: CaptureHeader) throws(Failure) {
        self.path = path
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(
                "cannot make the capture file \(path): \(unsafe String(cString: strerror(errno))); name one that is not there yet", .output)
        }
        buffer.append(header.encoded.span)
        flush()
    }

    deinit { close(descriptor) }

    /// Adds a record of the ring.
    func append(_ record: RawSpan) {
        if buffer.freeCapacity < record.byteCount { flush() }
        buffer.append(record)
    }

    /// Adds a note.
    func note(_ note: CaptureNote) {
        let bytes = note.encoded
        if buffer.freeCapacity < bytes.count { flush() }
        buffer.append(bytes.span)
    }

    /// Writes what has been kept back.
    func flush() {
        guard buffer.count > 0 else { return }
        if problem == nil { write(buffer.bytes) }
        buffer.removeAll()
    }

    private func write(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let count = unsafe Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
                if count > 0 {
                    offset += count
                } else if count == 0 || errno != EINTR {
                    problem = "the capture ends early: \(path): \(unsafe String(cString: strerror(errno))); make room for it"
                    return
                }
            }
        }
    }
}
