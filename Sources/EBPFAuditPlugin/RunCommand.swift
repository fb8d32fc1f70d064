// SPDX-License-Identifier: MIT
internal import ArgumentParser
internal import AuditOutputs
internal import AuditRules
internal import KernelProbe

/// `ebpf-audit run`: collect until told to stop.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Collect system calls that the rules select, and write them as audit records.",
        discussion: """
            Records go to the screen unless an output, -q or -Q says otherwise. SIGINT, SIGTERM, --for, and with --plugin
            the end of standard input, stop collecting in order; the report on standard error counts every event.
            """)

    @Option(help: ArgumentHelp("Rules in auditctl syntax; may be given more than once.", valueName: "file"))
    var rules: [String] = []

    @Option(help: ArgumentHelp("Configuration file.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Where records go: stdout, file:PATH or syslog; may be given more than once.", valueName: "spec"))
    var output: [String] = []

    @Flag(help: "Run as a plugin of auditd: read and drop the records on standard input, end with them.")
    var plugin = false

    @Option(help: ArgumentHelp("Use this kernel program only (\(Configuration.tierNames)).", valueName: "name"))
    var tier: String?

    @Option(help: ArgumentHelp("How to attach path hooks: \(Configuration.hookWayNames).", valueName: "way"))
    var hooks: String?

    @Option(help: ArgumentHelp("Type information of the running kernel, for one that has none itself.", valueName: "file"))
    var btf: String?

    @Option(name: .customLong("for"), help: ArgumentHelp("Stop after this time.", valueName: "seconds"))
    var duration: Double?

    @Flag(name: .customShort("s"), help: "Write records to syslog.")
    var syslog = false

    @Flag(name: .customShort("q"), help: "Quiet: no records on the screen.")
    var quiet = false

    @Flag(name: .customShort("Q"), help: "Nothing at all on the screen, not even errors and the report.")
    var silent = false

    mutating func validate() throws {
        if let duration, !(duration > 0 && duration <= 1e9) {
            throw ValidationError("--for is \(duration); it must be more than 0 and at most 1000000000 seconds.")
        }
        if let tier, Tier(named: tier) == nil {
            throw ValidationError("--tier is \(tier); known are \(Configuration.tierNames).")
        }
        if let hooks, Configuration.hookWays(hooks) == nil {
            throw ValidationError("--hooks is \(hooks); it must be \(Configuration.hookWayNames).")
        }
        for spec in output {
            do { _ = try OutputSpec.parse(spec) } catch { throw ValidationError("\(error)") }
        }
    }

    func run() throws {
        do throws(Failure) {
            let settings = try settings()
            if let failure = try collect(settings) { throw failure }
        } catch {
            throw error.end(silent: silent)
        }
    }

    private func collect(_ configuration: Configuration) throws(Failure) -> Failure? {
        let rules: RuleSet
        do { rules = try RuleSet.load(paths: configuration.rules) } catch { throw Failure(error) }
        for warning in rules.warnings where !silent { Screen.error("ebpf-audit: \(warning)\n") }
        var collector = try Collector(configuration, rules: rules)
        return try collector.run()
    }

    /// What the file and the arguments say together.
    private func settings() throws(Failure) -> Configuration {
        var result = Configuration()
        if let file = config ?? (plugin && ConfigurationFile.exists(Configuration.pluginFile) ? Configuration.pluginFile : nil) {
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
        if result.outputs.isEmpty, !syslog, !plugin { result.outputs = [.stdout] }
        if syslog, !result.outputs.contains(.syslog) { result.outputs.append(.syslog) }
        if quiet || silent { result.outputs.removeAll { $0 == .stdout } }
        if let tier { result.tier = Tier(named: tier) }
        if let hooks, let ways = Configuration.hookWays(hooks) { result.hooks = ways }
        if let btf { result.typeInformation = btf }
        result.isPlugin = plugin
        result.duration = duration
        result.isSilent = silent
        return result
    }
}
