// SPDX-License-Identifier: MIT
package import AuditBytes
import Glibc

/// Records appended to a file, as auditd does to its log.
///
/// The file belongs to this program: made with mode 0600, never followed through a symbolic link, never taken from a user who
/// could have put it there. Only regular files: a FIFO would be written without what this output promises (taking back what did not fit,
/// rotation), its opening waits for a reader, and whoever wants one can redirect standard output into it.
package final class FileOutput {
    /// When a file is put aside, as with auditd.conf(5)'s `max_log_file` and `num_logs` under `max_log_file_action = rotate`.
    package struct Rotation: Sendable, Equatable {
        /// Bytes a file may reach. A single batch larger than this still goes into one file.
        package let maximumBytes: Int
        /// Files kept, the current one included: PATH, PATH.1 … PATH.(files − 1).
        package let files: Int

        /// - Throws: ``OutputError/badRotation(_:)`` when `maximumBytes` is below 4096 or `files` outside 2…999 (auditd.conf's range).
        package init(maximumBytes: Int, files: Int) throws(OutputError) {
            guard maximumBytes >= 4096 else { throw .badRotation("a file size of \(maximumBytes) bytes is below 4096") }
            guard (2...999).contains(files) else { throw .badRotation("\(files) files are outside of 2 to 999") }
            self.maximumBytes = maximumBytes
            self.files = files
        }
    }

    /// `file:` and the path as given.
    package let name: String
    private let path: String
    private let rotation: Rotation?
    private var file: LogFile
    private var writer: LineWriter
    /// Bytes in the file, as far as we know: something else may have cut it.
    private var size: Int
    /// The size from which the next rotation is tried.
    private var threshold: Int

    /// Opens or makes the file at `path`, relative to the current directory unless absolute.
    ///
    /// - Throws: ``OutputError`` when it or its directory is not fit for the purpose; nothing is changed then.
    package init(path: String, rotation: Rotation? = nil) throws(OutputError) {
        let file = try LogFile(path: path)
        name = "file:\(path)"
        self.path = path
        self.rotation = rotation
        self.file = file
        writer = file.writer(name: path)
        size = file.size
        threshold = rotation?.maximumBytes ?? .max
    }

    /// Writes all that is committed in `batch`, after rotating when it would not fit.
    package func write(_ batch: borrowing RecordBuffer) -> WriteOutcome {
        var rotationProblem: OutputError?
        if let rotation, size > 0, size + batch.committedCount > threshold {
            rotationProblem = rotate(rotation, before: batch.committedCount)
        }
        let outcome = writer.write(batch)
        size += outcome.writtenBytes
        guard outcome.problem == nil, let rotationProblem else { return outcome }
        return WriteOutcome(
            writtenEvents: outcome.writtenEvents, writtenBytes: outcome.writtenBytes, lostEvents: outcome.lostEvents,
            problem: rotationProblem)
    }

    /// Opens the path anew, for when somebody (logrotate) has moved the file away and sent SIGHUP.
    ///
    /// - Throws: as ``init(path:rotation:)``; then records still go to the file that was open before.
    package func reopen() throws(OutputError) {
        adopt(try LogFile(path: path))
    }

    /// Brings what was written to the disk.
    package func finish() throws(OutputError) {
        do { try SystemCalls.synchronize(file.descriptor) } catch {
            throw .failed(output: path, code: error.code)
        }
    }

    private func adopt(_ next: LogFile) {
        file = next
        writer = next.writer(name: path)
        size = next.size
        threshold = rotation?.maximumBytes ?? .max
    }

    /// Moves the files on by one and begins a new one, at an event's end since batches hold whole events.
    ///
    /// - Returns: why not; then it is tried again only after as many bytes more, not with every batch.
    private func rotate(_ rotation: Rotation, before incoming: Int) -> OutputError? {
        // Emptied by copy-and-truncate: no reason to rotate.
        if let facts = try? SystemCalls.facts(file.descriptor) { size = facts.size }
        guard size > 0, size + incoming > threshold else { return nil }
        do throws(OutputError) {
            adopt(try file.successor(keeping: rotation.files))
            return nil
        } catch {
            threshold = size + rotation.maximumBytes
            return error
        }
    }
}
