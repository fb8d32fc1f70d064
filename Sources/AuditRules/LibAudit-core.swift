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

    /// What `audit_rule_fieldpair_data()` makes of the argument of -F on the exit list.
    ///
    /// - Parameter word: whole argument, as `a1&03`. Not for `sessionid` and `exe`, see `ca_field_pair` in CAudit.h.
    static func fieldPair(_ word: [UInt8]) -> Result<RuleTestValue, LibAuditFailure> {
        unsafe withCString(word) { (pointer: UnsafePointer<CChar>) in
            var field = ca_field()
            let code = unsafe ca_field_pair(pointer, Int32(AUDIT_FILTER_EXIT), &field)
            guard code == 0 else { return .failure(LibAuditFailure(code: code)) }
            return .success(RuleTestValue(field: field.field, op: field.op, value: field.value))
        }
    }

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
    case messageTypeList
    case equalOrNotOnly
    case errnoUnknown
    case valueMissing
    case notNumber
    case fieldNameMissing
    case wrongList
    case valueTooBig
    /// A user or group name that the system does not know; libaudit has no number for it.
    case nameUnknown
    case other(Int32)

    init(code: Int32) {
        self =
            switch -code {
            case 1: .operatorMissing
            case 2: .fieldUnknown
            case 4, 5, 6: .archUnknown
            case 7: .exitListOnly
            case 9: .messageTypeList
            case 13: .equalOrNotOnly
            case 15: .errnoUnknown
            case 20: .valueMissing
            case 21: .notNumber
            case 22: .fieldNameMissing
            case 34: .wrongList
            case 37: .valueTooBig
            case 38: .nameUnknown
            default: .other(code)
            }
    }
}
