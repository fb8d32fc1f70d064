// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// Everything that can be wrong from outside: one sentence, the right exit code (sysexits.h), nothing half-written.
    @Suite("failures")
    struct Failures {
        static let usage: Int32 = 64
        static let dataError: Int32 = 65
        static let noInput: Int32 = 66
        static let ioError: Int32 = 74
        static let noPermission: Int32 = 77

        static let rules = "-a always,exit -F arch=b64 -S getppid -k some\n"

        /// Runs the program to its end. It must not collect.
        static func run(_ words: [String], through: [String] = []) throws -> ToolResult {
            let program = try Place.required(Place.program, "build it with 'make', or name it in EBPF_AUDIT")
            let all = through + [program] + words
            let result = try runTool(all[0], Array(all.dropFirst()))
            #expect(result.output.isEmpty, "\(words): \(result.output)")
            #expect(!Collector.isReady(result.error))
            return result
        }

        /// Exactly one line, without a trap's traces.
        static func expectSentence(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 2 && lines[1].isEmpty && !lines[0].isEmpty, "\(text)", sourceLocation: sourceLocation)
            #expect(!text.contains("Fatal error"), "\(text)", sourceLocation: sourceLocation)
        }

        struct BadRule: CustomTestStringConvertible {
            let line: String
            /// The word that is wrong; its column counts from 1, in bytes.
            let word: String
            var testDescription: String { line }
        }

        @Test(
            "a wrong rule stops the start with file:line:column and the word",
            arguments: [
                BadRule(line: "-a always,exit -S nosuchcall -k x", word: "nosuchcall"),
                BadRule(line: "-a always,exit -S openat -F auidd>=1000 -k x", word: "auidd>=1000"),
                BadRule(line: "-a sometimes,exit -S openat", word: "sometimes,exit"),
                BadRule(line: "-a always,exit -S openat -F exit=-ENOSUCH", word: "exit=-ENOSUCH"),
                BadRule(line: "-a always,exit -F arch=b63 -S openat", word: "arch=b63"),
                BadRule(line: "-a always,exit -S openat -F pid=many", word: "pid=many"),
                BadRule(line: "-a always,exit -S openat -F a4=1", word: "a4=1"),
                BadRule(line: "-a always,exit -S openat -F a0", word: "a0"),
                BadRule(line: "-x always,exit -S openat", word: "-x"),
            ])
        func wrongRule(_ bad: BadRule) throws {
            let scratch = try Scratch()
            let file = try scratch.write("rules", "# a comment\n\n\(bad.line)\n\(Self.rules)")
            let result = try Self.run(["run", "--rules", file, "--output", "file:" + scratch.file("records")])
            #expect(result.end == .exit(Self.dataError), "\(result.error)")
            let at = try #require(bad.line.range(of: bad.word)).lowerBound
            let column = bad.line.utf8.distance(from: bad.line.startIndex, to: at) + 1
            #expect(result.error.contains("\(file):3:\(column)"), "column \(column) is due: \(result.error)")
            #expect(result.error.contains(bad.word), "\(result.error)")
            #expect(scratch.bytes("records").isEmpty)
        }

        @Test("rules check says the same, and accepts what is right")
        func check() throws {
            let scratch = try Scratch()
            let right = try scratch.write("right", Self.rules)
            let wrong = try scratch.write("wrong", Self.rules + "-a always,exit -S nosuchcall\n")
            let program = try Place.required(Place.program, "build it with 'make', or name it in EBPF_AUDIT")
            #expect(try runTool(program, ["rules", "check", right]).end == .exit(0))
            let result = try runTool(program, ["rules", "check", right, wrong])
            #expect(result.end == .exit(Self.dataError))
            #expect((result.output + result.error).contains("\(wrong):2:19"), "\(result.output + result.error)")
            #expect(try runTool(program, ["rules", "check", scratch.file("none")]).end == .exit(Self.noInput))
        }

        @Test("a rules file that cannot be read")
        func unreadableRules() throws {
            let scratch = try Scratch()
            for path in [scratch.file("none"), scratch.path] {
                let result = try Self.run(["run", "--rules", path])
                #expect(result.end == .exit(Self.noInput), "\(result.error)")
                Self.expectSentence(result.error)
                #expect(result.error.contains(path))
            }
        }

        @Test("a configuration file that cannot be read")
        func unreadableConfiguration() throws {
            let scratch = try Scratch()
            let rules = try scratch.write("rules", Self.rules)
            let result = try Self.run(["run", "--rules", rules, "--config", scratch.file("none")])
            #expect(result.end == .exit(Self.noInput), "\(result.error)")
            Self.expectSentence(result.error)
            #expect(result.error.contains(scratch.file("none")))
        }

        @Test(
            "wrong words on the command line",
            arguments: [["run", "--nonsense"], ["nonsense"], ["run", "--for", "soon"], ["run", "--output", "nowhere:x"]])
        func usage(words: [String]) throws {
            let result = try Self.run(words)
            #expect(result.end == .exit(Self.usage), "\(words): \(result.error)")
            #expect(!result.error.isEmpty)
        }

        @Test("not root: one sentence, and nothing begun")
        func notRoot() throws {
            let scratch = try Scratch()
            let rules = try scratch.write("rules", Self.rules)
            // Nobody, but able to read the program wherever it was built.
            let nobody = [
                "/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all,+dac_read_search",
                "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search",
            ]
            let result = try Self.run(["run", "--rules", rules], through: nobody)
            #expect(result.end == .exit(Self.noPermission), "\(result.error)")
            Self.expectSentence(result.error)
            #expect(result.error.contains("root") || result.error.contains("CAP_BPF"), "names no remedy: \(result.error)")
        }

        @Test("a full disk: the exit code says so, whole records only, and what was lost is counted")
        func fullDisk() throws {
            let scratch = try Scratch()
            let disk = try scratch.directory("disk")
            let mounted = try runTool("/bin/mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk])
            try #require(mounted.end == .exit(0), "\(mounted.error)")
            defer { _ = try? runTool("/bin/umount", ["-l", disk]) }
            let workload = try Workload("counted", ["2", "5000"])
            let collector = try Collector(
                rules: "-a always,exit -F arch=b64 -S getppid -F pid=\(workload.pid) -k some\n",
                outputs: ["file:\(disk)/records"])
            workload.release()
            _ = try workload.finish()
            // It may end at once or go on and count: either way it says 74 at its end.
            collector.child.signal(SIGTERM)
            #expect(try collector.child.wait() == .exit(Self.ioError), "\(collector.error)")
            let report = try Report(collector.error)
            report.expectExact()
            #expect(report["lost-output"] > 0 || report["lost-queue"] > 0)
            let bytes = scratch.bytes("disk/records")
            #expect(!bytes.isEmpty)
            let events = AuditEvent.group(try AuditEvent.parse(bytes)).filter { $0.first("SYSCALL") != nil }
            #expect(UInt64(events.count) == report["written"])
            #expect(events.allSatisfy { $0.first("PROCTITLE") != nil }, "the last event is not whole")
            #expect(collector.error.contains("records"), "the sentence names the file: \(collector.error)")
        }

        @Test("a reader that is gone: the program ends by itself")
        func closedOutput() throws {
            let workload = try Workload("counted", ["2", "5000"])
            let collector = try Collector(
                rules: "-a always,exit -F arch=b64 -S getppid -F pid=\(workload.pid) -k some\n",
                outputs: ["stdout"], output: .pipe)
            collector.child.closeOutput()
            workload.release()
            _ = try workload.finish()
            #expect(try collector.child.wait() == .exit(Self.ioError), "\(collector.error)")
            try Report(collector.error).expectExact()
        }

        @Test("an output that cannot be opened stops the start")
        func unwritable() throws {
            let scratch = try Scratch()
            let rules = try scratch.write("rules", Self.rules)
            let result = try Self.run(["run", "--rules", rules, "--output", "file:" + scratch.file("none/records")])
            #expect(result.end == .exit(Self.ioError), "\(result.error)")
            Self.expectSentence(result.error)
            #expect(result.error.contains(scratch.file("none/records")))
        }
    }
}
