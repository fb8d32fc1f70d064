// SPDX-License-Identifier: MIT
import AuditBytes
import AuditOutputs
import Foundation
import Glibc
import Testing

@Suite struct OutputThreadTests {
    let directory = TemporaryDirectory()

    @Test func everyOutputGetsEveryEvent() throws {
        let pipe = TestPipe()
        defer { close(pipe.reader) }
        let reader = Background { pipe.readAll() }
        let queue = try OutputQueue(buffers: 4, bufferCapacity: 8192)
        let thread = try OutputThread(
            queue: queue,
            destinations: [
                .stdout(StandardOutput(descriptor: pipe.writer)), .file(FileOutput(path: directory.path("log"))),
            ]
        ) { Issue.record("\($0) \($1)") }
        for round in 0..<200 { submit(events((round * 3 + 1)...(round * 3 + 3)), to: queue) }
        let counters = thread.stop(deadlineMilliseconds: 60_000)
        close(pipe.writer)
        let expected = events(1...600).joined()
        #expect(directory.text("log") == expected)
        #expect(reader.wait() == Array(expected.utf8))
        #expect(counters.map(\.output) == ["stdout", "file:\(directory.path("log"))"])
        for counter in counters {
            #expect(counter.writtenEvents == 600)
            #expect(counter.writtenBytes == expected.utf8.count)
            #expect(counter.lost.total == 0)
        }
        #expect(thread.stop() == counters)
    }

    /// A pipe nobody reads: the formatting side is refused buffers and goes on, the end comes, and every event is in one of the counters.
    @Test(.timeLimit(.minutes(1))) func aStalledOutputHoldsUpNeitherCollectionNorTheEnd() throws {
        let pipe = TestPipe()
        let queue = try OutputQueue(buffers: 4, bufferCapacity: 65536)
        let thread = try OutputThread(
            queue: queue, destinations: [.stdout(StandardOutput(descriptor: pipe.writer))], onChange: { _, _ in })
        var refused = 0
        for serial in 1...1000 {
            if var buffer = queue.takeFree() {
                fill(&buffer, [event(serial, bytes: 50_000)])
                queue.submit(buffer)
            } else {
                refused += 1
            }
        }
        let counters = thread.stop(deadlineMilliseconds: 50)[0]
        #expect(refused > 0)
        #expect(queue.submittedEvents + refused == 1000)
        #expect(counters.writtenEvents + counters.lost.total == queue.submittedEvents)
        #expect(counters.lost.stalled == counters.lost.total)
        #expect(counters.lost.stalled > 0)
        // The thread that was left behind wakes up with the books closed.
        close(pipe.reader)
        usleep(20_000)
        #expect(thread.counters[0] == counters)
    }

    @Test func oneClosedOutputOfTwoIsNoFailure() throws {
        let pipe = TestPipe()
        close(pipe.reader)
        defer { close(pipe.writer) }
        let changes = Changes()
        let queue = try OutputQueue(buffers: 2, bufferCapacity: 4096)
        let thread = try OutputThread(
            queue: queue,
            destinations: [
                .stdout(StandardOutput(descriptor: pipe.writer)), .file(FileOutput(path: directory.path("log"))),
            ]
        ) { changes.note($1) }
        for serial in 1...9 { submit([event(serial)], to: queue) }
        let counters = thread.stop(deadlineMilliseconds: 60_000)
        #expect(thread.failure == nil)
        #expect(!isReadable(thread.failureDescriptor))
        #expect(changes.states == [.closed(.closed(output: "stdout"))])
        #expect(counters[0].lost.closed == 9)
        #expect(counters[1].writtenEvents == 9)
        #expect(directory.text("log") == events(1...9).joined())
    }

    @Test func withoutOutputsBatchesAreTakenAndNothingFails() throws {
        let queue = try OutputQueue(buffers: 2, bufferCapacity: 4096)
        let thread = try OutputThread(queue: queue, destinations: [], onChange: { _, _ in })
        for serial in 1...9 { submit([event(serial)], to: queue) }
        #expect(thread.stop(deadlineMilliseconds: 60_000).isEmpty)
        #expect(thread.failure == nil)
    }

    @Test func filesAreReopenedOnDemand() throws {
        let queue = try OutputQueue(buffers: 2, bufferCapacity: 4096)
        let thread = try OutputThread(
            queue: queue, destinations: [.file(FileOutput(path: directory.path("log")))],
            onChange: { Issue.record("\($0) \($1)") })
        submit([event(1)], to: queue)
        while thread.counters[0].writtenEvents < 1 { usleep(500) }
        unsafe rename(directory.path("log"), directory.path("log.old"))
        thread.reopen()
        // Also while there is nothing to write.
        while directory.text("log") == nil { usleep(500) }
        submit([event(2)], to: queue)
        thread.stop(deadlineMilliseconds: 60_000)
        #expect(directory.text("log.old") == event(1))
        #expect(directory.text("log") == event(2))
    }

    @Test func aReopeningThatFailsIsANotice() throws {
        let changes = Changes()
        let queue = try OutputQueue(buffers: 2, bufferCapacity: 4096)
        let thread = try OutputThread(
            queue: queue, destinations: [.file(FileOutput(path: directory.path("log")))], onChange: { changes.note($1) })
        unsafe rename(directory.path("log"), directory.path("log.old"))
        unsafe mkdir(directory.path("log"), 0o700)
        thread.reopen()
        while changes.states.isEmpty { usleep(500) }
        submit([event(1)], to: queue)
        thread.stop(deadlineMilliseconds: 60_000)
        #expect(changes.states == [.impaired(.notRegular(path: directory.path("log"), kind: "a directory"))])
        #expect(directory.text("log.old") == event(1))
    }

    @Test func anAbsentSyslogDaemonIsReportedAtTheStart() throws {
        let path = directory.path("no log")
        let changes = Changes()
        let queue = try OutputQueue(buffers: 2, bufferCapacity: 4096)
        let thread = try OutputThread(
            queue: queue, destinations: [.syslog(SyslogOutput(path: path))], onChange: { changes.note($1) })
        submit([], to: queue)
        submit(events(1...3), to: queue)
        let counters = thread.stop(deadlineMilliseconds: 60_000)[0]
        #expect(changes.states == [.failing(.noSyslog(path: path, code: ENOENT))])
        #expect(counters.lost.error == 3)
        #expect(thread.failure == nil)
    }

    /// The kernel's own view of the thread: its name, and every signal that can be blocked is.
    @Test func theThreadIsNamedAndBlocksSignals() throws {
        let queue = try OutputQueue(buffers: 2, bufferCapacity: 4096)
        let thread = try OutputThread(
            queue: queue, destinations: [.file(FileOutput(path: directory.path("log")))], onChange: { _, _ in })
        submit([event(1)], to: queue)
        while thread.counters[0].writtenEvents < 1 { usleep(500) }
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
        let statuses = tasks.compactMap { try? String(contentsOfFile: "/proc/self/task/\($0)/status", encoding: .utf8) }
        let ours = statuses.filter { $0.hasPrefix("Name:\taudit-write\n") }
        #expect(!ours.isEmpty)
        for status in ours {
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("SigBlk:") })
            let mask = try #require(UInt64(line.split(separator: "\t")[1], radix: 16))
            for number in [SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2, SIGCHLD, SIGXFSZ] {
                #expect(mask & (1 << UInt64(number - 1)) != 0, "signal \(number)")
            }
        }
        thread.stop(deadlineMilliseconds: 60_000)
    }
}
