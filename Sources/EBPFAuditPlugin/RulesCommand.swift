// SPDX-License-Identifier: MIT
internal import ArgumentParser
internal import AuditRules

/// `ebpf-audit rules`: what can be done with rules without collecting.
struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Check, list, explain, convert and reload rules. All but reload need neither root nor a kernel.",
        subcommands: [Check.self, List.self, Explain.self, Convert.self, Reload.self])

    /// `ebpf-audit rules check`.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Report every mistake in rules files as file:line:column, and exit with 65 if there is one.")

        @Flag(help: "Count as a mistake, too: what is odd, what -i lets pass, what `run` cannot judge yet, and fields that begin in x-.")
        var strict = false

        @OptionGroup var rules: RulePaths

        func run() throws {
            var failure: Failure?
            for path in rules.paths {
                do throws(RulesError) {
                    try check(path)
                } catch {
                    failure = failure ?? Failure(error)
                    _ = Failure(error).end()
                }
            }
            if let failure { throw ArgumentParser.ExitCode(failure.status.rawValue) }
        }

        private func check(_ path: String) throws(RulesError) {
            var reader = RuleReader()
            try reader.read(path: path)
            let rules = try reader.loaded()
            let remarks = reader.remarks + RuleReader.unsupported(rules)
            // -c: auditctl loads what is right and fails in the end.
            let extensions = strict ? reader.extensions : []
            if strict && !(remarks + extensions).isEmpty || reader.hasFailed { throw .wrong(remarks + extensions) }
            for remark in remarks { Screen.error("ebpf-audit: \(remark)\n") }
            let controls = reader.controlOptions
            let said =
                controls.isEmpty
                ? ""
                : "; \(controls.joined(separator: " ")) mean how the file is read or the kernel's own audit, and change nothing else here"
            Screen.out("\(path): \(rules.count) rules, no mistakes\(said)\n")
        }
    }

    /// `ebpf-audit rules list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Print what auditctl -l would print after loading rules files.")

        @OptionGroup var rules: RulePaths

        func run() throws { Screen.out(RuleListing.text(of: try rules.load())) }
    }

    /// `ebpf-audit rules explain`.
    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "explain",
            abstract: "Say in words what each rule selects, which are never reached, and which cost most.")

        @OptionGroup var rules: RulePaths

        func run() throws { Screen.out(RuleExplanation.text(of: try rules.load())) }
    }

    /// `ebpf-audit rules convert`.
    struct Convert: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "convert",
            abstract: "Print the audit rules for a syscalls.rules of the eBPF telemetry proof of concept; exit with 65 if a line has none.")

        @Argument(help: ArgumentHelp("Lines such as `openat a2 | 0x3`.", valueName: "file"))
        var file: String

        func run() throws {
            let bytes: [UInt8]
            do { bytes = try RuleFile.contents(of: file) } catch { throw Failure(error).end() }
            let converted = ProofOfConceptRules(bytes, named: file)
            Screen.out(converted.text)
            for diagnostic in converted.diagnostics { Screen.error("ebpf-audit: \(diagnostic)\n") }
            if converted.isIncomplete { throw ArgumentParser.ExitCode(Failure.Status.data.rawValue) }
        }
    }
}

extension RulesCommand {
    /// `ebpf-audit rules reload`.
    struct Reload: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reload",
            abstract: "Have every running `ebpf-audit run` read its rules anew, and exit with its status if one refuses them.")

        /// Rules of any size are read in less; a program that does not answer is older than the question.
        private static let patience = 60

        @Option(help: ArgumentHelp("Only this process.", valueName: "pid"))
        var pid: Int32?

        func run() throws {
            do throws(Failure) {
                let processes = pid.map { [$0] } ?? ReloadRequest.collectors()
                if processes.isEmpty { throw Failure("no `ebpf-audit run` is running", .unavailable) }
                var first: Failure?
                for process in processes {
                    do throws(Failure) {
                        try reload(process)
                    } catch {
                        if first != nil { _ = error.end() }
                        first = first ?? error
                    }
                }
                if let first { throw first }
            } catch {
                throw error.end()
            }
        }

        private func reload(_ process: Int32) throws(Failure) {
            switch try ReloadRequest.ask(process, seconds: Self.patience) {
            case 0?: Screen.out("process \(process): new rules are in force\n")
            case let status?:
                throw Failure(
                    "process \(process) has refused the new rules and keeps its own; it says why on its standard error and in a record (op=ebpf-audit-reload)",
                    Failure.Status(rawValue: status) ?? .unavailable)
            case nil: throw Failure("process \(process) has not answered within \(Self.patience) s", .unavailable)
            }
        }
    }
}

/// The files and directories that a command reads as one set.
struct RulePaths: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Rules in auditctl syntax: a file, or a directory, read in the order of augenrules.", valueName: "path"))
    var paths: [String]

    /// The rules that the kernel would have after loading them. Says what is wrong.
    func load() throws -> [Rule] {
        do throws(RulesError) {
            var reader = RuleReader()
            for path in paths { try reader.read(path: path) }
            return try reader.loaded()
        } catch {
            throw Failure(error).end()
        }
    }
}
