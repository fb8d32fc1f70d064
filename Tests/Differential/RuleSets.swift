// SPDX-License-Identifier: MIT
import ArgumentParser
import Foundation

/// Runs generated rule sets under the kernel's audit and under `ebpf-audit`, and compares which events they select.
struct RuleSets: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Compare which events generated rules select, by which rule, with the kernel.",
        discussion: """
            Set number N is always the same. Takes over the kernel's audit while it runs, and puts it back.

            Exit status: 0 when both select the same, but for what docs/rules.md says; 1 when not; 2 when there is no comparison.
            """)

    @Option(help: "Number of the first set.")
    var first = 0

    @Option(help: "How many sets; from \(RuleGenerator.firstOther) on they are of other lists than exit.")
    var sets = RuleGenerator.firstOther + RuleGenerator.otherCount

    @Option(help: "Rules of each.")
    var size = 50

    @Option(help: ArgumentHelp("The program.", valueName: "path"))
    var program = ".build/release/ebpf-audit"

    @Option(help: ArgumentHelp("Where the programs of Tests/Workload are.", valueName: "directory"))
    var workloads = "build/workload"

    @Option(help: ArgumentHelp("Keep rules and logs of sets that differ here.", valueName: "directory"))
    var keep: String?

    @Flag(help: "Start ebpf-audit once, and have it read each set as new rules: for machines where a start takes long.")
    var oneStart = false

    @Flag(help: "Rules about security labels, for a kernel with SELinux and the policy Tests/Kernels/labels.conf.")
    var labels = false

    @Flag(help: "Show also the differences that docs/rules.md permits.")
    var allowed = false

    @Option(help: "Show so many events of each difference.")
    var examples = 2

    func run() throws {
        guard getuid() == 0 else { throw fail("needs root: it takes over the kernel's audit") }
        do { try compareAll() } catch let error as HarnessError { throw fail("\(error)") }
    }

    private func fail(_ text: String) -> ExitCode {
        FileHandle.standardError.write(Data("differential: \(text)\n".utf8))
        return ExitCode(2)
    }

    private func compareAll() throws {
        let top = keep.map { URL(filePath: $0) } ?? FileManager.default.temporaryDirectory.appending(path: "differential.\(getpid())")
        // A log that is there would be gone on with.
        try? FileManager.default.removeItem(at: top.appending(path: "kernel.log"))
        try FileManager.default.createDirectory(at: top, withIntermediateDirectories: true)
        defer { if keep == nil { try? FileManager.default.removeItem(at: top) } }
        var tally = RuleTally()
        let session = try RuleSession(program: program, workloads: workloads, isOneStart: oneStart, isOfLabels: labels, in: top)
        defer { session.end() }
        let end = RuleGenerator.firstOther + RuleGenerator.otherCount
        guard 0..<end ~= first, 1...end - first ~= sets else { throw HarnessError("sets go from 0 to \(end - 1)") }
        for number in first..<first + sets {
            let directory = top.appending(path: "\(number)")
            try? FileManager.default.removeItem(at: directory)
            let run = try session.run(set: number, size: size, in: directory)
            let differences = tally.add(run)
            if allowed {
                let permitted = run.comparison.differences.filter { run.allowance($0) != nil }
                print("set \(number), permitted: \(permitted.count) events")
                print(run.text(of: permitted, examples: examples), terminator: "")
            }
            FileHandle.standardError.write(Data("set \(number): done\n".utf8))
            if differences.isEmpty {
                try? FileManager.default.removeItem(at: directory)
            } else {
                print("set \(number): \(differences.count) events")
                print(run.text(of: differences, examples: examples), terminator: "")
            }
        }
        try session.finish()
        print(tally.text, terminator: "")
        guard tally.selected > 0 else { throw HarnessError("nothing was selected") }
        if tally.differences > 0 { throw ExitCode(1) }
    }
}
