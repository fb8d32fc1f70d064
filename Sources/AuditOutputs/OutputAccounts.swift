// SPDX-License-Identifier: MIT
import Synchronization

/// The books of one output.
///
/// A lock and not atomics, since what became of a batch must be booked at once or, when thread A has given up on B, not at all.
/// Taken once a batch, never while writing, and by A only on demand.
final class OutputAccount: Sendable {
    private struct Book {
        var counters: OutputCounters
        /// Set when A stopped waiting for B: nothing is booked any more.
        var isFinal = false
    }

    private let book: Mutex<Book>

    init(output: String) { book = Mutex(Book(counters: OutputCounters(output: output))) }

    var counters: OutputCounters { book.withLock { $0.counters } }

    /// Books what became of a batch.
    ///
    /// - Returns: false when the books are closed, and B has to end.
    func add(_ outcome: WriteOutcome) -> Bool {
        book.withLock { book in
            guard !book.isFinal else { return false }
            book.counters.writtenEvents += outcome.writtenEvents
            book.counters.writtenBytes += outcome.writtenBytes
            if outcome.lostEvents > 0 { book.counters.lost[outcome.problem?.reason ?? .error] += outcome.lostEvents }
            return true
        }
    }

    /// Books as stalled what was submitted and has no outcome yet, and closes the books.
    func close(submitted: Int) -> OutputCounters {
        book.withLock { book in
            book.isFinal = true
            let known = book.counters.writtenEvents + book.counters.lost.total
            book.counters.lost.stalled += max(submitted - known, 0)
            return book.counters
        }
    }
}

/// What threads A and B both see.
final class Shared: Sendable {
    /// One an output, in their order.
    let accounts: [OutputAccount]
    let reopenRequested = Atomic<Bool>(false)
    /// Readable when there is a ``failure``.
    let failed: WakeUp
    /// Readable when B has ended.
    let done: WakeUp
    private let firstFailure = Mutex<OutputError?>(nil)

    init(outputs: [String], failed: WakeUp, done: WakeUp) {
        accounts = outputs.map { OutputAccount(output: $0) }
        self.failed = failed
        self.done = done
    }

    /// Why no output is left.
    var failure: OutputError? { firstFailure.withLock { $0 } }

    /// No output is left. The first reason stays.
    func fail(_ error: OutputError) {
        let isFirst = firstFailure.withLock { failure in
            guard failure == nil else { return false }
            failure = error
            return true
        }
        if isFirst { failed.signal() }
    }
}
