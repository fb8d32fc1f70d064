// SPDX-License-Identifier: MIT

/// What may differ between the kernel's records and ours, and why. Nothing else may: see docs/fidelity.md.
enum Allowance: String, CaseIterable, Sendable {
    /// Kernel and program number their events each for itself (docs/decisions/0001-serials.md).
    case serial
    /// auditd leaves EOE records out of its log file (it sends them to plugins only); we write them unless told otherwise.
    case endOfEvent = "eoe"

    var reason: String {
        switch self {
        case .serial: "each source numbers its own events"
        case .endOfEvent: "auditd leaves EOE out of its log files"
        }
    }
}

/// Takes out of events what may differ, and counts how often it did.
struct Normaliser {
    private(set) var counts: [Allowance: Int] = [:]

    /// `event` without what may differ.
    mutating func normalise(_ event: Event) -> Event {
        var result = event
        result.records.removeAll { $0.type == "EOE" }
        if result.records.count != event.records.count { counts[.endOfEvent, default: 0] += 1 }
        return result
    }

    /// Notes that two events were compared without their serials.
    mutating func notePair(_ kernel: Event, _ ours: Event) {
        if kernel.serial != ours.serial { counts[.serial, default: 0] += 1 }
    }
}
