// SPDX-License-Identifier: MIT
import Foundation
import Testing

/// The report that the program prints at its end.
struct Report {
    /// Why an event can be lost.
    static let reasons = ["ring", "inflight", "orphaned", "missed", "queue", "output"].map { "lost-" + $0 }
    static let names = ["total", "written", "filtered", "suppressed", "bad", "incomplete", "lost"] + reasons

    private let numbers: [String: UInt64]

    /// Finds the report's lines, each `ebpf-audit: NAME NUMBER`, in what was printed on standard error.
    init(_ text: String) throws {
        var numbers: [String: UInt64] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 3, words[0] == "ebpf-audit:", let number = UInt64(words[2]) else { continue }
            try #require(numbers[String(words[1])] == nil, "the report has \(words[1]) twice")
            numbers[String(words[1])] = number
        }
        let missing = Self.names.filter { numbers[$0] == nil }
        guard missing.isEmpty else { throw HarnessError("the report lacks \(missing), in: \(text)") }
        self.numbers = numbers
    }

    subscript(name: String) -> UInt64 { numbers[name] ?? 0 }

    /// Nothing disappears uncounted.
    func expectExact(sourceLocation: SourceLocation = #_sourceLocation) {
        let sum = self["written"] + self["filtered"] + self["suppressed"] + self["bad"] + self["lost"]
        #expect(self["total"] == sum, "total = written + filtered + suppressed + bad + lost", sourceLocation: sourceLocation)
        let lost = Self.reasons.map { self[$0] }.reduce(0, +)
        #expect(self["lost"] == lost, "lost is the sum of its reasons", sourceLocation: sourceLocation)
    }
}

/// A running `ebpf-audit run`.
final class Collector {
    let child: Child
    let scratch: Scratch

    /// Starts the program and waits until it says `ready`.
    ///
    /// - Parameters:
    ///   - rules: text of the rules file.
    ///   - options: further words behind `run`.
    ///   - outputs: SPECs for `--output`; the default is the file ``records`` reads.
    ///   - configuration: text of a configuration file.
    ///   - output: what its standard output is.
    ///   - waits: false with `-Q`, which prints nothing.
    init(
        rules: String,
        options: [String] = [],
        outputs: [String]? = nil,
        configuration: String? = nil,
        output: Child.Stream? = nil,
        waits: Bool = true,
        scratch: Scratch? = nil
    ) throws {
        let program = try Place.required(Place.program, "build it with 'make', or name it in EBPF_AUDIT")
        let scratch = try scratch ?? Scratch()
        self.scratch = scratch
        var words = ["run", "--rules", try scratch.write("rules", rules)] + Place.tierOptions
        if let configuration { words += ["--config", try scratch.write("config", configuration)] }
        for spec in outputs ?? ["file:" + scratch.file("records")] { words += ["--output", spec] }
        child = try Child(
            program, words + options, output: output ?? .file(scratch.file("out")), error: .file(scratch.file("err")))
        guard waits else { return }
        let child = child
        // In a virtual machine verifiers take some fifteen seconds, and on a machine that is busy with other things several times that.
        let ready = eventually(within: 300) { Self.isReady(scratch.text("err")) || !child.isRunning }
        guard ready, child.isRunning else {
            throw HarnessError("no 'ready' (\(child.end?.description ?? "still running")): \(scratch.text("err"))")
        }
    }

    static func isReady(_ text: String) -> Bool {
        text.split(separator: "\n").contains { $0 == "ready" || $0 == "ebpf-audit: ready" }
    }

    /// What it printed on standard error so far.
    var error: String { scratch.text("err") }

    /// Ends it with `signal`, and returns its report. Its exit code must be 0.
    @discardableResult
    func stop(_ signal: Int32 = SIGTERM) throws -> Report {
        child.signal(signal)
        let end = try child.wait(seconds: 120)
        #expect(end == .exit(0), "\(error)")
        let report = try Report(error)
        report.expectExact()
        return report
    }

    /// Every record of the output file.
    func records() throws -> [AuditRecord] {
        try AuditEvent.parse(scratch.bytes("records"))
    }

    /// The system calls of the output file, each checked for its form; other records (our own status) are left out.
    func events() throws -> [AuditEvent] {
        let events = AuditEvent.group(try records()).filter { $0.first("SYSCALL") != nil }
        for event in events { try expectForm(event) }
        return events
    }
}

/// What a workload did, and what the program made of it.
struct Session {
    let truth: Truth
    let events: [AuditEvent]
    let report: Report
    let pid: Int
    /// Where the workload worked.
    let directory: String
    let collector: Collector

    /// Starts the workload, then the program with `rules` for its pid, lets both run, and ends the program.
    static func run(
        _ name: String,
        _ arguments: [String] = [],
        configuration: String? = nil,
        rules: (Int) -> String
    ) throws -> Session {
        let workload = try Workload(name, arguments)
        let collector = try Collector(rules: rules(workload.pid), configuration: configuration)
        workload.release()
        let truth = try workload.finish()
        let report = try collector.stop()
        return Session(
            truth: truth, events: try collector.events(), report: report, pid: workload.pid,
            directory: workload.directory, collector: collector)
    }

    /// The events of calls that the truth has, by what they did. Not for calls that can repeat.
    func event(of call: Truth.Call) throws -> AuditEvent? {
        try events.first { try $0.fact() == call.fact }
    }
}

/// Every call of one process, 64-bit and 32-bit.
func everything(_ pid: Int) -> String {
    """
    -a always,exit -F arch=b64 -S all -F pid=\(pid) -k workload
    -a always,exit -F arch=b32 -S all -F pid=\(pid) -k workload

    """
}
