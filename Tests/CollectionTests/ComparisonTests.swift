// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// The differential test itself, on logs made by hand: what docs/fidelity.md says may differ may, and nothing else.
    @Suite("rules of the comparison")
    struct ComparisonTests {
        struct Figures: Decodable {
            let pairs: Int
            let identical: Int
            let allowed: [String: Int]
        }

        static let call = "arch=c000003e syscall=437 success=yes exit=3 a0=1 a1=2 a2=3 a3=18 items=1 ppid=1 pid=7 auid=4242 key=\"diff\""
        static let unnamed = "item=0 name=(null) inode=5 dev=00:15 mode=0100640 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL"
        static let named = "item=0 name=\"a\" inode=5 dev=00:15 mode=0100640 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL"

        /// A log with one event of the given records; `at` are its milliseconds.
        private static func log(_ records: [(type: String, text: String)], at time: Int = 100, serial: Int = 1) -> String {
            records.map { "type=\($0.type) msg=audit(1700000000.\(time):\(serial)): \($0.text)\n" }.joined()
        }

        private static func compare(
            kernel: String, ours: String, release: String, _ options: [String] = []
        ) throws -> (result: ToolResult, figures: Figures?) {
            let scratch = try Scratch()
            _ = try scratch.directory("run")
            for (name, text) in [("kernel.log", kernel), ("ours.log", ours), ("release", release + "\n"), ("leader", "7")] {
                try scratch.write("run/" + name, text)
            }
            let program = try Place.required(DifferentialTests.program, "build it with 'swift build --build-tests'")
            let result = try runTool(program, ["--again", "--json", "--keep", scratch.path] + options)
            return (result, try? JSONDecoder().decode(Figures.self, from: Data(result.output.utf8)))
        }

        @Test(
            "OPENAT2 is there from 5.16 on",
            arguments: [("5.10.0-46-cloud-amd64", 1), ("5.15.1", 1), ("5.16.0", 0), ("6.1.0-56", 0), ("unknown", 0)])
        func openat2(release: String, identical: Int) throws {
            let kernel = [("SYSCALL", Self.call), ("PATH", Self.named)]
            let ours = kernel + [("OPENAT2", "oflag=00 mode=00 resolve=0x0")]
            let (_, figures) = try Self.compare(kernel: Self.log(kernel), ours: Self.log(ours), release: release)
            #expect(figures?.pairs == 1)
            #expect(figures?.identical == identical)
            #expect(figures?.allowed["openat2"] ?? 0 == identical)
        }

        @Test(
            "the working directory of calls on descriptors is there from 5.11 on",
            arguments: [("5.10.0", unnamed, 1), ("5.10.0", named, 0), ("5.11.0", unnamed, 0)])
        func directory(release: String, path: String, identical: Int) throws {
            let kernel = [("SYSCALL", Self.call), ("PATH", path)]
            let ours = [("SYSCALL", Self.call), ("CWD", "cwd=\"/tmp\""), ("PATH", path)]
            let (_, figures) = try Self.compare(kernel: Self.log(kernel), ours: Self.log(ours), release: release)
            #expect(figures?.pairs == 1)
            #expect(figures?.identical == identical)
        }

        @Test(
            "stamps may be two ticks apart on emulated machines, and nowhere else",
            arguments: [
                (["--emulated"], 196, 1), (["--emulated"], 192, 1), (["--emulated"], 188, 0), (["--emulated"], 208, 1), ([], 196, 0),
                ([], 200, 1),
            ])
        func ticks(options: [String], time: Int, identical: Int) throws {
            let records = [("SYSCALL", Self.call), ("PATH", Self.named)]
            let (_, figures) = try Self.compare(
                kernel: Self.log(records, at: 200), ours: Self.log(records, at: time), release: "6.12.0", options)
            #expect(figures?.pairs == 1)
            #expect(figures?.identical == identical)
        }

        @Test("of equal calls those with equal records are one, whatever their titles and times are")
        func pairing() throws {
            func event(_ text: String, _ title: String, at time: Int, serial: Int) -> String {
                Self.log([("SYSCALL", Self.call), ("CAPSET", text), ("PROCTITLE", "proctitle=\"\(title)\"")], at: time, serial: serial)
            }
            // What has the kernel keep the title "old" for the process, which is "new" by then.
            let exec = Self.log([("SYSCALL", Self.call.replacing("a0=1", with: "a0=4")), ("EXECVE", "argc=1 a0=\"new\"")])
            let kernel = exec + event("cap_pp=1", "old", at: 108, serial: 2) + event("cap_pp=2", "old", at: 112, serial: 3)
            let ours = exec + event("cap_pp=2", "new", at: 104, serial: 2) + event("cap_pp=1", "new", at: 108, serial: 3)
            let (_, figures) = try Self.compare(kernel: kernel, ours: ours, release: "6.12.0", ["--emulated"])
            #expect(figures?.pairs == 3)
            #expect(figures?.identical == 3)
        }

        @Test("where the kernel's serials have a gap there is no comparison")
        func gap() throws {
            let records = [("SYSCALL", Self.call), ("PATH", Self.named)]
            // The last is auditd's own, whose number is no serial of the kernel's.
            let kernel = Self.log(records) + Self.log(records, serial: 4) + Self.log([("DAEMON_END", "op=terminate")], serial: 99)
            let (result, _) = try Self.compare(kernel: kernel, ours: Self.log(records), release: "6.12.0")
            #expect(result.end == .exit(2))
            #expect(result.error.contains("dropped 2 events"))
        }
    }
}
