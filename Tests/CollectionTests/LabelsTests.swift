// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// Labels of tasks and files where SELinux gives them, against what the kernel says of them in other ways: attr/current (proc_pid_attr(5)) and the
    /// extended attribute security.selinux.
    @Suite("labels")
    struct Labels {
        private static var isThere: Bool {
            ((try? String(contentsOfFile: "/proc/filesystems", encoding: .utf8)) ?? "").contains("\tselinuxfs\n")
        }

        /// What is in `bytes` before NUL and line break.
        private static func text(_ bytes: some Sequence<UInt8>) -> String {
            String(decoding: bytes.prefix { $0 != 0 && $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        }

        private static func context(ofProcess pid: Int32) -> String {
            text(FileManager.default.contents(atPath: "/proc/\(pid)/attr/current") ?? Data())
        }

        @Test("the task's label is what the kernel says it is, and a file's what it has", arguments: ["", "=", "!="])
        func told(_ op: String) throws {
            guard Self.isThere else {
                print("skipped: SELinux is not at work on this machine")
                return
            }
            var own = Self.context(ofProcess: getpid())
            guard op.isEmpty || own.contains(":") else {
                print("skipped: there is no policy, and no rule can ask for names")
                return
            }
            let session = try Session.run("diff_labels") { pid in
                own = Self.context(ofProcess: Int32(pid))
                let parts = own.split(separator: ":", omittingEmptySubsequences: false)
                let test = op.isEmpty ? "" : " -F subj_type\(op)\(parts[2])"
                return "-a always,exit -F arch=b64 -S all -F pid=\(pid)\(test) -k label\n"
            }
            let records = try session.collector.records()
            guard try records.first(where: { $0.type == "TRUSTED_APP" })?.field("tier") == "\"btf\"" else {
                print("skipped: the tiers for kernels before 5.9 tell no labels")
                return
            }
            try #require(!own.isEmpty)
            let calls = records.filter { $0.type == "SYSCALL" }
            #expect(calls.isEmpty == (op == "!="), "\(calls.count) calls")
            for call in calls { #expect(try call.field("subj") == own) }
            guard op.isEmpty else { return }
            let asked = session.truth.calls.filter { !$0.words.isEmpty }
            #expect(asked.count == 2)
            for call in asked {
                let name = String(decoding: try #require(call.paths.first), as: UTF8.self)
                let expected = Self.text(call.words[0])
                let files = try records.filter { try $0.type == "PATH" && $0.field("name") == "\"\(name)\"" && $0.field("inode") != nil }
                let last = try #require(files.last)
                #expect(try last.field("obj") == expected, "\(name)")
            }
            #expect(session.report["incomplete"] == 0)
        }
    }
}
