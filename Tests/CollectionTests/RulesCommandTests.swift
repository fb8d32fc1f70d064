// SPDX-License-Identifier: MIT
import Foundation
import Testing

/// `ebpf-audit rules`: what it exits with and where it says why. Exit statuses are those of sysexits.h.
@Suite("rules commands")
struct RulesCommandTests {
    private static let good = "-a always,exit -F arch=b64 -S openat -k good\n"
    private static let bad = "# a comment\n-a always,exit -F arch=b64 -S opnat -k bad\n"

    private func run(_ words: [String]) throws -> ToolResult {
        try runTool(try Place.required(Place.program, "build it with 'make', or name it in EBPF_AUDIT"), ["rules"] + words)
    }

    @Test(
        "each command: 0 for rules that are right, 65 for wrong ones, 66 for a file that is not there",
        arguments: ["check", "list", "explain"])
    func statuses(command: String) throws {
        let scratch = try Scratch()
        let good = try scratch.write("good.rules", Self.good)
        let bad = try scratch.write("bad.rules", Self.bad)
        let right = try run([command, good])
        #expect(right.end == .exit(0))
        #expect(!right.output.isEmpty)
        #expect(right.error.isEmpty)
        let wrong = try run([command, bad])
        #expect(wrong.end == .exit(65))
        #expect(wrong.output.isEmpty)
        #expect(wrong.error.contains("\(bad):2:31: opnat: "))
        #expect(wrong.error.contains("did you mean openat?"))
        let missing = try run([command, scratch.file("none.rules")])
        #expect(missing.end == .exit(66))
        #expect(missing.error.contains(scratch.file("none.rules")))
        #expect(try run([command, good, bad]).end == .exit(65))
        #expect(try run([command, bad, good]).end == .exit(65))
    }

    @Test("check looks at every file, and exits with the first failure")
    func everyFile() throws {
        let scratch = try Scratch()
        let good = try scratch.write("good.rules", Self.good)
        let bad = try scratch.write("bad.rules", Self.bad)
        let result = try run(["check", bad, scratch.file("none"), good])
        #expect(result.end == .exit(65))
        #expect(result.error.contains("bad.rules:2:31"))
        #expect(result.error.contains(scratch.file("none")))
        #expect(result.output.contains("good.rules: 1 rules"))
        #expect(try run(["check", scratch.file("none"), bad]).end == .exit(66))
    }

    @Test(
        "check --strict takes what is odd for a mistake",
        arguments: [
            ("-a always,exit -F arch=b64 -S openat -k x\n", 0), ("-a always,exit -S openat -k x\n", 65),
            ("-a never,user -F uid=1\n", 65), ("-a always,io_uring -S openat\n", 0), ("-i\n-a nonsense\n", 65),
            ("-a always,exclude -F msgtype=CWD\n-a never,filesystem -F fstype=tracefs\n", 0),
        ])
    func strict(text: String, status: Int32) throws {
        let scratch = try Scratch()
        let file = try scratch.write("a.rules", text)
        #expect(try run(["check", file]).end == .exit(0))
        #expect(try run(["check", "--strict", file]).end == .exit(status))
    }

    @Test("-c: the others are read, and the file is wrong all the same")
    func continuing() throws {
        let scratch = try Scratch()
        let file = try scratch.write("a.rules", "-c\n" + Self.bad + Self.good)
        #expect(try run(["check", file]).end == .exit(65))
    }

    @Test("convert: 0 when every line could be, 65 when one could not, 66 without the file")
    func convert() throws {
        let scratch = try Scratch()
        let whole = try run(["convert", try scratch.write("old", "openat a2 | 0x3\n")])
        #expect(whole.end == .exit(0))
        #expect(whole.output.contains("-F a2&0x3"))
        let part = try run(["convert", try scratch.write("part", "openat a2 | 0x3\nkill a5 = 1\n")])
        #expect(part.end == .exit(65))
        #expect(part.output.contains("-F a2&0x3"))
        #expect(part.error.contains(":2:"))
        #expect(try run(["convert", scratch.file("none")]).end == .exit(66))
    }

    @Test("what is converted is right rules")
    func convertedIsRight() throws {
        let scratch = try Scratch()
        let converted = try run(["convert", try scratch.write("old", "openat a2 | 0x3\nkill a1 = 9 a1 = 19\nmmap a2 & 0x6\n")])
        let file = try scratch.write("new.rules", converted.output)
        #expect(try run(["check", "--strict", file]).end == .exit(0))
    }

    @Test(
        "wrong words are 64, and no process to reload is 69",
        arguments: [
            (["check"], 64), (["list"], 64), (["explain"], 64), (["convert"], 64), (["convert", "a", "b"], 64), (["nonsense"], 64),
            (["check", "--nonsense", "a"], 64), (["reload", "--pid", "x"], 64), (["reload", "a"], 64),
            // Above any pid_max (2^22).
            (["reload", "--pid", "4194305"], 69),
        ] as [([String], Int32)])
    func arguments(words: [String], status: Int32) throws {
        #expect(try run(words).end == .exit(status), "\(words)")
    }
}
