// SPDX-License-Identifier: MIT
import ArgumentParser
import Foundation

/// Compares `ebpf-audit` with the kernel's audit. Without a subcommand it is ``Records``.
@main
struct Differential: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "differential", abstract: "Compare ebpf-audit with the kernel's own audit.",
        subcommands: [Records.self, RuleSets.self], defaultSubcommand: Records.self)
}

/// Runs workloads under the kernel's audit and under `ebpf-audit`, and compares the records.
struct Records: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "records",
        abstract: "Compare ebpf-audit's records with the kernel's own, field by field.",
        discussion: """
            Takes over the kernel's audit while it runs (root, auditd and auditctl; no other audit daemon), and puts it back.
            Without a command it runs the named workloads. Rules select the workload by its login uid, 4242.

            Exit status: 0 when nothing was missed or made up and --min-identical is met; 1 when not; 2 when there is no
            comparison.
            """)

    @Option(help: ArgumentHelp("Rules for both; they should say -F auid=4242.", valueName: "file"))
    var rules: String?

    @Option(help: ArgumentHelp("Keep both logs, and what the programs printed, here.", valueName: "directory"))
    var keep: String?

    @Flag(help: "Run nothing: compare what earlier runs left with --keep.")
    var again = false

    @Flag(help: "Compare nothing: --again does, perhaps on another machine.")
    var collect = false

    @Flag(help: "Run the named workloads one after the other under one start of both sides.")
    var together = false

    @Flag(help: "The logs are from an emulated machine, where stamps may be two ticks apart.")
    var emulated = false

    @Flag(help: "Print the figures as JSON.")
    var json = false

    @Option(help: ArgumentHelp("Fail when fewer events are identical.", valueName: "percent"))
    var minIdentical: Double = 0

    @Option(help: ArgumentHelp("Run this named workload only; may be given more than once.", valueName: "name"))
    var only: [String] = []

    @Flag(help: "List the named workloads.")
    var list = false

    @Option(help: ArgumentHelp("The program.", valueName: "path"))
    var program = ".build/release/ebpf-audit"

    @Option(help: ArgumentHelp("Where the programs of Tests/Workload are.", valueName: "directory"))
    var workloads = "build/workload"

    @Option(help: ArgumentHelp("Longest time of a workload.", valueName: "seconds"))
    var limit: Double = 50

    @Option(help: ArgumentHelp("Length of the example lines.", valueName: "bytes"))
    var width = 400

    @Option(help: ArgumentHelp("Show examples of so many system calls for each difference.", valueName: "count"))
    var examples = 1

    @Option(
        name: .customLong("workload"), parsing: .remaining,
        help: ArgumentHelp("Run this command, to the end of the line.", valueName: "command"))
    var command: [String] = []

    func run() throws {
        if list {
            for workload in NamedWorkload.all { print(workload.name) }
            return
        }
        guard keep != nil || !(again || collect) else { throw fail("--again and --collect need --keep: where the logs are") }
        guard !(again && collect) else { throw fail("--again runs nothing, and --collect compares nothing: one of them") }
        guard again || getuid() == 0 else { throw fail("needs root: it takes over the kernel's audit") }
        let known = Set(NamedWorkload.all.map(\.name))
        if let wrong = only.first(where: { !known.contains($0) }) { throw fail("no workload is called \(wrong); see --list") }
        let total: Figures
        do { total = try compareAll() } catch { throw fail("\(error)") }
        if collect { return }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(total), as: UTF8.self))
        } else {
            print(total.tables(width: width, examples: examples))
            print("all: \(total.summary)")
        }
        if total.withoutComparison > 0 { throw ExitCode(2) }
        let isComplete = total.pairs > 0 && total.pairs == total.kernelEvents && total.pairs == total.ourEvents
        if !isComplete || total.identicalShare * 100 < minIdentical { throw ExitCode(1) }
    }

    private func fail(_ text: String) -> ExitCode {
        say("differential: \(text)")
        return ExitCode(2)
    }

    /// Progress goes to standard error: with --json, standard output is JSON alone.
    private func say(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

    private func compareAll() throws -> Figures {
        let text = try rules.map { try String(contentsOfFile: $0, encoding: .utf8) }
        let top = keep.map { URL(filePath: $0) } ?? FileManager.default.temporaryDirectory.appending(path: "differential.\(getpid())")
        defer { if keep == nil { try? FileManager.default.removeItem(at: top) } }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"
        let environment = ["PATH": path, "LANG": "C", "W": URL(filePath: workloads).path]
        var total = Figures()
        for (name, words) in try chosen(path: path) {
            let directory = top.appending(path: name)
            var session = Session(program: URL(filePath: program).path, rules: text)
            if !again {
                try? FileManager.default.removeItem(at: directory)
                try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
                try session.run(words, in: directory, environment: environment, seconds: limit)
            }
            if collect {
                say("\(name): collected")
            } else {
                do {
                    let figures = try session.compare(directory, isEmulated: emulated)
                    say("\(name): \(figures.summary)")
                    total.add(figures)
                } catch let error as HarnessError where again {
                    say("\(name): no comparison: \(error)")
                    total.withoutComparison += 1
                }
            }
            for note in session.notes { say("\(name): note: \(note)") }
        }
        return total
    }

    private func chosen(path: String) throws -> [(String, [String])] {
        if again {
            let names = try FileManager.default.contentsOfDirectory(atPath: keep ?? ".").sorted()
            return names.filter { only.isEmpty || only.contains($0) }
                .filter { FileManager.default.fileExists(atPath: "\(keep ?? ".")/\($0)/leader") }
                .map { ($0, []) }
        }
        if !command.isEmpty { return [("command", command)] }
        var result: [(String, [String])] = []
        for workload in NamedWorkload.all where only.isEmpty || only.contains(workload.name) {
            let missing = workload.needs.filter { need in
                !path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(need)") }
            }
            guard missing.isEmpty else {
                say("\(workload.name): skipped, this machine has no \(missing.joined(separator: ", "))")
                continue
            }
            result.append((workload.name, ["/bin/sh", "-c", workload.script]))
        }
        if together {
            // Each in a directory of its own; what fails or is missing in one does not keep the others from running.
            let script = #"while [ $# != 0 ]; do mkdir "$1"; (cd "$1" && exec /bin/sh -c "$2") || echo "$1: status $?" >&2; shift 2; done"#
            let words = result.flatMap { [$0.0, $0.1[2]] }
            return [("together", ["/bin/sh", "-c", script, "together"] + words)]
        }
        return result
    }
}
