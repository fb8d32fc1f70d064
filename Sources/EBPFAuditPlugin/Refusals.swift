// SPDX-License-Identifier: MIT

/// Calls that a rule has refused in the kernel.
struct RefusedCalls: Equatable {
    /// Of the rules that it is one of.
    let generation: UInt32
    /// Its position among them; nil: one for which the kernel side had no counter left.
    let rule: Int?
    let count: UInt64
}

/// What the kernel side has counted of the refusals of one generation's rules, and how much of that has been taken over.
struct CountedRefusals {
    let generation: UInt32
    /// By counter: the position of its rule.
    private let counters: [Int?]
    private var taken: [UInt64]

    init(generation: UInt32, counters: [Int?]) {
        self.generation = generation
        self.counters = counters
        taken = Array(repeating: 0, count: counters.count)
    }

    /// Takes over what is new in `counts`, which are by counter and only grow.
    mutating func take(_ counts: [UInt64]) -> [RefusedCalls] {
        var new: [RefusedCalls] = []
        for (counter, rule) in counters.enumerated() where counts[counter] > taken[counter] {
            new.append(RefusedCalls(generation: generation, rule: rule, count: counts[counter] - taken[counter]))
            taken[counter] = counts[counter]
        }
        return new
    }
}
