// SPDX-License-Identifier: MIT

/// Which event of one log is which of the other.
struct Pairing {
    private(set) var pairs: [(kernel: Event, ours: Event)] = []
    private(set) var onlyKernel: [Event] = []
    private(set) var onlyOurs: [Event] = []

    /// Pairs events of the same process, call, arguments and result, in order.
    ///
    /// Threads of one process can make equal calls at the same time, and the two logs may have them in either order.
    /// Hence among equals those with the same text and time go together first, then those with the same text, then those
    /// that name the same files, then those of the same time, then the others as they come. The number of pairs does not
    /// depend on it.
    init(kernel: [Event], ours: [Event]) {
        var waiting: [String: [Int]] = [:]
        for (place, event) in ours.enumerated() { waiting[event.identity ?? "", default: []].append(place) }
        var groups: [(identity: String, places: [Int])] = []
        var groupOf: [String: Int] = [:]
        for (place, event) in kernel.enumerated() {
            let identity = event.identity ?? ""
            if let group = groupOf[identity] {
                groups[group].places.append(place)
            } else {
                groupOf[identity] = groups.count
                groups.append((identity, [place]))
            }
        }
        var mate: [Int?] = Array(repeating: nil, count: kernel.count)
        for group in groups {
            var left = waiting.removeValue(forKey: group.identity) ?? []
            let criteria: [(Event) -> String] = [
                { $0.stamp + Self.text($0) }, Self.text, { $0.stamp + Self.names($0) }, Self.names, { $0.stamp }, { _ in "" },
            ]
            for criterion in criteria {
                var queues: [String: [Int]] = [:]
                for place in left.reversed() { queues[criterion(ours[place]), default: []].append(place) }
                for place in group.places where mate[place] == nil {
                    mate[place] = queues[criterion(kernel[place])]?.popLast()
                }
                let taken = Set(group.places.compactMap { mate[$0] })
                left.removeAll { taken.contains($0) }
                if left.isEmpty { break }
            }
            onlyOurs += left.map { ours[$0] }
        }
        for (place, event) in kernel.enumerated() {
            if let mate = mate[place] { pairs.append((event, ours[mate])) } else { onlyKernel.append(event) }
        }
        onlyOurs += waiting.values.joined().sorted().map { ours[$0] }
    }

    private static func names(_ event: Event) -> String {
        event.records.reduce("") { $1.type == "PATH" ? $0 + "\n" + ($1["name"] ?? "") : $0 }
    }

    /// Without the title, in which the two may differ throughout (``Allowance/titleCache``).
    private static func text(_ event: Event) -> String {
        event.records.reduce("") { $1.type == "PROCTITLE" ? $0 : $0 + "\n" + $1.type + " " + $1.body }
    }
}
