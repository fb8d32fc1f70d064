// SPDX-License-Identifier: MIT
import AuditBytes
import Glibc

/// Writes batches to a descriptor so that its reader finds whole lines, whatever fails in between.
///
/// In a regular file, what went out of an event that did not fit is taken back. A pipe or terminal cannot take back: there the
/// fragment is closed with a line feed before the next batch, so that no record is glued to it.
struct LineWriter {
    /// What errors call it.
    let name: String
    private(set) var descriptor: Int32
    private let isRegular: Bool
    /// Whether the last byte out was not a line feed.
    private(set) var endsInsideLine: Bool

    /// - Parameters:
    ///   - isRegular: a regular file, which can be cut.
    ///   - endsInsideLine: whether it ends in a line without line feed already.
    init(name: String, descriptor: Int32, isRegular: Bool, endsInsideLine: Bool = false) {
        self.name = name
        self.descriptor = descriptor
        self.isRegular = isRegular
        self.endsInsideLine = endsInsideLine
    }

    /// Writes all that is committed in `batch`, waiting as long as the descriptor makes it wait.
    mutating func write(_ batch: borrowing RecordBuffer) -> WriteOutcome {
        let bytes = batch.bytes.extracting(first: batch.committedCount)
        guard bytes.byteCount > 0 else {
            return WriteOutcome(writtenEvents: batch.events, writtenBytes: 0, lostEvents: 0, problem: nil)
        }
        if endsInsideLine {
            let lineFeed: [UInt8] = [0x0A]
            if let problem = writeAll(lineFeed.rawSpan).problem {
                return WriteOutcome(writtenEvents: 0, writtenBytes: 0, lostEvents: batch.events, problem: error(problem))
            }
            endsInsideLine = false
        }
        let (sent, problem) = writeAll(bytes)
        guard let problem else {
            return WriteOutcome(writtenEvents: batch.events, writtenBytes: sent, lostEvents: 0, problem: nil)
        }
        let whole = EventLines.whole(in: bytes, upTo: sent)
        if sent > 0, !(isRegular && takeBack(sent - whole.bytes)) {
            endsInsideLine = bytes.byte(at: sent - 1) != 0x0A
        }
        let written = min(whole.events, batch.events)
        return WriteOutcome(
            writtenEvents: written, writtenBytes: whole.bytes, lostEvents: batch.events - written, problem: error(problem))
    }

    /// Writes until all is out or an error stays.
    private func writeAll(_ bytes: RawSpan) -> (sent: Int, problem: Errno?) {
        var sent = 0
        while sent < bytes.byteCount {
            do throws(Errno) {
                let count = try SystemCalls.write(descriptor, bytes.extracting(droppingFirst: sent))
                // A device that takes nothing and reports nothing would keep us here for ever.
                guard count > 0 else { return (sent, Errno(code: EIO)) }
                sent += count
            } catch {
                switch error.code {
                case EINTR: continue
                // Standard output may have been made non-blocking by whoever shares it, at any time.
                case EAGAIN: _ = try? SystemCalls.wait(descriptor, Int32(POLLOUT), milliseconds: -1)
                default: return (sent, error)
                }
            }
        }
        return (sent, nil)
    }

    /// Cuts the last `count` bytes off the file, if they are still its last.
    private func takeBack(_ count: Int) -> Bool {
        guard count > 0 else { return true }
        do throws(Errno) {
            // The position is behind our last byte, also under O_APPEND. When the file is longer, somebody else wrote after it,
            // and his lines are not ours to cut.
            let end = try SystemCalls.position(descriptor)
            guard try SystemCalls.facts(descriptor).size == end, end >= count else { return false }
            try SystemCalls.truncate(descriptor, to: end - count)
            try SystemCalls.setPosition(descriptor, end - count)
            return true
        } catch {
            return false
        }
    }

    /// What an errno value of write(2) means for the output.
    private func error(_ problem: Errno) -> OutputError {
        switch problem.code {
        case ENOSPC, EDQUOT, EFBIG: .full(output: name, code: problem.code)
        case EPIPE, ECONNRESET, EBADF: .closed(output: name)
        // A terminal that was hung up answers so for good; a disk may recover.
        case EIO where !isRegular: .closed(output: name)
        default: .failed(output: name, code: problem.code)
        }
    }
}
