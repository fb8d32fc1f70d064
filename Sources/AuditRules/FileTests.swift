// SPDX-License-Identifier: MIT
internal import AuditEvents
internal import AuditSyscalls
internal import CAuditWire

/// The tests that look at files, programs, labels and comparisons: the rest of `audit_filter_rules()` (kernel/auditsc.c).
struct FileTests: ~Escapable {
    let event: EventView
    private let current: CurrentPaths
    private let isLive: Bool

    @_lifetime(copy event)
    init(event: borrowing EventView, paths: CurrentPaths, isLive: Bool = true) {
        self.event = copy event
        current = paths
        self.isLive = isLive
    }

    /// Computed, because the arrays within would be counted as references when it is copied.
    var paths: RulePaths { _read { yield current.now } }

    /// Whether `test` holds for file number `file`, or for nil for any of `files`.
    func holds(
        _ test: CompiledTest, _ call: aw_syscall, _ files: Span<NamedFile>, _ file: Int?, _ touched: inout TouchedPaths
    ) -> Bool {
        switch test.fact {
        case .perm: return hasPermission(test.operand, call)
        case .exe: return isProgram(test.operand) == (test.op == .equal)
        case .compare: return compares(test, call, files, file)
        case .subjectLabel: return paths.labels[Int(test.operand)].holds(test.op, subjectOf: event)
        case .objectLabel: return hasLabel(test, files, file)
        case .dir: return touches(test.operand, nil, files, &touched)
        case .pathGlob, .exeGlob, .commGlob, .titleGlob, .parentExeGlob, .ancestorExeGlob:
            return ExtensionTests(event: event, paths: paths, isLive: isLive).holds(test, call, files, file)
        case .filetype:
            // The kernel asks all of them, also when the rule is about one.
            var isThere = false
            for position in 0..<files.count where files[position].isKnown {
                if UInt32(files[position].object.mode) & Self.typeBits == test.operand & 0xffff { isThere = true }
            }
            return isThere == (test.op == .equal)
        default: break
        }
        for position in 0..<files.count where file == nil || file == position {
            let isTrue = test.fact == .path ? isFile(test.operand, position, files, &touched) : holds(test, files[position])
            if isTrue { return true }
        }
        return false
    }

    /// S_IFMT.
    private static let typeBits: UInt32 = 0o170000

    private func holds(_ test: CompiledTest, _ file: NamedFile) -> Bool {
        let object = file.object
        switch test.fact {
        // AUDIT_INO_UNSET is -1.
        case .inode: return test.op.compare(file.isKnown ? UInt32(truncatingIfNeeded: object.inode) : .max, test.operand)
        case .devmajor: return test.op.compare(object.dev_major, test.operand) || test.op.compare(object.rdev_major, test.operand)
        case .devminor: return test.op.compare(object.dev_minor, test.operand) || test.op.compare(object.rdev_minor, test.operand)
        case .ownerUser: return test.op.compare(object.uid, test.operand)
        case .ownerGroup: return test.op.compare(object.gid, test.operand)
        default: return false
        }
    }

    // MARK: Labels

    /// That of a file, or whatever else the rule asks for of files, that of the System V object.
    private func hasLabel(_ test: CompiledTest, _ files: Span<NamedFile>, _ file: Int?) -> Bool {
        let label = paths.labels[Int(test.operand)]
        for position in 0..<files.count where file == nil || file == position {
            // One that led to no file has identifier 0. Where hooks do not tell, what it led to is not known.
            guard files[position].isKnown || event.hasSteps else { continue }
            if label.holds(test.op, files[position].object.sid, of: event) { return true }
        }
        guard let section = event.section(.special, detail: UInt8(AW_SPECIAL_IPC.rawValue)),
            let object = try? WireReader(section.bytes).load(at: 0, as: aw_ipc.self)
        else { return false }
        return label.holds(test.op, object.sid, of: event)
    }

    // MARK: Paths

    private func isFile(_ number: UInt32, _ file: Int, _ files: Span<NamedFile>, _ touched: inout TouchedPaths) -> Bool {
        // Path hooks tell all that the kernel knows: what they do not tell is AUDIT_INO_UNSET, which no watch has.
        guard files[file].isKnown else { return !event.hasSteps && touches(number, file, files, &touched) }
        if let identity = current.identities[Int(number)], identity.isOf(files[file].object) { return true }
        // A watch takes on what is made under its name while the call goes on, and is asked once more before it loses what is removed
        // (audit_update_watch(), kernel/audit_watch.c); by the time of the event the name may have led to that file for a moment only.
        return files[file].isChanged && touches(number, file, files, &touched)
    }

    /// `audit_exe_compare()`: by inode where the kernel side tells it, else by path.
    private func isProgram(_ number: UInt32) -> Bool {
        if let section = event.section(.object, detail: UInt8(AW_ROLE_PROGRAM.rawValue)),
            let object = try? WireReader(section.bytes).load(at: 0, as: aw_object.self)
        {
            guard let identity = current.identities[Int(number)] else { return false }
            return identity.isOf(object)
        }
        guard let section = event.section(.executable) else { return false }
        let reader = WireReader(section.bytes)
        let path = paths.paths[Int(number)].resolved
        guard section.bytes.byteCount == path.count else { return false }
        for at in path.indices where (try? reader.load(at: at, as: UInt8.self)) != path[at] { return false }
        return true
    }

    // MARK: perm=

    /// `audit_match_perm()`.
    private func hasPermission(_ wanted: UInt32, _ call: aw_syscall) -> Bool {
        // Bit 31 is __AUDIT_ARCH_64BIT.
        let classes = SyscallClasses.of(call.arch & 0x8000_0000 != 0 ? .native : .compat)
        switch classes.kind(Int(call.nr)) {
        case .classed: return classes.has(wanted, Int(call.nr))
        case .open(let argument): return wanted & Self.accessMode(argument == 1 ? call.args.1 : call.args.2) != 0
        case .openat2: return wanted & Self.accessMode(openFlags) != 0
        case .socketcall: return wanted & Permissions.write != 0 && UInt32(truncatingIfNeeded: call.args.0) == Self.bind
        case .exec: return wanted & Permissions.execute != 0
        }
    }

    /// SYS_BIND of linux/net.h.
    private static let bind: UInt32 = 2

    /// `ACC_MODE()` of include/linux/fs.h.
    private static func accessMode(_ flags: UInt64) -> UInt32 {
        switch flags & 3 {
        case 0: Permissions.read
        case 1: Permissions.write
        default: Permissions.read | Permissions.write
        }
    }

    /// The flags of openat2(2), 0 where the call did not get to read them.
    private var openFlags: UInt64 {
        guard let section = event.section(.special, detail: UInt8(AW_SPECIAL_OPENAT2.rawValue)) else { return 0 }
        return (try? WireReader(section.bytes).load(at: 0, as: UInt64.self)) ?? 0
    }

    // MARK: -C

    /// `audit_field_compare()`.
    private func compares(_ test: CompiledTest, _ call: aw_syscall, _ files: Span<NamedFile>, _ file: Int?) -> Bool {
        switch test.operand {
        case 1: return withOwner(call.uid, test, files, file)
        case 2: return withGroup(call.gid, test, files, file)
        case 3: return withOwner(call.euid, test, files, file)
        case 4: return withGroup(call.egid, test, files, file)
        case 5: return withOwner(call.auid, test, files, file)
        case 6: return withOwner(call.suid, test, files, file)
        case 7: return withGroup(call.sgid, test, files, file)
        case 8: return withOwner(call.fsuid, test, files, file)
        case 9: return withGroup(call.fsgid, test, files, file)
        case 10: return test.op.compare(call.uid, call.auid)
        case 11: return test.op.compare(call.uid, call.euid)
        case 12: return test.op.compare(call.uid, call.fsuid)
        case 13: return test.op.compare(call.uid, call.suid)
        case 14: return test.op.compare(call.auid, call.fsuid)
        case 15: return test.op.compare(call.auid, call.suid)
        case 16: return test.op.compare(call.auid, call.euid)
        case 17: return test.op.compare(call.euid, call.suid)
        case 18: return test.op.compare(call.euid, call.fsuid)
        case 19: return test.op.compare(call.suid, call.fsuid)
        case 20: return test.op.compare(call.gid, call.egid)
        case 21: return test.op.compare(call.gid, call.fsgid)
        case 22: return test.op.compare(call.gid, call.sgid)
        case 23: return test.op.compare(call.egid, call.fsgid)
        case 24: return test.op.compare(call.egid, call.sgid)
        case 25: return test.op.compare(call.sgid, call.fsgid)
        default: return false
        }
    }

    /// `audit_compare_uid()`: any file, also when the rule is about one.
    private func withOwner(_ user: UInt32, _ test: CompiledTest, _ files: Span<NamedFile>, _ file: Int?) -> Bool {
        for position in 0..<files.count where test.op.compare(user, files[position].object.uid) { return true }
        return false
    }

    private func withGroup(_ group: UInt32, _ test: CompiledTest, _ files: Span<NamedFile>, _ file: Int?) -> Bool {
        for position in 0..<files.count where test.op.compare(group, files[position].object.gid) { return true }
        return false
    }
}

extension FileIdentity {
    func isOf(_ object: aw_object) -> Bool {
        inode == object.inode && major == object.dev_major && minor == object.dev_minor
    }
}
