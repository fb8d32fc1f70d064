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

        /// What the records of getppid say as their key, of the three tasks with 20 calls each, and how many other calls are told of.
        private static func told(rules: (Int) -> String) throws -> (keys: [String: Int], others: Int, report: String) {
            let workload = try Workload("counted", ["3", "20"])
            let collector = try Collector(rules: rules(Int(workload.pid)) + calls)
            workload.release()
            _ = try workload.finish()
            try collector.stop()
            var keys: [String: Int] = [:]
            var others = 0
            for event in try collector.events() {
                let call = try event.call()
                guard try call.need("pid") == "\(workload.pid)" else { continue }
                // getppid is 110 of the 64-bit table.
                if try call.need("syscall") == "110" { keys[try call.need("key"), default: 0] += 1 } else { others += 1 }
            }
            return (keys, others, collector.error)
        }

        @Test(
            "of a task that always names when it is made everything is told, with that rule's key, whatever the list exit says",
            arguments: [
                ("-a always,task -F pid=%", ["(null)": 60]), ("-a always,task -F pid!=%", ["\"calls\"": 60]),
                ("-a always,task -F pid=%\n-A never,exit -F arch=b64 -S getppid", ["(null)": 60]),
                ("-a never,task -F pid=%\n-a always,task", [:]), ("-a always,task -F pid=%\n-a never,task", ["(null)": 60]),
                ("-a always,task -F uid=1 -F pid=%\n-a always,task -F uid=0 -F pid=%", ["(null)": 60]),
                ("-a always,task -F pid=%\n-a always,exclude -F msgtype=SYSCALL -F pid=%", [:]),
            ])
        func always(_ rule: String, _ expected: [String: Int]) throws {
            let told = try Self.told { pid in rule.replacing("%", with: "\(pid)") + "\n" }
            #expect(told.keys == expected)
            // Each of the three ends by exit, of which there is an event, too (__audit_free()).
            #expect(expected["(null)"] == nil ? told.others == 0 : told.others >= 3)
        }

        /// The cases of `makers` whose tasks are told of, by the key of their call.
        private static func cases(rules: String) throws -> [String: Set<Int>] {
            let workload = try Workload("makers")
            let collector = try Collector(rules: rules + calls)
            workload.release()
            _ = try workload.finish()
            try collector.stop()
            var found: [String: Set<Int>] = [:]
            for event in try collector.events() {
                let call = try event.call()
                // WL_MARK + 1 of workload.h, and the case.
                guard try call.need("syscall") == "110", try call.need("a0") == "6d61726c" else { continue }
                found[try call.need("key"), default: []].insert(try #require(Int(call.need("a1"), radix: 16)))
            }
            return found
        }

        /// Tests of uid that hold of root, more than one clause has.
        private static let long = (1...17).map { " -F uid!=\($0)" }.joined()
        /// Rules that match nobody.
        private static func idle(_ count: Int) -> String { (1...count).map { "-a never,task -F uid=\($0)\n" }.joined() }

        private static let others = (5001...5011).map { "-a never,task -F gid=\($0) -F uid!=0\n" }.joined()

        // The cases stand in makers.c. What is tested are the groups of the task that makes the one that is judged (groups_search()).
        private static let groupRules: [(String, Set<Int>)] = [
            ("-a always,task -F gid=4001", [0, 1]), ("-a always,task -F egid=4001", [0, 1, 2]),
            ("-a always,task -F gid!=4001 -F gid>=4000", [2, 3, 4]), ("-a always,task -F egid!=4001 -F egid>=4000", [3, 4]),
            ("-a always,task -F gid=5000", [4]), ("-a always,task -F gid=5999", [4]), ("-a always,task -F egid=5487", [4]),
            ("-a always,task -F gid=4999", []), ("-a always,task -F gid=6000", []), ("-a always,task -F gid=4007", [3]),
            ("-a always,task -F gid=3904", [1]), ("-a always,task -F gid>=4005", [2, 3, 4]),
            ("-a always,task -F gid=4006 -F gid!=5100", [3]),
            ("-a never,task -F gid=4007\n-a always,task -F gid=4006", [4]),
            // In more clauses than one, and behind more than the programs of some tiers try at once.
            ("-a always,task -F gid=4001\(long)", [0, 1]), ("-a always,task\(long) -F egid=4001 -F uid=0", [0, 1, 2]),
            ("-a always,task\(long) -F gid=4001 -F uid!=0\n-a always,task -F gid=4007\(long)", [3]),
            ("\(idle(61))-a always,task -F gid=4001", [0, 1]),
            ("\(others)-a always,task -F gid!=5100 -F gid=4006", [3]),
        ]

        @Test("gid and egid are those of the maker, = and != its supplementary groups as well", arguments: groupRules)
        func groups(_ rule: String, _ expected: Set<Int>) throws {
            let found = try Self.cases(rules: rule + "\n")
            #expect(found["(null)", default: []] == expected)
            let never: Set<Int> = rule.contains("-a never,task -F gid=4007") ? [3] : []
            #expect(found["\"calls\"", default: []] == Set(0...4).subtracting(expected).subtracting(never))
        }

        @Test("a task that never names by its maker's groups has no events")
        func neverGroups() throws {
            #expect(try Self.cases(rules: "-a never,task -F gid=4001\n-a never,task -F egid=5100\n") == ["\"calls\"": [2, 3]])
        }

        @Test("the report counts what such a rule has decided")
        func alwaysCounts() throws {
            let told = try Self.told { pid in "-a always,task -F pid=\(pid)\n-a always,task -F uid=4242\n" }
            let hits = try Hits.parse(told.report)
            #expect(hits.rules.filter { $0.key.hasPrefix("-a always,task -F pid=") }.map(\.value) == [60 + told.others])
            // The one of the list exit, and that of a user whom nobody is.
            #expect(hits.others == "2 of 3")
        }

        @Test("it is told of when the rules are others, until it ends")
        func alwaysStays() throws {
            let scratch = try Scratch()
            let collector = try Collector(rules: "-a always,task\n")
            let marked = try Child("/bin/cat", input: .pipe, output: .file(scratch.file("marked")))
            try collector.scratch.write("rules", "-a always,exit -F arch=b64 -S exit_group -k ends\n")
            #expect(try Reload.reload(collector).end == .exit(0))
            let unmarked = try Child("/bin/cat", input: .pipe, output: .file(scratch.file("unmarked")))
            for child in [marked, unmarked] {
                child.send("x")
                child.closeInput()
                _ = try child.wait(seconds: 30)
            }
            try collector.stop()
            var keys: [String: Set<String>] = [:]
            var reads: [String: Int] = [:]
            for event in try collector.events() {
                let call = try event.call()
                let pid = try call.need("pid")
                keys[pid, default: []].insert(try call.need("key"))
                if try call.need("syscall") == "0" { reads[pid, default: 0] += 1 }
            }
            #expect(keys["\(marked.pid)"] == ["(null)"])
            #expect(keys["\(unmarked.pid)"] == ["\"ends\""])
            // One byte and the end of the pipe are two reads, and the program itself is loaded with more.
            #expect(reads["\(marked.pid)", default: 0] >= 2)
            #expect(reads["\(unmarked.pid)"] == nil)
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
