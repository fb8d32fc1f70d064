// SPDX-License-Identifier: MIT
internal import AuditSyscalls
internal import CAudit
internal import Synchronization

/// libaudit's tables and field parser, as values.
///
/// The calls into C of this module, rules-file reading aside, are in this file. libaudit keeps the last `arch` in a global
/// and looks up users with functions that are not thread-safe, hence the lock; rules are only parsed at start and
/// reload, never per event. Nothing here needs root or talks to the kernel.
enum LibAudit {
    private static let lock = Mutex<Void>(())

    /// The number of a field name, `AUDIT_*` in linux/audit.h, or nil.
    static func field(named name: [UInt8]) -> UInt32? {
        unsafe withCString(name) { (pointer: UnsafePointer<CChar>) in
            let number = unsafe audit_name_to_field(pointer)
            return number < 0 ? nil : UInt32(number)
        }
    }

    /// What `audit_rule_fieldpair_data()` makes of the argument of -F on the list `list`.
    ///
    /// - Parameters:
    ///   - word: whole argument, as `a1&03`. Not for `sessionid` and fields with strings, see `ca_field_pair` in CAudit.h.
    ///   - list: exclude and filesystem, for which libaudit asks the kernel whether it knows them, and io_uring, which it knows from 3.1 on, are
    ///     read as the lists user and task, on which it takes the same fields once those that the former do not have are out.
    static func fieldPair(_ word: [UInt8], list: RuleList = .exit) -> Result<RuleTestValue, LibAuditFailure> {
        let number =
            switch list {
            case .exit: AUDIT_FILTER_EXIT
            case .user, .exclude: AUDIT_FILTER_USER
            case .task, .filesystem, .ring: AUDIT_FILTER_TASK
            }
        return unsafe withCString(word) { (pointer: UnsafePointer<CChar>) in
            var field = ca_field()
            let code = unsafe ca_field_pair(pointer, Int32(number), &field)
            guard code == 0 else { return .failure(LibAuditFailure(code: code)) }
            return .success(RuleTestValue(field: field.field, op: field.op, value: field.value))
        }
    }

    /// What `audit_rule_interfield_comp_data()` makes of the argument of -C.
    static func fieldCompare(_ word: [UInt8], list: RuleList) -> Result<RuleTestValue, LibAuditFailure> {
        unsafe withCString(word) { (pointer: UnsafePointer<CChar>) in
            var field = ca_field()
            let code = unsafe ca_field_compare(pointer, Int32(list.rawValue), &field)
            guard code == 0 else { return .failure(LibAuditFailure(code: code)) }
            return .success(RuleTestValue(field: field.field, op: field.op, value: field.value))
        }
    }

    /// The magic number of a file system that fstype= knows by name, or nil.
    static func fileSystem(named name: [UInt8]) -> UInt32? {
        unsafe withCString(name) { (pointer: UnsafePointer<CChar>) in
            let number = unsafe audit_name_to_fstype(pointer)
            return number == -1 ? nil : UInt32(bitPattern: number)
        }
    }

    /// The name of a field, message type, error, file system or call, or nil; for listings.
    static func name(field: UInt32) -> String? { unsafe text(audit_field_to_name(Int32(field))) }
    static func name(messageType: UInt32) -> String? { unsafe text(audit_msg_type_to_name(Int32(bitPattern: messageType))) }
    static func name(errno: Int32) -> String? { unsafe text(audit_errno_to_name(errno)) }
    static func name(fileSystem: UInt32) -> String? { unsafe text(audit_fstype_to_name(Int32(bitPattern: fileSystem))) }
    static func name(syscall: Int, machine: Int32) -> String? {
        unsafe text(audit_syscall_to_name(Int32(syscall), machine))
    }

    private static func text(_ name: UnsafePointer<CChar>?) -> String? { unsafe name.map { unsafe String(cString: $0) } }

    /// The number of a system-call name in the table of `machine`, or nil.
    static func syscall(named name: [UInt8], machine: Int32) -> Int32? {
        unsafe withCString(name) { (pointer: UnsafePointer<CChar>) in
            let number = unsafe audit_name_to_syscall(pointer, machine)
            return number < 0 ? nil : number
        }
    }

    /// The machine (`MACH_*`) that belongs to an `AUDIT_ARCH_*` value, or nil.
    static func machine(arch: UInt32) -> Int32? {
        let machine = audit_elf_to_machine(arch)
        return machine < 0 ? nil : machine
    }

    /// The name of a machine, for messages: `x86_64`.
    static func name(machine: Int32) -> String {
        guard let name = unsafe audit_machine_to_name(machine) else { return "machine \(machine)" }
        return unsafe String(cString: name)
    }

    /// The machine of one of this computer's two tables, and its `AUDIT_ARCH_*`; nil where there is no such table.
    ///
    /// Fixed by the program's own architecture and not asked of uname(2), which a personality can make lie.
    static func table(_ abi: SyscallABI) -> (machine: Int32, arch: UInt32)? {
        #if arch(x86_64)
            let machine = abi == .native ? Int32(MACH_86_64.rawValue) : Int32(MACH_X86.rawValue)
        #elseif arch(arm64)
            let machine = abi == .native ? Int32(MACH_AARCH64.rawValue) : Int32(MACH_ARM.rawValue)
        #else
            #error("AuditRules does not know the system-call tables of this architecture")
        #endif
        let arch = audit_machine_to_elf(machine)
        return arch == 0 ? nil : (machine, arch)
    }

    /// Calls `body` with `bytes` as a C string, alone in libaudit. The bytes end at the first NUL.
    private static func withCString<R: Sendable>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> R) -> R {
        lock.withLock { _ in
            let terminated = bytes.map { CChar(bitPattern: $0) } + [0]
            return unsafe terminated.withUnsafeBufferPointer { buffer in
                // An array with the terminator in it has a base address.
                unsafe body(buffer.baseAddress!)
            }
        }
    }
}

/// A field test before its numbers are known to be ones that this module supports.
struct RuleTestValue: Sendable, Equatable {
    /// `AUDIT_*` field.
    let field: UInt32
    /// `AUDIT_*` operator.
    let op: UInt32
    let value: UInt32
}

/// Why `audit_rule_fieldpair_data()` refused: its error numbers (lib/errormsg.h, never reused by that project).
enum LibAuditFailure: Error, Equatable {
    case operatorMissing
    case fieldUnknown
    case archUnknown
    case exitListOnly
    case messageTypeUnknown
    case messageTypeList
    case equalOrNotOnly
    case permissionUnknown
    case errnoUnknown
    case fileTypeUnknown
    case stringTooLong
    case valueMissing
    case notNumber
    case fieldNameMissing
    case compareFieldMissing
    case compareValueMissing
    case compareFieldUnknown
    case compareValueUnknown
    case equalOnly
    case compareIncompatible
    case wrongList
    case sessionList
    case fileSystemUnknown
    case valueTooBig
    /// A user or group name that the system does not know; libaudit has no number for it.
    case nameUnknown
    case other(Int32)

    /// The number, for those that have no words of their own where it is printed.
    var code: Int32 { if case .other(let code) = self { code } else { 0 } }

    init(code: Int32) {
        self =
            switch -code {
            case 1: .operatorMissing
            case 2: .fieldUnknown
            case 4, 5, 6: .archUnknown
            case 7: .exitListOnly
            case 8: .messageTypeUnknown
            case 9: .messageTypeList
            case 11: .stringTooLong
            case 13: .equalOrNotOnly
            case 14: .permissionUnknown
            case 15: .errnoUnknown
            case 16: .fileTypeUnknown
            case 20: .valueMissing
            case 21: .notNumber
            case 22: .fieldNameMissing
            case 24: .compareFieldMissing
            case 25: .compareValueMissing
            case 26: .compareFieldUnknown
            case 27: .compareValueUnknown
            case 29: .equalOnly
            case 33: .compareIncompatible
            case 34: .wrongList
            case 37: .valueTooBig
            case 38: .nameUnknown
            default: .other(code)
            }
    }
}
