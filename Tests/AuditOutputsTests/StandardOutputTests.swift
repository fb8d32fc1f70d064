// SPDX-License-Identifier: MIT
import AuditBytes
import AuditOutputs
import Foundation
import Glibc
import Testing

@Suite struct StandardOutputTests {
    @Test func aFullDeviceLosesTheBatchAndIsTriedAgain() throws {
        let device = unsafe open("/dev/full", O_WRONLY)
        defer { close(device) }
        let output = try StandardOutput(descriptor: device)
        for _ in 1...2 {
            let outcome = output.write(batch(events(1...3)))
            #expect(outcome.problem == .full(output: "stdout", code: ENOSPC))
            #expect(outcome.lostEvents == 3)
            #expect(outcome.writtenEvents == 0)
        }
    }

    /// A pipe of one page, a reader that takes odd small bites, and a writer that blocks or, when another process has made the
    /// shared description so, does not.
    @Test(.timeLimit(.minutes(1)), arguments: [false, true])
    func aSlowReaderGetsEverything(nonBlocking: Bool) throws {
        let pipe = TestPipe()
        defer { close(pipe.reader) }
        let setPipeSize: Int32 = 1031  // F_SETPIPE_SZ of linux/fcntl.h
        #expect(fcntl(pipe.writer, setPipeSize, 4096) == 4096)
        if nonBlocking { #expect(fcntl(pipe.writer, F_SETFL, O_NONBLOCK) == 0) }
        let output = try StandardOutput(descriptor: pipe.writer)
        let reader = Background { pipe.readAll(chunk: 333) }
        var written = 0
        for round in 0..<20 {
            let outcome = output.write(batch(events((round * 10 + 1)...(round * 10 + 10), bytes: 1500)))
            #expect(outcome.problem == nil)
            written += outcome.writtenEvents
        }
        close(pipe.writer)
        #expect(written == 200)
        #expect(reader.wait() == Array(events(1...200, bytes: 1500).joined().utf8))
    }

    @Test func aDescriptorThatIsNoOutputIsRefused() {
        let input = unsafe open("/dev/null", O_RDONLY)
        defer { close(input) }
        #expect(throws: OutputError.closed(output: "stdout")) { try StandardOutput(descriptor: input) }
        #expect(throws: OutputError.closed(output: "stdout")) { try StandardOutput(descriptor: 1_000_000) }
        // What a program started with standard output closed may find there: something of its own without a file type.
        let notify = inotify_init()
        defer { close(notify) }
        #expect(throws: OutputError.closed(output: "stdout")) { try StandardOutput(descriptor: notify) }
    }

    /// What a reader that broke off leaves is counted, and known to be over, with SIGPIPE at its default in this process.
    @Test func aClosedPipeIsTheEnd() async {
        await #expect(processExitsWith: .success) {
            signal(SIGPIPE, SIG_DFL)
            let pipe = TestPipe()
            let changes = Changes()
            let queue = try OutputQueue(buffers: 2, bufferCapacity: 4096)
            let destination = OutputDestination.stdout(try StandardOutput(descriptor: pipe.writer))
            let thread = try OutputThread(queue: queue, destinations: [destination]) { changes.note($1) }
            submit([event(1)], to: queue)
            while thread.counters[0].writtenEvents < 1 { usleep(500) }
            precondition(thread.failure == nil && !isReadable(thread.failureDescriptor))
            close(pipe.reader)
            for serial in 2...50 { submit([event(serial)], to: queue) }
            let counters = thread.stop(deadlineMilliseconds: 60_000)[0]
            precondition(thread.failure == .closed(output: "stdout") && isReadable(thread.failureDescriptor))
            precondition(changes.states == [.closed(.closed(output: "stdout"))])
            precondition(counters.writtenEvents == 1 && counters.lost.closed == 49 && counters.lost.total == 49)
        }
    }
}
