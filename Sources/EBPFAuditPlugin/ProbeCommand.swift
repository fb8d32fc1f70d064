// SPDX-License-Identifier: MIT
internal import ArgumentParser
internal import AuditSyscalls
internal import CAuditWire
internal import Glibc
internal import KernelProbe

/// `ebpf-audit probe`: what this kernel offers and what would be used.
struct ProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe", abstract: "Say what this kernel offers, which tier is taken, and why.")

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: ArgumentHelp("Type information of the running kernel, for one that has none itself.", valueName: "file"))
    var btf: String?

    @Option(help: ArgumentHelp("Try these path hooks: \(Configuration.hookWayNames).", valueName: "way"))
    var hooks = "auto"

    func validate() throws {
        if Configuration.hookWays(hooks) == nil {
            throw ValidationError("--hooks is \(hooks); it must be \(Configuration.hookWayNames).")
        }
    }

    func run() throws {
        let features = KernelFeatures()
        let choice: Result<(Tier, [TierAttempt]), Failure>
        var report: HooksReport?
        var calls: CallsReport?
        do throws(KernelError) {
            var settings = KernelSettings(selfProcess: UInt32(getpid()))
            settings.traces = KernelSettings.tracesWithHooks
            settings.typeInformation = btf
            settings.calls = Self.example
            var attempts: [TierAttempt] = []
            let kernel = try TierChoice.load(settings: settings, only: nil, attempts: &attempts)
            report = kernel.attachHooks(.all, ways: (Configuration.hookWays(hooks) ?? []).intersection(.available()))
            if (try? kernel.attach()) != nil { calls = kernel.callsReport(Self.example) }
            choice = .success((kernel.tier, attempts))
        } catch {
            choice = .failure(Failure(error))
        }
        // Without the right to try, every answer would read "no".
        if case .failure(let failure) = choice, failure.status == .permission { throw failure.end() }
        Screen.out(json ? jsonText(features, choice, report, calls) : humanText(features, choice, report, calls))
        if case .failure(let failure) = choice { throw ExitCode(failure.status.rawValue) }
    }

    /// Rules that select openat, execve and connect, which are of both kinds that functions of calls come in.
    private static let example: SelectedCalls = {
        var index = Array(repeating: as_index(), count: Int(AS_ABIS.rawValue) * Int(AS_SYSCALLS))
        for name in ["openat", "execve", "connect"] {
            guard let number = SyscallTable.number(of: name, abi: .native) else { continue }
            index[Int(number)].flags = UInt16(AS_INDEX_ENTRY.rawValue)
        }
        return SelectedCalls(index: index, ways: .all)
    }()

    private func humanText(
        _ features: KernelFeatures, _ choice: Result<(Tier, [TierAttempt]), Failure>, _ hooks: HooksReport?, _ calls: CallsReport?
    ) -> String {
        var text = "kernel \(features.release) \(features.machine), libbpf \(features.library)\n"
        for feature in features.features {
            text += "  \(feature.name): \(feature.answer) — \(feature.purpose)\n"
        }
        switch choice {
        case .success((let tier, let attempts)):
            for attempt in attempts { text += "tier \(attempt.tier): refused: \(attempt.reason)\n" }
            text += "tier \(tier.name): taken, the first in order of preference that this kernel loads\n"
        case .failure(let failure):
            text += "no tier: \(failure.sentence)\n"
        }
        if let calls { text += "calls, where rules select at most \(SelectedCalls.limit): \(calls.answer)\n" }
        if let hooks {
            text += "path hooks: \(hooks.way)\n"
            for hook in hooks.hooks where hooks.way != "none" { text += "  \(hook.function): \(hook.answer)\n" }
            if let sentence = hooks.shortcoming { text += "  \(sentence)\n" }
        }
        return text
    }

    private func jsonText(
        _ features: KernelFeatures, _ choice: Result<(Tier, [TierAttempt]), Failure>, _ hooks: HooksReport?, _ calls: CallsReport?
    ) -> String {
        let list = features.features.map { feature in
            let available = feature.available.map { $0 ? "true" : "false" } ?? "null"
            return "{\"name\":\(quoted(feature.name)),\"available\":\(available),\"errno\":\(feature.errno),"
                + "\"purpose\":\(quoted(feature.purpose))}"
        }
        var refused: [TierAttempt] = []
        var tier = "null"
        var reason = "null"
        switch choice {
        case .success((let taken, let attempts)):
            tier = quoted(taken.name)
            refused = attempts
        case .failure(let failure): reason = quoted(failure.sentence)
        }
        let hookList = (hooks?.hooks ?? []).map {
            "{\"function\":\(quoted($0.function)),\"attached\":\($0.isAttached),\"answer\":\(quoted($0.answer))}"
        }
        let attempts = refused.map { "{\"tier\":\(quoted($0.tier)),\"reason\":\(quoted($0.reason))}" }
        return "{\"kernel\":\(quoted(features.release)),\"machine\":\(quoted(features.machine)),"
            + "\"libbpf\":\(quoted(features.library)),\"features\":[\(list.joined(separator: ","))],"
            + "\"hooks\":{\"way\":\(quoted(hooks?.way ?? "none")),\"list\":[\(hookList.joined(separator: ","))]},"
            + "\"calls\":{\"way\":\(quoted(calls?.way ?? "none")),\"reason\":\(quoted(calls?.reason ?? ""))},"
            + "\"tier\":\(tier),\"refused\":[\(attempts.joined(separator: ","))],\"error\":\(reason)}\n"
    }

    /// A JSON string (RFC 8259, section 7).
    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
