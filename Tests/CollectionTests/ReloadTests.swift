// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// New rules while calls are collected.
    @Suite("reload")
    struct Reload {
        /// `ebpf-audit rules reload` for this collector alone: what it said and its exit code.
        static func reload(_ collector: Collector) throws -> ToolResult {
            try runTool(Place.program, ["rules", "reload", "--pid", "\(collector.child.pid)"])
        }

        /// Fields of the records about changes of the rules: whether each came about.
        static func outcomes(_ records: [AuditRecord]) -> [Bool] {
            records.filter { $0.type == "TRUSTED_APP" }.map { String(decoding: $0.body, as: UTF8.self) }
                .filter { $0.contains("op=ebpf-audit-reload ") }.map { $0.contains("res=success") }
        }

        /// Changes the rules to each of `sets` in turn while getppid is called in four threads, and checks that every call is there once. In
        /// the sets `PID` stands for the process that calls.
        private func change(to sets: [String], options: [String] = [], keys expected: Set<String>) throws {
            let threads = 4
            let workload = try Workload("counted", ["\(threads)", "0", "3000"])
            let texts = sets.map { $0.replacingOccurrences(of: "PID", with: "\(workload.pid)") }
            let collector = try Collector(rules: texts[0], options: options)
            workload.release()
            for text in texts.dropFirst() {
                try collector.scratch.write("rules", text)
                let result = try Self.reload(collector)
                #expect(result.end == .exit(0), "\(result.error)")
                // Long enough for what was there for earlier rules to go, at times.
                usleep(options.isEmpty ? 0 : 1_500_000)
            }
            try #require(workload.child.isRunning)
            workload.child.closeInput()
            let truth = try workload.finish()
            let report = try collector.stop()
            #expect(report["lost"] == 0)

            let records = try collector.records()
            let calls = records.filter { $0.type == "SYSCALL" }
            var keys: [String: Int] = [:]
            var seen: [[UInt64]] = Array(repeating: [], count: threads)
            for call in calls where try call.need("syscall") == "110" {
                let fact = try AuditEvent.group([call])[0].fact()
                guard fact.arguments[0] == CallFact.mark + 1 else { continue }
                keys[try call.need("key"), default: 0] += 1
                seen[Int(fact.arguments[1])].append(fact.arguments[2])
            }
            #expect(Set(keys.keys) == expected, "\(keys)")
            for thread in 0..<threads {
                let made = try #require(truth.notes["thread\(thread)"])
                #expect(seen[thread] == (0..<UInt64(made)).map { $0 }, "thread \(thread): \(seen[thread].count) of \(made)")
            }
            let serials = Set(records.map(\.id.serial))
            let range = try #require(serials.min())...(try #require(serials.max()))
            #expect(range.count == serials.count, "no serial is left out")
            #expect(Self.outcomes(records) == Array(repeating: true, count: sets.count - 1))
        }

        private static func rules(_ key: String, _ others: String) -> String {
            "-a always,exit -F arch=b64 -S getppid\(others) -F pid=PID -k \(key)\n"
        }

        @Test("50 changes of the rules under load: every call is there once, under one set of rules or the other")
        func underLoad() throws {
            // The second needs path hooks, another index and other clauses.
            let sets = [
                Self.rules("a", ""), Self.rules("b", ",openat,rename,read -F a0>0") + "-a never,exit -F gid=4242 -S all\n",
            ]
            try change(to: (0...50).map { sets[$0 % 2] }, keys: ["\"a\"", "\"b\""])
        }

        private static let few = rules("few", "")
        private static let others = rules("others", ",rename,unlink")
        /// More calls than have hooks of the kind `fentry`, which takes long to attach.
        private static let dozens = rules(
            "dozens",
            ",rename,unlink,mkdir,rmdir,link,symlink,chmod,chown,truncate,mknod,utime,access,readlink,statfs,getsid,capget,acct,sync")
        /// With calls of 32-bit programs, of which perf's tracepoints tell nothing.
        private static let both = rules("both", "") + "-a always,exit -F arch=b32 -S getppid -F pid=PID -k both\n"
        private static let many = rules("many", "") + "-a always,exit -F arch=b64 -S all -F pid=PID -F gid=4242 -k all\n"

        /// Few calls and others as few, where hooks on them come and go; many, where tracepoints of all calls take the place of hooks.
        @Test("changes from hooks on calls to others, to tracepoints and back: every call is there once")
        func ways() throws {
            try change(
                to: [Self.few, Self.others, Self.few, Self.dozens, Self.few, Self.many, Self.few, Self.many, Self.others, Self.few],
                options: ["--hooks", "none"], keys: ["\"few\"", "\"others\"", "\"dozens\"", "\"many\""])
        }

        /// On kernels that have none of perf's tracepoints it is tracepoints of all calls all along.
        @Test("the same with perf's tracepoints of single calls")
        func perf() throws {
            try change(
                to: [Self.few, Self.both, Self.few, Self.dozens, Self.others, Self.many, Self.dozens, Self.few],
                options: ["--hooks", "none", "--calls", "perf"],
                keys: ["\"few\"", "\"others\"", "\"dozens\"", "\"both\"", "\"many\""])
        }

        @Test("rules with a mistake change nothing, and it is said where it is")
        func mistake() throws {
            let workload = try Workload("counted", ["1", "0", "3000"])
            let rule = "-a always,exit -F arch=b64 -S getppid -F pid=\(workload.pid) -k kept\n"
            let collector = try Collector(rules: rule)
            workload.release()
            let path = try collector.scratch.write("rules", "# new\n-a always,exit -S nonsense -k new\n")
            let refused = try Self.reload(collector)
            #expect(refused.end == .exit(65))
            #expect(refused.error.contains("keeps its own"))
            #expect(collector.error.contains("\(path):2:19: "), "\(collector.error)")
            #expect(collector.error.contains("the rules stay as they are"))
            // Gone altogether.
            try FileManager.default.removeItem(atPath: path)
            let missing = try Self.reload(collector)
            #expect(missing.end == .exit(66))
            let sizeThen = try FileManager.default.attributesOfItem(atPath: collector.scratch.file("records"))[.size] as? Int
            let goesOn = try eventually {
                try FileManager.default.attributesOfItem(atPath: collector.scratch.file("records"))[.size] as? Int != sizeThen
            }
            #expect(goesOn)
            workload.child.closeInput()
            let truth = try workload.finish()
            try collector.stop()
            let events = try collector.events()
            #expect(events.count == truth.notes["total"])
            for event in events { #expect(try event.call().need("key") == "\"kept\"") }
            let records = try collector.records()
            #expect(Self.outcomes(records) == [false, false])
            let told = try #require(records.first { String(decoding: $0.body, as: UTF8.self).contains("op=ebpf-audit-reload") })
            let reason = String(decoding: told.body, as: UTF8.self).split(separator: " ").first { $0.hasPrefix("reason=") }
            // A blank makes it hex (C.9 of the contract: audit_string_contains_control()).
            let text = try AuditRecord.hex(String(try #require(reason).dropFirst(7)))
            #expect(String(decoding: text, as: UTF8.self).contains("\(path):2:19: "))
        }

        @Test("a call under way when the rules change is judged by those it began under")
        func underWay() throws {
            let scratch = try Scratch()
            let child = try Child("/bin/cat", input: .pipe, output: .file(scratch.file("out")))
            let collector = try Collector(rules: "-a always,exit -F arch=b64 -S read -F pid=\(child.pid) -F success=1 -k before\n")
            // The call that it waits in began before the program came; the next one begins when this one's byte is written.
            child.send("1")
            let waits = eventually {
                scratch.text("out") == "1"
                    && ((try? String(contentsOfFile: "/proc/\(child.pid)/syscall", encoding: .utf8)) ?? "").hasPrefix("0 0x0 ")
            }
            try #require(waits)
            try collector.scratch.write("rules", "-a always,exit -F arch=b64 -S getppid -k after\n")
            for _ in 0..<3 {
                let result = try Self.reload(collector)
                #expect(result.end == .exit(0), "\(result.error)")
            }
            child.send("22")
            child.closeInput()
            _ = try child.wait(seconds: 30)
            try collector.stop()
            let events = try collector.events()
            let reads = try events.filter { try $0.fact().number == 0 }
            // The call that waited over three changes returned 2; the one after it, at the end of the input, began under other rules.
            #expect(try reads.map { try $0.fact().exit } == [2])
            #expect(try reads.map { try $0.call().need("key") } == ["\"before\""])
        }
    }
}
