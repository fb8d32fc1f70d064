// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEvents
import AuditRecords
import AuditTestSupport
import CAuditWire
import Foundation
import Testing

/// The programs that read audit logs read ours: ausearch and aureport of this machine.
@Suite struct PeerTests {
    /// A log of many kinds of events.
    struct Log {
        var directory: URL
        var file: String { directory.appendingPathComponent("audit.log").path }
        var lines: [String]
        var events: Int

        private static let plain = Result { try content(node: nil) }
        private static let named = Result { try content(node: "host-1") }
        private static let enriched = Result { try content(node: nil, enriched: true) }

        init(node: String? = nil, isEnriched: Bool = false) throws {
            directory = FileManager.default.temporaryDirectory.appendingPathComponent("records-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            let (bytes, events) = try (isEnriched ? Self.enriched : node == nil ? Self.plain : Self.named).get()
            self.events = events
            lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
            try Data(bytes).write(to: URL(fileURLWithPath: file))
        }

        /// 400 events, three milliseconds apart, four of them about the program itself.
        private static func content(node: String?, enriched: Bool = false) throws -> (bytes: [UInt8], events: Int) {
            var random = Random(seed: 21)
            let options = FormatOptions(node: node.map { Array($0.utf8) }, enriched: enriched, serialBase: 1)
            var formatter = try RecordFormatter(options: options)
            formatter.setKeys([Array("key-a".utf8), Array("key a".utf8), Array("a\u{1}b".utf8), nil])
            var buffer = RecordBuffer(capacity: 1 << 20)
            var bytes: [UInt8] = []
            var events = 0
            let identity = ProcessIdentity(pid: 77, uid: 0, auid: 1000, ses: 1)
            for number in 0..<400 {
                let time = testTime + UInt64(number) * 3_000_000
                if number % 100 == 50 {
                    _ = formatter.formatStatus(
                        "ebpf-audit-lost", [StatusField("lost-ring", 5), StatusField("tier", text: Array("btf".utf8))],
                        identity: identity, realtime: time, into: &buffer)
                } else {
                    let event = EventBuilder(random: &random)
                    let early = number % 20 == 0 ? EventBuilder.bytes(upTo: 40000, random: &random) : []
                    _ = try append(
                        event.bytes, earlier: early, to: &buffer, with: &formatter, key: number % 4, time: time)
                }
                bytes += buffer.content
                events += 1
                #expect(buffer.events == (number % 100 == 50 ? 0 : 1), "the program's own records are no events")
                buffer.removeAll()
            }
            return (bytes, events)
        }

        func remove() { try? FileManager.default.removeItem(at: directory) }
    }

    /// Runs `program`; what it printed, what it complained about, how it ended.
    static func run(_ program: String, _ arguments: [String]) throws -> (output: String, errors: String, status: Int32) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let directory = FileManager.default.temporaryDirectory
        let files = [UUID(), UUID()].map { directory.appendingPathComponent("peer-\($0.uuidString)") }
        for file in files { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
        defer { for file in files { try? FileManager.default.removeItem(at: file) } }
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        process.environment = ["LC_ALL": "C", "TZ": "UTC"]
        try process.run()
        process.waitUntilExit()
        let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        return (texts[0], texts[1], process.terminationStatus)
    }

    /// Debug output of ausearch, without its remark on records that its `extract_search_items()` (src/ausearch-parse.c, 3.0.9)
    /// has no case for: EOE (1320), which auditd never writes to a file, and SOCKETCALL (1304). Neither is malformed.
    static func complaints(_ errors: String) -> [String] {
        errors.replacingOccurrences(of: "Unparsed type:1320\n - skipped", with: "")
            .replacingOccurrences(of: "Unparsed type:1304\n - skipped", with: "")
            .replacingOccurrences(of: "<no matches>", with: "")
            .split(separator: "\n").map { String($0.prefix(300)) }
    }

    static let ausearch = "/usr/sbin/ausearch"
    static let aureport = "/usr/sbin/aureport"

    @Test(arguments: [nil, "host-1"])
    func ausearchGivesBackEveryRecord(_ node: String?) throws {
        let log = try Log(node: node)
        defer { log.remove() }
        let result = try Self.run(Self.ausearch, ["-if", log.file, "--format", "raw", "--debug"])
        #expect(result.output.split(separator: "\n").map(String.init) == log.lines)
        #expect(Self.complaints(result.errors).isEmpty)
        #expect(result.status == 0)
    }

    @Test func ausearchTakesTheEnrichedForm() throws {
        let log = try Log(isEnriched: true)
        defer { log.remove() }
        #expect(log.lines.filter { $0.contains("\u{1d}") }.count > 400)
        for arguments in [["--format", "raw"], ["-i"], ["-ua", "1000", "-i"], ["-p", "5"], ["-f", "/etc"], ["-k", "b"]] {
            let result = try Self.run(Self.ausearch, ["-if", log.file, "--debug"] + arguments)
            #expect(Self.complaints(result.errors).isEmpty)
            if arguments.last == "raw" {
                // A record without addition gets the separator alone from ausearch.
                let lines = result.output.split(separator: "\n").map { $0.hasSuffix("\u{1d}") ? $0.dropLast() : $0 }
                #expect(lines.map(String.init) == log.lines)
            }
        }
    }

    /// ausearch reads a field only when it is asked for it, so each selector is its own test of the form.
    @Test(arguments: [
        ["-p", "5"], ["-pp", "5"], ["-ui", "1000"], ["-ue", "1000"], ["-ua", "1000"], ["-ul", "1000"], ["-gi", "0"],
        ["-ge", "0"], ["-ga", "0"], ["-x", "/bin/x"], ["-c", "cat"], ["-sc", "openat"], ["-k", "key-a"], ["-k", "b"],
        ["-f", "/etc"], ["-hn", "host-1"], ["-n", "host-1"], ["-tm", "pts0"], ["-se", "unconfined"], ["-su", "u"],
        ["-o", "u"], ["-sv", "yes"], ["-sv", "no"], ["--session", "1"], ["--arch", "b64"], ["-m", "SYSCALL"],
        ["-m", "TRUSTED_APP"], ["-m", "ALL"], ["-ts", "11/14/23", "22:13:20", "-te", "11/14/23", "22:13:21"],
        ["-a", "2147483660"], ["--uuid", "x"], ["-vm", "x"], ["-w", "-f", "/etc"],
    ])
    func noSelectorFindsAMalformedRecord(_ selector: [String]) throws {
        let log = try Log(node: "host-1")
        defer { log.remove() }
        let result = try Self.run(Self.ausearch, ["-if", log.file, "--debug", "--format", "raw"] + selector)
        #expect(Self.complaints(result.errors).isEmpty)
        // 1 is "no matches".
        #expect(result.status == 0 || (result.status == 1 && result.output.isEmpty))
    }

    @Test func selectorsFindWhatIsThere() throws {
        let log = try Log(node: "host-1")
        defer { log.remove() }
        func count(_ selector: [String], type: String = "SYSCALL") throws -> Int {
            try Self.run(Self.ausearch, ["-if", log.file, "--format", "raw"] + selector).output
                .split(separator: "\n").filter { $0.contains(" type=\(type) ") }.count
        }
        func lines(_ text: String, type: String = "SYSCALL") -> Int {
            log.lines.filter { $0.contains(" type=\(type) ") && $0.contains(text) }.count
        }
        #expect(
            try count(["-ua", "1000"])
                == log.lines.filter {
                    $0.contains(" type=SYSCALL ") && [" uid=1000 ", " euid=1000 ", " auid=1000 "].contains(where: $0.contains)
                }.count)
        #expect(try count(["-ui", "1000"]) == lines(" uid=1000 "))
        #expect(try count(["-k", "key-a"]) == lines(" key=\"key-a\""))
        #expect(try count(["-k", "key a"]) == lines(" key=6B65792061"))
        #expect(try count(["-sv", "no"]) == lines(" success=no "))
        #expect(try count(["-sv", "yes"]) == lines(" success=yes "))
        #expect(try count(["--session", "1"]) == lines(" ses=1 "))
        #expect(try count(["-m", "TRUSTED_APP"], type: "TRUSTED_APP") == 4)
        #expect(try count(["-p", "77", "-m", "TRUSTED_APP"], type: "TRUSTED_APP") == 4)
        #expect(lines(" success=no ") > 50 && lines(" uid=1000 ") > 50 && lines(" key=\"key-a\"") > 50)
    }

    @Test func interpretationHasAnEntryForEveryEvent() throws {
        let log = try Log()
        defer { log.remove() }
        let result = try Self.run(Self.ausearch, ["-if", log.file, "-i", "--debug"])
        #expect(result.status == 0)
        #expect(Self.complaints(result.errors).isEmpty)
        #expect(result.output.components(separatedBy: "\n----").count == log.events)
        let csv = try Self.run(Self.ausearch, ["-if", log.file, "--format", "csv"])
        #expect(csv.status == 0)
        // A line of titles, then one an event.
        #expect(csv.output.split(separator: "\n").filter { $0.contains(",11/14/23,") }.count == log.events)
    }

    @Test func aureportCountsTheEvents() throws {
        let log = try Log()
        defer { log.remove() }
        let summary = try Self.run(Self.aureport, ["-if", log.file, "--summary"])
        #expect(summary.status == 0)
        #expect(summary.output.contains("Number of events: \(log.events)\n"), "\(summary.output)")
        for report in ["-f", "-x", "-s", "-k", "-p", "-u", "-e", "-h", "-t", "--tty", "--comm"] {
            let result = try Self.run(Self.aureport, ["-if", log.file, report, "-i"])
            #expect(Self.complaints(result.errors).isEmpty, "\(report)")
            #expect(result.status == 0 || result.status == 1, "\(report)")
        }
    }
}
