// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// `get-offsets`: type information for kernels without. Expectations come from bpftool, the compiler's layout rules, and the
    /// records themselves.
    @Suite("offsets")
    struct Offsets {
        static let program = ProcessInfo.processInfo.environment["GET_OFFSETS"] ?? Place.root + "/.build/release/get-offsets"

        static func run(_ words: [String], environment: [String: String]? = nil) throws -> ToolResult {
            try runTool(try Place.required(program, "build it with 'make get-offsets'"), words, environment: environment)
        }

        /// The kernel's members as bpftool tells them: offset in bytes of `member` in `structure`, without parts that have no name.
        static func kernelOffset(_ structure: String, _ member: String) throws -> Int {
            let dump = try runTool("/usr/sbin/bpftool", ["btf", "dump", "file", "/sys/kernel/btf/vmlinux"]).output
            let lines = dump.split(separator: "\n", omittingEmptySubsequences: true)
            let head = try #require(lines.firstIndex { $0.contains("] STRUCT '\(structure)' size=") }, "\(structure)")
            let line = try #require(
                lines[(head + 1)...].prefix { $0.hasPrefix("\t") }.first { $0.hasPrefix("\t'\(member)' ") }, "\(structure).\(member)")
            let bits = try #require(line.split(separator: " ").first { $0.hasPrefix("bits_offset=") }?.dropFirst(12))
            return try #require(Int(bits)) / 8
        }

        static func lines(_ text: String) -> [String: String] {
            var result: [String: String] = [:]
            for line in text.split(separator: "\n") {
                let parts = line.components(separatedBy: " = ")
                if parts.count == 2 { result[parts[0]] = parts[1] }
            }
            return result
        }

        @Test("in the old tool's form: its names in its order, with the kernel's own offsets")
        func printed() throws {
            let result = try Self.run([])
            #expect(result.end == .exit(0), "\(result.error)")
            let names = result.output.split(separator: "\n").map { String($0.prefix { $0 != " " }) }
            // ebpf_telemetry.conf as the old tool made it.
            #expect(
                names == [
                    "ppid", "auid", "ses", "cred", "cred_uid", "cred_gid", "cred_euid", "cred_suid", "cred_fsuid", "cred_egid",
                    "cred_sgid", "cred_fsgid", "tty", "comm", "exe_path", "mm_arg_start", "mm_arg_end", "pwd_path", "path_vfsmount",
                    "path_dentry", "dentry_parent", "dentry_name", "dentry_inode", "inode_mode", "inode_ouid", "inode_ogid", "mount_mnt",
                    "mount_parent", "mount_mountpoint", "max_fds", "fd_table", "fd_path",
                ])
            let found = Self.lines(result.output)
            let task = try ["real_parent", "tgid", "comm", "fs"].map { try Self.kernelOffset("task_struct", $0) }
            #expect(found["ppid"] == "\(task[0]), \(task[1])")
            #expect(found["comm"] == "\(task[2])")
            let pwd = try Self.kernelOffset("fs_struct", "pwd")
            #expect(found["pwd_path"] == "\(task[3]), \(pwd)")
            let inode = try Self.kernelOffset("inode", "i_uid")
            #expect(found["inode_ouid"] == "\(inode)")
            let parent = try Self.kernelOffset("mount", "mnt_parent")
            #expect(found["mount_parent"] == "\(parent)")
        }

        @Test("what is printed is read back to the same; a wrong line is told by file and number")
        func configuration() throws {
            let scratch = try Scratch()
            let printed = try Self.run([]).output
            let file = try scratch.write("conf", "# of another kernel\n\n" + printed)
            let again = try Self.run(["--config", file])
            #expect(again.end == .exit(0), "\(again.error)")
            #expect(again.output == printed)
            let moved = try scratch.write("moved", printed.replacing("comm = ", with: "comm = 1"))
            let changed = try Self.run(["--config", moved])
            #expect(Self.lines(changed.output)["comm"] == "1" + (Self.lines(printed)["comm"] ?? ""))
            for (line, word) in [("pidd = 1", "pidd"), ("ppid = 1", "ppid"), ("comm = x", "comm"), ("comm 5", "name = offset")] {
                let wrong = try scratch.write("wrong", "# one\n\(line)\n")
                let result = try Self.run(["--config", wrong])
                #expect(result.end == .exit(66), "\(line)")
                #expect(result.error.contains("\(wrong):2: ") && result.error.contains(word), "\(line): \(result.error)")
                #expect(result.output.isEmpty)
            }
        }

        @Test(
            "information that is not the running kernel's is refused and leaves no file",
            arguments: [("comm", "the name of the command"), ("ppid", "the process id"), ("mm_arg_start", "the address")])
        func refused(_ name: String, _ told: String) throws {
            let scratch = try Scratch()
            let printed = "\n" + (try Self.run([]).output)
            let value = try #require(Self.lines(printed)[name]?.split(separator: ", ").last.flatMap { Int($0) })
            let whole = try #require(Self.lines(printed)[name])
            let shifted = whole.dropLast(String(value).count) + "\(value + 64)"
            let file = try scratch.write("conf", printed.replacing("\n\(name) = \(whole)\n", with: "\n\(name) = \(shifted)\n"))
            let result = try Self.run(["--config", file, "--output", scratch.file("btf")])
            #expect(result.end == .exit(65), "\(result.error)")
            #expect(result.error.contains(told), "\(result.error)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() == ["conf"])
            // For another kernel it is written all the same.
            let unchecked = try Self.run(["--config", file, "--output", scratch.file("btf"), "--unchecked"])
            #expect(unchecked.end == .exit(0), "\(unchecked.error)")
            #expect(!scratch.bytes("btf").isEmpty)
        }

        /// A task with parts that have no name, as randomized layouts have them, and a declaration that is none of it.
        static let source = """
            struct path { char gap[24]; void *mnt; void *dentry; };
            struct file { struct { long one; const struct { struct path f_path; }; }; };
            struct fs_struct;
            struct task_struct {
                char gap[100];
                union { struct { int pid, tgid; }; long both; };
                struct task_struct *real_parent;
                unsigned bits : 3;
                char comm[16];
                struct fs_struct *fs;
            };
            struct fs_struct { char gap[5]; struct path root, pwd; };
            struct task_struct a; struct file b; struct fs_struct c;
            int main(void) { return 0; }

            """

        @Test("a vmlinux with DWARF", arguments: [["-gdwarf-4"], ["-gdwarf-5"], ["-gdwarf-5", "-gz"], ["-gdwarf-4", "-gz"]])
        func dwarf(_ options: [String]) throws {
            let scratch = try Scratch()
            let file = try scratch.write("kernel.c", Self.source)
            let compiled = try runTool("/usr/bin/gcc", options + ["-o", scratch.file("vmlinux"), file])
            try #require(compiled.end == .exit(0), "\(compiled.error)")
            let result = try Self.run(["--vmlinux", scratch.file("vmlinux")])
            #expect(result.end == .exit(0), "\(result.error)")
            let found = Self.lines(result.output)
            // x86-64 and arm64 align a union with a long in it to 8: 104, 108; the pointer 112; bits 120; the text right behind them 121.
            #expect(found["ppid"] == "112, 108")
            #expect(found["comm"] == "121")
            // The pointer behind it at 144; in fs_struct the paths are aligned to 8: root at 8, pwd at 8 + 40.
            #expect(found["pwd_path"] == "144, 48")
            #expect(found["path_vfsmount"] == "24")
            #expect(found["path_dentry"] == "32")
            #expect(found["fd_path"] == "8")
            #expect(found["cred"] == nil)
            #expect(result.output.contains("# cred is not known\n"))
        }

        @Test("nothing to read from, and wrong arguments, are told")
        func nothing() throws {
            let scratch = try Scratch()
            let file = try scratch.write("text", "no kernel\n")
            for words in [
                ["--vmlinux", file], ["--vmlinux", scratch.file("none")], ["--headers", scratch.path], ["--config", scratch.file("none")],
            ] {
                let result = try Self.run(words)
                #expect(result.end == .exit(66), "\(words): \(result.error)")
                #expect(!result.error.isEmpty && result.output.isEmpty)
            }
            #expect(try Self.run(["--nonsense"]).end == .exit(64))
            #expect(try Self.run(["nonsense"]).end == .exit(64))
            let help = try Self.run(["--help"])
            #expect(help.end == .exit(0))
            for word in ["--output", "--vmlinux", "--headers", "--config", "--unchecked"] { #expect(help.output.contains(word)) }
        }

        @Test(
            "with the file that it makes, every tier gives the records that the kernel's own information gives",
            arguments: ["btf", "raw_tp", "raw_tp_noloops", "raw_tp_sub4096", "tp"])
        func used(_ tier: String) throws {
            let scratch = try Scratch()
            let made = try Self.run(["--output", scratch.file("btf")])
            try #require(made.end == .exit(0), "\(made.error)")
            let workload = try Workload("counted", ["1", "20"])
            let collector = try Collector(
                rules: "-a always,exit -F arch=b64 -S getppid -F pid=\(workload.pid) -k some\n",
                options: ["--btf", scratch.file("btf")], configuration: "tier = \(tier)\n")
            workload.release()
            _ = try workload.finish()
            let report = try collector.stop()
            #expect(report["written"] == 20)
            #expect(report["incomplete"] == 0)
            let events = try collector.events()
            #expect(events.count == 20)
            for event in events {
                let call = try event.call()
                #expect(try call.need("ppid") == "\(getpid())")
                #expect(try call.need("pid") == "\(workload.pid)")
                #expect(try call.untrusted("exe") == Array(Place.workload("counted").utf8))
            }
        }

        /// What the records of system calls say, without their stamps and serials, which are each collector's own.
        static func said(_ collector: Collector) throws -> [String] {
            try collector.events().flatMap(\.records).map { "\($0.type) \(String(decoding: $0.body, as: UTF8.self))" }
        }

        @Test(
            "two collectors that watch the same process, one by the file and one by the kernel's own information, write the same records",
            arguments: ["btf", "raw_tp", "raw_tp_noloops", "raw_tp_sub4096", "tp"], [["names"], ["addresses"], ["lifecycle", "exit"]])
        func same(_ tier: String, _ what: [String]) throws {
            let scratch = try Scratch()
            let made = try Self.run(["--output", scratch.file("btf")])
            try #require(made.end == .exit(0), "\(made.error)")
            let workload = try Workload(what[0], Array(what.dropFirst()))
            let rules = ["b64", "b32"].flatMap { arch in
                ["pid", "ppid"].map { "-a always,exit -F arch=\(arch) -S all -F \($0)=\(workload.pid) -k some\n" }
            }.joined()
            let own = try Collector(rules: rules, configuration: "tier = \(tier)\n")
            let other = try Collector(rules: rules, options: ["--btf", scratch.file("btf")], configuration: "tier = \(tier)\n")
            workload.release()
            _ = try workload.finish()
            for collector in [own, other] {
                let report = try collector.stop()
                #expect(report["lost"] == 0, "\(collector.error)")
            }
            let (expected, found) = (try Self.said(own), try Self.said(other))
            #expect(expected.count > 30)
            // The first call of each begins when its programs are there, so that the later one may miss what the earlier one has.
            let difference = found.difference(from: expected.suffix(found.count))
            #expect(difference.isEmpty, "\(difference.prefix(4))")
        }
    }
}
