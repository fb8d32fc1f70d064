// SPDX-License-Identifier: MIT
internal import AuditEvents
internal import AuditRules
internal import CAuditWire

/// Rules that judge the events of the calls that began while they were in force.
struct Judge {
    let generation: UInt32
    var evaluator: Evaluator
    /// How many events each rule has written in the present second.
    var limit: RateLimit
    /// The formatter's number for the key of the first rule.
    var firstKey = 0
    /// Devices of whose files nothing is told.
    var hiddenDevices: [FileSystemDevice] = []
    /// Events that each rule has decided, by its position.
    var hits: [UInt64]

    init(_ rules: RuleSet, generation: UInt32, isLive: Bool = true) {
        self.generation = generation
        evaluator = Evaluator(rules, isLive: isLive)
        limit = RateLimit(rules)
        hits = Array(repeating: 0, count: rules.deciding.count)
    }

    /// Finds out which of `devices` the rules hide.
    mutating func look(at devices: [FileSystemDevice]) {
        let rules = evaluator.rules
        hiddenDevices = rules.hidesFileSystems ? devices.filter { rules.hidesFileSystem(magic: $0.magic) } : []
    }

    /// Adds what the rules of `other` have decided that are also among these; the others' counts go.
    mutating func takeHits(of other: inout Judge) {
        guard other.hits.contains(where: { $0 > 0 }) else { return }
        var places: [String: Int] = [:]
        for (place, line) in RuleListing.lines(of: evaluator.rules.deciding).enumerated() { places[line] = place }
        for (place, line) in RuleListing.lines(of: other.evaluator.rules.deciding).enumerated() where other.hits[place] > 0 {
            if let own = places[line] { hits[own] += other.hits[place] }
            other.hits[place] = 0
        }
    }
}

/// How many events each rule has decided: for `always` written, for `never` refused.
struct RuleHits {
    let rules: [Rule]
    private(set) var hits: [UInt64]
    /// Calls that the kernel side has refused by rules that it had no counter for.
    let uncounted: UInt64

    init(rules: [Rule], hits: [UInt64], uncounted: UInt64 = 0) {
        self.rules = rules
        self.hits = hits
        self.uncounted = uncounted
    }

    /// Adds the counts of another part of the run with the same rules.
    mutating func add(_ other: RuleHits) {
        for place in hits.indices where place < other.hits.count { hits[place] += other.hits[place] }
    }

    /// For the report: a line for each rule that has decided something, in the order in which they are tried, and how many have not.
    var text: String {
        var text = ""
        for (place, line) in RuleListing.lines(of: rules).enumerated() where hits[place] > 0 {
            text += "ebpf-audit: rule decided \(hits[place]): \(line) (\(rules[place].place))\n"
        }
        if uncounted > 0 {
            text += "ebpf-audit: refused by never rules beyond the first \(AS_REFUSALS_MAX - 1), not counted for each: \(uncounted)\n"
        }
        return text + "ebpf-audit: rules without an event: \(hits.count { $0 == 0 }) of \(hits.count)\n"
    }
}
