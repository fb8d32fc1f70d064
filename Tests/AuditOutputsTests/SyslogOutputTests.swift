// SPDX-License-Identifier: MIT
import AuditBytes
import AuditOutputs
import Foundation
import Glibc
import Testing

/// A datagram socket as a syslog daemon has it.
private final class SyslogServer {
    let descriptor: Int32
    private let path: String

    init(at path: String) {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    deinit {
        close(descriptor)
        unsafe unlink(path)
    }

    /// All messages that have arrived.
    func messages() -> [String] {
        var all: [String] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count >= 0 else { return all }
            all.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }

    /// The records in all messages that have arrived.
    func records() -> [String] {
        messages().compactMap { message in
            message.range(of: "ebpf-audit: ").map { String(message[$0.upperBound...]) }
        }
    }
}

/// The records of an event, as single lines.
private func records(_ events: [String]) -> [String] {
    events.joined().split(separator: "\n").map(String.init)
}

@Suite struct SyslogOutputTests {
    let directory = TemporaryDirectory()
    var path: String { directory.path("log") }

    @Test func oneMessageARecordInTheFormOfSyslog3() throws {
        let server = SyslogServer(at: path)
        let output = SyslogOutput(path: path)
        #expect(output.problem == nil)
        let head = "msg=audit(1700000000.123:9):"
        let enriched = "type=SYSCALL \(head) key=\"%s%n%99999d\"\u{1D}UID=\"root\"\ntype=EOE \(head) \n"
        let outcome = output.write(batch([enriched]))
        #expect(outcome.problem == nil)
        #expect(outcome.writtenEvents == 1)
        #expect(outcome.writtenBytes == enriched.utf8.count)
        let messages = server.messages()
        #expect(messages.count == 2)
        // 14 is facility user (1) times 8 plus level info (6), RFC 3164 section 4.1.1; the time stamp is 15 characters, 4.1.2.
        let form = try Regex("^<14>[A-Z][a-z]{2} [ 123][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} ebpf-audit: (.*)$")
        let texts = try messages.map { message in
            String(try #require(try form.wholeMatch(in: message)?[1].substring))
        }
        #expect(texts == ["type=SYSCALL \(head) key=\"%s%n%99999d\" UID=\"root\"", "type=EOE \(head) "])
    }

    @Test func priorityAndFacilityCanBeChosen() throws {
        let server = SyslogServer(at: path)
        // local3 is 19, warning is 4: syslog.h.
        let priority = try #require(SyslogOutput.Priority(facility: 19, level: 4))
        _ = SyslogOutput(path: path, priority: priority).write(batch([event(1)]))
        #expect(server.messages().allSatisfy { $0.hasPrefix("<156>") })
        #expect(SyslogOutput.Priority(facility: 24, level: 0) == nil)
        #expect(SyslogOutput.Priority(facility: 0, level: 8) == nil)
    }

    @Test func withoutADaemonEventsAreCountedUntilOneComes() {
        let output = SyslogOutput(path: path)
        #expect(output.problem == .noSyslog(path: path, code: ENOENT))
        #expect(output.problem?.description.contains("start one") == true)
        let outcome = output.write(batch(events(1...3)))
        #expect(outcome.lostEvents == 3)
        #expect(outcome.writtenEvents == 0)
        #expect(outcome.problem == .noSyslog(path: path, code: ENOENT))
        let server = SyslogServer(at: path)
        #expect(output.write(batch([event(4)])).problem == nil)
        #expect(server.records() == records([event(4)]))
    }

    @Test func aRestartedDaemonLosesNothingSentAfterIt() {
        var server: SyslogServer? = SyslogServer(at: path)
        let output = SyslogOutput(path: path)
        _ = output.write(batch([event(1)]))
        #expect(server?.records().count == 2)
        server = nil
        #expect(output.write(batch([event(2)])).lostEvents == 1)
        let next = SyslogServer(at: path)
        #expect(output.write(batch([event(3)])).problem == nil)
        #expect(next.records() == records([event(3)]))
        // And without a batch in between.
        unsafe unlink(path)
        let third = SyslogServer(at: path)
        close(next.descriptor)
        #expect(output.write(batch([event(4)])).problem == nil)
        #expect(third.records() == records([event(4)]))
    }

    /// A daemon that does not read: its queue takes some messages (net.unix.max_dgram_qlen), the rest are counted.
    @Test(.timeLimit(.minutes(1))) func aDaemonThatDoesNotReadIsNotWaitedForWithoutEnd() {
        let server = SyslogServer(at: path)
        let output = SyslogOutput(path: path, patienceMilliseconds: 20)
        let outcome = output.write(batch(events(1...1000)))
        #expect(outcome.problem == .failed(output: "syslog", code: EAGAIN))
        #expect(outcome.lostEvents > 0)
        #expect(outcome.writtenEvents + outcome.lostEvents == 1000)
        let arrived = server.records()
        let complete = arrived.count { $0.hasPrefix("type=EOE") }
        #expect(complete == outcome.writtenEvents)
        #expect(output.write(batch([event(2000)])).problem == nil)
        #expect(server.records() == records([event(2000)]))
    }

    /// What is too long for a datagram costs its own event only.
    @Test func aRecordTooLongCostsOneEvent() {
        let server = SyslogServer(at: path)
        let output = SyslogOutput(path: path)
        let outcome = output.write(batch([event(1), event(2, bytes: 600_000), event(3)]))
        #expect(outcome.problem == .failed(output: "syslog", code: EMSGSIZE))
        #expect(outcome.lostEvents == 1)
        #expect(outcome.writtenEvents == 2)
        #expect(outcome.writtenBytes == (event(1) + event(3)).utf8.count)
        #expect(server.records() == records([event(1), event(3)]))
    }
}
