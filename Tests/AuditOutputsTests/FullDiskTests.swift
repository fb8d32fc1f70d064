// SPDX-License-Identifier: MIT
import AuditBytes
import AuditOutputs
import Foundation
import Glibc
import Testing

@Suite struct FullDiskTests {
    /// Whatever the size of the events, what does not fit leaves nothing behind, every event is written whole or counted as lost, and
    /// writing goes on where it stopped as soon as there is room.
    @Test(
        .enabled(if: TinyDisk.isPermitted, "mounting a tmpfs is not permitted here"),
        arguments: [200, 999, 4096, 5003, 30_000])
    func aFullDiskLeavesNothingHalfWritten(bytes: Int) throws {
        let disk = try #require(TinyDisk())
        try disk.directory.write(String(repeating: "f", count: 20_000), to: "filler")
        let output = try FileOutput(path: disk.directory.path("log"))
        var expected = ""
        var full = 0
        for round in 0..<40 {
            let serials = (round * 7 + 1)...(round * 7 + 7)
            let outcome = output.write(batch(events(serials, bytes: bytes)))
            #expect(outcome.writtenEvents + outcome.lostEvents == 7)
            // What is written is the batch's first events.
            expected += events(serials, bytes: bytes).prefix(outcome.writtenEvents).joined()
            #expect(outcome.writtenBytes == outcome.writtenEvents * bytes)
            #expect(disk.directory.text("log") == expected)
            guard let problem = outcome.problem else { continue }
            #expect(problem == .full(output: disk.directory.path("log"), code: ENOSPC))
            #expect(outcome.lostEvents > 0)
            full += 1
            if full == 3 { break }
        }
        try #require(full > 0, "the disk never filled up")

        unsafe unlink(disk.directory.path("filler"))
        let outcome = output.write(batch([event(1000, bytes: 500)]))
        #expect(outcome.problem == nil)
        #expect(outcome.writtenEvents == 1)
        #expect(disk.directory.text("log") == expected + event(1000, bytes: 500))
    }

    /// A file that may only grow (chattr +a) keeps its fragment, but no record is glued to it.
    @Test(.enabled(if: TinyDisk.permitsAppendOnly, "no tmpfs with chattr +a here"))
    func whereNothingCanBeTakenBackTheFragmentGetsALineOfItsOwn() throws {
        let disk = try #require(TinyDisk())
        try disk.directory.write(String(repeating: "f", count: 50_000), to: "filler")
        try disk.directory.write("", to: "log")
        try #require(disk.makeAppendOnly("log"))
        let output = try FileOutput(path: disk.directory.path("log"))
        let outcome = output.write(batch(events(1...9, bytes: 3001)))
        #expect(outcome.problem == .full(output: disk.directory.path("log"), code: ENOSPC))
        #expect(outcome.writtenEvents + outcome.lostEvents == 9)
        let before = try #require(disk.directory.text("log"))
        #expect(before.hasPrefix(events(1...9, bytes: 3001).prefix(outcome.writtenEvents).joined()))
        try #require(!before.hasSuffix("\n"), "ended at a line's end by chance: shows nothing")
        unsafe unlink(disk.directory.path("filler"))
        #expect(output.write(batch([event(10)])).problem == nil)
        #expect(output.write(batch([event(11)])).problem == nil)
        #expect(disk.directory.text("log") == before + "\n" + event(10) + event(11))
    }

    /// The reports of the thread: one when it begins, one when it is over, and counters that add up.
    @Test(.enabled(if: TinyDisk.isPermitted, "mounting a tmpfs is not permitted here"))
    func aFullDiskIsReportedOnceAndItsEndToo() throws {
        let disk = try #require(TinyDisk())
        try disk.directory.write(String(repeating: "f", count: 40_000), to: "filler")
        let changes = Changes()
        let queue = try OutputQueue(buffers: 4, bufferCapacity: 8192)
        let path = disk.directory.path("log")
        let thread = try OutputThread(queue: queue, destinations: [.file(FileOutput(path: path))]) { changes.note($1) }
        for serial in 1...40 { submit([event(serial, bytes: 2000)], to: queue) }
        while thread.counters[0].writtenEvents + thread.counters[0].lost.total < 40 { usleep(500) }
        unsafe unlink(disk.directory.path("filler"))
        submit([event(41, bytes: 2000)], to: queue)
        let counters = thread.stop(deadlineMilliseconds: 60_000)[0]
        #expect(changes.states == [.failing(.full(output: path, code: ENOSPC)), .working])
        #expect(thread.failure == nil)
        #expect(counters.lost.full > 0)
        #expect(counters.lost.total == counters.lost.full)
        #expect(counters.writtenEvents + counters.lost.full == 41)
        #expect(disk.directory.text("log")?.utf8.count == counters.writtenEvents * 2000)
        #expect(counters.writtenBytes == counters.writtenEvents * 2000)
    }

    /// Standard output redirected into a file without O_APPEND, where the position has to go back too.
    @Test func aFileSizeLimitLeavesNothingHalfWrittenEither() async {
        // In a process of its own: the limit holds for all threads.
        await #expect(processExitsWith: .success) {
            let directory = TemporaryDirectory()
            let descriptor = unsafe open(directory.path("log"), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 2500, rlim_max: 100_000)
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let output = try StandardOutput(descriptor: descriptor)
            let outcome = output.write(batch(events(1...4, bytes: 1000)))
            precondition(outcome.problem == .full(output: "stdout", code: EFBIG))
            precondition(outcome.writtenEvents == 2 && outcome.lostEvents == 2)
            precondition(directory.text("log") == events(1...2, bytes: 1000).joined())
            limit.rlim_cur = 100_000
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            precondition(output.write(batch([event(5, bytes: 1000)])).problem == nil)
            precondition(directory.text("log") == (events(1...2, bytes: 1000) + [event(5, bytes: 1000)]).joined())
        }
    }
}
