// SPDX-License-Identifier: MIT
package import AuditEvents
internal import AuditSyscalls
internal import CAuditWire

/// The rules of the list `io_uring` as the hot path reads them.
struct RingTable: Sendable {
    struct Entry: Sendable {
        /// The position in ``RuleSet/deciding``.
        let position: Int
        /// Operations that it names: those below 64, and the next.
        let low: UInt64
        let high: UInt64
        /// Its tests of `arch`, which are of the call that an operation is issued in.
        let architectures: [RuleTest]

        @inline(__always)
        func names(_ operation: UInt32) -> Bool {
            (operation < 64 ? low : high) >> UInt64(operation & 63) & 1 != 0 && operation < UInt32(AS_OPERATIONS)
        }
    }

    let entries: [Entry]
    /// What the kernel side reads.
    let image: as_operations

    /// - Parameters:
    ///   - first: the position of the first rule in ``RuleSet/deciding``.
    ///   - callsMayBeSelected: rules of the list `exit` may select io_uring_enter(2).
    init(_ rules: [Rule], first: Int, callsMayBeSelected: Bool) {
        func words(_ numbers: [Int]) -> (UInt64, UInt64) {
            var words: (UInt64, UInt64) = (0, 0)
            for number in numbers where number < 64 { words.0 |= 1 << UInt64(number) }
            for number in numbers where number >= 64 && number < Int(AS_OPERATIONS) { words.1 |= 1 << UInt64(number - 64) }
            return words
        }
        entries = rules.enumerated().map { offset, rule in
            let words = words(rule.syscalls.numbers)
            return Entry(
                position: first + offset, low: words.0, high: words.1, architectures: rule.tests.filter { $0.field == .arch })
        }
        let audited = words(RingOperationNames.audited)
        var image = as_operations()
        image.audited = audited
        for entry in entries {
            image.named.0 |= entry.low & audited.0
            image.named.1 |= entry.high & audited.1
        }
        image.within = callsMayBeSelected ? image.audited : image.named
        self.image = image
    }

    var isEmpty: Bool { entries.isEmpty }
}

/// What rules have said so far of a call and of the operations of io_uring within it: `current_state`, `prio` and `filterkey` of the kernel's audit context.
///
/// The state stays until the call ends. So behind an operation that has been recorded those that follow in the same call are, too, and in the end the
/// call itself.
package struct RingState: Sendable {
    /// What the last rule that matched has said.
    package private(set) var decision: RuleAction?
    /// The position of that rule in ``RuleSet/deciding``.
    package private(set) var rule: Int?
    /// The position of the last of them with a key: one without does not take the key away.
    package private(set) var keyRule: Int?
    private var rank = UInt32.max

    /// Nothing.
    package init() {}

    /// Rule `position` matches. Only one that comes before those that have matched has an effect (`audit_filter_rules()`).
    ///
    /// - Returns: whether it has.
    mutating func note(_ position: Int, _ rules: RuleSet) -> Bool {
        guard rules.ranks[position] < rank else { return false }
        rank = rules.ranks[position]
        decision = rules.compiled[position].isNever ? .never : .always
        rule = position
        if rules.keys[position] != nil { keyRule = position }
        return true
    }
}

extension Evaluator {
    /// Judges an operation of io_uring: `__audit_uring_exit()` (kernel/auditsc.c). Within a call the list `exit` is asked first, about the call with the
    /// operation's result.
    ///
    /// - Parameter state: of the call that it is in, or a new one. Says in the end what becomes of the operation.
    package func judge(_ event: borrowing EventView, operation: UInt32, state: inout RingState) {
        if event.isWithinCall { judge(event, state: &state) }
        if state.decision != .always, let rule = ringRule(of: event, operation) { _ = state.note(rule, rules) }
    }

    /// Judges by the list `exit` a call in which there were operations, or one of these.
    package func judge(_ event: borrowing EventView, state: inout RingState) {
        if let rule = judge(event).rule { _ = state.note(rule, rules) }
    }

    /// The first rule of the list `io_uring` that matches.
    private func ringRule(of event: borrowing EventView, _ operation: UInt32) -> Int? {
        let entries = rules.rings.entries.span
        guard entries.count > 0 else { return nil }
        for number in 0..<entries.count where entries[number].names(operation) {
            let entry = entries[number]
            if !entry.architectures.isEmpty,
                !entry.architectures.allSatisfy({ $0.op.compare(event.call.arch, $0.value) })
            {
                continue
            }
            if matches(event, rule: entry.position) { return entry.position }
        }
        return nil
    }
}
