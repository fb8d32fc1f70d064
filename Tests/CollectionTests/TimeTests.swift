// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// Stamps, and the program's own absence.
    @Suite("stream")
    struct Stream {
        @Test("time is wall time of the call's entry, with the kernel's granularity")
        func time() throws {
            // The kernel takes the time of the last tick: at least 100 a second.
            let before = Int(Date().timeIntervalSince1970 * 1000) - 11
            let session = try Session.run("calls", rules: everything)
            let after = Int(Date().timeIntervalSince1970 * 1000)
            let stamps = session.events.map { $0.id.seconds * 1000 + $0.id.milliseconds }
            #expect(stamps.allSatisfy { $0 >= before && $0 <= after })
            // One thread's calls begin one after the other.
            #expect(stamps == stamps.sorted())
            // Every record has three digits: AuditRecord takes no other.
            #expect(try !session.collector.records().isEmpty)
        }

        @Test("a sleeping call is stamped when it began")
        func entry() throws {
            let session = try Session.run("lifecycle", ["stopped"]) {
                "-a always,exit -F arch=b64 -S nanosleep -S restart_syscall -F ppid=\($0) -k sleep\n"
            }
            let stamps = session.events.map { $0.id.seconds * 1000 + $0.id.milliseconds }
            try #require(stamps.count == 2)
            // nanosleep and the restart that sleeps the rest of its second: both began well before that was over.
            let ended = Int(
                try FileManager.default.attributesOfItem(atPath: session.collector.scratch.file("rules"))[
                    .modificationDate
                ].map { ($0 as? Date)?.timeIntervalSince1970 ?? 0 } ?? 0)
            #expect(stamps[0] >= ended * 1000 - 11)
            #expect(stamps[0] <= stamps[1])
        }

        @Test("without timers finer than a tick it starts, stamps and ends as ever")
        func coarseTimers() throws {
            // As on a machine without high-resolution timers: a sleep may last a second longer (proc_pid_timerslack_ns(5)).
            // Processes take this over from the thread that starts them.
            let thread = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
            let slack = "/proc/\((thread as NSString).lastPathComponent)/timerslack_ns"
            let before = try String(contentsOfFile: slack, encoding: .utf8)
            defer { try? before.write(toFile: slack, atomically: false, encoding: .utf8) }
            let workload = try Workload("calls")
            try "1000000000".write(toFile: slack, atomically: false, encoding: .utf8)
            let collector = try Collector(rules: everything(workload.pid))
            let its = try String(contentsOfFile: "/proc/\(collector.child.pid)/timerslack_ns", encoding: .utf8)
            try #require(its == "1000000000\n")
            let released = Int(Date().timeIntervalSince1970 * 1000) - 11
            workload.release()
            _ = try workload.finish()
            let finished = Int(Date().timeIntervalSince1970 * 1000)
            try collector.stop()
            let stamps = try collector.events().map { $0.id.seconds * 1000 + $0.id.milliseconds }
            #expect(!stamps.isEmpty)
            #expect(stamps.allSatisfy { $0 >= released && $0 <= finished })
        }

        @Test("no two events are one to a reader, over runs and beside the kernel's own")
        func identities() throws {
            let first = try Session.run("calls", rules: everything).events.map(\.id)
            let second = try Session.run("calls", rules: everything).events.map(\.id)
            #expect(Set(first + second).count == first.count + second.count)
            // kernel/audit.c audit_serial(): 32 bits, counted from boot; a machine does not get far in them.
            #expect((first + second).allSatisfy { $0.serial > 1 << 31 })
        }

        @Test("the program's own calls never appear")
        func itself() throws {
            let collector = try Collector(rules: "-a always,exit -S all -k all\n")
            // Something goes on meanwhile: the counted calls, and the output that they cause.
            let workload = try Workload("counted", ["4", "500"])
            workload.release()
            _ = try workload.finish()
            let own = collector.child.pid
            try collector.stop()
            let events = try collector.events()
            #expect(try events.contains { try $0.call().need("pid") == String(workload.pid) })
            let mine = try events.filter { event in
                try event.call().need("pid") == String(own)
            }
            #expect(mine.isEmpty, "\(mine.count) events of its own")
        }

        @Test("events end with EOE when the configuration says so, and without when not", arguments: [true, false])
        func endOfEvent(wanted: Bool) throws {
            let session = try Session.run(
                "calls", configuration: "# both are read by somebody\nend_of_event = \(wanted ? "yes" : "no")\n",
                rules: everything)
            #expect(!session.events.isEmpty)
            #expect(session.events.allSatisfy { ($0.records.last?.type == "EOE") == wanted })
        }

        @Test("node= stands before every record when the configuration names one")
        func node() throws {
            let session = try Session.run("calls", configuration: "node = some-host.example\n", rules: everything)
            #expect(!session.events.isEmpty)
            #expect(try session.collector.records().allSatisfy { $0.id.node == "some-host.example" })
        }
    }
}
