// SPDX-License-Identifier: MIT
import AuditBytes
import Synchronization

/// What thread B does: the state that only it sees.
final class OutputLoop {
    private let queue: OutputQueue
    private let destinations: [OutputDestination]
    private var states: [OutputState]
    private let shared: Shared
    private let onChange: @Sendable (String, OutputState) -> Void

    init(
        queue: OutputQueue, destinations: [OutputDestination], shared: Shared,
        onChange: @escaping @Sendable (String, OutputState) -> Void
    ) {
        self.queue = queue
        self.destinations = destinations
        states = destinations.map { _ in .working }
        self.shared = shared
        self.onChange = onChange
    }

    func run() {
        // Also on the way out through closed books: harmless then.
        defer { shared.done.signal() }
        for index in destinations.indices { note(destinations[index].problem, at: index) }
        while true {
            if shared.reopenRequested.exchange(false, ordering: .acquiring) { reopen() }
            switch queue.next() {
            case .batch(let batch):
                guard write(batch) else { return }
                queue.recycle(batch)
            case .idle: continue
            case .closed:
                finish()
                return
            }
        }
    }

    /// - Returns: false when A waits for us no longer.
    private func write(_ batch: borrowing RecordBuffer) -> Bool {
        guard batch.committedCount > 0 else { return true }
        for index in destinations.indices {
            let outcome = destinations[index].write(batch)
            guard shared.accounts[index].add(outcome) else { return false }
            if outcome.lostEvents == 0, let problem = outcome.problem {
                onChange(destinations[index].name, .impaired(problem))
            } else {
                note(outcome.problem, at: index)
            }
        }
        return true
    }

    private func reopen() {
        for index in destinations.indices {
            do throws(OutputError) { try destinations[index].reopen() } catch {
                onChange(destinations[index].name, .impaired(error))
            }
        }
    }

    private func finish() {
        for index in destinations.indices {
            do throws(OutputError) { try destinations[index].finish() } catch {
                onChange(destinations[index].name, .impaired(error))
            }
        }
    }

    /// Tells of a change, once, and of the end of the last output.
    private func note(_ problem: OutputError?, at index: Int) {
        let state: OutputState =
            switch problem {
            case .none: .working
            case .some(let error): if case .closed = error { .closed(error) } else { .failing(error) }
            }
        guard state != states[index] else { return }
        states[index] = state
        onChange(destinations[index].name, state)
        guard case .closed(let error) = state, states.allSatisfy({ if case .closed = $0 { true } else { false } })
        else { return }
        shared.fail(error)
    }
}
