// SPDX-License-Identifier: MIT
internal import AuditOutputs
internal import AuditRules
internal import KernelProbe

/// All that decides how to collect, from the configuration file and the command line, which comes first.
struct Configuration: Sendable {
    /// Rules files, in order.
    var rules: [String] = []
    /// Where records go.
    var outputs: [OutputSpec] = []
    /// `node=` of every record, or nil.
    var node: String?
    /// Whether records get auditd's interpretation of their numbers behind them.
    var isEnriched = false
    /// The only tier to try, or nil to choose.
    var tier: Tier?
    /// Ways in which path hooks may be attached; none of them: there are no hooks.
    var hooks: HookWays = [.fentry, .kprobe]
    /// Ways to see calls besides tracepoints; none of them: tracepoints alone.
    var calls: CallWays = .all
    /// A file with the kernel's type information, or nil to use what the kernel itself tells.
    var typeInformation: String?
    /// Batches between formatting and writing.
    var queueBatches = 16
    /// Size of the ring, bytes.
    var ringBytes: UInt32 = 8 << 20
    /// Calls that can be under way at a time, or nil for the kernel side's own default.
    var inflight: UInt32?
    /// How much nicer the scheduler is to this process than to others: subtracted from its nice value, as auditd's setting of
    /// the same name (auditd.conf(5)).
    var priorityBoost: Int32 = 4
    /// Whether events end in an EOE record.
    var endOfEvent = true
    /// Started by auditd: stdin carries its records.
    var isPlugin = false
    /// Seconds after which to end, or nil.
    var duration: Double?
    /// A file that gets a copy of what the kernel side sends, or nil.
    var capture: String?
    /// A file that SIGUSR1 has the report so far written to, or nil for the screen.
    var state: String?
    /// Nothing at all on the screen.
    var isSilent = false

    /// Where a plugin, which gets no environment and few arguments, finds its configuration.
    static let pluginFile = "/etc/ebpf-audit/ebpf-audit.conf"
    /// The rules when nothing names others.
    static let defaultRules = "/etc/ebpf-audit/syscalls.rules"
}

extension Configuration {
    /// Applies the lines of a configuration file: `key = value`, `#` comments.
    ///
    /// - Throws: ``Failure`` with file, line and what is allowed there.
    mutating func apply(_ text: String, named name: String) throws(Failure) {
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.trimmed
            if line.isEmpty || line.first == "#" { continue }
            guard let equals = line.firstIndex(of: "=") else {
                throw Failure("\(name):\(number + 1): expected 'key = value', found '\(line)'", .data)
            }
            let key = String(line[..<equals].trimmed)
            let value = String(line[line.index(after: equals)...].trimmed)
            if let problem = set(key, value) { throw Failure("\(name):\(number + 1): \(problem)", .data) }
        }
    }

    /// Sets one key. Returns what is wrong with it, or nil.
    private mutating func set(_ key: String, _ value: String) -> String? {
        if value.isEmpty { return "'\(key)' has no value" }
        switch key {
        case "rules": rules.append(value)
        case "output":
            do { outputs.append(try OutputSpec.parse(value)) } catch { return error.description }
        case "node":
            guard Self.isNodeName(value) else {
                return "'node' is \(value); it must be up to 255 printable characters without blanks, quotes or '='"
            }
            node = value
        case "log_format":
            guard let enriched = Self.logFormat(value) else { return "'log_format' is \(value); it must be \(Self.logFormatNames)" }
            isEnriched = enriched
        case "tier":
            guard let named = Tier(named: value) else { return "'tier' is \(value); known are \(Self.tierNames)" }
            tier = named
        case "hooks":
            guard let ways = Self.hookWays(value) else { return "'hooks' is \(value); it must be \(Self.hookWayNames)" }
            hooks = ways
        case "calls":
            guard let ways = Self.callWays(value) else { return "'calls' is \(value); it must be \(Self.callWayNames)" }
            calls = ways
        case "btf": typeInformation = value
        case "queue_batches":
            guard let count = Int(value), (2...1024).contains(count) else {
                return "'queue_batches' is \(value); it must be a number from 2 to 1024"
            }
            queueBatches = count
        case "ring_bytes":
            guard let count = UInt32(value), (1 << 16...1 << 30).contains(count), count.nonzeroBitCount == 1 else {
                return "'ring_bytes' is \(value); it must be a power of two from 65536 to 1073741824"
            }
            ringBytes = count
        case "inflight":
            guard let count = UInt32(value), (1...1 << 20).contains(count) else {
                return "'inflight' is \(value); it must be a number from 1 to 1048576"
            }
            inflight = count
        case "priority_boost":
            guard let boost = Int32(value), (0...19).contains(boost) else {
                return "'priority_boost' is \(value); it must be a number from 0 to 19"
            }
            priorityBoost = boost
        case "state":
            guard value.hasPrefix("/") else { return "'state' is \(value); it must be an absolute path" }
            state = value
        case "end_of_event":
            guard value == "yes" || value == "no" else { return "'end_of_event' is \(value); it must be yes or no" }
            endOfEvent = value == "yes"
        default:
            return
                "unknown key '\(key)'; known are rules, output, node, log_format, tier, btf, hooks, calls, queue_batches, ring_bytes, inflight, priority_boost, end_of_event, state"
        }
        return nil
    }

    /// A node name must be one word to the readers, which split at blanks and at '='.
    private static func isNodeName(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x22 && $0 != 0x27 && $0 != 0x3d }
    }

    /// What `--log-format` and the key `log_format` mean, in the words of auditd.conf(5) and, as there, in any case: whether
    /// records are enriched, or nil.
    static func logFormat(_ word: String) -> Bool? {
        switch word.lowercased() {
        case "raw": false
        case "enriched": true
        default: nil
        }
    }

    static let logFormatNames = "RAW or ENRICHED"

    /// What `--hooks` and the key of the same name mean, or nil.
    static func hookWays(_ word: String) -> HookWays? {
        switch word {
        case "auto": [.fentry, .kprobe]
        case "fentry": .fentry
        case "kprobe": .kprobe
        case "none": []
        default: nil
        }
    }

    static let hookWayNames = "auto, fentry, kprobe or none"

    /// What `--calls` and the key of the same name mean, or nil.
    static func callWays(_ word: String) -> CallWays? {
        switch word {
        case "auto": .all
        case "fentry": .fentry
        case "kprobe": .kprobe
        case "perf": .perf
        case "tracepoints": []
        default: nil
        }
    }

    static let callWayNames = "auto, tracepoints, fentry, kprobe or perf"

    /// The tiers by name, for messages.
    static var tierNames: String { Tier.all.map(\.name).joined(separator: ", ") }
}

extension StringProtocol {
    /// Without blanks, tabs and CR at both ends.
    fileprivate var trimmed: SubSequence {
        var part = self[...]
        while let first = part.first, first == " " || first == "\t" || first == "\r" { part = part.dropFirst() }
        while let last = part.last, last == " " || last == "\t" || last == "\r" { part = part.dropLast() }
        return part
    }
}
