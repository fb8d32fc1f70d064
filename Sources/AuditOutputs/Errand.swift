// SPDX-License-Identifier: MIT
import Synchronization

/// One piece of work on a thread of its own, whose end thread A learns of by a descriptor.
package final class Errand<Value: Sendable>: Sendable {
    private let result = Mutex<Value?>(nil)
    private let done: WakeUp

    /// Starts the work. Nothing waits for its end: where the process ends first, so does it.
    ///
    /// - Parameter name: of the thread, at most 15 bytes.
    /// - Throws: ``OutputError/start(code:)`` when the process may have no more threads or descriptors.
    package init(name: String, _ work: @escaping @Sendable () -> Value) throws(OutputError) {
        do throws(Errno) {
            done = try WakeUp()
            try Thread.start(name: name) { [self] in
                let value = work()
                result.withLock { $0 = value }
                done.signal()
            }.detach()
        } catch {
            throw .start(code: error.code)
        }
    }

    /// Becomes readable, for poll or epoll, when the work is done. Not to be read or closed.
    package var descriptor: Int32 { done.descriptor }

    /// What came of it; nil before the end.
    package var value: Value? { result.withLock { $0 } }
}
