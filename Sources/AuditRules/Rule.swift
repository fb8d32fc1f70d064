// SPDX-License-Identifier: MIT

/// What a rule does with a call that it matches.
package enum RuleAction: Sendable, Equatable {
    /// Write the event.
    case always
    /// Do not, whatever a later rule says.
    case never
}

/// The kernel's filter list that a rule is on. The raw value is `AUDIT_FILTER_*` of linux/audit.h, and the order in which
/// the kernel lists its rules.
package enum RuleList: UInt8, Sendable, Equatable, CaseIterable {
    /// Judged when a program sends a record of its own to the kernel. Only the kernel's own audit can mean it.
    case user = 0
    /// Judged when a task is made: says whether its calls are looked at.
    case task = 1
    /// Judged when a system call returns.
    case exit = 4
    /// Judged for each record: leaves it out.
    case exclude = 5
    /// Judged for each file that a name leads to: leaves the file's facts out.
    case filesystem = 6
    /// Judged when an operation of io_uring ends (5.16; auditctl 3.1).
    case ring = 7

    /// As auditctl(8) writes it.
    package var name: String {
        switch self {
        case .user: "user"
        case .task: "task"
        case .exit: "exit"
        case .exclude: "exclude"
        case .filesystem: "filesystem"
        case .ring: "io_uring"
        }
    }

    /// The list of that name, or nil.
    init?(named name: String) {
        guard let list = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = list
    }
}

/// A place in a rules file, for messages.
package struct RulePlace: Sendable, Equatable, CustomStringConvertible {
    /// Name as given by the operator.
    package let file: String
    /// From 1.
    package let line: Int

    package init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    package var description: String { "\(file):\(line)" }
}

/// One rule, in the terms of `struct audit_rule_data` (linux/audit.h).
package struct Rule: Sendable, Equatable {
    package var list: RuleList = .exit
    package var action: RuleAction
    /// Put before the rules there are (-A), not behind them.
    package var isPrepended = false
    /// The calls it is about.
    package var syscalls: SyscallMask
    /// All must hold. Without any, every call of the mask matches.
    package var tests: [RuleTest] = []
    /// What the record's `key=` says: several -k are joined with 0x01, as the kernel keeps them.
    package var key: [UInt8]?
    package var place: RulePlace

    package init(
        list: RuleList = .exit, action: RuleAction, syscalls: SyscallMask, tests: [RuleTest], key: [UInt8]?, place: RulePlace
    ) {
        self.list = list
        self.action = action
        self.syscalls = syscalls
        self.tests = tests
        self.key = key
        self.place = place
    }

    /// What two rules have in common when the kernel takes them for the same and refuses the second with EEXIST
    /// (`audit_compare_rule()`, kernel/auditfilter.c). A rule to be prepended is never refused, because its flag is
    /// compared, too, and loaded rules have lost theirs.
    struct Identity: Hashable {
        let list: RuleList
        let action: RuleAction
        let syscalls: SyscallMask
        let tests: [RuleTest]
        let key: [UInt8]?
    }

    var identity: Identity {
        Identity(list: list, action: action, syscalls: syscalls, tests: tests, key: key)
    }
}

/// The numbers of the system calls that a rule is about: `mask` of `struct audit_rule_data`.
package struct SyscallMask: Sendable, Hashable {
    /// Numbers below this can be named; `AUDIT_BITMASK_SIZE * 32`.
    static let limit = 2048
    /// Numbers from here on are not calls but the kernel's call classes, `AUDIT_SYSCALL_CLASSES` of them
    /// (kernel/auditfilter.c, `audit_to_entry_common()`).
    static let classes = limit - 16

    private var words: [UInt64]

    /// No call.
    package init() {
        words = Array(repeating: 0, count: Self.limit / 64)
    }

    /// Every call: what -S all, or no -S, means.
    package static let all: SyscallMask = {
        var mask = SyscallMask()
        for number in 0..<classes { mask.insert(number) }
        return mask
    }()

    /// Adds a call. Numbers that are no calls are left out.
    package mutating func insert(_ number: Int) {
        guard number >= 0, number < Self.classes else { return }
        words[number / 64] |= 1 << UInt64(number % 64)
    }

    /// Adds the calls of `other`.
    package mutating func formUnion(_ other: SyscallMask) {
        for word in words.indices { words[word] |= other.words[word] }
    }

    /// Leaves out calls that are not in `other`.
    mutating func formIntersection(_ other: SyscallMask) {
        for word in words.indices { words[word] &= other.words[word] }
    }

    /// It holds all that `-S all` means to auditctl, which does not look at the last word (src/auditctl-listing.c, 3.0.9).
    var isAll: Bool { words.dropLast().allSatisfy { $0 == .max } && words[words.count - 1] & 0xffff_ffff == 0xffff_ffff }

    /// Whether `number` is one of them; never for numbers that a mask cannot hold.
    package func contains(_ number: Int) -> Bool {
        guard number >= 0, number < Self.classes else { return false }
        return words[number / 64] & (1 << UInt64(number % 64)) != 0
    }

    /// The numbers in it, from the lowest.
    package var numbers: [Int] {
        var numbers: [Int] = []
        for index in words.indices {
            var word = words[index]
            while word != 0 {
                numbers.append(index * 64 + word.trailingZeroBitCount)
                word &= word - 1
            }
        }
        return numbers
    }
}
