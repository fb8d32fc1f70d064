// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// `run --capture` and `replay`.
    @Suite("replay")
    struct Replay {
        /// What `replay` made of a file with these bytes.
        static func replay(
            _ bytes: [UInt8], rules: String, _ options: [String] = [], in scratch: Scratch
        ) throws -> (end: Child.End, output: [UInt8], error: String) {
            let program = try Place.required(Place.program, "build it with 'make', or name it in EBPF_AUDIT")
            try Data(bytes).write(to: URL(fileURLWithPath: scratch.file("capture")))
            let child = try Child(
                program, ["replay", "--rules", try scratch.write("rules", rules), scratch.file("capture")] + options,
                output: .file(scratch.file("replayed")), error: .file(scratch.file("err")))
            let end = try child.wait(seconds: 60)
            return (end, scratch.bytes("replayed"), scratch.text("err"))
        }

        static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
            (0..<MemoryLayout<T>.size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }

        /// A record: size, type, version 3, flags 0, time, sequence.
        static func record(_ type: UInt16, time: UInt64 = 0, _ payload: [UInt8]) -> [UInt8] {
            little(UInt32(24 + payload.count)) + little(type) + [3, 0] + little(time) + little(UInt64(1)) + payload
        }

        /// capture.h: magic, size, version, wire version, machine, all capabilities, a tick of 4 ms, boot id.
        static let header: [UInt8] =
            [0x89] + Array("EBPA\r\n\0".utf8) + little(UInt32(56)) + little(UInt16(1)) + [3, 0] + little(UInt32(0xc000_003e))
            + little(UInt32(0)) + little(UInt64.max) + little(UInt64(4_000_000)) + [UInt8](repeating: 0, count: 16)
        /// Tick 1000 was 50 s after the start, at 1,700,000,000 s.
        static let clock = record(
            0x8001, little(Int64(1_699_999_950_000_000_000)) + little(UInt64(50_000_000_000)) + little(UInt32(1000)) + little(UInt32(1)))
        static let serial = record(0x8002, little(UInt32(0x8000_0007)) + little(UInt32(0)))
        /// getppid() of process 11, whose parent is 10, as user 5 and group 6, two ticks and a half after the clock was read; of a
        /// kernel side that cannot read the clock itself.
        static let call = record(
            1, time: 50_010_000_000,
            [UInt64](1...6).flatMap { little($0) } + little(Int64(10)) + little(UInt64(1)) + little(UInt64(0))
                + ([0xC000_003E, 110, 0, 0, 11, 11, 10, .max, .max, 5, 6, 5, 5, 5, 6, 6, 6, 1002] as [UInt32]).flatMap { little($0) }
                + Array("some".utf8) + [UInt8](repeating: 0, count: 12))
        static let rules = "-a always,exit -F arch=b64 -S getppid -k some\n"

        /// By audit_log_exit() and audit_log_task_info() of kernel/auditsc.c; the time is that of tick 1002.
        static func expected(serial: UInt32, key: String = "\"some\"") -> String {
            let stamp = "msg=audit(1700000000.008:\(serial)):"
            return """
                type=SYSCALL \(stamp) arch=c000003e syscall=110 success=yes exit=10 a0=1 a1=2 a2=3 a3=4 items=0 ppid=10 pid=11 \
                auid=4294967295 uid=5 gid=6 euid=5 suid=5 fsuid=5 egid=6 sgid=6 fsgid=6 tty=(none) ses=4294967295 comm="some" \
                exe=(null) key=\(key)
                type=PROCTITLE \(stamp) proctitle="(null)"
                type=EOE \(stamp) \n
                """
        }

        @Test("a file made by hand becomes the records that the kernel would have written")
        func byHand() throws {
            let whole = Self.header + Self.clock + Self.serial + Self.call + Self.record(0x8fff, [1, 2, 3, 4, 5, 6, 7, 8]) + Self.call
            let (end, output, error) = try Self.replay(whole, rules: Self.rules, in: Scratch())
            #expect(end == .exit(0), "\(error)")
            #expect(String(decoding: output, as: UTF8.self) == Self.expected(serial: 2_147_483_655) + Self.expected(serial: 2_147_483_656))
            let report = try Report(error)
            report.expectExact()
            #expect(report["written"] == 2)
        }

        /// The name of the account with this number, by getent(1).
        private func accountName(_ database: String, _ number: Int) throws -> String {
            let found = try runTool("/usr/bin/getent", [database, String(number)])
            return try #require(found.output.split(separator: ":").first.map(String.init), "\(database) has no \(number)")
        }

        @Test("--log-format adds the names that this machine has for numbers, in auditd's form")
        func enriched() throws {
            let whole = Self.header + Self.clock + Self.serial + Self.call
            let (user, group) = try (accountName("passwd", 5), accountName("group", 6))
            // auditd.conf(5), log_format; the order is that of the fields, (u32)-1 is "unset" (audit_encode_nv_string(3), ausearch -i).
            let addition =
                "\u{1d}ARCH=x86_64 SYSCALL=getppid AUID=\"unset\" UID=\"\(user)\" GID=\"\(group)\" EUID=\"\(user)\" SUID=\"\(user)\""
                + " FSUID=\"\(user)\" EGID=\"\(group)\" SGID=\"\(group)\" FSGID=\"\(group)\""
            let plain = Self.expected(serial: 2_147_483_655)
            for (form, expected) in [
                ("RAW", plain), ("ENRICHED", plain.replacing("key=\"some\"", with: "key=\"some\"" + addition)), ("enriched", nil),
            ] {
                let replayed = try Self.replay(whole, rules: Self.rules, ["--log-format", form], in: Scratch())
                #expect(replayed.end == .exit(0), "\(replayed.error)")
                let output = String(decoding: replayed.output, as: UTF8.self)
                #expect(output == expected ?? output)
                #expect(output.contains("\u{1d}") == (form != "RAW"))
            }
            let wrong = try Self.replay(whole, rules: Self.rules, ["--log-format", "JSON"], in: Scratch())
            #expect(wrong.end == .exit(64))
            #expect(wrong.error.contains("--log-format is JSON; it must be RAW or ENRICHED"))
        }

        @Test("other rules decide anew")
        func otherRules() throws {
            let whole = Self.header + Self.clock + Self.serial + Self.call
            let named = try Self.replay(whole, rules: "-a always,exit -F arch=b64 -S getppid -k other\n", in: Scratch())
            #expect(String(decoding: named.output, as: UTF8.self) == Self.expected(serial: 2_147_483_655, key: "\"other\""))
            let none = try Self.replay(whole, rules: "-a always,exit -F arch=b64 -S getppid -F pid=12\n", in: Scratch())
            #expect(none.output.isEmpty)
            #expect(try Report(none.error)["filtered"] == 1)
        }

        @Test("a file that is cut anywhere gives what was whole, and an error that says where it ends")
        func truncated() throws {
            let scratch = try Scratch()
            let whole = Self.header + Self.clock + Self.serial + Self.call + Self.call
            let records = [0, 56, 56 + 48, 56 + 48 + 32, 56 + 48 + 32 + 184, whole.count]
            for count in stride(from: 0, to: whole.count, by: 3) {
                let (end, output, error) = try Self.replay(Array(whole[..<count]), rules: Self.rules, in: scratch)
                let isWhole = count > 0 && records.contains(count)
                #expect(end == .exit(isWhole ? 0 : 65), "\(count): \(error)")
                let lines = String(decoding: output, as: UTF8.self).split(separator: "\n").count
                #expect(lines == (count >= 320 ? 3 : 0), "\(count)")
                if !isWhole {
                    let place = count < 8 ? "byte 0:" : "byte \(count):"
                    #expect(error.contains("\(scratch.file("capture")): \(place)"), "\(count): \(error)")
                }
            }
        }

        @Test("a file with wrong bytes gives an error that names the record's place, and never a signal")
        func corrupted() throws {
            let scratch = try Scratch()
            let whole = Self.header + Self.clock + Self.serial + Self.call + Self.call
            // The second call's size; its place is where it begins.
            var bytes = whole
            bytes[320] = 0x11
            let (end, output, error) = try Self.replay(bytes, rules: Self.rules, in: scratch)
            #expect(end == .exit(65))
            #expect(String(decoding: output, as: UTF8.self) == Self.expected(serial: 2_147_483_655))
            #expect(error.contains("byte 320: a record of 17 bytes;"))

            for place in stride(from: 3, to: whole.count, by: 4) {
                // The highest bit of each number: sizes, times and results far off, versions and types that nobody knows.
                bytes = whole
                bytes[place] ^= 0x80
                let end = try Self.replay(bytes, rules: Self.rules, in: scratch).end
                #expect(end == .exit(0) || end == .exit(65), "byte \(place): \(end)")
            }
            for record in [Self.clock, Self.call] {
                // Nothing but ones from the payload on: the latest times, the strangest numbers.
                let ones = Array(record[..<8]) + [UInt8](repeating: 0xff, count: record.count - 8)
                let end = try Self.replay(Self.header + Self.clock + ones + Self.call, rules: Self.rules, in: scratch).end
                #expect(end == .exit(0) || end == .exit(65), "\(end)")
            }
        }

        @Test("an event without a clock before it is refused: its time would be wrong")
        func noClock() throws {
            let (end, output, error) = try Self.replay(Self.header + Self.call, rules: Self.rules, in: Scratch())
            #expect(end == .exit(65))
            #expect(output.isEmpty)
            #expect(error.contains("byte 56: an event before"))
        }

        @Test("what was captured becomes the very records that the run wrote", arguments: ["counted", "calls"])
        func captured(name: String) throws {
            let workload = try Workload(name, name == "counted" ? ["2", "500"] : [])
            let scratch = try Scratch()
            let rules = everything(workload.pid).replacingOccurrences(of: "-S all", with: name == "counted" ? "-S getppid" : "-S all")
            let collector = try Collector(rules: rules, options: ["--capture", scratch.file("kept")], scratch: scratch)
            workload.release()
            _ = try workload.finish()
            let report = try collector.stop()
            #expect(report["written"] > 100)
            let (end, output, error) = try Self.replay(scratch.bytes("kept"), rules: rules, in: scratch)
            #expect(end == .exit(0), "\(error)")
            #expect(try Report(error)["written"] == report["written"])
            func lines(_ bytes: [UInt8]) -> [Substring] {
                // The run's own records are in no capture.
                String(decoding: bytes, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("type=TRUSTED_APP") }
            }
            let (live, again) = (lines(scratch.bytes("records")), lines(output))
            #expect(live.count == again.count)
            // Of a file that a call was refused, only the live run can look at the facts.
            let different = zip(live, again).filter { $0 != $1 && !$0.hasPrefix("type=PATH ") && !$0.contains("success=no") }
            #expect(different.isEmpty, "\(different.prefix(3))")
            #expect(name == "calls" || live == again)
        }

        @Test("--capture does not write over a file")
        func kept() throws {
            let scratch = try Scratch()
            try scratch.write("kept", "mine")
            let program = try Place.required(Place.program, "build it with 'make', or name it in EBPF_AUDIT")
            let result = try runTool(
                program, ["run", "--rules", try scratch.write("rules", Self.rules), "-q", "--capture", scratch.file("kept"), "--for", "1"])
            #expect(result.end == .exit(74))
            #expect(result.error.contains(scratch.file("kept")))
            #expect(scratch.text("kept") == "mine")
        }
    }
}
