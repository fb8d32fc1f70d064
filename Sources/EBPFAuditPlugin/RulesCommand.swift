// SPDX-License-Identifier: MIT
internal import ArgumentParser
internal import AuditRules

/// `ebpf-audit rules`: what can be done with rules without collecting.
struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Check rules. Needs neither root nor a kernel.", subcommands: [Check.self])

    /// `ebpf-audit rules check`.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Report every mistake in rules files as file:line:column, and exit with 65 if there is one.")

        @Argument(help: ArgumentHelp("Rules in auditctl syntax.", valueName: "file"))
        var files: [String]

        func run() throws {
            var failure: Failure?
            for file in files {
                do {
                    let rules = try RuleSet.load(paths: [file])
                    for warning in rules.warnings { Screen.error("ebpf-audit: \(warning)\n") }
                    Screen.out("\(file): \(rules.rules.count) rules, \(rules.controls.count) control lines, no mistakes\n")
                } catch {
                    failure = failure ?? Failure(error)
                    _ = Failure(error).end()
                }
            }
            if let failure { throw ArgumentParser.ExitCode(failure.status.rawValue) }
        }
    }
}
