// SPDX-License-Identifier: MIT
internal import CLinux
internal import Glibc

/// What thread A waits for: the ring, signals, auditd's records, a set clock, a failed output, the end of an errand.
struct EventLoop: ~Copyable {
    /// Something that happened.
    struct Happened: OptionSet {
        let rawValue: UInt32
        /// The ring asked for a wake-up.
        static let ring = Happened(rawValue: 1 << 0)
        /// A signal is waiting; take it with ``EventLoop/takeSignal()``.
        static let signal = Happened(rawValue: 1 << 1)
        /// Standard input has bytes, or has ended.
        static let input = Happened(rawValue: 1 << 2)
        /// The real-time clock was set.
        static let clock = Happened(rawValue: 1 << 3)
        /// The last output has failed.
        static let output = Happened(rawValue: 1 << 4)
        /// An errand is done.
        static let errand = Happened(rawValue: 1 << 5)
    }

    private let poll: Int32
    private let signals: Int32
    private let clock: Int32

    /// Blocks the signals that the loop reports, in this thread and all that it starts later, and unblocks the others: a plugin
    /// inherits auditd's mask (auditd 3.0 to 4.0.3 start plugins with several signals blocked).
    static func takeOverSignals() {
        signal(SIGPIPE, SIG_IGN)
        var none = sigset_t()
        unsafe sigemptyset(&none)
        _ = unsafe pthread_sigmask(SIG_SETMASK, &none, nil)
        var handled = handledSignals()
        _ = unsafe pthread_sigmask(SIG_BLOCK, &handled, nil)
    }

    private static func handledSignals() -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2] { _ = unsafe sigaddset(&set, number) }
        return set
    }

    /// - Throws: ``Failure`` when the process has no descriptors left.
    init() throws(Failure) {
        var handled = Self.handledSignals()
        poll = epoll_create1(CLINUX_EPOLL_CLOEXEC)
        signals = unsafe signalfd(-1, &handled, CLINUX_SFD_FLAGS)
        clock = timerfd_create(CLOCK_REALTIME, CLINUX_TFD_FLAGS)
        guard poll >= 0, signals >= 0, clock >= 0 else { throw Self.failure("setting up the event loop") }
        try watch(signals, .signal)
        armClock()
        try watch(clock, .clock)
    }

    deinit {
        close(poll)
        close(signals)
        close(clock)
    }

    /// Reports `happened` when `descriptor` is readable or has ended.
    borrowing func watch(_ descriptor: Int32, _ happened: Happened) throws(Failure) {
        var event = unsafe epoll_event()
        unsafe event.events = EPOLLIN.rawValue
        unsafe event.data.u32 = happened.rawValue
        guard unsafe epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            throw Self.failure("watching descriptor \(descriptor)")
        }
    }

    /// No longer reports `descriptor`.
    borrowing func forget(_ descriptor: Int32) {
        _ = epoll_ctl(poll, EPOLL_CTL_DEL, descriptor, nil)
    }

    /// Waits up to `milliseconds`.
    borrowing func wait(milliseconds: Int32) -> Happened {
        var events = unsafe InlineArray<8, epoll_event>(repeating: epoll_event())
        var all: Happened = []
        var span = unsafe events.mutableSpan
        unsafe span.withUnsafeMutableBufferPointer { buffer in
            let count = unsafe epoll_wait(poll, buffer.baseAddress, Int32(buffer.count), milliseconds)
            for index in 0..<max(0, Int(count)) {
                all.insert(Happened(rawValue: unsafe buffer[index].data.u32))
            }
        }
        return all
    }

    /// A signal, and who wants an answer to it.
    struct Signal {
        let number: Int32
        /// The process that waits for an answer, see ``ReloadRequest``; nil for none.
        let asker: Int32?
    }

    /// The next waiting signal, or nil.
    borrowing func takeSignal() -> Signal? {
        var info = signalfd_siginfo()
        let count = unsafe read(signals, &info, MemoryLayout<signalfd_siginfo>.size)
        guard count == MemoryLayout<signalfd_siginfo>.size else { return nil }
        let asks = info.ssi_code == ReloadRequest.queued && info.ssi_int == ReloadRequest.mark && info.ssi_pid > 0
        return Signal(number: Int32(info.ssi_signo), asker: asks ? Int32(bitPattern: info.ssi_pid) : nil)
    }

    /// Waits anew for the clock to be set. A timer that is cancelled by a set clock is how the kernel tells (timerfd_create(2)).
    borrowing func armClock() {
        var expirations: UInt64 = 0
        _ = unsafe read(clock, &expirations, 8)
        var never = itimerspec()
        never.it_value.tv_sec = Int.max
        _ = unsafe timerfd_settime(clock, CLINUX_TFD_CLOCK_SET, &never, nil)
    }

    private static func failure(_ what: String) -> Failure {
        Failure("\(what): \(unsafe String(cString: strerror(errno))); raise the limit of open files (ulimit -n)", .unavailable)
    }
}
