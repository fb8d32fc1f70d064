// SPDX-License-Identifier: MIT
import Glibc

/// A POSIX thread that runs one closure, with every signal blocked: signals are for the thread that handles them, and a write to
/// a pipe nobody reads is EPIPE here, whatever the process does about SIGPIPE.
struct Thread: Sendable {
    private let identifier: pthread_t

    /// - Parameters:
    ///   - name: at most 15 bytes, shown by ps and top.
    ///   - body: what it does. It is given away: nothing it captured is used by the caller any more.
    /// - Throws: EAGAIN when the process may have no more threads.
    static func start(name: String, _ body: sending @escaping () -> Void) throws(Errno) -> Thread {
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        // Blocked here and inherited, so that no signal can come to the new thread before it blocks them itself.
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_BLOCK, &all, &before)
        var identifier = pthread_t()
        let code = unsafe pthread_create(
            &identifier, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                Thread.setName(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard code == 0 else {
            unsafe start.release()
            throw Errno(code: code)
        }
        return Thread(identifier: identifier)
    }

    /// Waits for its end. Once, and not after ``detach()``.
    func join() { pthread_join(identifier, nil) }

    /// Leaves it to itself.
    func detach() { pthread_detach(identifier) }

    /// Names the calling thread, through /proc since the Glibc module does not declare pthread_setname_np(3); without /proc it has
    /// the process's name.
    private static func setName(_ name: String) {
        guard let descriptor = try? SystemCalls.open("/proc/thread-self/comm", O_WRONLY) else { return }
        _ = try? SystemCalls.write(descriptor, Array(name.utf8).rawSpan)
        close(descriptor)
    }

    private final class Start {
        let name: String
        let body: () -> Void

        init(name: String, body: @escaping () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
