// SPDX-License-Identifier: MIT

/// What two logs of the same events say about which rule selected which.
struct RuleComparison {
    /// An event that not the same rule selected on both sides.
    struct Difference {
        /// The event in the kernel's log, and its key there.
        var kernel: (event: Event, key: String)?
        var ours: (event: Event, key: String)?

        /// The event, in the words of the kernel where it has it: that knows its files.
        var event: Event? { kernel?.event ?? ours?.event }
    }

    private(set) var differences: [Difference] = []
    /// Events that both selected by the same rule.
    private(set) var same = 0
    /// Keys of rules that selected something under the kernel's audit.
    private(set) var keys: Set<String> = []

    /// Compares what descendants of `leader` did.
    ///
    /// - Parameter hasOtherLists: rules of the lists `task` or `exclude` are among those that were in force: events need not have a key, and which records
    ///   there are of an event belongs to what is compared.
    init(kernel: AuditLog, ours: AuditLog, leader: Int, hasOtherLists: Bool) {
        func selected(_ log: AuditLog) -> [(event: Event, key: String)] { Self.selected(log, leader, hasOtherLists: hasOtherLists) }
        var left = Dictionary(grouping: selected(ours), by: { $0.event.identity ?? "" })
        var unpaired: [(event: Event, key: String)] = []
        for one in selected(kernel) {
            keys.insert(String(one.key.prefix { $0 != " " }))
            let identity = one.event.identity ?? ""
            guard let place = left[identity]?.firstIndex(where: { $0.key == one.key }) else {
                unpaired.append(one)
                continue
            }
            left[identity]?.remove(at: place)
            same += 1
        }
        for one in unpaired {
            let identity = one.event.identity ?? ""
            let mate = left[identity]?.isEmpty == false ? left[identity]?.removeFirst() : nil
            differences.append(Difference(kernel: one, ours: mate))
        }
        let rest = left.values.flatMap { $0 }.sorted { ($0.event.stamp, $0.event.serial) < ($1.event.stamp, $1.event.serial) }
        differences += rest.map { Difference(kernel: nil, ours: $0) }
    }

    /// Events of the scene with the keys of the rules that selected them. All generated rules have a key: what has none was recorded for
    /// another reason (LOGIN, ANOM_LINK).
    private static func selected(_ log: AuditLog, _ leader: Int, hasOtherLists: Bool) -> [(event: Event, key: String)] {
        log.events.compactMap { event in
            guard let head = event.head, head["auid"] == "\(RuleScene.auid)", event.pid != leader else { return nil }
            guard let key = head["key"], hasOtherLists || key != "(null)" else { return nil }
            // auditd keeps EOE out of its log; ANOM_LINK is no record of a call's end (docs/fidelity.md).
            let types = hasOtherLists ? Set(event.records.map(\.type)).subtracting(["EOE", "ANOM_LINK"]).sorted() : []
            return (event, ([key.filter { $0 != "\"" }] + types).joined(separator: " "))
        }
    }
}
