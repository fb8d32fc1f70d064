// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// Nothing is lost uncounted.
    @Suite("accounting")
    struct Accounting {
        @Test("counted calls: generated = written + filtered + lost, exactly")
        func counted() throws {
            let (threads, calls) = (8, 20_000)
            let workload = try Workload("counted", ["\(threads)", "\(calls)"])
            // Half of them are refused by a test that only user space or the call's exit can decide.
            let collector = try Collector(
                rules: "-a always,exit -F arch=b64 -S getppid -F pid=\(workload.pid) -F a2>=\(calls / 2) -k count\n")
            workload.release()
            let truth = try workload.finish()
            let report = try collector.stop()
            #expect(truth.notes["total"] == threads * calls)
            let written = try Self.count("^type=SYSCALL ", in: collector.scratch.file("records"))
            #expect(written == Int(report["written"]), "what the report calls written is in the file")
            let selected = threads * calls / 2
            #expect(Int(report["written"] + report["lost"]) >= selected)
            #expect(Int(report["written"]) <= selected)
            #expect(Int(report["total"]) <= threads * calls)
            if report["lost"] == 0 { #expect(written == selected) }
        }

        @Test("a stalled output loses events in the queue, and every one is counted")
        func stalled() throws {
            let (threads, calls) = (4, 50_000)
            let workload = try Workload("counted", ["\(threads)", "\(calls)"])
            let collector = try Collector(
                rules: "-a always,exit -F arch=b64 -S getppid -F pid=\(workload.pid) -k count\n",
                outputs: ["stdout"], configuration: "queue_batches = 2\nend_of_event = yes\n",
                output: .pipe)
            workload.release()
            // Nobody reads: the collector must go on all the same, and so must the workload.
            _ = try workload.finish()
            collector.child.signal(SIGTERM)
            let records = try AuditEvent.parse(collector.child.read())
            let report = try collector.stop()
            let events = AuditEvent.group(records).filter { $0.first("SYSCALL") != nil }
            #expect(report["total"] == UInt64(threads * calls))
            #expect(report["written"] == UInt64(events.count))
            #expect(report["lost"] > 0)
            #expect(report["lost-queue"] + report["lost-ring"] == report["lost"])
            // Whole events only: one that did not fit leaves no record behind.
            #expect(events.allSatisfy { $0.records.map(\.type) == ["SYSCALL", "PROCTITLE", "EOE"] })
        }

        @Test("a ring that is too small loses events, and every one is counted")
        func smallRing() throws {
            let (threads, calls) = (4, 50_000)
            let workload = try Workload("counted", ["\(threads)", "\(calls)"])
            let collector = try Collector(
                rules: "-a always,exit -F arch=b64 -S getppid -F pid=\(workload.pid) -k count\n",
                configuration: "ring_bytes = 65536\n")
            workload.release()
            _ = try workload.finish()
            let report = try collector.stop()
            #expect(report["total"] == UInt64(threads * calls))
            let written = try Self.count("^type=SYSCALL ", in: collector.scratch.file("records"))
            #expect(written == Int(report["written"]))
        }

        @Test("-S all beside a parallel build: the counted calls are all accounted for")
        func underLoad() throws {
            let seconds = ProcessInfo.processInfo.environment["EBPF_AUDIT_LOAD_SECONDS"].flatMap(Int.init) ?? 20
            let (threads, calls) = (4, 5_000)
            let scratch = try Scratch()
            try scratch.write("unit.c", "#include <stdio.h>\n#include <stdlib.h>\nint main(void) { return puts(\"\"); }\n")
            let job = "while :; do cc -O1 -c unit.c -o unit.$0.o && cc unit.$0.o -o unit.$0 && ./unit.$0; done >/dev/null"
            try scratch.write(
                "load.sh", "cd '\(scratch.path)'\nfor n in 1 2 3 4; do timeout \(seconds) sh -c '\(job)' $n & done\nwait\n")
            let workload = try Workload("counted", ["\(threads)", "\(calls)"])
            let collector = try Collector(rules: "-a always,exit -S all -k all\n", configuration: "end_of_event = yes\n", scratch: scratch)
            let load = try Child("/bin/sh", [scratch.file("load.sh")])
            usleep(useconds_t(seconds) * 500_000)
            workload.release()
            _ = try workload.finish()
            try load.wait(seconds: Double(seconds) + 60)
            let report = try collector.stop()
            let file = scratch.file("records")
            let written = try Self.count("^type=SYSCALL ", in: file)
            #expect(written == Int(report["written"]))
            // The counted calls alone are this many, and lost ones are no more than the report says.
            let pattern = "^type=SYSCALL .* syscall=110 .* a0=6d61726c .* pid=\(workload.pid) "
            let found = try Self.count(pattern, in: file)
            #expect(found <= threads * calls)
            #expect(found + Int(report["lost"]) >= threads * calls)
            if report["lost"] == 0 { #expect(found == threads * calls) }
            #expect(Int(report["total"]) > threads * calls)
            let ends = try Self.count("^type=EOE ", in: file)
            #expect(ends == written, "every event is whole")
            print("under load: " + Report.names.map { "\($0) \(report[$0])" }.joined(separator: ", "))
        }

        /// Lines that match; grep, because it is not ours and the file is large.
        static func count(_ pattern: String, in file: String) throws -> Int {
            let result = try runTool("/bin/grep", ["-c", "-E", pattern, file], environment: ["LC_ALL": "C"])
            return try #require(Int(result.output.trimmingCharacters(in: .whitespacesAndNewlines)), "\(result.error)")
        }
    }
}
