// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// ausearch and aureport read what the program wrote: all of it, and find in it what happened.
    @Suite("readers")
    struct Readers {
        static let ausearch = "/sbin/ausearch"
        static let aureport = "/sbin/aureport"

        /// Calls of every kind in one file, and what the truth says about them.
        struct Sample {
            let sessions: [Session]
            let scratch: Scratch
            let file: String
            /// All events in the file that are system calls; serials alone begin anew with each run.
            let calls: Set<EventID>
            /// These and the program's own status records.
            let all: Set<EventID>
            let started: Date

            init(node: String? = nil) throws {
                started = Date()
                let configuration = node.map { "node = \($0)\n" }
                scratch = try Scratch()
                file = scratch.file("all")
                sessions = [
                    try Session.run("calls", configuration: configuration, rules: everything),
                    try Session.run("names", configuration: configuration, rules: everything),
                    try Session.run("addresses", ["usual"], configuration: configuration, rules: everything),
                    try Session.run("execs", [Place.workload("target_static")], configuration: configuration) {
                        "-a always,exit -F arch=b64 -S execve -S execveat -F ppid=\($0) -k exec\n"
                    },
                    try Session.run("lifecycle", ["exit"], configuration: configuration) {
                        "-a always,exit -F arch=b64 -S exit -S exit_group -F ppid=\($0) -k end\n"
                    },
                ]
                let all = sessions.flatMap { $0.collector.scratch.bytes("records") }
                try Data(all).write(to: URL(fileURLWithPath: file))
                calls = Set(sessions.flatMap { $0.events.map(\.id) })
                self.all = Set(try AuditEvent.parse(all).map(\.id))
                try #require(calls.count == sessions.reduce(0) { $0 + $1.events.count })
            }
        }

        /// Runs ausearch over the file; a skipped event is an issue. Returns the system calls that it printed.
        static func search(
            _ sample: Sample, _ words: [String], sourceLocation: SourceLocation = #_sourceLocation
        ) throws -> Set<EventID> {
            let result = try runTool(
                ausearch, ["--debug", "-if", sample.file] + words + ["--raw"], environment: ["LC_ALL": "C", "TZ": "UTC"])
            expectQuiet(result, words, sourceLocation: sourceLocation)
            let found = Set(try AuditEvent.parse(Array(result.output.utf8)).map(\.id))
            #expect(found.isSubset(of: sample.all), "\(words) prints what is not in the file")
            if words.isEmpty { #expect(found == sample.all, "not all is printed") }
            return found.intersection(sample.calls)
        }

        static func expectQuiet(
            _ result: ToolResult, _ words: [String], sourceLocation: SourceLocation = #_sourceLocation
        ) {
            // Release 3.0.9 has no parser for EOE, which holds nothing, and says so for each; the event is not skipped.
            let text = result.error.replacingOccurrences(of: "Unparsed type:1320\n - skipped", with: "")
            for bad in ["alformed", "skipped", "Unparsed", "rror"] {
                let lines = text.split(separator: "\n").filter { $0.contains(bad) }
                #expect(lines.isEmpty, "\(words): \(lines.count) × \(lines.first ?? "")", sourceLocation: sourceLocation)
            }
        }

        /// The sample's events for which `test` holds.
        static func expected(_ sample: Sample, _ test: (AuditEvent) throws -> Bool) throws -> Set<EventID> {
            Set(try sample.sessions.flatMap { try $0.events.filter(test).map(\.id) })
        }

        @Test("ausearch reads the whole file, raw and interpreted, in every format")
        func whole() throws {
            let sample = try Sample()
            #expect(try Self.search(sample, []) == sample.calls)
            for words in [["-i"], ["--format", "text"], ["--format", "csv"], ["--format", "interpret"]] {
                let result = try runTool(
                    Self.ausearch, ["--debug", "-if", sample.file] + words, environment: ["LC_ALL": "C", "TZ": "UTC"])
                Self.expectQuiet(result, words)
                #expect(result.end == .exit(0))
                #expect(!result.output.isEmpty)
            }
        }

        @Test("aureport reads the whole file, every report of it")
        func reports() throws {
            let sample = try Sample()
            for words in [[], ["-e"], ["-f"], ["-s"], ["-x"], ["-p"], ["-u"], ["-h"], ["-t"], ["-tm"], ["-k"], ["-c"]] {
                for summary in [[], ["--summary"]] where !(words.isEmpty && !summary.isEmpty) {
                    let all = ["--debug", "-if", sample.file] + words + summary
                    let result = try runTool(Self.aureport, all, environment: ["LC_ALL": "C", "TZ": "UTC"])
                    Self.expectQuiet(result, all)
                }
            }
            let result = try runTool(Self.aureport, ["-if", sample.file, "--event"], environment: ["LC_ALL": "C", "TZ": "UTC"])
            let lines = result.output.split(separator: "\n").filter { $0.contains("SYSCALL") }
            #expect(lines.count == sample.calls.count)
        }

        @Test("every selector finds what the truth says and skips nothing")
        func selectors() throws {
            let sample = try Sample()
            let calls = sample.sessions[0]
            let own = String(getpid())
            let all = sample.calls
            #expect(
                try Self.search(sample, ["-p", "\(calls.pid)"])
                    == Self.expected(sample) { try $0.call().need("pid") == "\(calls.pid)" })
            #expect(
                try Self.search(sample, ["-pp", own]) == Self.expected(sample) { try $0.call().need("ppid") == own })
            #expect(try Self.search(sample, ["-ui", "0"]) == all)
            #expect(try Self.search(sample, ["-gi", "0"]) == all)
            #expect(try Self.search(sample, ["-ue", "0"]) == all)
            #expect(try Self.search(sample, ["-ge", "0"]) == all)
            let target = Place.workload("target_static")
            let ran = try Self.expected(sample) { try $0.call().need("exe") == "\"\(target)\"" }
            // All but the one that runs from memory.
            #expect(ran.count == sample.sessions[3].truth.calls.filter { $0.fact.exit == 0 }.count - 1)
            #expect(try Self.search(sample, ["-x", target, "-w"]) == ran)
            #expect(
                try Self.search(sample, ["-c", "target_static", "-w"])
                    == Self.expected(sample) { try $0.call().need("comm") == "\"target_static\"" })
            #expect(
                try Self.search(sample, ["-sc", "unlink"])
                    == Self.expected(sample) { try $0.call().need("syscall") == "87" })
            #expect(
                try Self.search(sample, ["-k", "exec", "-w"])
                    == Self.expected(sample) { try $0.call().need("key") == "\"exec\"" })
            #expect(try Self.search(sample, ["-k", "nobody"]).isEmpty)
            #expect(
                try Self.search(sample, ["-sv", "no"])
                    == Self.expected(sample) { try $0.call().field("success") == "no" })
            let session = sample.sessions[0].events.first
            let unset = try session?.call().need("ses") ?? ""
            #expect(try Self.search(sample, ["--session", unset == "4294967295" ? "-1" : unset]) == all)
        }

        @Test("file names and addresses are found")
        func objects() throws {
            let sample = try Sample()
            let linked = try Self.expected(sample) { try $0.names().contains(Array("linked".utf8)) }
            #expect(!linked.isEmpty)
            #expect(try Self.search(sample, ["-f", "linked", "-w"]).isSuperset(of: linked))
            let blank = try Self.expected(sample) { try $0.names().contains(Array("with blank".utf8)) }
            #expect(!blank.isEmpty)
            #expect(try Self.search(sample, ["-f", "with blank", "-w"]).isSuperset(of: blank))
            // sockaddr_in of 127.0.0.1, port 9.
            let local = try Self.expected(sample) {
                try $0.first("SOCKADDR")?.need("saddr").hasPrefix("020000097F000001") ?? false
            }
            #expect(!local.isEmpty)
            #expect(try Self.search(sample, ["-hn", "127.0.0.1"]).isSuperset(of: local))
        }

        @Test("terminal, context and time")
        func surroundings() throws {
            let sample = try Sample()
            let terminal = try sample.sessions[0].events.first?.call().need("tty") ?? ""
            #expect(try Self.search(sample, ["-tm", terminal]) == sample.calls)
            // Without a security module that names contexts there is none to find, and nothing to trip over.
            _ = try Self.search(sample, ["-se", "unconfined_u:unconfined_r:unconfined_t:s0"])
            #expect(try Self.search(sample, ["-ts", "recent"]) == sample.calls)
            #expect(try Self.search(sample, ["-ts", "today"]).isSubset(of: sample.calls))
            let format = DateFormatter()
            format.locale = Locale(identifier: "C")
            format.timeZone = TimeZone(identifier: "UTC")
            format.dateFormat = "MM/dd/yy HH:mm:ss"
            func words(_ date: Date) -> [String] { format.string(from: date).split(separator: " ").map(String.init) }
            #expect(try Self.search(sample, ["-ts"] + words(sample.started.addingTimeInterval(-1))) == sample.calls)
            #expect(try Self.search(sample, ["-te"] + words(sample.started.addingTimeInterval(-3600))).isEmpty)
        }

        @Test("a node's events are found by its name")
        func node() throws {
            let sample = try Sample(node: "machine-7")
            #expect(try Self.search(sample, ["-n", "machine-7"]) == sample.calls)
            #expect(try Self.search(sample, ["-n", "machine-8"]).isEmpty)
        }
    }
}
