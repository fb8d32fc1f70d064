// SPDX-License-Identifier: MIT
import Glibc

/// A descriptor one thread can poll and another can make readable, without either of them ever waiting for the other.
///
/// A socket pair and not an eventfd: the Glibc module of Swift 6.3 does not declare eventfd(2), nor pipe2(2), and a
/// pair of sockets is the one remaining kind that takes close-on-exec and non-blocking at creation, so that no fork can
/// fall between.
final class WakeUp: Sendable {
    /// Becomes readable after ``signal()``, until ``clear()``.
    let descriptor: Int32
    private let sender: Int32

    init() throws(Errno) {
        (descriptor, sender) = try SystemCalls.socketPair()
    }

    deinit {
        close(sender)
        close(descriptor)
    }

    /// Makes it readable. A full socket means that it already is.
    func signal() {
        let byte: [UInt8] = [1]
        _ = try? SystemCalls.write(sender, byte.rawSpan)
    }

    /// Takes every signal given so far.
    func clear() { SystemCalls.discard(descriptor) }

    /// Waits for a signal, at most `milliseconds` (below 0: for ever), and takes it.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    func wait(milliseconds: Int32) -> Bool {
        guard (try? SystemCalls.wait(descriptor, POLLIN, milliseconds: milliseconds)) == true else { return false }
        clear()
        return true
    }
}
