// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// How the program begins, what it shows, and how it ends.
    @Suite("program")
    struct Program {
        static func rules(_ pid: Int) -> String { "-a always,exit -F arch=b64 -S getppid -F pid=\(pid) -k some\n" }

        static func syscalls(_ bytes: [UInt8]) throws -> Int {
            AuditEvent.group(try AuditEvent.parse(bytes)).filter { $0.first("SYSCALL") != nil }.count
        }

        @Test("SIGINT and SIGTERM end it in order, with a report", arguments: [SIGINT, SIGTERM])
        func signals(number: Int32) throws {
            let workload = try Workload("counted", ["2", "300"])
            let collector = try Collector(rules: Self.rules(workload.pid))
            workload.release()
            _ = try workload.finish()
            let report = try collector.stop(number)
            #expect(report["total"] == 600)
            #expect(report["written"] == 600)
            #expect(try collector.events().count == 600)
        }

        @Test("SIGHUP does not end it, and no event is missing")
        func hangup() throws {
            let workload = try Workload("counted", ["1", "300"])
            let collector = try Collector(rules: Self.rules(workload.pid))
            collector.child.signal(SIGHUP)
            usleep(300_000)
            #expect(collector.child.isRunning)
            workload.release()
            _ = try workload.finish()
            collector.child.signal(SIGHUP)
            usleep(300_000)
            #expect(collector.child.isRunning)
            try collector.stop()
            #expect(try collector.events().count == 300)
        }

        @Test("--for ends it by itself")
        func duration() throws {
            let workload = try Workload("counted", ["1", "10"])
            let collector = try Collector(rules: Self.rules(workload.pid), options: ["--for", "3"])
            workload.release()
            _ = try workload.finish()
            #expect(try collector.child.wait() == .exit(0))
            let report = try Report(collector.error)
            report.expectExact()
            #expect(report["written"] == 10)
            #expect(try collector.events().count == 10)
        }

        @Test("without --output records are on the screen; with -q not, but the report is", arguments: [false, true])
        func screen(quiet: Bool) throws {
            let workload = try Workload("counted", ["1", "25"])
            let collector = try Collector(
                rules: Self.rules(workload.pid), options: quiet ? ["-q"] : [], outputs: [])
            workload.release()
            _ = try workload.finish()
            let report = try collector.stop()
            // The predecessor's counters stayed 0 with -q.
            #expect(report["total"] == 25)
            #expect(try Self.syscalls(collector.scratch.bytes("out")) == (quiet ? 0 : 25))
            if quiet { #expect(collector.scratch.bytes("out").isEmpty) }
            // The report is no record and does not stand among them.
            #expect(!collector.scratch.text("out").contains("ebpf-audit:"))
        }

        @Test("-q leaves other outputs alone")
        func quietFile() throws {
            let workload = try Workload("counted", ["1", "25"])
            let collector = try Collector(rules: Self.rules(workload.pid), options: ["-q"])
            workload.release()
            _ = try workload.finish()
            try collector.stop()
            #expect(try collector.events().count == 25)
        }

        @Test("-Q: not one byte on the screen")
        func silent() throws {
            let scratch = try Scratch()
            let collector = try Collector(
                rules: "-a always,exit -F arch=b64 -S getppid -F ppid=\(getpid()) -k some\n", options: ["-Q"], waits: false,
                scratch: scratch)
            func count(_ calls: Int) throws -> Int {
                let workload = try Workload("counted", ["1", "\(calls)"])
                workload.release()
                _ = try workload.finish()
                return workload.pid
            }
            // It does not say when it is ready: the first events do.
            let ready = try eventually(within: 60) {
                _ = try count(1)
                return !scratch.bytes("records").isEmpty || !collector.child.isRunning
            }
            try #require(ready && collector.child.isRunning, "nothing was collected")
            let pid = try count(25)
            collector.child.signal(SIGTERM)
            #expect(try collector.child.wait() == .exit(0))
            #expect(scratch.bytes("out").isEmpty)
            #expect(scratch.bytes("err").isEmpty, "\(collector.error.prefix(200))")
            let pattern = "^type=SYSCALL .* pid=\(pid) "
            #expect(try Accounting.count(pattern, in: scratch.file("records")) == 25)
        }

        @Test("two outputs get the same")
        func twice() throws {
            let scratch = try Scratch()
            let workload = try Workload("counted", ["1", "50"])
            let collector = try Collector(
                rules: Self.rules(workload.pid),
                outputs: ["file:" + scratch.file("one"), "file:" + scratch.file("two")], scratch: scratch)
            workload.release()
            _ = try workload.finish()
            let report = try collector.stop()
            #expect(report["written"] == 50)
            #expect(try Self.syscalls(scratch.bytes("one")) == 50)
            #expect(scratch.bytes("one") == scratch.bytes("two"))
        }

        @Test("outputs and rules can stand in the configuration file")
        func configured() throws {
            let scratch = try Scratch()
            let workload = try Workload("counted", ["1", "50"])
            let rules = try scratch.write("other-rules", Self.rules(workload.pid))
            let config = try scratch.write(
                "config",
                """
                # where from, where to
                rules = \(rules)
                output = file:\(scratch.file("one"))
                output = file:\(scratch.file("two"))

                """)
            let program = try Place.required(Place.program, "build it with 'make', or name it in EBPF_AUDIT")
            let child = try Child(program, ["run", "--config", config] + Place.tierOptions, error: .file(scratch.file("err")))
            #expect(eventually { Collector.isReady(scratch.text("err")) || !child.isRunning })
            workload.release()
            _ = try workload.finish()
            child.signal(SIGTERM)
            #expect(try child.wait() == .exit(0), "\(scratch.text("err"))")
            #expect(try Self.syscalls(scratch.bytes("one")) == 50)
            #expect(try Self.syscalls(scratch.bytes("two")) == 50)
        }

        @Test("an existing file is continued, not overwritten")
        func appended() throws {
            let scratch = try Scratch()
            for round in 1...2 {
                let workload = try Workload("counted", ["1", "20"])
                let collector = try Collector(rules: Self.rules(workload.pid), scratch: scratch)
                workload.release()
                _ = try workload.finish()
                try collector.stop()
                #expect(try collector.events().count == 20 * round)
            }
        }

        @Test("-s and --output syslog write to syslog, a message each record", arguments: [["-s"], ["--output", "syslog"]])
        func syslog(options: [String]) throws {
            guard !FileManager.default.fileExists(atPath: "/dev/log") else {
                print("skipped: this machine has a syslog daemon at /dev/log, whose place the test would have to take")
                return
            }
            defer { try? FileManager.default.removeItem(atPath: "/dev/log") }
            let scratch = try Scratch()
            let listener = try Child(
                try Place.required(Place.workload("datagrams"), "build it with 'make workload'"), ["/dev/log"],
                output: .file(scratch.file("log")))
            try #require(eventually { scratch.text("log").hasPrefix("waiting\n") })
            let workload = try Workload("counted", ["1", "30"])
            let collector = try Collector(rules: Self.rules(workload.pid), options: options + ["-q"], outputs: [])
            workload.release()
            _ = try workload.finish()
            let report = try collector.stop()
            #expect(report["written"] == 30)
            func calls() -> [Substring] { scratch.text("log").split(separator: "\n").filter { $0.contains("type=SYSCALL ") } }
            #expect(eventually { calls().count >= 30 })
            #expect(calls().count == 30)
            // <PRIORITY>… TAG: record. See syslog(3).
            #expect(calls().allSatisfy { $0.first == "<" && $0.contains("ebpf-audit") })
            listener.signal(SIGTERM)
            try listener.wait()
        }

        @Test("--version, --help and probe work, and the last one as JSON")
        func others() throws {
            let program = try Place.required(Place.program, "build it with 'make', or name it in EBPF_AUDIT")
            let version = try runTool(program, ["--version"])
            #expect(version.end == .exit(0))
            #expect(version.output.contains { $0.isNumber })
            let help = try runTool(program, ["--help"])
            #expect(help.end == .exit(0))
            for word in ["run", "rules", "probe"] { #expect(help.output.contains(word)) }
            let probe = try runTool(program, ["probe"])
            #expect(probe.end == .exit(0), "\(probe.error)")
            #expect(probe.output.contains("btf"))
            let json = try runTool(program, ["probe", "--json"])
            #expect(json.end == .exit(0), "\(json.error)")
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json.output.utf8)) }
        }
    }
}
