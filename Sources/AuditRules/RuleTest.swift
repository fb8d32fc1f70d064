// SPDX-License-Identifier: MIT
internal import CAudit

/// One `-F field op value`.
package struct RuleTest: Sendable, Hashable {
    package let field: RuleField
    package let op: RuleOperator
    /// As the kernel compares it: unsigned, 32 bits.
    package let value: UInt32

    package init(_ field: RuleField, _ op: RuleOperator, _ value: UInt32) {
        self.field = field
        self.op = op
        self.value = value
    }
}

/// What a rule can look at in this version. The raw value is the field's number in linux/audit.h.
package enum RuleField: UInt32, CaseIterable, Sendable {
    case pid = 0
    case uid = 1
    case euid = 2
    case suid = 3
    case fsuid = 4
    case gid = 5
    case egid = 6
    case sgid = 7
    case fsgid = 8
    case auid = 9
    case pers = 10
    case arch = 11
    case ppid = 18
    case sessionid = 25
    case exit = 103
    case success = 104
    case saddrFamily = 113
    case a0 = 200
    case a1 = 201
    case a2 = 202
    case a3 = 203

    /// Whether the kernel takes `op` for it (kernel/auditfilter.c, `audit_field_valid()`, since 5.3: bit operators
    /// for arguments and personality only).
    func takes(_ op: RuleOperator) -> Bool {
        switch self {
        case .a0, .a1, .a2, .a3, .pers: true
        case .arch: op == .equal || op == .notEqual
        default: op != .anyBit && op != .allBits
        }
    }

    /// Whether its value is a user or group: the kernel refuses -1 as a value for those.
    var isIdentity: Bool {
        switch self {
        case .uid, .euid, .suid, .fsuid, .gid, .egid, .sgid, .fsgid, .auid: true
        default: false
        }
    }
}

/// A comparison, always of unsigned 32-bit numbers (kernel/auditfilter.c, `audit_comparator()`).
package enum RuleOperator: UInt8, CaseIterable, Sendable {
    case equal = 0
    case notEqual = 1
    case less = 2
    case lessOrEqual = 3
    case greater = 4
    case greaterOrEqual = 5
    /// `&`: some bit of the operand is set.
    case anyBit = 6
    /// `&=`: all bits of the operand are set.
    case allBits = 7

    /// The operator that libaudit's number stands for, or nil.
    init?(libaudit number: UInt32) {
        switch number {
        case UInt32(AUDIT_EQUAL): self = .equal
        case UInt32(AUDIT_NOT_EQUAL): self = .notEqual
        case UInt32(AUDIT_LESS_THAN): self = .less
        case UInt32(AUDIT_LESS_THAN) | UInt32(AUDIT_EQUAL): self = .lessOrEqual
        case UInt32(AUDIT_GREATER_THAN): self = .greater
        case UInt32(AUDIT_GREATER_THAN) | UInt32(AUDIT_EQUAL): self = .greaterOrEqual
        case UInt32(AUDIT_BIT_MASK): self = .anyBit
        case UInt32(AUDIT_BIT_MASK) | UInt32(AUDIT_EQUAL): self = .allBits
        default: return nil
        }
    }

    /// Whether `left` stands in this relation to `right`.
    @inline(__always)
    package func compare(_ left: UInt32, _ right: UInt32) -> Bool {
        switch self {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        case .anyBit: left & right != 0
        case .allBits: left & right == right
        }
    }

    /// As auditctl writes it.
    package var symbol: String {
        switch self {
        case .equal: "="
        case .notEqual: "!="
        case .less: "<"
        case .lessOrEqual: "<="
        case .greater: ">"
        case .greaterOrEqual: ">="
        case .anyBit: "&"
        case .allBits: "&="
        }
    }
}
