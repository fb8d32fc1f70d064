// SPDX-License-Identifier: MIT

/// How many events rules with `x-rate=` may write in a second, and how many they have.
///
/// A second is one of the events' own clock, so that a replay decides as the run did.
package struct RateLimit: Sendable {
    /// By position in ``RuleSet/deciding``: 0 for a rule without a limit.
    private let limits: [UInt32]
    private var seconds: [UInt64]
    private var counts: [UInt32]
    /// Some rule has a limit.
    package let isNeeded: Bool

    package init(_ rules: RuleSet) {
        limits = rules.deciding.map { rule in rule.tests.first { $0.field == .rate }?.value ?? 0 }
        isNeeded = limits.contains { $0 != 0 }
        seconds = Array(repeating: 0, count: limits.count)
        counts = Array(repeating: 0, count: limits.count)
    }

    /// Whether rule `rule` has written as many as it may in the second of `time`.
    ///
    /// - Parameter time: of the event, ns, monotonic.
    package func isReached(by rule: Int, time: UInt64) -> Bool {
        isNeeded && limits[rule] != 0 && time / 1_000_000_000 <= seconds[rule] && counts[rule] >= limits[rule]
    }

    /// Notes an event that rule `rule` has written.
    package mutating func count(_ rule: Int, time: UInt64) {
        guard isNeeded, limits[rule] != 0 else { return }
        let second = time / 1_000_000_000
        // Events of several CPUs come a little out of order: an earlier second counts for the later one.
        if second > seconds[rule] {
            seconds[rule] = second
            counts[rule] = 0
        }
        counts[rule] += 1
    }
}
