// SPDX-License-Identifier: MIT
import AuditSyscalls

/// What a comparison found, of one workload or of several.
struct Figures: Codable {
    /// Differences of one kind.
    struct Row: Codable {
        var count = 0
        /// How many, by system call.
        var calls: [String: Int] = [:]
        /// The first such records of each system call.
        var examples: [String: Example] = [:]

        mutating func add(_ call: String, _ example: Example) {
            count += 1
            calls[call, default: 0] += 1
            if examples[call] == nil { examples[call] = example }
        }
    }

    /// A record of the kernel beside ours; empty where there is none.
    struct Example: Codable {
        let kernel: String
        let ours: String
    }

    /// Runs that could not be compared, and are not in these figures.
    var withoutComparison = 0
    var kernelEvents = 0
    var ourEvents = 0
    var pairs = 0
    var identical = 0
    /// Identical but for PATH records and the `items=` that counts them.
    var identicalButPath = 0
    /// Identical but that PATH records lack what only a look at the file tells: inode, dev, mode, owner, rdev.
    var identicalByName = 0
    /// Events without a partner, by system call, each with the first one's head record.
    var onlyKernel: [String: Row] = [:]
    var onlyOurs: [String: Row] = [:]
    /// By `RECORD FIELD KIND`.
    var differences: [String: Row] = [:]
    /// Events compared and identical, by system call.
    var calls: [String: [Int]] = [:]
    /// By ``Allowance``.
    var allowed: [String: Int] = [:]

    var recall: Double { kernelEvents == 0 ? 0 : Double(pairs) / Double(kernelEvents) }
    var precision: Double { ourEvents == 0 ? 0 : Double(pairs) / Double(ourEvents) }
    var identicalShare: Double { pairs == 0 ? 0 : Double(identical) / Double(pairs) }
    var identicalButPathShare: Double { pairs == 0 ? 0 : Double(identicalButPath) / Double(pairs) }

    var identicalByNameShare: Double { pairs == 0 ? 0 : Double(identicalByName) / Double(pairs) }

    init() {}

    /// Compares what two logs have of the processes that descend from `leader`.
    init(kernel: AuditLog, ours: AuditLog, leader: Int, origin: Origin) {
        let tree = ProcessTree(leader: leader, logs: [kernel, ours])
        var normaliser = Normaliser(kernel: kernel, origin: origin)
        let theirs = tree.events(of: kernel.afterMark()).map { normaliser.normalise($0) }
        let own = tree.events(of: ours).map { normaliser.normalise($0) }
        let pairing = Pairing(kernel: theirs, ours: own)
        kernelEvents = theirs.count
        ourEvents = own.count
        pairs = pairing.pairs.count
        for pair in pairing.pairs {
            let (kernel, ours) = normaliser.normalise(kernel: pair.kernel, ours: pair.ours)
            note(kernel, ours)
        }
        for event in pairing.onlyKernel {
            let call = Self.call(event)
            onlyKernel[call, default: Row()].add(call, Example(kernel: event.head?.text ?? "", ours: ""))
        }
        for event in pairing.onlyOurs {
            let call = Self.call(event)
            onlyOurs[call, default: Row()].add(call, Example(kernel: "", ours: event.head?.text ?? ""))
        }
        for (allowance, count) in normaliser.counts { allowed[allowance.rawValue] = count }
    }

    private mutating func note(_ kernel: Event, _ ours: Event) {
        let found = Comparison.differences(kernel: kernel, ours: ours)
        if found.isEmpty { identical += 1 }
        calls[Self.call(kernel), default: [0, 0]][0] += 1
        if found.isEmpty { calls[Self.call(kernel), default: [0, 0]][1] += 1 }
        if found.allSatisfy({ $0.record == "PATH" || ($0.record == "SYSCALL" && $0.field == "items") }) {
            identicalButPath += 1
        }
        if found.allSatisfy({ $0.record == "PATH" && $0.kind == .missing && $0.field == "inode,dev,mode,ouid,ogid,rdev" }) {
            identicalByName += 1
        }
        for difference in found {
            let field = difference.field.isEmpty ? "(no name)" : difference.field
            differences["\(difference.record) \(field) \(difference.kind.rawValue)", default: Row()]
                .add(Self.call(kernel), Example(kernel: difference.kernel, ours: difference.ours))
        }
    }

    /// The name of an event's system call; `/32` behind that of the 32-bit table.
    static func call(_ event: Event) -> String {
        guard let head = event.head else { return "-" }
        guard head.type == "SYSCALL" else { return "uring:" + (head["uring_op"] ?? "?") }
        guard let arch = head["arch"].flatMap({ UInt32($0, radix: 16) }), let number = head["syscall"].flatMap({ UInt32($0) }),
            let abi = SyscallTable.abi(arch: arch)
        else { return head["syscall"] ?? "?" }
        return (SyscallTable.name(of: number, abi: abi) ?? "\(number)") + (abi == .compat ? "/32" : "")
    }

    /// Adds what another workload gave.
    mutating func add(_ other: Figures) {
        withoutComparison += other.withoutComparison
        kernelEvents += other.kernelEvents
        ourEvents += other.ourEvents
        pairs += other.pairs
        identical += other.identical
        identicalButPath += other.identicalButPath
        identicalByName += other.identicalByName
        for (path, rows) in [(\Figures.onlyKernel, other.onlyKernel), (\.onlyOurs, other.onlyOurs), (\.differences, other.differences)] {
            self[keyPath: path].merge(rows) { one, other in
                Row(
                    count: one.count + other.count, calls: one.calls.merging(other.calls, uniquingKeysWith: +),
                    examples: one.examples.merging(other.examples) { one, _ in one })
            }
        }
        calls.merge(other.calls) { [$0[0] + $1[0], $0[1] + $1[1]] }
        allowed.merge(other.allowed, uniquingKeysWith: +)
    }
}
