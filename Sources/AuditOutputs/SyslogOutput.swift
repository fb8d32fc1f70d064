// SPDX-License-Identifier: MIT
package import AuditBytes
import Glibc

/// Records as messages to the local syslog daemon: one message a record, 0x1D (before the ENRICHED part) as a blank, as
/// audisp-syslog(8) sends them.
///
/// The messages are made and sent here, in the form that syslog(3) gives them (RFC 3164 without host name), because
/// syslog(3) returns nothing: without a daemon, or when one goes away, it drops the message and nobody can count it. It
/// also waits without limit for a daemon that has stopped reading. (rsyslog cuts what is longer than its `MaxMessageSize`,
/// 8 KiB unless configured, and tells nobody.)
package final class SyslogOutput {
    /// What a message is filed under, syslog(3)'s numbers.
    package struct Priority: Sendable, Equatable {
        /// Facility and level in one number, as in a message's `<N>`.
        package let value: Int

        /// Facility LOG_USER, level LOG_INFO: audisp-syslog's defaults.
        package static let `default` = Priority(value: Int(LOG_USER) | Int(LOG_INFO))

        private init(value: Int) { self.value = value }

        /// - Parameters:
        ///   - facility: 0…23, 1 is `user`, 16…23 are `local0` to `local7`.
        ///   - level: 0…7, 6 is `info`.
        /// - Returns: nil when outside of these.
        package init?(facility: Int, level: Int) {
            guard (0...23).contains(facility), (0...7).contains(level) else { return nil }
            value = facility << 3 | level
        }
    }

    package let name = "syslog"
    /// Why nothing can be sent at the moment; nil when all is well. It is tried again with every batch.
    package private(set) var problem: OutputError?

    private let path: String
    private let identity: String
    private let priority: Priority
    private let patience: Int
    /// When the batch being sent has waited enough; nil as long as it did not wait.
    private var deadline: Int?
    private var isStalled = false
    private var descriptor: Int32 = -1
    private var headSecond: time_t = -1
    private var headCount = 0
    /// The message being sent: the head, which stays for a second, and a record.
    private var message: [UInt8] = []

    /// Connects, or remembers in ``problem`` that nobody is there yet.
    ///
    /// - Parameters:
    ///   - path: the daemon's datagram socket.
    ///   - identity: the tag before the colon.
    ///   - patienceMilliseconds: how long one batch may wait for a daemon that does not keep up before the rest of it is lost. The batches
    ///     after it do not wait until it has taken something again, since the other outputs wait with it.
    package init(
        path: String = "/dev/log", identity: String = "ebpf-audit", priority: Priority = .default,
        patienceMilliseconds: Int = 1000
    ) {
        self.path = path
        self.identity = identity
        self.priority = priority
        patience = patienceMilliseconds
        message.reserveCapacity(16 * 1024)
        do throws(Errno) { try connect() } catch { problem = .noSyslog(path: path, code: error.code) }
    }

    deinit { disconnect() }

    /// Sends every record that is committed in `batch`. An event counts as written when all its records were taken.
    package func write(_ batch: borrowing RecordBuffer) -> WriteOutcome {
        let bytes = batch.bytes.extracting(first: batch.committedCount)
        guard bytes.byteCount > 0 else {
            return WriteOutcome(writtenEvents: 0, writtenBytes: 0, lostEvents: batch.events, problem: problem)
        }
        deadline = nil
        renewHead()
        var lines = EventLines()
        var sentBytes = 0
        var eventBytes = 0
        var lost = 0
        var eventIsLost = false
        var gaveUp: Errno?
        var lastProblem: Errno?
        while let line = lines.next(in: bytes) {
            if line.startsEvent {
                sentBytes += eventIsLost ? 0 : eventBytes
                eventBytes = 0
                eventIsLost = false
            }
            eventBytes += line.end - line.text.lowerBound
            // One lost record spoils its event; the rest of it would only mislead.
            if eventIsLost { continue }
            if gaveUp == nil {
                do throws(Errno) {
                    try send(bytes.extracting(line.text))
                    continue
                } catch {
                    lastProblem = error
                    // Too long is this record's fault only. Anything else would meet the next one too.
                    if error.code != EMSGSIZE { gaveUp = error }
                }
            }
            eventIsLost = true
            lost += 1
        }
        sentBytes += eventIsLost ? 0 : eventBytes
        lost = min(lost, batch.events)
        problem = lastProblem.map(meaning)
        return WriteOutcome(
            writtenEvents: batch.events - lost, writtenBytes: sentBytes, lostEvents: lost, problem: problem)
    }

    private func meaning(_ error: Errno) -> OutputError {
        descriptor < 0 ? .noSyslog(path: path, code: error.code) : .failed(output: name, code: error.code)
    }

    // MARK: Messages

    /// `<PRIORITY>Mmm dd hh:mm:ss IDENTITY: `, local time, as syslog(3) writes it in the C locale.
    private func renewHead() {
        let now = SystemCalls.now()
        guard now != headSecond else { return }
        headSecond = now
        let time = SystemCalls.localTime(now)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int, _ fill: String) -> String { number < 10 ? "\(fill)\(number)" : "\(number)" }
        let clock = "\(two(time.hour, "0")):\(two(time.minute, "0")):\(two(time.second, "0"))"
        let head = "<\(priority.value)>\(months[time.month]) \(two(time.day, " ")) \(clock) \(identity): "
        message.removeAll(keepingCapacity: true)
        message.append(contentsOf: head.utf8)
        headCount = message.count
    }

    /// Sends one record, connecting when need be, and once more when the daemon was restarted in between.
    private func send(_ record: RawSpan) throws(Errno) {
        message.removeSubrange(headCount...)
        for offset in 0..<record.byteCount {
            let byte = record.byte(at: offset)
            message.append(byte == 0x1D ? 0x20 : byte)
        }
        let message = message
        var mayReconnect = descriptor >= 0
        if descriptor < 0 { try connect() }
        while true {
            do throws(Errno) {
                try SystemCalls.send(descriptor, message.rawSpan)
                isStalled = false
                return
            } catch {
                switch error.code {
                case EINTR: continue
                case EAGAIN, ENOBUFS:
                    guard mayWait() else { throw error }
                case EMSGSIZE: throw error
                default:
                    disconnect()
                    guard mayReconnect else { throw error }
                    mayReconnect = false
                    try connect()
                }
            }
        }
    }

    /// Waits a while for the daemon to take messages from its queue.
    ///
    /// - Returns: false when the batch has waited enough.
    private func mayWait() -> Bool {
        let now = SystemCalls.monotonicMilliseconds()
        let end = deadline ?? now + (isStalled ? 0 : patience)
        deadline = end
        guard now < end else {
            isStalled = true
            return false
        }
        // ENOBUFS has no event to wait for, so never wait long for POLLOUT alone.
        _ = try? SystemCalls.wait(descriptor, Int32(POLLOUT), milliseconds: Int32(clamping: min(end - now, 100)))
        return true
    }

    private func connect() throws(Errno) { descriptor = try SystemCalls.connectDatagram(to: path) }

    private func disconnect() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }
}
