// SPDX-License-Identifier: MIT
internal import ArgumentParser
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

    @OptionGroup var records: RecordOptions

    @Flag(help: "Run as a plugin of auditd: read and drop the records on standard input, end with them.")
    var plugin = false

    @Option(help: ArgumentHelp("Use this kernel program only (\(Configuration.tierNames)).", valueName: "name"))
    var tier: String?

    @Option(help: ArgumentHelp("How to attach path hooks: \(Configuration.hookWayNames).", valueName: "way"))
    var hooks: String?

    @Option(help: ArgumentHelp("How to see calls where the rules select few: \(Configuration.callWayNames).", valueName: "way"))
    var calls: String?

    @Option(help: ArgumentHelp("Type information of the running kernel, for one that has none itself.", valueName: "file"))
    var btf: String?

    @Option(name: .customLong("for"), help: ArgumentHelp("Stop after this time.", valueName: "seconds"))
    var duration: Double?

    @Option(
        help: ArgumentHelp("Keep what the kernel side sends in a new file as well, for `ebpf-audit replay`.", valueName: "file"))
    var capture: String?

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
        if let calls, Configuration.callWays(calls) == nil {
            throw ValidationError("--calls is \(calls); it must be \(Configuration.callWayNames).")
        }
    }

    func run() throws {
        do throws(Failure) {
            let settings = try settings()
            if let failure = try collect(settings) { throw failure }
        } catch {
            throw error.end(silent: records.silent)
        }
    }

    private func collect(_ configuration: Configuration) throws(Failure) -> Failure? {
        let rules = try RecordOptions.load(configuration)
        var collector = try Collector(configuration, rules: rules)
        return try collector.run()
    }

    /// What the file and the arguments say together.
    private func settings() throws(Failure) -> Configuration {
        var result = try records.settings(isPlugin: plugin)
        if let tier { result.tier = Tier(named: tier) }
        if let hooks, let ways = Configuration.hookWays(hooks) { result.hooks = ways }
        if let calls, let ways = Configuration.callWays(calls) { result.calls = ways }
        if let btf { result.typeInformation = btf }
        result.isPlugin = plugin
        result.duration = duration
        result.capture = capture
        return result
    }
}
