// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEvents
import AuditRecords
import AuditTestSupport
import CAuditWire
import Foundation
import Testing

/// In a steady state events are written without allocating. Each test runs in a process of its own, from which all memory is taken
/// first: glibc has nothing left to give, and Swift ends a process that cannot allocate.
@Suite struct AllocationTests {
    /// A process whose allocator has nothing left.
    @unsafe struct Drained {
        private var blocks: UnsafeMutableRawPointer?

        /// Takes everything: by size, so that every bin and this thread's cache (up to 1032 bytes) are empty.
        init() {
            var pages = 0
            unsafe withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { text in
                let file = unsafe open("/proc/self/statm", O_RDONLY)
                let count = unsafe read(file, text.baseAddress, text.count)
                close(file)
                var at = 0
                while at < count, unsafe text[at] >= 0x30 {
                    pages = unsafe pages * 10 + Int(text[at] - 0x30)
                    at += 1
                }
            }
            var limit = rlimit(rlim_cur: rlim_t(pages) * rlim_t(getpagesize()), rlim_max: rlim_t.max)
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
            var size = 1 << 22
            while size > 2048 {
                unsafe take(size)
                size = size * 3 / 4
            }
            while size >= 8 {
                unsafe take(size)
                size -= 8
            }
        }

        private mutating func take(_ size: Int) {
            while let block = unsafe malloc(size) {
                unsafe block.storeBytes(of: blocks, as: UnsafeMutableRawPointer?.self)
                unsafe blocks = block
            }
        }

        /// Gives it back.
        mutating func refill() {
            var limit = rlimit(rlim_cur: rlim_t.max, rlim_max: rlim_t.max)
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
            while let block = unsafe blocks {
                unsafe blocks = block.load(as: UnsafeMutableRawPointer?.self)
                unsafe free(block)
            }
        }
    }

    /// openat with everything that it can have: SYSCALL, CWD, two PATH, PROCTITLE, EOE.
    static func opening() -> EventBuilder {
        var event = EventBuilder()
        event.call.nr = 257
        event.call.ret = 3
        event.add(.tty, "pts0")
        event.add(.executable, "/usr/bin/cat")
        event.add(.workingDirectory, "/tmp/a b")
        event.add(.processTitle, "cat\0file")
        event.add(.pathname, detail: 1, "dir/file")
        var object = aw_object()
        object.mode = 0o100644
        object.flags = UInt16(AW_OBJECT_CREATED.rawValue)
        event.add(object, as: AW_ROLE_RESULT)
        event.add(object, as: AW_ROLE_RESULT_PARENT)
        return event
    }

    /// Writes `event` 100 times, then 10,000 times without memory. Ends the process badly when a record is missing.
    static func writeWithoutMemory(_ event: EventBuilder, lines: Int, options: FormatOptions = FormatOptions()) throws {
        let bytes = event.bytes
        var formatter = try RecordFormatter(options: options)
        formatter.setKeys([Array("key".utf8)])
        var buffer = RecordBuffer(capacity: 1 << 17)
        let view = try EventView(decoding: unsafe bytes.span.bytes, earlierArguments: RawSpan())
        for _ in 0..<100 {
            buffer.removeAll()
            if view.operation != nil {
                _ = formatter.formatOperation(view, realtime: testTime, key: 0, serial: nil, into: &buffer)
            } else {
                _ = formatter.format(view, realtime: testTime, key: 0, into: &buffer)
            }
        }
        var written = 0
        var drained = unsafe Drained()
        for _ in 0..<10_000 {
            if buffer.freeCapacity < 1 << 14 { buffer.removeAll() }
            if view.operation != nil {
                if formatter.formatOperation(view, realtime: testTime, key: 0, serial: nil, into: &buffer) != nil { written += 1 }
            } else if formatter.format(view, realtime: testTime, key: 0, into: &buffer) {
                written += 1
            }
        }
        unsafe drained.refill()
        guard written == 10_000, buffer.records == buffer.events * lines else { exit(9) }
    }

    @Test func openingAFile() async {
        await #expect(processExitsWith: .success) {
            try AllocationTests.writeWithoutMemory(AllocationTests.opening(), lines: 6)
        }
    }

    @Test func renamingConnectingAndSignalling() async {
        await #expect(processExitsWith: .success) {
            var event = AllocationTests.opening()
            event.add(.pathname, detail: 3, "/other/file")
            event.add(.socketAddress, [1, 0] + Array("/run/x\0".utf8))
            event.add(.descriptorPair, rawBytes(of: Int32(3)) + rawBytes(of: Int32(4)))
            event.add(.special, detail: UInt8(AW_SPECIAL_IPC.rawValue), rawBytes(of: aw_ipc()))
            for pid in 1...20 {
                event.add(.target, rawBytes(of: UInt32(pid)) + [UInt8](repeating: 0x61, count: 28) + [UInt8](repeating: 0, count: 8))
            }
            try AllocationTests.writeWithoutMemory(event, lines: 6 + 2 + 1 + 1 + 1 + 20)
        }
    }

    @Test func theEnrichedForm() async {
        await #expect(processExitsWith: .success) {
            var event = AllocationTests.opening()
            event.call.uid = 1
            try AllocationTests.writeWithoutMemory(event, lines: 6, options: FormatOptions(enriched: true))
        }
    }

    @Test func anOperationOfAWorker() async {
        await #expect(processExitsWith: .success) {
            var event = EventBuilder()
            event.operation = 18
            event.add(.label, detail: UInt8(AW_LABEL_PROFILE.rawValue), "unconfined")
            try AllocationTests.writeWithoutMemory(event, lines: 2)
        }
    }

    @Test func anEnrichedOperation() async {
        await #expect(processExitsWith: .success) {
            var event = EventBuilder()
            event.operation = 18
            try AllocationTests.writeWithoutMemory(event, lines: 2, options: FormatOptions(enriched: true))
        }
    }

    /// The test can fail: one small array is too much.
    @Test func anAllocationEndsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            var drained = unsafe Drained()
            let one = [UInt8](repeating: 1, count: Int.random(in: 1...2))
            unsafe drained.refill()
            exit(one.count > 5 ? 1 : 0)
        }
    }
}
