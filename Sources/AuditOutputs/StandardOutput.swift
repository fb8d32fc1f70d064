// SPDX-License-Identifier: MIT
package import AuditBytes
import Glibc

/// Records on standard output, whatever that is: terminal, pipe, socket, file.
///
/// Its writes wait for a slow reader; the queue before them does not. When the reader is gone it is closed for good.
package final class StandardOutput {
    package let name = "stdout"
    private var writer: LineWriter
    private var isClosed = false

    /// - Parameter descriptor: an open descriptor that stays the caller's; another than 1 in tests only.
    /// - Throws: ``OutputError/closed(output:)`` when it is not open for writing. Checked by what it is and not only by whether it is:
    ///   in a program that was started with standard output closed, number 1 goes to the next thing opened.
    package init(descriptor: Int32 = STDOUT_FILENO) throws(OutputError) {
        guard let facts = try? SystemCalls.facts(descriptor), let flags = try? SystemCalls.flags(descriptor),
            flags & O_ACCMODE != O_RDONLY, [S_IFREG, S_IFCHR, S_IFIFO, S_IFSOCK].contains(facts.kind)
        else { throw .closed(output: name) }
        writer = LineWriter(name: name, descriptor: descriptor, isRegular: facts.isRegular)
    }

    /// Writes all that is committed in `batch`. Blocks while the reader does not read.
    package func write(_ batch: borrowing RecordBuffer) -> WriteOutcome {
        guard !isClosed else {
            return WriteOutcome(
                writtenEvents: 0, writtenBytes: 0, lostEvents: batch.events, problem: .closed(output: name))
        }
        let outcome = writer.write(batch)
        if case .closed = outcome.problem { isClosed = true }
        return outcome
    }
}
