// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// The list `task`, as `audit_alloc()` of kernel/auditsc.c has it.
    @Suite("tasks that are made")
    struct TaskList {
        private static let calls = "-a always,exit -F arch=b64 -S getppid -k calls\n"

        /// Runs a workload that begins before the rules and makes its calls by `threads` tasks of its own, each 20, and says how many events
        /// there are of it.
        private static func events(rules: (Int) -> String) throws -> Int {
            let workload = try Workload("counted", ["3", "20"])
            let collector = try Collector(rules: rules(Int(workload.pid)) + calls)
            workload.release()
            _ = try workload.finish()
            try collector.stop()
            let pid = "\(workload.pid)"
            return try collector.events().count { try $0.call().need("pid") == pid }
        }

        @Test(
            "a task that never names when it is made has no events",
            arguments: [
                ("-a never,task", 0), ("-a never,task -F pid=%", 0), ("-a never,task -F pid!=%", 60),
                ("-a never,task -F uid=0 -F fsgid<1 -F pid=%", 0), ("-a never,task -F uid!=0 -F pid=%", 60),
                ("-a never,task -F uid=1\n-a never,task -F pid=%", 0),
                // The kernel knows neither the call nor, since 6.7, the program of a task that is made.
                ("-a never,task -F arch=b64", 60), ("-a never,task -F a0!=1", 60), ("-a never,task -F exe=/bin/sh", 60),
                ("-a never,task -F exe!=/bin/sh -F pid=%", 0),
            ])
        func never(_ rule: String, _ expected: Int) throws {
            let count = try Self.events { pid in rule.replacing("%", with: "\(pid)") + "\n" }
            #expect(count == expected)
        }

        @Test("new rules are of tasks that are made from then on; others stay as they were judged")
        func reload() throws {
            let scratch = try Scratch()
            let before = try Child("/bin/cat", input: .pipe, output: .file(scratch.file("before")))
            let calls = "-a always,exit -F arch=b64 -S read -F success=1 -k calls\n"
            let collector = try Collector(rules: calls)
            let open = try Child("/bin/cat", input: .pipe, output: .file(scratch.file("open")))
            try collector.scratch.write("rules", "-a never,task\n" + calls)
            #expect(try Reload.reload(collector).end == .exit(0))
            let closed = try Child("/bin/cat", input: .pipe, output: .file(scratch.file("closed")))
            try collector.scratch.write("rules", calls)
            #expect(try Reload.reload(collector).end == .exit(0))
            let after = try Child("/bin/cat", input: .pipe, output: .file(scratch.file("after")))
            for child in [before, open, closed, after] {
                child.send("x")
                child.closeInput()
                _ = try child.wait(seconds: 30)
            }
            try collector.stop()
            let seen = Set(try collector.events().map { try $0.call().need("pid") })
            for child in [before, open, after] { #expect(seen.contains("\(child.pid)")) }
            #expect(!seen.contains("\(closed.pid)"))
        }
    }
}
