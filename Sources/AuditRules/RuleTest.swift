// SPDX-License-Identifier: MIT
internal import CAudit

/// One `-F field op value`, or a -C, which is the field ``RuleField/fieldCompare`` with the pair's number.
package struct RuleTest: Sendable, Hashable {
    package let field: RuleField
    package let op: RuleOperator
    /// As the kernel compares it: unsigned, 32 bits. 0 where ``text`` is the value.
    package let value: UInt32
    /// The value of a field that takes a string (``RuleField/isText``), else empty.
    package let text: [UInt8]

    package init(_ field: RuleField, _ op: RuleOperator, _ value: UInt32) {
        self.field = field
        self.op = op
        self.value = value
        self.text = []
    }

    package init(_ field: RuleField, _ op: RuleOperator, text: [UInt8]) {
        self.field = field
        self.op = op
        self.value = 0
        self.text = text
    }
}

/// What a rule can look at. The raw value is the field's number in linux/audit.h. The key is no field here but a part of the rule.
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
    case msgtype = 12
    case subjectUser = 13
    case subjectRole = 14
    case subjectType = 15
    case subjectSensitivity = 16
    case subjectClearance = 17
    case ppid = 18
    case objectUser = 19
    case objectRole = 20
    case objectType = 21
    case objectLevelLow = 22
    case objectLevelHigh = 23
    case sessionid = 25
    case fstype = 26
    case devmajor = 100
    case devminor = 101
    case inode = 102
    case exit = 103
    case success = 104
    case path = 105
    case perm = 106
    case dir = 107
    case filetype = 108
    case ownerUser = 109
    case ownerGroup = 110
    case fieldCompare = 111
    case exe = 112
    case saddrFamily = 113
    case a0 = 200
    case a1 = 201
    case a2 = 202
    case a3 = 203
    // Ours, which audit does not have (``extensionNames``). libaudit has no numbers as high as these.
    case pathGlob = 0x1_0000
    case exeGlob = 0x1_0001
    case commGlob = 0x1_0002
    case titleGlob = 0x1_0003
    case parentExeGlob = 0x1_0004
    case ancestorExeGlob = 0x1_0005
    case rate = 0x1_0006

    /// Fields that audit does not have. auditctl refuses every name that begins in `x-`, so that they change no legal line.
    static let extensionNames: [(name: String, field: RuleField)] = [
        ("x-path", .pathGlob), ("x-exe", .exeGlob), ("x-comm", .commGlob), ("x-proctitle", .titleGlob), ("x-parent-exe", .parentExeGlob),
        ("x-ancestor-exe", .ancestorExeGlob), ("x-rate", .rate),
    ]

    /// It is none of audit's.
    var isExtension: Bool { rawValue >= Self.pathGlob.rawValue }

    /// Its value is a pattern (``Glob``).
    var isGlob: Bool { isExtension && self != .rate }

    /// As rules write it, or nil where libaudit has no name for it.
    var name: String? {
        isExtension ? Self.extensionNames.first { $0.field == self }?.name : LibAudit.name(field: rawValue)
    }

    /// Whether the kernel takes `op` for it (kernel/auditfilter.c, `audit_field_valid()`, since 5.3), as far as libaudit lets
    /// it come.
    func takes(_ op: RuleOperator) -> Bool {
        switch self {
        case .a0, .a1, .a2, .a3, .pers, .devminor: true
        // audit_to_watch(), audit_make_tree().
        case .path, .dir, .rate: op == .equal
        case .pathGlob, .exeGlob, .commGlob, .titleGlob, .parentExeGlob, .ancestorExeGlob: op == .equal || op == .notEqual
        case .arch, .fstype, .perm, .filetype, .fieldCompare, .exe, .inode, .subjectUser, .subjectRole, .subjectType,
            .objectUser, .objectRole, .objectType:
            op == .equal || op == .notEqual
        default: op != .anyBit && op != .allBits
        }
    }

    /// Whether its value is a user or group: the kernel refuses -1 as a value for those.
    var isIdentity: Bool {
        switch self {
        case .uid, .euid, .suid, .fsuid, .gid, .egid, .sgid, .fsgid, .auid, .ownerUser, .ownerGroup: true
        default: false
        }
    }

    /// Whether its value is a string.
    var isText: Bool {
        switch self {
        case .path, .dir, .exe: true
        default: isLabel || isGlob
        }
    }

    /// Whether it asks for a part of a security label of the process or of a file.
    var isLabel: Bool {
        switch self {
        case .subjectUser, .subjectRole, .subjectType, .subjectSensitivity, .subjectClearance: true
        default: isObjectLabel
        }
    }

    /// Whether it asks for a part of a security label of a file.
    var isObjectLabel: Bool {
        switch self {
        case .objectUser, .objectRole, .objectType, .objectLevelLow, .objectLevelHigh: true
        default: false
        }
    }

    /// Whether libaudit (3.0.9, `audit_rule_fieldpair_data()`) takes it on the exit list only.
    var isOfExitListOnly: Bool {
        switch self {
        case .ppid, .objectUser, .objectRole, .objectType, .objectLevelLow, .objectLevelHigh, .devmajor, .devminor, .inode,
            .exit, .success, .path, .perm, .dir, .filetype:
            true
        default: false
        }
    }

    /// Whether libaudit takes it on the exclude list.
    var isOfExcludeList: Bool {
        switch self {
        case .pid, .uid, .gid, .auid, .msgtype, .subjectUser, .subjectRole, .subjectType, .subjectSensitivity,
            .subjectClearance, .exe:
            true
        default: false
        }
    }
}

/// `AUDIT_PERM_*` of linux/audit.h: what `perm=` and -p ask for.
enum Permissions {
    static let execute: UInt32 = 1
    static let write: UInt32 = 2
    static let read: UInt32 = 4
    static let attribute: UInt32 = 8
    static let all: UInt32 = 15

    /// What the letters of `word` ask for, in any case and order, or the first that is none.
    static func of(_ word: [UInt8]) -> Result<UInt32, UnknownLetter> {
        var value: UInt32 = 0
        for letter in word {
            switch letter | 0x20 {
            case UInt8(ascii: "r"): value |= read
            case UInt8(ascii: "w"): value |= write
            case UInt8(ascii: "x"): value |= execute
            case UInt8(ascii: "a"): value |= attribute
            default: return .failure(UnknownLetter(letter: letter))
            }
        }
        return .success(value)
    }

    struct UnknownLetter: Error { let letter: UInt8 }

    /// The letters for `value`, in auditctl's order.
    static func letters(_ value: UInt32) -> String {
        [(read, "r"), (write, "w"), (execute, "x"), (attribute, "a")].filter { value & $0.0 != 0 }.map(\.1).joined()
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

    /// The operator written `symbol`, or nil.
    init?(symbol: String) {
        guard let op = Self.allCases.first(where: { $0.symbol == symbol }) else { return nil }
        self = op
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
