// SPDX-License-Identifier: MIT
import AuditRules
import AuditTestSupport
import Foundation
import Testing

/// A directory of rules files, against `ls -v` and augenrules(8).
@Suite struct RuleDirectoryTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "rules-directory-\(UUID().uuidString)")

    private func withFiles(_ files: [String: String], _ body: (String) throws -> Void) throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, text) in files {
            let file = directory.appending(path: name)
            try Data(text.utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file.path)
        }
        try body(directory.path)
    }

    /// What `ls -1v` says, without names that do not end in .rules.
    private func listed(_ path: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/ls")
        process.arguments = ["-1v", path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return output.split(separator: "\n").map(String.init).filter { $0.hasSuffix(".rules") }
    }

    @Test func filesComeInTheOrderOfLs() throws {
        var random = Random(seed: 41)
        let parts = ["1", "2", "10", "010", "00", "a", "b", "ab", "Z", "-", "_", "~", ".", ".x", "+", "99", "c1", "rules"]
        var files: [String: String] = ["no-rules.txt": "wrong", ".hidden.rules": "wrong", "rules": "wrong"]
        for number in 0..<300 {
            let stem = (0..<Int.random(in: 1...4, using: &random)).map { _ in parts.randomElement(using: &random)! }.joined()
            guard !stem.hasPrefix(".") else { continue }
            files[stem + ".rules"] = "-a always,exit -S all -F a0=\(number)\n"
        }
        try withFiles(files) { path in
            let expected = try listed(path)
            #expect(expected.count > 200)
            let read = try RuleSet.load(paths: [path]).rules.map { String($0.place.file.dropFirst(path.count + 1)) }
            #expect(read == expected)
        }
    }

    @Test func controlLinesGoWhereAugenrulesPutsThem() throws {
        let files = [
            "9-first.rules": "-e 0\n-a always,exit -S open\n-f 0\n  -D\n-b 1\n",
            "10-second.rules": "# comment\n-D -k nothing\n-e 1\n-b 2\n-r 5\n-a always,exit -S close\n-D\n-f 1\n",
        ]
        try withFiles(files) { path in
            let set = try RuleSet.load(paths: [path])
            // -D stands before all rules, wherever it was written.
            #expect(set.rules.map { "\($0.place)" } == ["\(path)/9-first.rules:2", "\(path)/10-second.rules:6"])
            #expect(
                set.controls.map { "\($0.option) \($0.value ?? "")" }
                    == ["-D ", "-b 2", "-f 1", "-D nothing", "-r 5", "-e 1"])
        }
    }

    @Test func placesAreThoseOfTheFiles() throws {
        try withFiles(["1.rules": "-a always,exit -S open\n", "2.rules": "\n-e 7\n-a always,exit -S opne\n"]) { path in
            do throws(RulesError) {
                _ = try RuleSet.load(paths: [path])
                Issue.record("accepted")
            } catch {
                guard case .wrong(let found) = error else { throw error }
                #expect(found.map { "\($0.file):\($0.line):\($0.column)" } == ["\(path)/2.rules:3:19", "\(path)/2.rules:2:4"])
            }
        }
    }
}
