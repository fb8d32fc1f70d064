// SPDX-License-Identifier: MIT
import AuditRules
import Foundation
import Testing

/// Rules in a directory, in the order of augenrules(8): init.d/augenrules of audit-userspace 3.0.9.
@Suite final class RuleDirectoryTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "rules.d-\(UInt64.random(in: 0...(.max)))")

    init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: directory.appending(path: name))
    }

    @Test func filesAreSortedByTheNumbersInTheirNames() throws {
        for name in ["10-b.rules", "9-a.rules", "100-c.rules", "notes.txt", ".hidden.rules", "20.rules.bak"] {
            try write(name, "-a always,exit -S open -k \(name)\n")
        }
        let set = try RuleSet.load(paths: [directory.path])
        #expect(set.keys.map { String(decoding: $0 ?? [], as: UTF8.self) } == ["9-a.rules", "10-b.rules", "100-c.rules"])
        #expect(set.rules[1].place == RulePlace(file: directory.path + "/10-b.rules", line: 1))
    }

    @Test func controlLinesHaveTheirPlaces() throws {
        try write("1.rules", "-e 1\n-b 1\n-a always,exit -S open\n-D -k nothing\n-f 0\n")
        try write("2.rules", "\t# comment\n -D \n-e 2\n-b 2\n-f 1\n-a always,exit -S close\n-r 5\n")
        let set = try RuleSet.load(paths: [directory.path])
        #expect(set.rules.count == 2, "the later -D comes first")
        #expect(
            set.controls.map { $0.option + ($0.value.map { " " + $0 } ?? "") }
                == ["-D", "-b 2", "-f 1", "-D nothing", "-r 5", "-e 2"])
    }

    @Test func mistakesAreNamedByFile() throws {
        try write("a.rules", "\n-a always,exit -S opne\n")
        do {
            _ = try RuleSet.load(paths: [directory.path])
            Issue.record("accepted")
        } catch {
            #expect(error.description.hasPrefix("\(directory.path)/a.rules:2:19: opne: "))
        }
    }
}
