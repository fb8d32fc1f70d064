// SPDX-License-Identifier: MIT
import AuditRules
import Foundation
import Glibc
import Testing

/// Opening a rules file: whoever can write it decides what is audited.
@Suite struct RuleFileTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "rule-file-\(UUID().uuidString)")

    private func withFile(_ text: String, mode: mode_t = 0o640, _ body: (String) throws -> Void) throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appending(path: "some.rules")
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        try body(file.path)
    }

    private func error(_ path: String) -> RulesError? {
        do {
            _ = try RuleSet.load(paths: [path])
            return nil
        } catch {
            return error
        }
    }

    @Test func loadsAFile() throws {
        try withFile("-a always,exit -F arch=b64 -S open -k x") { path in
            let set = try RuleSet.load(paths: [path])
            #expect(set.rules.map(\.place) == [RulePlace(file: path, line: 1)])
        }
    }

    @Test func wrongLinesCarryTheFilesName() throws {
        try withFile("\n-a always,exit -S opne\n") { path in
            let found = try #require(error(path)).description
            #expect(found.hasPrefix("\(path):2:19: opne: Syscall name unknown"))
        }
    }

    @Test func aFileThatIsNotThereIsNamed() {
        let found = error("/no/such/file.rules")
        #expect(found == .unreadable(path: "/no/such/file.rules", errno: ENOENT))
        #expect(found?.description.contains("No such file or directory") == true)
        #expect(found?.description.contains("--rules") == true)
    }

    @Test func worldWritableIsRefused() throws {
        try withFile("", mode: 0o646) { path in
            #expect(error(path) == .worldWritable(path: path))
            #expect(error(path)?.description.contains("chmod o-w \(path)") == true)
        }
    }

    @Test func foreignOwnerIsRefused() throws {
        guard geteuid() == 0 else {
            print("foreignOwnerIsRefused: not run, needs root to give a file away")
            return
        }
        try withFile("") { path in
            #expect(unsafe chown(path, 65534, 65534) == 0)
            #expect(error(path) == .foreignOwner(path: path, uid: 65534))
            #expect(error(path)?.description.contains("chown root \(path)") == true)
        }
    }

    @Test func onlyRegularFiles() throws {
        #expect(error("/dev/null") == .notRegular(path: "/dev/null"))
        // A directory is read file by file, unless anybody can put one there.
        #expect(error("/tmp") == .worldWritable(path: "/tmp"))
        try withFile("") { path in
            let fifo = path + ".fifo"
            #expect(unsafe mkfifo(fifo, 0o600) == 0)
            // Must not wait for a writer.
            #expect(error(fifo) == .notRegular(path: fifo))
        }
    }

    @Test func aHugeFileIsRefused() throws {
        try withFile("") { path in
            #expect(unsafe truncate(path, 17 << 20) == 0)
            #expect(error(path) == .tooLarge(path: path, limit: 16 << 20))
        }
    }
}
