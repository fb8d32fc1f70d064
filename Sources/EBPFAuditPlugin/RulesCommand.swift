// SPDX-License-Identifier: MIT
internal import ArgumentParser
internal import AuditRules

/// `ebpf-audit rules`: what can be done with rules without collecting.
struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Check rules. Needs neither root nor a kernel.", subcommands: [Check.self, List.self])

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
                do throws(RulesError) {
                    let rules = try RuleSet.load(paths: [file])
                    for warning in rules.skipped + rules.warnings { Screen.error("ebpf-audit: \(warning)\n") }
                    if rules.hasFailed { throw RulesError.wrong(rules.skipped) }
                    Screen.out("\(file): \(rules.rules.count) rules, \(rules.controls.count) control lines, no mistakes\n")
                } catch {
                    failure = failure ?? Failure(error)
                    _ = Failure(error).end()
                }
            }
            if let failure { throw ArgumentParser.ExitCode(failure.status.rawValue) }
        }
    }

    /// `ebpf-audit rules list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "Print what auditctl -l would print after loading rules files.")

        @Argument(help: ArgumentHelp("Rules in auditctl syntax.", valueName: "file"))
        var files: [String]

        func run() throws {
            do throws(RulesError) {
                var reader = RuleReader()
                for file in files { try reader.read(path: file) }
                Screen.out(RuleListing.text(of: try reader.loaded()))
            } catch {
                let failure = Failure(error)
                _ = failure.end()
                throw ArgumentParser.ExitCode(failure.status.rawValue)
            }
        }
    }
}
