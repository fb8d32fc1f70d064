// SPDX-License-Identifier: MIT
import Glibc
import Synchronization

/// How an output does.
package enum OutputState: Sendable, Equatable {
    /// It takes what it is given.
    case working
    /// It loses events, and is tried again with every batch.
    case failing(OutputError)
    /// It takes what it is given, but something else went wrong: a rotation, a reopening. A notice, after which the state is what it
    /// was before.
    case impaired(OutputError)
    /// It is over.
    case closed(OutputError)
}

/// Thread B: takes batches from the queue, writes each to every output, gives the buffer back, and counts.
///
/// The outputs are served one after the other, so one that blocks (a terminal stopped with ^S, a pipe nobody empties) holds up the
/// others too; what then does not fit into the queue is lost before it and counted by thread A. The methods here are for A.
package final class OutputThread: Sendable {
    private let queue: OutputQueue
    private let shared: Shared
    private let thread: Thread
    private let isStopped = Atomic<Bool>(false)

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - queue: where the batches come from. Its B side belongs to this thread from now on.
    ///   - destinations: the open outputs, given away. None is allowed: then batches are taken and forgotten.
    ///   - onChange: called on thread B whenever an output begins to fail, fails for another reason, works again or is over, and for each
    ///     ``OutputState/impaired(_:)``, with the output's name. May block without harm to A.
    /// - Throws: ``OutputError/start(code:)``.
    package init(
        queue: OutputQueue, destinations: sending [OutputDestination],
        onChange: @escaping @Sendable (_ output: String, _ state: OutputState) -> Void
    ) throws(OutputError) {
        do throws(Errno) {
            let shared = Shared(
                outputs: destinations.map { $0.name }, failed: try WakeUp(), done: try WakeUp())
            let loop = OutputLoop(queue: queue, destinations: destinations, shared: shared, onChange: onChange)
            thread = try Thread.start(name: "audit-write") { loop.run() }
            self.queue = queue
            self.shared = shared
        } catch {
            throw .start(code: error.code)
        }
    }

    deinit {
        guard !isStopped.load(ordering: .relaxed) else { return }
        queue.close()
        thread.detach()
    }

    /// What each output did up to now, in the order given. Waits at most for another thread's few additions.
    package var counters: [OutputCounters] { shared.accounts.map { $0.counters } }

    /// Why no output is left to write to; nil as long as there is one.
    package var failure: OutputError? { shared.failure }

    /// Becomes readable, for poll or epoll, when ``failure`` is set. Not to be read or closed.
    package var failureDescriptor: Int32 { shared.failed.descriptor }

    /// Has files opened anew by their path before the next batch is written (SIGHUP, after logrotate).
    package func reopen() {
        shared.reopenRequested.store(true, ordering: .releasing)
        queue.wake()
    }

    /// Closes the queue, has the rest of it written, and waits for the thread's end.
    ///
    /// When the outputs do not take all in time the thread is left behind and what is left counts as ``LossReason/stalled``. A
    /// record may have gone out in part then; the process is expected to end.
    ///
    /// - Parameter deadlineMilliseconds: how long this may take.
    /// - Returns: the final counters: for each output, events written + lost = events submitted.
    @discardableResult
    package func stop(deadlineMilliseconds: Int = 2000) -> [OutputCounters] {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return counters }
        queue.close()
        let deadline = SystemCalls.monotonicMilliseconds() + max(deadlineMilliseconds, 0)
        var left = 0
        repeat {
            // In a loop, since a signal ends the wait early.
            left = deadline - SystemCalls.monotonicMilliseconds()
            if shared.done.wait(milliseconds: Int32(clamping: max(left, 0))) {
                thread.join()
                return counters
            }
        } while left > 0
        thread.detach()
        let submitted = queue.submittedEvents
        return shared.accounts.map { $0.close(submitted: submitted) }
    }
}
