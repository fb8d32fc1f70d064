// SPDX-License-Identifier: MIT
internal import AuditEvents

/// A part of a security context as a rule names it: SELinux's `selinux_audit_rule_init()` and `selinux_audit_rule_match()`
/// (security/selinux/ss/services.c), the same since 4.15.
///
/// The kernel compares the numbers that its policy has for names. Here the names are compared, of types that which contexts have (``take(_:)``), and levels by the
/// numbers in their names, `s0:c1.c3`, as every policy in use has them.
struct RuleContext: Sendable, Equatable {
    /// Which part of a context.
    enum Part: Sendable, Equatable {
        case user, role, type
        /// The first level of the range, or the second.
        case low, high
    }

    private enum Value: Sendable, Equatable {
        case name([UInt8])
        case level(SecurityLevel)
        /// The policy does not have it: the rule matches nothing (-EINVAL of `selinux_audit_rule_init()`, kernel/auditfilter.c).
        case absent
    }

    private let part: Part
    private let text: [UInt8]
    private var value: Value

    /// Nil for what is no field of a context, and for a level that the kernel does not take: the rule matches nothing then.
    init?(_ field: RuleField, _ text: [UInt8]) {
        switch field {
        case .subjectUser, .objectUser: part = .user
        case .subjectRole, .objectRole: part = .role
        case .subjectType, .objectType: part = .type
        case .subjectSensitivity, .objectLevelLow: part = .low
        case .subjectClearance, .objectLevelHigh: part = .high
        default: return nil
        }
        self.text = text
        switch part {
        case .user, .role, .type: value = .name(text)
        case .low, .high:
            guard let level = unsafe SecurityLevel(text.span.bytes) else { return nil }
            value = .level(level)
        }
    }

    /// The names in it.
    var names: [PolicyName] {
        switch part {
        case .user: return [PolicyName(kind: .user, text: text)]
        case .role: return [PolicyName(kind: .role, text: text)]
        case .type: return [PolicyName(kind: .type, text: text)]
        case .low, .high:
            let separators = ":,.".utf8
            let words = text.split { separators.contains($0) }.map(Array.init)
            return words.prefix(1).map { PolicyName(kind: .sensitivity, text: $0) }
                + words.dropFirst().map { PolicyName(kind: .category, text: $0) }
        }
    }

    /// Takes what the policy in force says of ``names``; of those that are not among `known` nothing is known.
    mutating func take(_ known: [PolicyName: KnownName]) {
        let answers = names.map { known[$0] ?? .unknown }
        if answers.contains(.absent) {
            value = .absent
        } else if part == .low || part == .high {
            if let level = unsafe SecurityLevel(text.span.bytes) { value = .level(level) }
        } else if case .same(let name)? = answers.first {
            value = .name(name)
        } else {
            value = .name(text)
        }
    }

    /// Whether `op` holds between this part of `context` and the rule's value; nil where the context has no such part that can be compared, so that
    /// neither `=` nor `!=` holds.
    func holds(_ op: RuleOperator, _ context: RawSpan) -> Bool? {
        let reader = WireReader(context)
        var starts = [0]
        for offset in 0..<context.byteCount where starts.count < 4 && (try? reader.load(at: offset, as: UInt8.self)) == UInt8(ascii: ":") {
            starts.append(offset + 1)
        }
        switch (part, value) {
        case (.user, .name(let name)): return Self.isSame(context, starts, 0, name).map { op == .equal ? $0 : !$0 }
        case (.role, .name(let name)): return Self.isSame(context, starts, 1, name).map { op == .equal ? $0 : !$0 }
        case (.type, .name(let name)): return Self.isSame(context, starts, 2, name).map { op == .equal ? $0 : !$0 }
        case (.low, .level(let level)), (.high, .level(let level)):
            guard starts.count == 4, let own = Self.level(context.extracting(droppingFirst: starts[3]), isHigh: part == .high) else {
                return nil
            }
            return Self.holds(op, own, level)
        default: return nil
        }
    }

    /// Part `number` of `context`, whose parts begin at `starts`.
    private static func isSame(_ context: RawSpan, _ starts: [Int], _ number: Int, _ name: [UInt8]) -> Bool? {
        guard starts.count > 2 else { return nil }
        let end = number + 1 < starts.count ? starts[number + 1] - 1 : context.byteCount
        guard end - starts[number] == name.count else { return false }
        let reader = WireReader(context)
        for offset in name.indices where (try? reader.load(at: starts[number] + offset, as: UInt8.self)) != name[offset] { return false }
        return true
    }

    /// `low` or `low-high`.
    private static func level(_ range: RawSpan, isHigh: Bool) -> SecurityLevel? {
        let reader = WireReader(range)
        for offset in 0..<range.byteCount where (try? reader.load(at: offset, as: UInt8.self)) == UInt8(ascii: "-") {
            return SecurityLevel(isHigh ? range.extracting(droppingFirst: offset + 1) : range.extracting(first: offset))
        }
        return SecurityLevel(range)
    }

    /// The task's or file's level stands on the left.
    private static func holds(_ op: RuleOperator, _ own: SecurityLevel, _ rule: SecurityLevel) -> Bool {
        switch op {
        case .equal: own == rule
        case .notEqual: own != rule
        case .less: rule.dominates(own) && own != rule
        case .lessOrEqual: rule.dominates(own)
        case .greater: own.dominates(rule) && own != rule
        case .greaterOrEqual: own.dominates(rule)
        default: false
        }
    }
}

/// A level: a sensitivity and categories, by the numbers in their names.
struct SecurityLevel: Sendable, Equatable {
    private let sensitivity: UInt32
    /// Bit n: category n. No zeros at the end.
    private let categories: [UInt64]

    /// More than any policy in use has (1024), and than what a text of a context has room for.
    private static let categoryLimit: UInt32 = 16384

    /// Reads `s0`, `s0:c1,c3.c5` and the like: `mls_context_to_sid()` (security/selinux/ss/mls.c). Nil for anything else.
    init?(_ text: RawSpan) {
        let reader = WireReader(text)
        var offset = 0
        func next() -> UInt8? { try? reader.load(at: offset, as: UInt8.self) }
        func number(after letter: UInt8) -> UInt32? {
            guard next() == letter else { return nil }
            offset += 1
            let start = offset
            var value: UInt32 = 0
            while let digit = next(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
                // With a zero in front it would be another name.
                guard offset - start < 7, offset == start || value > 0 else { return nil }
                value = value * 10 + UInt32(digit - UInt8(ascii: "0"))
                offset += 1
            }
            return offset > start ? value : nil
        }
        guard let sensitivity = number(after: UInt8(ascii: "s")) else { return nil }
        var categories: [UInt64] = []
        var separator = UInt8(ascii: ":")
        while let byte = next() {
            guard byte == separator else { return nil }
            offset += 1
            guard let first = number(after: UInt8(ascii: "c")) else { return nil }
            var last = first
            if next() == UInt8(ascii: ".") {
                offset += 1
                guard let end = number(after: UInt8(ascii: "c")), end > first else { return nil }
                last = end
            }
            guard last < Self.categoryLimit else { return nil }
            while categories.count <= Int(last / 64) { categories.append(0) }
            for category in first...last { categories[Int(category / 64)] |= 1 << UInt64(category % 64) }
            separator = UInt8(ascii: ",")
        }
        self.sensitivity = sensitivity
        self.categories = categories
    }

    /// `mls_level_dom()` (security/selinux/ss/mls_types.h).
    func dominates(_ other: SecurityLevel) -> Bool {
        guard sensitivity >= other.sensitivity, categories.count >= other.categories.count else { return false }
        for word in other.categories.indices where other.categories[word] & ~categories[word] != 0 { return false }
        return true
    }
}

/// A name in a rule that SELinux's policy may have.
package struct PolicyName: Sendable, Hashable {
    package enum Kind: Sendable { case user, role, type, sensitivity, category }

    package let kind: Kind
    package let text: [UInt8]
}

/// What the policy says of a ``PolicyName``.
package enum KnownName: Sendable, Equatable {
    /// Nothing: there is no policy, or it cannot be read.
    case unknown
    /// It has no such name.
    case absent
    /// Contexts have this in its place.
    case same([UInt8])
}

/// A security label that a rule asks for, as either module takes it.
struct LabelTest: Sendable, Equatable {
    /// For AppArmor, which has `subj_role` alone (`aa_audit_rule_init()`).
    let profiles: RuleLabel?
    /// For SELinux.
    private(set) var context: RuleContext?

    init(_ test: RuleTest) {
        profiles = test.field == .subjectRole ? RuleLabel(test.text) : nil
        context = RuleContext(test.field, test.text)
    }

    mutating func take(_ known: [PolicyName: KnownName]) { context?.take(known) }

    /// Whether `op` holds for the task that made `event`. Of a label that is not known neither `=` nor `!=` does.
    func holds(_ op: RuleOperator, subjectOf event: borrowing EventView) -> Bool {
        if let sid = event.subject { return holds(op, sid, of: event) }
        return profiles?.isCarried(by: event).map { $0 == (op == .equal) } ?? false
    }

    /// Whether `op` holds for what has security identifier `sid` in `event`.
    func holds(_ op: RuleOperator, _ sid: UInt32, of event: borrowing EventView) -> Bool {
        guard let context, let text = event.context(sid) else { return false }
        return context.holds(op, text) ?? false
    }
}
