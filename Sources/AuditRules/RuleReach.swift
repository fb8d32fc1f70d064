// SPDX-License-Identifier: MIT
internal import AuditSyscalls
internal import CAuditWire

/// Which calls a rule can match at all, whatever its mask says: those that its perm= names, and when it asks for a file those that
/// have one. Without this a watch would have every call of the machine looked at.
enum RuleReach {
    /// The calls of `abi` that `rule` can match, none of them missing.
    static func calls(of rule: Rule, _ abi: SyscallABI) -> SyscallMask {
        var mask = rule.syscalls
        for test in rule.tests {
            switch test.field {
            case .perm where test.op == .equal: mask.formIntersection(SyscallClasses.of(abi).calls(withPermission: test.value))
            case .pathGlob where test.op == .notEqual: break
            case .path, .dir, .inode, .devmajor, .devminor, .ownerUser, .ownerGroup, .pathGlob: mask.formIntersection(withFiles(abi))
            case .objectUser, .objectRole, .objectType, .objectLevelLow, .objectLevelHigh: mask.formIntersection(withObjects(abi))
            case .filetype where test.op == .equal: mask.formIntersection(withFiles(abi))
            case .fieldCompare where FieldPairs.names(test.value)?.1.hasPrefix("obj_") == true:
                mask.formIntersection(withFiles(abi))
            default: break
            }
        }
        return mask
    }

    private static func withFiles(_ abi: SyscallABI) -> SyscallMask { abi == .native ? nativeFiles : compatFiles }

    private static func withObjects(_ abi: SyscallABI) -> SyscallMask { abi == .native ? nativeObjects : compatObjects }

    private static let nativeFiles = files(.native)
    private static let compatFiles = files(.compat)

    private static let nativeObjects = objects(.native)
    private static let compatObjects = objects(.compat)

    /// Calls that have files or System V objects.
    private static func objects(_ abi: SyscallABI) -> SyscallMask {
        var mask = withFiles(abi)
        let first = Int(abi.rawValue) * Int(AS_SYSCALLS)
        let kinds = [
            ASH_SPECIAL_IPC, ASH_SPECIAL_SEM, ASH_SPECIAL_MSG, ASH_SPECIAL_SHM, ASH_SPECIAL_SEM_CONTROL, ASH_SPECIAL_MSG_CONTROL,
            ASH_SPECIAL_SHM_CONTROL,
        ].map { UInt8($0.rawValue) }
        for (number, shape) in SyscallShapes.wireTable()[first..<first + Int(AS_SYSCALLS)].enumerated() where kinds.contains(shape.special)
        {
            mask.insert(number)
        }
        return mask
    }

    /// Calls that name files, by a path, a descriptor or a socket's address.
    private static func files(_ abi: SyscallABI) -> SyscallMask {
        var mask = SyscallMask()
        let first = Int(abi.rawValue) * Int(AS_SYSCALLS)
        for (number, shape) in SyscallShapes.wireTable()[first..<first + Int(AS_SYSCALLS)].enumerated() {
            let flags = UInt32(ASH_RESULT_FD.rawValue | ASH_EXEC.rawValue | ASH_CWD.rawValue)
            if shape.paths != 0 || shape.fd_arg != UInt8(ASH_NO_ARGUMENT) || UInt32(shape.flags) & flags != 0
                || UInt32(shape.flags) >> UInt32(ASH_HOOKS_SHIFT.rawValue) != 0 || shape.address != 0
                || shape.special == UInt8(ASH_SPECIAL_SOCKETCALL.rawValue)
            {
                mask.insert(number)
            }
        }
        return mask
    }
}

/// The kernel's classes of calls by what they do to files: include/asm-generic/audit_*.h, and for the calls whose arguments say it
/// `audit_match_perm()` of kernel/auditsc.c. Those of the kernel that runs, since a rule means there what it means to that kernel's audit.
package struct SyscallClasses: Sendable {
    /// How the permission of a call is found.
    enum Kind: Sendable {
        /// By the class that it is in.
        case classed
        /// By the open flags in an argument.
        case open(argument: Int)
        /// By the flags of openat2's structure.
        case openat2
        case socketcall
        case exec
    }

    private let read: SyscallMask
    private let write: SyscallMask
    private let attribute: SyscallMask
    private let directoryWrite: SyscallMask
    private let signal: SyscallMask
    private let openCall: Int?
    private let openat: Int?
    private let openat2: Int?
    private let socketcall: Int?
    private let execs: SyscallMask

    static func of(_ abi: SyscallABI) -> SyscallClasses { abi == .native ? native : compat }
    private static let native = SyscallClasses(.native, .current)
    private static let compat = SyscallClasses(.compat, .current)

    /// The classes that kernel `release` has.
    init(_ abi: SyscallABI, _ release: KernelRelease) {
        let machine = LibAudit.table(abi)?.machine
        func number(_ name: String) -> Int? {
            machine.flatMap { LibAudit.syscall(named: Array(name.utf8), machine: $0) }.map(Int.init)
        }
        func mask(_ names: String) -> SyscallMask {
            var mask = SyscallMask()
            for name in names.split(separator: " ") { if let number = number(String(name)) { mask.insert(number) } }
            return mask
        }
        let directoryWrite =
            "rename mkdir rmdir creat link unlink symlink mknod mkdirat mknodat unlinkat renameat linkat symlinkat renameat2"
        // By number where libaudit's table is older (3.0.9 ends with 5.16); from 424 on both tables have the same.
        func with(_ mask: SyscallMask, _ numbers: [Int]) -> SyscallMask {
            var mask = mask
            for number in numbers { mask.insert(number) }
            return mask
        }
        signal = mask("kill tgkill tkill")
        self.directoryWrite = mask(directoryWrite)
        // getxattrat and listxattrat: 6.13.
        var read = with(mask("readlink quotactl listxattr llistxattr flistxattr getxattr lgetxattr fgetxattr readlinkat"), [464, 465])
        var write = mask(directoryWrite + " acct swapon quotactl truncate truncate64 ftruncate ftruncate64 bind fallocate")
        // fchmodat2: 6.6; setxattrat and removexattrat: 6.13.
        var attribute = with(
            mask(
                "chmod fchmod chown lchown fchown chown32 fchown32 lchown32 setxattr lsetxattr fsetxattr removexattr lremovexattr "
                    + "fremovexattr fchownat fchmodat link linkat"), [452, 463, 466])
        // As the headers of 7.3.4 have it; those of 7.0 do not.
        if release >= KernelRelease(major: 7, minor: 3) {
            // file_getattr and quotactl_fd; file_setattr.
            read = with(read, [443, 468])
            read.formUnion(mask("stat stat64 lstat lstat64 fstat fstat64 newfstatat fstatat64 statx"))
            write.insert(443)
            attribute.insert(469)
        }
        (self.read, self.write, self.attribute) = (read, write, attribute)
        openCall = number("open")
        openat = number("openat")
        openat2 = number("openat2")
        socketcall = abi == .compat ? number("socketcall") : nil
        execs = mask("execve execveat")
    }

    /// The calls of class `number`, `AUDIT_CLASS_*` of linux/audit.h: what the kernel puts in its place in a rule's mask
    /// (`audit_to_entry_common()`, kernel/auditfilter.c), whatever the rule's arch.
    package static func registered(_ number: Int, on release: KernelRelease = .current) -> SyscallMask {
        let abi: SyscallABI = number % 2 == 0 ? .native : .compat
        let classes = release == .current ? of(abi) : SyscallClasses(abi, release)
        return switch number / 2 {
        case 0: classes.directoryWrite
        case 1: classes.attribute
        case 2: classes.read
        case 3: classes.write
        case 4: classes.signal
        default: SyscallMask()
        }
    }

    func kind(_ number: Int) -> Kind {
        if number == openCall { return .open(argument: 1) }
        if number == openat { return .open(argument: 2) }
        if number == openat2 { return .openat2 }
        if number == socketcall { return .socketcall }
        return execs.contains(number) ? .exec : .classed
    }

    /// Whether the class of call `number` has one of `permissions`.
    func has(_ permissions: UInt32, _ number: Int) -> Bool {
        permissions & Permissions.write != 0 && write.contains(number) || permissions & Permissions.read != 0 && read.contains(number)
            || permissions & Permissions.attribute != 0 && attribute.contains(number)
    }

    /// Calls that can have one of `permissions`.
    func calls(withPermission permissions: UInt32) -> SyscallMask {
        var mask = SyscallMask()
        if permissions & Permissions.write != 0 { mask.formUnion(write) }
        if permissions & Permissions.read != 0 { mask.formUnion(read) }
        if permissions & Permissions.attribute != 0 { mask.formUnion(attribute) }
        for number in [openCall, openat, openat2].compactMap(\.self) {
            if permissions & (Permissions.read | Permissions.write) != 0 { mask.insert(number) }
        }
        if let socketcall, permissions & Permissions.write != 0 { mask.insert(socketcall) }
        if permissions & Permissions.execute != 0 { mask.formUnion(execs) }
        return mask
    }
}
