// SPDX-License-Identifier: MIT
internal import ArgumentParser
internal import AuditOutputs
internal import AuditRules

/// The options of all commands that make records: which, and where they go.
struct RecordOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Rules in auditctl syntax; may be given more than once.", valueName: "file"))
    var rules: [String] = []

    @Option(help: ArgumentHelp("Configuration file.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Where records go: stdout, file:PATH or syslog; may be given more than once.", valueName: "spec"))
    var output: [String] = []

    @Option(
        help: ArgumentHelp(
            "Records as the kernel writes them (RAW), or with names of users, groups and calls behind them, as auditd adds them (ENRICHED).",
            valueName: "form"))
    var logFormat: String?

    @Flag(name: .customShort("s"), help: "Write records to syslog.")
    var syslog = false

    @Flag(name: .customShort("q"), help: "Quiet: no records on the screen.")
    var quiet = false

    @Flag(name: .customShort("Q"), help: "Nothing at all on the screen, not even errors and the report.")
    var silent = false

    mutating func validate() throws {
        for spec in output {
            do { _ = try OutputSpec.parse(spec) } catch { throw ValidationError("\(error)") }
        }
        if let logFormat, Configuration.logFormat(logFormat) == nil {
            throw ValidationError("--log-format is \(logFormat); it must be \(Configuration.logFormatNames).")
        }
    }

    /// What the configuration file and these options say together.
    ///
    /// - Parameter isPlugin: a plugin has a configuration file when none is named, and leaves the screen alone.
    func settings(isPlugin: Bool) throws(Failure) -> Configuration {
        var result = Configuration()
        if let file = config ?? (isPlugin && ConfigurationFile.exists(Configuration.pluginFile) ? Configuration.pluginFile : nil) {
            try result.apply(ConfigurationFile.read(file), named: file)
        }
        if !rules.isEmpty { result.rules = rules }
        if result.rules.isEmpty { result.rules = [Configuration.defaultRules] }
        if !output.isEmpty {
            result.outputs = []
            for spec in output {
                do { result.outputs.append(try OutputSpec.parse(spec)) } catch { throw Failure(error.description, .usage) }
            }
        }
        if result.outputs.isEmpty, !syslog, !isPlugin { result.outputs = [.stdout] }
        if syslog, !result.outputs.contains(.syslog) { result.outputs.append(.syslog) }
        if quiet || silent { result.outputs.removeAll { $0 == .stdout } }
        if let logFormat, let enriched = Configuration.logFormat(logFormat) { result.isEnriched = enriched }
        result.isSilent = silent
        return result
    }

    /// The rules that `configuration` names; what is odd about them is said on the screen.
    static func load(_ configuration: Configuration) throws(Failure) -> RuleSet {
        let rules: RuleSet
        do { rules = try RuleSet.load(paths: configuration.rules) } catch { throw Failure(error) }
        for remark in rules.remarks where !configuration.isSilent { Screen.error("ebpf-audit: \(remark)\n") }
        return rules
    }
}
