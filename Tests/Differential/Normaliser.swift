// SPDX-License-Identifier: MIT

/// What may differ between the kernel's records and ours, and why. Nothing else may: see docs/fidelity.md.
enum Allowance: String, CaseIterable, Sendable {
    /// Kernel and program number their events each for itself (docs/decisions/0001-serials.md).
    case serial
    /// auditd leaves EOE records out of its log file (it sends them to plugins only); we write them unless told otherwise.
    case endOfEvent = "eoe"
    /// Kernels up to 5.15, and again from 6.2 on, keep the first title that they write for a task until it ends, so that
    /// it is stale after an exec (audit_log_proctitle(), kernel/auditsc.c; commit c3f3ea8af44d "audit: free audit_proctitle
    /// only on task exit"). We write what the title is, as 5.16 to 6.1 do.
    case titleCache = "proctitle-cache"

    var reason: String {
        switch self {
        case .serial: "each source numbers its own events"
        case .endOfEvent: "auditd leaves EOE out of its log files"
        case .titleCache: "the kernel keeps a task's first title until it ends; ours is the present one"
        }
    }
}

/// Takes out of events what may differ, and counts how often it did.
struct Normaliser {
    private(set) var counts: [Allowance: Int] = [:]
    /// The title that the kernel first wrote for each process.
    private var titles: [Int: String] = [:]

    /// - Parameter kernel: the kernel's whole log; what it says of a task may come from an event that is not compared.
    init(kernel: AuditLog) {
        for event in kernel.events {
            guard let pid = event.pid, let title = Self.title(event), titles[pid] == nil else { continue }
            titles[pid] = title
        }
    }

    private static func title(_ event: Event) -> String? {
        event.records.last { $0.type == "PROCTITLE" }?["proctitle"]
    }

    /// `event` without records that only one of the logs can have.
    mutating func normalise(_ event: Event) -> Event {
        var result = event
        result.records.removeAll { $0.type == "EOE" }
        if result.records.count != event.records.count { counts[.endOfEvent, default: 0] += 1 }
        return result
    }

    /// Two events of the same call without what may differ.
    mutating func normalise(kernel: Event, ours: Event) -> (kernel: Event, ours: Event) {
        if kernel.serial != ours.serial { counts[.serial, default: 0] += 1 }
        guard let pid = kernel.pid, let one = Self.title(kernel), let other = Self.title(ours), one != other,
            titles[pid] == one
        else { return (kernel, ours) }
        counts[.titleCache, default: 0] += 1
        var (first, second) = (kernel, ours)
        first.records.removeAll { $0.type == "PROCTITLE" }
        second.records.removeAll { $0.type == "PROCTITLE" }
        return (first, second)
    }
}
