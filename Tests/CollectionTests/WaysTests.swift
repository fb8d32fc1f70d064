// SPDX-License-Identifier: MIT
import Testing

extension CollectionTests {
    /// Ways to see calls: which is taken, and that all of them see the same.
    @Suite("ways")
    struct Ways {
        private static let calls = 500

        /// Runs the workload with `--calls` as `asked`. Returns the way that the first record tells.
        private static func way(_ asked: String, _ rules: (Int) -> String) throws -> String {
            let session = try Session.run("counted", ["1", "\(calls)"], configuration: "calls = \(asked)\n", rules: rules)
            #expect(session.report["lost"] == 0)
            #expect(session.report["total"] == UInt64(calls))
            let arguments = try session.events.map { try $0.fact().arguments }
            #expect(arguments.map { $0[2] } == (0..<UInt64(calls)).map { $0 })
            // getppid takes none of them: what is in the registers all the same.
            #expect(arguments.allSatisfy { $0[0] == CallFact.mark + 1 && $0[1] == 0 })
            let start = try #require(try session.collector.records().first { $0.type == "TRUSTED_APP" })
            let words = String(decoding: start.body, as: UTF8.self).split(separator: " ")
            #expect(words.contains { $0.hasSuffix("op=ebpf-audit-start") })
            return try #require(words.first { $0.hasPrefix("calls=") }).dropFirst(6).filter { $0 != "\"" }
        }

        @Test("perf's tracepoints are taken where rules select 64-bit calls alone, and the kernel has them")
        func choice() throws {
            let native = { (pid: Int) in "-a always,exit -F arch=b64 -S getppid -F pid=\(pid) -k w\n" }
            let both = { (pid: Int) in native(pid) + "-a always,exit -F arch=b32 -S getppid -F pid=\(pid) -k w\n" }
            #expect(try Self.way("tracepoints", native) == "tracepoints")
            #expect(try Self.way("perf", both) == "tracepoints")
            let way = try Self.way("perf", native)
            if way == "tracepoints" {
                print("skipped: no tracepoints of single calls whose programs read registers (5.15), or tracefs is not mounted")
            } else {
                #expect(way == "perf")
            }
        }

        @Test("programs that are run, and those that are not, by perf's tracepoints", arguments: ["perf", "tracepoints"])
        func execs(_ way: String) throws {
            let session = try Session.run("execs", [Place.workload("target_static")], configuration: "calls = \(way)\n") {
                "-a always,exit -F arch=b64 -S execve,execveat -F ppid=\($0) -k exec\n"
            }
            expectSame(try session.events.map { try $0.fact() }, session.truth.calls.map(\.fact))
            for call in session.truth.calls {
                let event = try #require(try session.event(of: call), "no event: \(call.fact)")
                #expect(try event.names().first ?? [] == call.paths.first ?? [], "\(call.fact)")
            }
        }
    }
}
