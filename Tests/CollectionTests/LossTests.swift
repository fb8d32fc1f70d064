// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// Losses that are brought about on purpose: every one is counted, by its reason, and told among the records.
    @Suite("losses")
    struct Losses {
        /// The status records of `operation` in a file of records.
        static func status(_ operation: String, in bytes: [UInt8]) throws -> [String] {
            try AuditEvent.parse(bytes).filter { $0.type == "TRUSTED_APP" }.map { String(decoding: $0.body, as: UTF8.self) }
                .filter { $0.contains("msg='op=\(operation) ") }
        }

        /// The number behind ` name=`.
        static func number(_ name: String, in text: String) throws -> UInt64 {
            let start = try #require(text.range(of: " \(name)="), "\(name) in \(text)").upperBound
            return try #require(UInt64(text[start...].prefix { $0.isNumber }), "\(name) in \(text)")
        }

        /// Waits for a record that tells of losses; the limit only keeps a broken program from hanging the run.
        static func expectTold(_ collector: Collector, sourceLocation: SourceLocation = #_sourceLocation) throws {
            let isTold = try eventually {
                // The file grows meanwhile, and may end within a line.
                let bytes = collector.scratch.bytes("records")
                let whole = Array(bytes[..<(bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)])
                return try !status("ebpf-audit-lost", in: whole).isEmpty || !collector.child.isRunning
            }
            #expect(isTold, "no record tells of the losses", sourceLocation: sourceLocation)
        }

        /// What the records tell in the end, against the report, and through ausearch.
        static func expectStatus(_ collector: Collector, _ report: Report) throws {
            let bytes = collector.scratch.bytes("records")
            let lost = try status("ebpf-audit-lost", in: bytes)
            let stop = try status("ebpf-audit-stop", in: bytes)
            #expect(stop.count == 1)
            for text in [lost.last, stop.last].compactMap(\.self) {
                for name in ["total", "filtered", "bad", "lost", "lost-ring", "lost-inflight", "lost-orphaned"] {
                    #expect(try number(name, in: text) == report[name], "\(name) in \(text)")
                }
            }
            let result = try runTool(
                Readers.ausearch,
                ["--debug", "-if", collector.scratch.file("records"), "-m", "TRUSTED_APP", "-p", "\(collector.child.pid)", "--raw"],
                environment: ["LC_ALL": "C"])
            Readers.expectQuiet(result, ["-m TRUSTED_APP"])
            let found = try status("ebpf-audit-lost", in: Array(result.output.utf8))
            #expect(found == lost, "ausearch finds the records about losses")
        }

        /// One file has one record for each event that the report calls written.
        static func expectWritten(_ collector: Collector, _ report: Report) throws {
            let written = try Accounting.count("^type=SYSCALL ", in: collector.scratch.file("records"))
            #expect(written == Int(report["written"]))
        }

        @Test("a ring that nobody reads for a while: total = written + lost, and a record tells of it")
        func ring() throws {
            let (threads, calls) = (2, 5_000)
            let workload = try Workload("counted", ["\(threads)", "\(calls)"])
            let collector = try Collector(
                rules: "-a always,exit -F arch=b64 -S getppid -F pid=\(workload.pid) -k count\n",
                configuration: "ring_bytes = 65536\n")
            collector.child.signal(SIGSTOP)
            let stat = "/proc/\(collector.child.pid)/stat"
            try #require(eventually { (try? String(contentsOfFile: stat, encoding: .utf8))?.contains(") T ") ?? false })
            workload.release()
            _ = try workload.finish()
            collector.child.signal(SIGCONT)
            try Self.expectTold(collector)
            let report = try collector.stop()
            #expect(report["total"] == UInt64(threads * calls))
            // A record is 176 bytes at least, so the ring held no more than this: one for all CPUs, or one of at least 64 KiB for each.
            let isOne = !Place.tierOptions.contains("--tier") || Place.tierOptions.contains("btf")
            let rings = isOne ? 1 : sysconf(Int32(_SC_NPROCESSORS_CONF))
            #expect(report["lost-ring"] >= UInt64(threads * calls - rings * 65536 / 176))
            #expect(report["lost-ring"] == report["lost"])
            #expect(report["written"] > 0)
            try Self.expectWritten(collector, report)
            try Self.expectStatus(collector, report)
        }

        @Test("more calls under way than there is room for: exactly those too many are lost")
        func inflight() throws {
            let (threads, calls, room) = (50, 30, 20)
            let workload = try Workload("crowd", ["\(threads)", "\(calls)", "8"])
            let collector = try Collector(
                rules: "-a always,exit -F arch=b64 -S open -F pid=\(workload.pid) -F a2=0x6d61726c -k crowd\n",
                configuration: "inflight = \(room)\n")
            workload.release()
            _ = try workload.finish()
            try Self.expectTold(collector)
            let report = try collector.stop()
            #expect(report["total"] == UInt64(threads + calls))
            #expect(report["lost-inflight"] == UInt64(threads - room))
            #expect(report["lost"] == UInt64(threads - room))
            #expect(report["written"] == UInt64(room + calls))
            try Self.expectWritten(collector, report)
            try Self.expectStatus(collector, report)
            // Those that came when there was room again are all there, each once.
            let events = try collector.events()
            let numbers = try events.map { try #require(Int(try $0.call().need("a3"), radix: 16)) }
            #expect(numbers.filter { $0 >= threads }.sorted() == Array(threads..<(threads + calls)))
            #expect(Set(numbers).count == numbers.count)
        }

        @Test("more calls with long names under way than there is room for: exactly those too many are lost")
        func inflightLong() throws {
            // bpf/maps.h: 256 calls whose sections take more than 288 bytes.
            let (threads, calls, room, length) = (300, 20, 256, 1000)
            let workload = try Workload("crowd", ["\(threads)", "\(calls)", "\(length)"])
            let collector = try Collector(
                rules: "-a always,exit -F arch=b64 -S open -F pid=\(workload.pid) -F a2=0x6d61726c -k crowd\n")
            workload.release()
            _ = try workload.finish()
            try Self.expectTold(collector)
            let report = try collector.stop()
            #expect(report["total"] == UInt64(threads + calls))
            #expect(report["lost-inflight"] == UInt64(threads - room))
            #expect(report["lost"] == UInt64(threads - room))
            #expect(report["written"] == UInt64(room + calls))
            #expect(report["incomplete"] == 0)
            try Self.expectWritten(collector, report)
            try Self.expectStatus(collector, report)
            let name = Array((String(repeating: "./", count: (length - 4) / 2) + "fifo").utf8)
            for event in try collector.events() { #expect(try event.names().contains(name)) }
        }

        @Test("an inflight that is no number of calls stops the start", arguments: ["0", "1048577", "-1", "many", "20x"])
        func wrongInflight(_ value: String) throws {
            let scratch = try Scratch()
            let rules = try scratch.write("rules", Failures.rules)
            let config = try scratch.write("config", "# room\ninflight = \(value)\n")
            let result = try Failures.run(
                ["run", "--rules", rules, "--config", config, "--output", "file:" + scratch.file("records")])
            #expect(result.end == .exit(Failures.dataError), "\(result.error)")
            Failures.expectSentence(result.error)
            #expect(result.error.contains("\(config):2: 'inflight' is \(value); "), "\(result.error)")
            #expect(scratch.bytes("records").isEmpty)
        }

        @Test("the bounds of inflight are taken", arguments: [1, 1_048_576])
        func inflightBounds(_ value: Int) throws {
            let workload = try Workload("counted", ["1", "25"])
            let collector = try Collector(
                rules: "-a always,exit -F arch=b64 -S getppid -F pid=\(workload.pid) -k count\n",
                configuration: "inflight = \(value)\n")
            workload.release()
            _ = try workload.finish()
            let report = try collector.stop()
            // One call at a time needs room for one.
            #expect(report["written"] == 25)
        }
    }
}
