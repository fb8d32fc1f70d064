// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// The list `io_uring`, beside the kernel's own audit with the same rules (`ring_audit`), where that can be had.
    @Suite("operations of io_uring")
    struct Rings {
        /// A record as both sides are compared by: what stands in it, but for what the documentation says is not told.
        private struct Line: Equatable, CustomStringConvertible {
            let type: String
            let fields: [String]
            var description: String { "\(type) \(fields.joined(separator: " "))" }
        }

        /// What an event must have: URINGOP, SYSCALL and EOE.
        private struct Event: Equatable, CustomStringConvertible {
            let lines: [Line]
            var description: String { lines.map(\.description).joined(separator: " | ") }
            /// URINGOP without results.
            var withoutResults: Event {
                Event(
                    lines: lines.map { line in
                        guard line.type == "URINGOP" else { return line }
                        return Line(
                            type: line.type, fields: line.fields.filter { !$0.hasPrefix("success=") && !$0.hasPrefix("exit=") })
                    })
            }
        }

        /// Files that operations come to are not told.
        private static let isCompared: Set = ["URINGOP", "SYSCALL", "EOE"]

        private static func events(of records: [AuditRecord], pid: Int) throws -> [Event] {
            try AuditEvent.group(records).compactMap { event in
                let head = event.records.first { $0.type == "URINGOP" || $0.type == "SYSCALL" }
                guard let head, try head.field("pid") == "\(pid)" else { return nil }
                return Event(
                    lines: try event.records.filter { isCompared.contains($0.type) }.map { record in
                        Line(
                            type: record.type,
                            fields: try record.fields().filter { $0.name != "items" }.map { "\($0.name)=\($0.value)" })
                    })
            }
        }

        /// What `ring_audit` prints, as auditd would write it.
        private static func records(ofKernel text: String) throws -> [AuditRecord] {
            let names = ["1300": "SYSCALL", "1320": "EOE", "1336": "URINGOP"]
            return try text.split(separator: "\n").compactMap { line in
                guard let blank = line.firstIndex(of: " "), let name = names[String(line[..<blank])] else { return nil }
                return try AuditRecord(line: Array("type=\(name) msg=\(line[line.index(after: blank)...])".utf8)[...])
            }
        }

        private struct Outcome {
            let ours: [Event]
            /// Nil where the kernel's audit cannot be had.
            let kernel: [Event]?
            let truth: Truth
            let error: String
        }

        private static func run(_ rules: String, _ kernelRules: [String]) throws -> Outcome? {
            let collector = try Collector(rules: rules + "\n")
            let audit = try Workload.audit(kernelRules)
            let workload = try Workload("rings")
            workload.release()
            let truth = try workload.finish()
            let kernel = try audit.map { try $0.finish(seconds: 60) }
            let report = try collector.stop()
            #expect(report["lost"] == 0)
            if let number = truth.notes["no-uring"] {
                print("skipped: io_uring_setup() gives \(number) here, so there are no operations")
                return nil
            }
            for line in collector.error.split(separator: "\n") where line.contains("io_uring") && !line.contains("rule decided") {
                print(line)
            }
            if collector.error.contains("rules of the list io_uring have no effect") {
                print("skipped: operations are not seen here, which is said")
                #expect(try collector.records().allSatisfy { $0.type != "URINGOP" })
                return nil
            }
            if kernel == nil { print("skipped: the kernel's audit is not there, or in use; only our own records are looked at") }
            return Outcome(
                ours: try Self.events(of: collector.records(), pid: workload.pid),
                kernel: try kernel.map { try Self.events(of: Self.records(ofKernel: $0), pid: workload.pid) }, truth: truth,
                error: collector.error)
        }

        @Test(
            "are recorded as by the kernel's audit",
            arguments: [
                ("-a always,io_uring -S openat,close,unlinkat,mkdirat -k ring", ["7:18,19,36,37:ring"]),
                // An operation behind a recorded one is recorded, whatever it is.
                ("-a always,io_uring -S close -k ring", ["7:19:ring"]),
                ("-a never,io_uring -S unlinkat\n-a always,io_uring -S openat,close,unlinkat -k ring", ["never:7:36:", "7:18,19,36:ring"]),
                // The call, and with it what is done within it, by the list exit.
                (
                    "-a always,io_uring -S close -k ring\n-a always,exit -F arch=b64 -S io_uring_enter -k call",
                    ["7:19:ring", "4:426:call"]
                ),
                (
                    "-a never,exit -F arch=b64 -S io_uring_enter\n-a always,io_uring -S close,openat -k ring",
                    ["never:4:426:", "7:18,19:ring"]
                ),
            ])
        func likeTheKernel(_ rules: String, _ kernelRules: [String]) throws {
            guard let outcome = try Self.run(rules, kernelRules) else { return }
            try #require(!outcome.ours.isEmpty || outcome.kernel?.isEmpty == true)
            guard let kernel = outcome.kernel else { return }
            // At tracepoints results are not known, which is said.
            let hasResults = !outcome.error.contains("URINGOP records have no success= and exit=")
            let expected = hasResults ? kernel : kernel.map(\.withoutResults)
            #expect(outcome.ours.count == expected.count)
            // Whether the program that waits for a worker or the event of that worker goes on first is not the same on both sides.
            func inOrder(_ events: [Event]) -> [Event] { events.sorted { $0.description < $1.description } }
            for (ours, theirs) in zip(inOrder(outcome.ours), inOrder(expected)) { #expect(ours == theirs) }
            print("compared \(expected.count) events with the kernel's audit, \(hasResults ? "with" : "without") results")
        }

        @Test("without a rule of the list there are none, and with one of the list exit only the call")
        func none() throws {
            guard let outcome = try Self.run("-a always,exit -F arch=b64 -S io_uring_enter -k call", ["4:425:none"]) else { return }
            #expect(!outcome.ours.isEmpty)
            #expect(outcome.ours.allSatisfy { $0.lines.map(\.type) == ["SYSCALL", "EOE"] })
        }

        @Test("a reload brings them, and another takes them away")
        func reload() throws {
            let collector = try Collector(rules: "-a always,exit -F arch=b64 -S getppid -F a0=1\n")
            func reload(_ rules: String, _ count: Int) throws {
                try rules.write(toFile: collector.scratch.file("rules"), atomically: false, encoding: .utf8)
                collector.child.signal(SIGHUP)
                let hasReloaded = eventually(within: 120) { collector.error.components(separatedBy: "read anew").count == count + 1 }
                try #require(hasReloaded, "\(collector.error)")
            }
            var pids: [Int] = []
            for (number, rules) in [nil, "-a always,io_uring -S close -k ring\n", "-a always,exit -F arch=b64 -S getppid -F a0=1\n"]
                .enumerated()
            {
                if let rules { try reload(rules, number) }
                let workload = try Workload("rings")
                workload.release()
                let truth = try workload.finish()
                if let number = truth.notes["no-uring"] {
                    print("skipped: io_uring_setup() gives \(number) here, so there are no operations")
                    return
                }
                pids.append(workload.pid)
            }
            try collector.stop()
            if collector.error.contains("rules of the list io_uring have no effect") {
                print("skipped: operations are not seen here, which is said")
                return
            }
            let records = try collector.records()
            let counts = try pids.map { pid in
                try records.count { record in try record.type == "URINGOP" && record.need("pid") == "\(pid)" }
            }
            #expect(counts[0] == 0 && counts[1] > 0 && counts[2] == 0, "\(counts)")
        }
    }
}

extension Workload {
    /// The kernel's audit with rules, as `ring_audit` takes them; nil where it cannot be had.
    fileprivate static func audit(_ rules: [String]) throws -> KernelRings? { try KernelRings(rules) }
}

/// The kernel's own audit at work.
private final class KernelRings {
    private let child: Child
    private let scratch: Scratch

    init?(_ rules: [String]) throws {
        let scratch = try Scratch()
        self.scratch = scratch
        let path = try Place.required(Place.workload("ring_audit"), "build it with 'make workload'")
        child = try Child(
            path, [scratch.file("")] + rules, input: .pipe, output: .file(scratch.file("records")), error: .file(scratch.file("err")))
        let child = child
        _ = eventually(within: 30) { scratch.text("records").hasPrefix("waiting\n") || !child.isRunning }
        guard child.isRunning else {
            print("ring_audit: \(scratch.text("err"))")
            return nil
        }
    }

    /// Ends it and returns what it printed.
    func finish(seconds: Double) throws -> String {
        child.closeInput()
        let end = try child.wait(seconds: seconds)
        guard end == .exit(0) else { throw HarnessError("ring_audit: \(end) \(scratch.text("err"))") }
        return scratch.text("records")
    }
}
