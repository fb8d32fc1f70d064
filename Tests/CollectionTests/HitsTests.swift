// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// The report's lines about rules.
    @Suite("what rules have decided")
    struct Hits {
        /// Count by the text behind it, and the line about the others.
        static func parse(_ report: String) throws -> (rules: [String: Int], others: String) {
            var rules: [String: Int] = [:]
            var others = ""
            for line in report.split(separator: "\n").map(String.init) {
                if line.hasPrefix("ebpf-audit: rules without an event: ") { others = String(line.dropFirst(36)) }
                guard line.hasPrefix("ebpf-audit: rule decided ") else { continue }
                let parts = line.dropFirst(25).split(separator: ":", maxSplits: 1).map(String.init)
                let count = try #require(Int(parts[0]))
                rules[String(parts[1].dropFirst())] = count
            }
            return (rules, others)
        }

        @Test("each event counts for the rule that decided it, never or always, and goes on to when the rules change")
        func counted() throws {
            let (threads, calls) = (3, 500)
            let scratch = try Scratch()
            let first = try Workload("counted", ["\(threads)", "\(calls)"])
            let second = try Workload("counted", ["\(threads)", "\(calls)"])
            // Groups are compared in user space only, so that the kernel side does not refuse by itself.
            let rules = """
                -a never,exit -F arch=b64 -S getppid -F pid=\(first.pid) -F a1=1 -F gid!=4242
                -a always,exit -F arch=b64 -S getppid -F pid=\(first.pid) -F a2<10 -k few
                -a always,exit -F arch=b64 -S getppid -F pid=\(first.pid) -k many
                -a always,exit -F arch=b64 -S getppid -F pid=\(first.pid) -F a2>400 -k unreached

                """
            let state = scratch.file("state")
            let collector = try Collector(rules: rules, configuration: "state = \(state)\n", scratch: scratch)
            func line(_ number: Int, _ text: String) -> String { "\(text) (\(scratch.file("rules")):\(number))" }
            let begin = "-F arch=b64 -S getppid -F pid=\(first.pid)"
            let expected = [
                line(1, "-a never,exit \(begin) -F a1=0x1 -F gid!=4242"): calls,
                line(2, "-a always,exit \(begin) -F a2<0xA -F key=few"): 10 * (threads - 1),
                line(3, "-a always,exit \(begin) -F key=many"): (calls - 10) * (threads - 1),
            ]
            first.release()
            _ = try first.finish()
            let isThere = try eventually {
                collector.child.signal(SIGUSR1)
                return try Self.parse(scratch.text("state")).rules == expected
            }
            #expect(isThere, "\(scratch.text("state"))")
            #expect(try Self.parse(scratch.text("state")).others == "1 of 4")

            // The third rule stays, in another place.
            try scratch.write(
                "rules",
                """
                -a always,exit -F arch=b64 -S getppid -F pid=\(second.pid) -F a1=0 -k new
                -a always,exit -F arch=b64 -S getppid -F pid=\(first.pid) -k many

                """)
            #expect(try Reload.reload(collector).end == .exit(0))
            second.release()
            _ = try second.finish()
            let report = try collector.stop()
            let final = try Self.parse(collector.error)
            #expect(
                final.rules == [
                    line(1, "-a always,exit -F arch=b64 -S getppid -F pid=\(second.pid) -F a1=0x0 -F key=new"): calls,
                    line(2, "-a always,exit \(begin) -F key=many"): (calls - 10) * (threads - 1),
                ])
            #expect(final.others == "0 of 2")
            #expect(report["written"] == UInt64(calls * threads))
        }

        @Test("what never rules refuse in the kernel, when a call begins or ends, counts for them, and goes on to when the rules change")
        func refused() throws {
            let (threads, calls) = (3, 500)
            let scratch = try Scratch()
            let workloads = try (0..<2).map { _ in try Workload("counted", ["\(threads)", "\(calls)"]) }
            func begin(_ number: Int) -> String { "-F arch=b64 -S getppid -F pid=\(workloads[number].pid)" }
            let atEntry = begin(0) + " -F a1=1"
            let atExit = begin(0) + " -F a2<10 -F success=1"
            let collector = try Collector(
                rules: "-a never,exit \(atEntry)\n-a never,exit \(atExit)\n-a always,exit \(begin(0)) -k rest\n", scratch: scratch)
            func run(_ number: Int) throws {
                workloads[number].release()
                _ = try workloads[number].finish()
            }
            try run(0)
            // The first rule stays, behind another.
            try scratch.write(
                "rules",
                """
                -a never,exit \(begin(1)) -F a1>0
                -a never,exit \(atEntry)
                -a always,exit -F arch=b64 -S getppid -F a0=\(0x4000_0000)
                -a always,exit \(begin(1)) -k others

                """)
            #expect(try Reload.reload(collector).end == .exit(0))
            try run(1)
            let report = try collector.stop()
            let final = try Self.parse(collector.error)
            func line(_ number: Int, _ text: String) -> String { "\(text) (\(scratch.file("rules")):\(number))" }
            #expect(
                final.rules == [
                    line(1, "-a never,exit \(begin(1)) -F a1>0x0"): calls * (threads - 1),
                    line(2, "-a never,exit \(begin(0)) -F a1=0x1"): calls,
                    line(4, "-a always,exit \(begin(1)) -F key=others"): calls,
                ])
            #expect(final.others == "1 of 4")
            #expect(report["written"] == UInt64((calls - 10) * (threads - 1) + calls))
        }
    }
}
