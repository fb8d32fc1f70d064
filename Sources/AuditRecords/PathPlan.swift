// SPDX-License-Identifier: MIT
import AuditEvents
import AuditSyscalls
import CAuditWire
import Glibc

/// What `nametype=` says (`audit_log_name()`, kernel/auditsc.c).
enum NameType: UInt8 {
    case normal, parent, delete, create, unknown
}

/// What `name=` says.
enum NameForm: UInt8 {
    /// The text of the item.
    case text
    /// `(null)`: a file known by a descriptor only.
    case null
    /// The working directory: a relative name without a directory part has it as its parent.
    case workingDirectory
    /// The first argument word: the interpreter that a script names.
    case interpreter
    /// The loader that the program file names.
    case loader
}

/// Whose facts an item shows, where they are not in the event.
enum FactsSource: UInt8 {
    case event, script, loader, refused
}

/// One PATH record to be.
struct PathItem: BitwiseCopyable {
    var form = NameForm.null
    var type = NameType.unknown
    /// Where the name is, for ``NameForm/text``.
    var name = Slot()
    /// Where the file's facts (`aw_object`) are; no value when they are not known.
    var object = Slot()
    var source = FactsSource.event
    /// The kernel has not read its capabilities: `AUDIT_INODE_NOEVAL`.
    var isUnevaluated = false
    /// It is the program that an exec runs, whose capabilities are known.
    var isProgram = false
}

/// The PATH records of an event in order. Made before the SYSCALL record, whose `items=` counts them.
///
/// audit's list (`audit_names` in kernel/auditsc.c) has first what getname() read, each entry turning into the file or into the
/// directory that its look-up found, then the entries that had no such place: files made and removed.
struct PathPlan {
    /// As many as ``NamesList`` has.
    static let capacity = NamesList.capacity

    private(set) var items = InlineArray<24, PathItem>(repeating: PathItem())
    private(set) var count = 0
    /// What `items=` says: it counts hidden entries, too.
    var listed = 0
    private let hasLoader: Bool

    /// A plan without records.
    init(empty: Void) { hasLoader = false }

    /// Plans the PATH records of `event` by what its names are for and what came of it: where there are no path hooks.
    ///
    /// - Parameters:
    ///   - hasLoader: the program that was executed names a loader.
    ///   - refused: the argument whose file was found and then refused, if there is one (``RefusedFile``).
    init(_ event: borrowing EventView, index: SectionIndex, uses: PathUseTable, hasLoader: Bool, refused: Int? = nil) {
        // This kernel does not have the call, so nobody has looked at its arguments.
        guard !event.hasReturned || event.call.ret != -Int64(ENOSYS) else {
            self.hasLoader = false
            return
        }
        var resultIsPlaced = !index.result.isPresent
        var programIsPlaced = !index.program.isPresent
        self.hasLoader = hasLoader
        let isReversed = Self.readsSecondFirst(event, index: index, uses: uses)
        let isInTurn = Self.readsInTurn(event, index: index, uses: uses)
        let isRename =
            Self.makesLast(event, index: index, uses: uses) && Self.firstUse(event, index: index, uses: uses) == .delete
        for place in 0..<6 {
            let argument = isReversed ? 5 - place : place
            guard index.named & (1 << argument) != 0 else { continue }
            if isInTurn, index.unreadable & ((1 << argument) - 1) != 0 { break }
            let name = index.pathnames[argument]
            // getname() refuses an empty name before audit sees it, except where the call permits one (AT_EMPTY_PATH).
            if name.count == 0, event.hasReturned, event.call.ret == -Int64(ENOENT) {
                if isInTurn { break }
                continue
            }
            let use = uses.pathUse(arch: event.call.arch, number: event.call.nr, argument: argument)
            if name.count == 0, use == .lookupUnlessEmpty { continue }
            if use == .mountSource, !Self.mountsPath(event) { continue }
            if !resultIsPlaced {
                // The call returned a descriptor: its file is what its (only) name led to.
                resultIsPlaced = true
                addResult(name: name, event, index: index)
            } else if !programIsPlaced {
                programIsPlaced = true
                addProgram(name: name, event, index: index)
            } else if argument == refused {
                add(PathItem(form: .text, type: .normal, name: name, source: .refused))
            } else {
                addLookedUp(name, use, outcome: PathOutcome(use, name: name, event, isRename: isRename), event)
            }
        }
        if index.socketPath.count > 0 { addSocketPath(index, uses, event) }
        for argument in 0..<6 where index.named & (1 << argument) != 0 {
            let use = uses.pathUse(arch: event.call.arch, number: event.call.nr, argument: argument)
            if PathOutcome(use, event, isRename: isRename) == .changed {
                let isGone = use == .delete || use == .queueRemoval
                add(PathItem(form: .text, type: isGone ? .delete : .create, name: index.pathnames[argument]))
            }
        }
        if !resultIsPlaced { add(PathItem(form: .null, type: .normal, object: index.result)) }
        if index.descriptor.isPresent, Self.reachesDescriptor(event) {
            add(PathItem(form: .null, type: .normal, object: index.descriptor))
        }
    }

    /// Whether mount(2) has a path for its source: MS_BIND or MS_MOVE.
    private static func mountsPath(_ event: borrowing EventView) -> Bool { event.call.args.3 & 0x3000 != 0 }

    /// Whether the call got as far as telling audit of its descriptor. A message queue's calls check their other arguments, and that the
    /// descriptor is a queue, before.
    static func reachesDescriptor(_ event: borrowing EventView) -> Bool {
        guard event.hasReturned else { return true }
        return switch 0 &- event.call.ret {
        case Int64(EINVAL), Int64(EFAULT), Int64(EBADF): false
        default: true
        }
    }

    /// Whether the last name is read first, see ``NameOrder``.
    static func readsSecondFirst(_ event: borrowing EventView, index: SectionIndex, uses: PathUseTable) -> Bool {
        guard makesLast(event, index: index, uses: uses) else { return false }
        return switch uses.order {
        case .lastFirst: true
        case .lastFirstInRename: firstUse(event, index: index, uses: uses) == .delete
        case .inTurn, .firstFirst: false
        }
    }

    /// Whether the second name is read only when the first has led somewhere, see ``NameOrder``.
    static func readsInTurn(_ event: borrowing EventView, index: SectionIndex, uses: PathUseTable) -> Bool {
        guard makesLast(event, index: index, uses: uses) else { return false }
        return switch uses.order {
        case .inTurn: true
        case .lastFirstInRename: firstUse(event, index: index, uses: uses) != .delete
        case .lastFirst, .firstFirst: false
        }
    }

    /// Whether the call makes what its last name says: rename, link and symlink among those with two.
    private static func makesLast(_ event: borrowing EventView, index: SectionIndex, uses: PathUseTable) -> Bool {
        guard index.named != 0 else { return false }
        let last = 7 - index.named.leadingZeroBitCount
        return uses.pathUse(arch: event.call.arch, number: event.call.nr, argument: last) == .create
    }

    private static func firstUse(_ event: borrowing EventView, index: SectionIndex, uses: PathUseTable) -> PathUse {
        uses.pathUse(
            arch: event.call.arch, number: event.call.nr, argument: (index.named | index.unreadable).trailingZeroBitCount)
    }

    /// The file that a unix socket's address names: looked up by connect and send, made by bind.
    private mutating func addSocketPath(_ index: SectionIndex, _ uses: PathUseTable, _ event: borrowing EventView) {
        let name = index.socketPath
        // Inside of socketcall() bind() has the number 2 (SYS_BIND, linux/net.h).
        let binds = index.specialKind == UInt8(AW_SPECIAL_SOCKETCALL.rawValue) && event.call.args.0 == 2
        let use = binds ? .create : uses.pathUse(arch: event.call.arch, number: event.call.nr, argument: 1)
        guard Self.readsAddress(event, use) else { return }
        let outcome = PathOutcome(use, event, isRename: false)
        addLookedUp(name, use, outcome: outcome, event)
        if outcome == .changed { add(PathItem(form: .text, type: .create, name: name)) }
    }

    /// Whether the call got as far as the name in a socket's address: there is a socket, of the address's family, which takes one
    /// (unix_validate_addr() and its callers, net/unix/af_unix.c; inet sockets refuse the family).
    private static func readsAddress(_ event: borrowing EventView, _ use: PathUse) -> Bool {
        guard event.hasReturned else { return true }
        return switch 0 &- event.call.ret {
        case Int64(EAFNOSUPPORT), Int64(ENOTSOCK), Int64(EBADF): false
        case Int64(EINVAL), Int64(EOPNOTSUPP): use == .create
        default: true
        }
    }

    /// The entry of a name itself.
    private mutating func addLookedUp(_ name: Slot, _ use: PathUse, outcome: PathOutcome, _ event: borrowing EventView) {
        switch outcome {
        case .unread: break
        case .parentFound where use == .queueRemoval, .changed where use == .queueRemoval: listed += 1
        case .found: add(PathItem(form: .text, type: .normal, name: name, isUnevaluated: use == .mountPoint))
        case .notFound: add(PathItem(form: .text, type: .unknown, name: name))
        case .parentFound, .changed: add(parent(of: name, event))
        }
    }

    /// The directory that `name` is in: its directory part, or the working directory for a name without one.
    private func parent(of name: Slot, _ event: borrowing EventView) -> PathItem {
        var directory = name
        directory.count = Int32(truncatingIfNeeded: event.directoryLength(of: name))
        return PathItem(form: directory.count == 0 ? .workingDirectory : .text, type: .parent, name: directory)
    }

    private mutating func addResult(name: Slot, _ event: borrowing EventView, index: SectionIndex) {
        let reader = WireReader(event.sections)
        let object = try? reader.load(at: Int(index.result.offset), as: aw_object.self)
        let isCreated = UInt32(object?.flags ?? 0) & AW_OBJECT_CREATED.rawValue != 0
        if isCreated {
            // The name's directory part stands for the parent; a name without one has the working directory.
            var directory = name
            directory.count = Int32(truncatingIfNeeded: event.directoryLength(of: name))
            add(
                PathItem(
                    form: directory.count == 0 ? .workingDirectory : .text, type: .parent, name: directory,
                    object: index.resultParent))
        }
        add(PathItem(form: .text, type: isCreated ? .create : .normal, name: name, object: index.result))
    }

    /// The file at hand is the one that runs. For a script that is its interpreter, which the kernel lists after the script
    /// under the name in the first line, the first argument word by then. Last comes the loader of what runs.
    private mutating func addProgram(name: Slot, _ event: borrowing EventView, index: SectionIndex) {
        if ArgumentText(event, index: index).isOfScript(named: event.value(name), runBy: event.value(index.executable)) {
            add(PathItem(form: .text, type: .normal, name: name, source: .script))
            add(PathItem(form: .interpreter, type: .normal, object: index.program, isProgram: true))
        } else {
            add(PathItem(form: .text, type: .normal, name: name, object: index.program, isProgram: true))
        }
        if hasLoader { add(PathItem(form: .loader, type: .normal, source: .loader)) }
    }

    mutating func add(_ item: PathItem) {
        guard count < Self.capacity else { return }
        items[count] = item
        count += 1
        listed += 1
    }
}

/// How far the kernel came with a name. Without hooks on its look-ups this follows from the call's result alone, which decides
/// it in all but some cases (marked below).
enum PathOutcome {
    /// The call was refused before its name was read: there is no item.
    case unread
    /// The look-up failed, or there was none: the name is UNKNOWN.
    case notFound
    /// The file was found: NORMAL.
    case found
    /// The directory was found, and nothing came of the rest: PARENT.
    case parentFound
    /// The file was made or removed, or audit was told that it was about to be: PARENT, and CREATE or DELETE.
    case changed

    /// - Parameter name: the name, where what it looks like decides.
    init(_ use: PathUse, name: Slot, _ event: borrowing EventView, isRename: Bool) {
        // A queue's name that is none is refused like one that may not be opened (lookup_noperm_common(), fs/namei.c).
        if use == .queue, event.hasReturned, event.call.ret == -Int64(EACCES), !event.isComponent(name) {
            self = .notFound
        } else {
            self.init(use, event, isRename: isRename)
        }
    }

    init(_ use: PathUse, _ event: borrowing EventView, isRename: Bool) {
        guard !event.succeeded else {
            self =
                switch use {
                case .lookup, .lookupUnlessEmpty, .lookupAfterChecks, .mountPoint, .mountSource, .quota, .open, .creat, .program, .queue:
                    .found
                case .create, .delete, .queueRemoval: .changed
                case .text: .notFound
                }
            return
        }
        guard event.hasReturned else {
            self = .notFound
            return
        }
        // A kind of quota that there is not (quotactl(), fs/quota/quota.c; MAXQUOTAS).
        if use == .quota, event.call.args.0 & 0xff >= 3 {
            self = .unread
            return
        }
        if use == .queueRemoval {
            // The queues' directory is sticky and open to all: who may not remove one gets EPERM, from may_delete().
            self = event.call.ret == -Int64(EPERM) ? .changed : .parentFound
            return
        }
        guard use == .create || use == .delete else {
            self = use == .text ? .notFound : Self.ofLookup(use, error: Int32(truncatingIfNeeded: -event.call.ret))
            return
        }
        self =
            switch (Int32(truncatingIfNeeded: -event.call.ret), use) {
            // The name's own look-up; or one on the way to its directory, which cannot be told apart.
            case (ENOENT, .delete): .parentFound
            case (ENOENT, .create) where isRename: .parentFound
            // The directory is there and may not be changed; a directory that may not even be searched looks the same.
            case (EACCES, _), (EPERM, _): .changed
            // may_delete() tells audit before it refuses these (fs/namei.c).
            case (EISDIR, .delete), (ENOTEMPTY, .delete), (EBUSY, .delete), (ENOTDIR, .delete): .changed
            case (EEXIST, _), (EROFS, _), (EXDEV, _), (EINVAL, _), (EMLINK, _), (ENOSPC, _), (EDQUOT, _): .parentFound
            default: .notFound
            }
    }

    /// Whether a call that failed with `error` had found its file before. EACCES is taken for the file's own refusal; a directory on
    /// the way that may not be searched looks the same.
    private static func ofLookup(_ use: PathUse, error: Int32) -> PathOutcome {
        switch error {
        case EINVAL where use == .lookupAfterChecks, EBADF where use == .lookupAfterChecks: .unread
        // build_open_flags() (fs/open.c) refuses impossible combinations first of all.
        case EINVAL where use == .open: .unread
        // openat2() reads its flags first (copy_struct_from_user()); a bad name itself is not on the wire.
        case E2BIG where use == .open, EFAULT where use == .open: .unread
        // No descriptor, or no file to put behind it: before the look-up (do_sys_openat2()). Beyond what may be resolved: within it.
        case EMFILE where use == .open, ENFILE where use == .open, EXDEV where use == .open: .notFound
        case EMFILE where use == .creat, ENFILE where use == .creat: .notFound
        // The attributes are read before the name.
        case EFAULT where use == .queue: .unread
        case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, ESTALE, EBADF, ECHILD: .notFound
        default: .found
        }
    }
}

extension EventView {
    /// The bytes at `slot`; empty when it has no value.
    @_lifetime(copy self)
    func value(_ slot: Slot) -> RawSpan {
        let reader = WireReader(sections)
        guard slot.count > 0, let bytes = try? reader.slice(at: Int(slot.offset), count: Int(slot.count)) else {
            return sections.extracting(first: 0)
        }
        return bytes
    }

    /// Whether the text at `slot` can be a name within a directory.
    func isComponent(_ slot: Slot) -> Bool {
        let name = value(slot)
        let reader = WireReader(name)
        var dots = 0
        for at in 0..<name.byteCount {
            guard let byte = try? reader.load(at: at, as: UInt8.self), byte != UInt8(ascii: "/") else { return false }
            if byte == UInt8(ascii: ".") { dots += 1 }
        }
        return name.byteCount > 0 && (dots < name.byteCount || dots > 2)
    }

    /// Length of the directory part of the path at `slot`, its last slash included: `parent_len()` of
    /// kernel/auditfilter.c. Slashes at the end belong to the last component.
    func directoryLength(of slot: Slot) -> Int {
        let path = value(slot)
        guard path.byteCount > 0 else { return 0 }
        let reader = WireReader(path)
        let slash = UInt8(ascii: "/")
        var at = path.byteCount - 1
        while at > 0, (try? reader.load(at: at, as: UInt8.self)) == slash { at -= 1 }
        while at > 0, (try? reader.load(at: at, as: UInt8.self)) != slash { at -= 1 }
        return (try? reader.load(at: at, as: UInt8.self)) == slash ? at + 1 : at
    }
}
