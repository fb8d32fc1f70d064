// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRules
import AuditSyscalls
import CAuditWire
import CBPFTest
import Foundation
import KernelProbe
import Testing

extension KernelProbeTests {
    /// Every call that is selected is in exactly one of sent, filtered and the losses; what is sent can be read.
    @Suite("accounting")
    struct Accounting {
        /// First argument of the calls that count.
        static let mark = 0x6d61_726b
        static let callNumber = 110  // getppid
        static var rule: String { "-a always,exit -F arch=b64 -S \(callNumber) -F pid=\(getpid()) -F a0=\(mark)" }

        /// The tier under test: the first one, or `EBPF_AUDIT_TIER`.
        static let tierName = ProcessInfo.processInfo.environment["EBPF_AUDIT_TIER"] ?? "btf"

        /// Loaded, with `rules` in force as `generation`, not attached.
        static func load(_ rules: String, generation: UInt32 = 0, settings: KernelSettings? = nil) throws -> KernelSide {
            let tier = try #require(Tier(named: Self.tierName))
            let kernel = try KernelSide(tier: tier, settings: settings ?? KernelSettings(selfProcess: 0))
            try kernel.write(shapes: SyscallShapes.wireTable())
            try select(rules, on: kernel, generation: generation)
            return kernel
        }

        static func select(
            _ rules: String, on kernel: borrowing KernelSide, generation: UInt32, wanted: WantedParts = []
        ) throws {
            let image = MapImage(try RuleSet.compile(Array(rules.utf8), named: "test.rules"))
            try kernel.select(
                generation: generation, index: image.index, list: image.list, clauses: image.clauses, tasks: image.tasks,
                wanted: wanted)
        }

        static func call(_ numbers: Range<Int>) {
            for number in numbers { _ = cbpf_test_call(callNumber, mark, number, 0, 0) }
        }

        struct Taken {
            let header: aw_header
            let call: aw_syscall
        }

        /// Every record that waits, taken off the ring.
        static func drain(_ kernel: inout KernelSide) throws -> [Taken] {
            var all: [Taken] = []
            while let record = kernel.nextRecord() {
                let view = try EventView(decoding: record, earlierArguments: RawSpan())
                all.append(Taken(header: view.header, call: view.call))
            }
            kernel.releaseRecords()
            return all
        }

        static func expectExact(_ counts: ast_statistics, sourceLocation: SourceLocation = #_sourceLocation) {
            let sum = counts.filtered + counts.sent + counts.lost_ring + counts.lost_inflight + counts.lost_orphaned
            #expect(counts.generated == sum, "generated = filtered + sent + lost", sourceLocation: sourceLocation)
        }

        @Test("each selected call is one event, in order, with its arguments and result")
        func events() throws {
            var kernel = try Self.load(Self.rule, generation: 5)
            try kernel.attach()
            Self.call(0..<100)
            _ = cbpf_test_call(Self.callNumber, Self.mark + 1, 0, 0, 0)
            try kernel.detach()
            Self.call(100..<110)
            let taken = try Self.drain(&kernel)
            #expect(taken.map(\.call.args.1) == (0..<100).map(UInt64.init))
            #expect(taken.allSatisfy { $0.call.ret == Int64(getppid()) && $0.call.args.0 == UInt64(Self.mark) })
            #expect(taken.allSatisfy { $0.call.generation == 5 })
            let counts = try kernel.statistics()
            #expect(counts.generated == 100)
            #expect(counts.sent == 100)
            #expect(counts.bytes == taken.reduce(0) { $0 + UInt64($1.header.size) })
            let missed = try kernel.missedRuns()
            #expect(missed == 0)
            Self.expectExact(counts)
        }

        @Test("calls that the rules refuse at exit are counted as filtered")
        func filtered() throws {
            var kernel = try Self.load("\(Self.rule) -F success=0")
            try kernel.attach()
            Self.call(0..<100)
            try kernel.detach()
            let counts = try kernel.statistics()
            #expect(counts.generated == 100)
            #expect(counts.filtered == 100)
            Self.expectExact(counts)
            let taken = try Self.drain(&kernel)
            #expect(taken.isEmpty)
        }

        @Test("a full ring: what is lost is counted, what was sent is whole, and afterwards it goes on")
        func fullRing() throws {
            var settings = KernelSettings(selfProcess: 0)
            settings.ringBytes = 65536
            var kernel = try Self.load(Self.rule, settings: settings)
            try kernel.attach()
            // A SYSCALL record alone is 176 bytes: 1,000 are more than 65,536 bytes hold.
            Self.call(0..<1000)
            var counts = try kernel.statistics()
            #expect(counts.generated == 1000)
            #expect(counts.lost_ring >= 1000 - 65536 / 176)
            #expect(counts.sent + counts.lost_ring == 1000)
            Self.expectExact(counts)
            var taken = try Self.drain(&kernel)
            #expect(taken.count == Int(counts.sent))
            // The first ones are there: nothing was overwritten.
            #expect(taken.map(\.call.args.1) == (0..<taken.count).map(UInt64.init))

            Self.call(1000..<1020)
            try kernel.detach()
            let later = try Self.drain(&kernel)
            #expect(later.map(\.call.args.1) == (1000..<1020).map(UInt64.init))
            taken += later
            counts = try kernel.statistics()
            #expect(counts.generated == 1020)
            #expect(counts.sent == UInt64(taken.count))
            #expect(counts.bytes == taken.reduce(0) { $0 + UInt64($1.header.size) })

            // Each event takes a number of its CPU, also one that is lost then.
            var last: [UInt64: UInt64] = [:]
            for record in taken {
                let cpu = record.header.sequence >> 48
                let number = record.header.sequence & (1 << 48 - 1)
                #expect(number > last[cpu] ?? 0)
                last[cpu] = number
            }
            #expect(last.values.reduce(0, +) <= 1020)
            #expect(last.values.reduce(0, +) > taken.count, "gaps tell of the lost ones")
        }

        @Test("a call whose end was not seen is counted when its task makes the next one")
        func orphaned() throws {
            let fifo = try Fifo(nameLength: 20)
            var kernel = try Self.load(fifo.rule)
            try kernel.attach()
            let caller = Blocked(fifo)
            try #require(caller.waitUntilInside())
            // The rules change while the call is under way, and do not name it any more.
            try Self.select(Self.rule, on: kernel, generation: 1)
            fifo.release()
            caller.wait()
            try kernel.detach()
            let counts = try kernel.statistics()
            #expect(counts.generated == 2)
            #expect(counts.lost_orphaned == 1)
            #expect(counts.sent == 1)
            Self.expectExact(counts)
            let taken = try Self.drain(&kernel)
            #expect(taken.map(\.call.nr) == [UInt32(Self.callNumber)])
            #expect(taken.map(\.call.generation) == [1])
        }

        @Test("calls whose end was not seen give their room back, with long names, too")
        func orphanedRoom() throws {
            // bpf/maps.h: 256 calls whose sections take more than 288 bytes.
            let fifo = try Fifo(nameLength: 1000)
            var kernel = try Self.load(fifo.rule)
            try kernel.attach()
            let callers = (0..<256).map { _ in Blocked(fifo) }
            for caller in callers { try #require(caller.waitUntilInside()) }
            try Self.select(Self.rule, on: kernel, generation: 1)
            fifo.release()
            for caller in callers { caller.wait() }
            try Self.select(fifo.rule, on: kernel, generation: 2)
            fifo.open()
            try kernel.detach()
            let counts = try kernel.statistics()
            #expect(counts.generated == 2 * 256 + 1)
            #expect(counts.lost_orphaned == 256)
            #expect(counts.lost_inflight == 0)
            #expect(counts.sent == 256 + 1)
            Self.expectExact(counts)
            let taken = try Self.drain(&kernel)
            #expect(taken.last?.call.nr == 2)
        }

        @Test("the collector itself, by its number and by what it runs, and the process it names are left out")
        func own() throws {
            let own = UInt32(getpid())
            for isExcluded in [false, true] {
                var settings = KernelSettings(selfProcess: isExcluded ? 0 : own)
                settings.excludedProcess = isExcluded ? own : nil
                var kernel = try Self.load(Self.rule, settings: settings)
                try kernel.attach()
                Self.call(0..<10)
                try kernel.detach()
                let taken = try Self.drain(&kernel)
                #expect(taken.isEmpty)
                let counts = try kernel.statistics()
                #expect(counts.generated == 0)
            }
            var kernel = try Self.load(Self.rule)
            try kernel.attach()
            Self.call(0..<10)
            // Running a program tells the kernel side who the collector is.
            let ticks = kernel.ticks()
            #expect(ticks != nil)
            Self.call(10..<20)
            try kernel.detach()
            let taken = try Self.drain(&kernel)
            #expect(taken.map(\.call.args.1) == (0..<10).map(UInt64.init))
        }

        /// setgroups(2) of x86-64, which libc would make for all threads.
        static let setgroupsNumber = 116

        @Test("supplementary groups come along when they are asked for, and only then")
        func groups() throws {
            var kernel = try Self.load(Self.rule)
            try kernel.attach()
            // Groups are a thread's own to the kernel; this one ends with them.
            let wanted: [UInt32] = [7, 4242, 65536]
            for isAsked in [false, true] {
                try Self.select(Self.rule, on: kernel, generation: isAsked ? 1 : 0, wanted: isAsked ? .groups : [])
                let ended = DispatchSemaphore(value: 0)
                Thread {
                    let list = wanted
                    _ = unsafe list.withUnsafeBytes { bytes in
                        cbpf_test_call(Self.setgroupsNumber, 3, Int(bitPattern: bytes.baseAddress), 0, 0)
                    }
                    Self.call(0..<1)
                    ended.signal()
                }.start()
                ended.wait()
            }
            try kernel.detach()
            var found: [[UInt8]?] = []
            while let record = kernel.nextRecord() {
                let view = try EventView(decoding: record, earlierArguments: RawSpan())
                if let section = view.section(.groups) {
                    found.append(unsafe section.bytes.withUnsafeBytes { unsafe Array($0) })
                } else {
                    found.append(nil)
                }
            }
            kernel.releaseRecords()
            #expect(found == [nil, [7, 0, 0, 0, 0x92, 0x10, 0, 0, 0, 0, 1, 0]])
        }

        @Test("a record that is put back is the next one again, and the one behind it follows")
        func putBack() throws {
            var kernel = try Self.load(Self.rule)
            try kernel.attach()
            Self.call(0..<3)
            try kernel.detach()
            _ = kernel.nextRecord()
            _ = kernel.nextRecord()
            kernel.putBackRecord()
            let taken = try Self.drain(&kernel)
            #expect(taken.map(\.call.args.1) == [1, 2])
            let more = kernel.nextRecord() != nil
            #expect(!more)
        }

        @Test("what the kernel refuses is an error that says where")
        func refused() throws {
            var settings = KernelSettings(selfProcess: 0)
            // No power of two.
            settings.ringBytes = 12345
            let tier = try #require(Tier(named: Self.tierName))
            do {
                _ = try KernelSide(tier: tier, settings: settings)
                Issue.record("a ring of 12345 bytes was taken")
            } catch {
                guard case KernelError.failed(let stage, let number, _) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(stage.contains(Self.tierName))
                #expect(number == EINVAL)
            }
            #expect(Tier(named: "none") == nil)
        }
    }
}
