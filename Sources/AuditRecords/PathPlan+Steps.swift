// SPDX-License-Identifier: MIT
import AuditEvents
import AuditSyscalls
import CAuditWire
import Glibc

extension PathPlan {
    /// Plans the PATH records of an event that path hooks have told the steps of: audit's own list, made again.
    init(steps event: borrowing EventView, index: SectionIndex, uses: PathUseTable) {
        self.init(empty: ())
        var list = NamesList()
        var hidden = -1
        if index.descriptor.isPresent, Self.reachesDescriptor(event) {
            Self.take(index.descriptor, into: &list, event)
        }
        if !event.hasReadSteps { Self.readNames(of: event, index: index, uses: uses, into: &list) }

        let reader = WireReader(event.sections)
        var offset = Int(index.steps.offset)
        let end = offset + Int(max(0, index.steps.count))
        let first = uses.pathUse(arch: event.call.arch, number: event.call.nr, argument: 0)
        let isQueue = first == .queue || first == .queueRemoval
        var isChanged = false
        while index.steps.isPresent, offset < end, let head = try? reader.load(at: offset, as: aw_section.self) {
            let start = offset + MemoryLayout<aw_section>.size
            let value = Slot(offset: Int32(truncatingIfNeeded: start), count: head.length)
            offset = start + (Int(max(0, head.length)) + 7) & ~7
            switch UInt32(head.detail) {
            case AW_STEP_READ.rawValue:
                guard let step = try? reader.load(at: start, as: aw_step_read.self), step.name < 6 else { continue }
                Self.read(Int(step.name), of: event, index: index, into: &list)
            case AW_STEP_NAME.rawValue:
                list.readOwn(value)
            case AW_STEP_FILE.rawValue:
                guard let step = try? reader.load(at: start, as: aw_step_file.self) else { continue }
                // It has been read, whatever the above makes of the call.
                if step.name < 6, !list.has(number: Int(step.name)) {
                    list.read(index.pathnames[Int(step.name)], number: Int(step.name))
                }
                list.found(
                    step.file, at: value, number: Int(min(step.name, 255)), isParent: step.flags & AW_STEP_PARENT.rawValue != 0, event)
            case AW_STEP_CREATE.rawValue, AW_STEP_DELETE.rawValue:
                guard let step = try? reader.load(at: start, as: aw_step_child.self) else { continue }
                let size = Int32(MemoryLayout<aw_object>.size)
                // A message queue's name is not looked up: audit hides the directory that it is in (audit_inode_parent_hidden()).
                if isQueue, !isChanged {
                    list.found(step.parent, at: value, number: 0, isParent: true, event)
                    hidden = 0
                }
                isChanged = true
                list.changed(
                    parent: step.parent, at: value, child: step.child, at: Slot(offset: value.offset + size, count: size),
                    name: Slot(offset: value.offset + 2 * size, count: value.count - 2 * size),
                    type: UInt32(head.detail) == AW_STEP_DELETE.rawValue ? .delete : .create, event)
            default: continue
            }
        }
        if first == .queueRemoval { hidden = 0 }
        if first == .queue, !isChanged { Self.takeQueue(into: &list, event, index: index) }
        take(list, hidden: hidden, event, index: index, uses: uses)
    }

    /// mq_open() of a queue that is there: its file is behind the descriptor, or the queue was found and refused.
    private static func takeQueue(into list: inout NamesList, _ event: borrowing EventView, index: SectionIndex) {
        if let object = try? WireReader(event.sections).load(at: Int(index.result.offset), as: aw_object.self),
            index.result.isPresent
        {
            list.found(object, at: index.result, number: 0, isParent: false, event)
        } else if PathOutcome(.queue, name: index.pathnames[0], event, isRename: false) == .found {
            list.foundUnseen(number: 0)
        }
    }

    /// The names that the call reads, in order, where no hook tells of it.
    private static func readNames(
        of event: borrowing EventView, index: SectionIndex, uses: PathUseTable, into list: inout NamesList
    ) {
        // This kernel does not have the call, so nobody has looked at its arguments.
        if event.hasReturned, event.call.ret == -Int64(ENOSYS) { return }
        let isReversed = readsSecondFirst(event, index: index, uses: uses)
        let isInTurn = readsInTurn(event, index: index, uses: uses)
        var before: Int?
        for place in 0..<6 {
            let argument = isReversed ? 5 - place : place
            guard index.named & (1 << argument) != 0 else { continue }
            if isInTurn {
                if index.unreadable & ((1 << argument) - 1) != 0 { return }
                if let before, !list.has(number: before) || !isPast(before, event, index: index, uses: uses) { return }
                before = argument
            }
            let use = uses.pathUse(arch: event.call.arch, number: event.call.nr, argument: argument)
            // What to mount is copied first, and comes as a name of the kernel's own.
            if use == .mountSource || (use == .lookupUnlessEmpty && index.pathnames[argument].count == 0) { continue }
            if PathOutcome(use, event, isRename: false) == .unread { continue }
            for other in 0..<6 where list.has(number: other) && address(other, event) == address(argument, event) {
                list.reuse(other, number: argument)
            }
            read(argument, of: event, index: index, into: &list)
        }
    }

    /// Whether the call came through with the name of `argument`, which it has read: it is text only, or led to a file.
    private static func isPast(_ argument: Int, _ event: borrowing EventView, index: SectionIndex, uses: PathUseTable) -> Bool {
        if uses.pathUse(arch: event.call.arch, number: event.call.nr, argument: argument) == .text { return true }
        let reader = WireReader(event.sections)
        var offset = Int(index.steps.offset)
        let end = offset + Int(max(0, index.steps.count))
        while index.steps.isPresent, offset < end, let head = try? reader.load(at: offset, as: aw_section.self) {
            let start = offset + MemoryLayout<aw_section>.size
            offset = start + (Int(max(0, head.length)) + 7) & ~7
            if UInt32(head.detail) == AW_STEP_FILE.rawValue, let step = try? reader.load(at: start, as: aw_step_file.self),
                step.name == argument
            {
                return true
            }
        }
        return false
    }

    private static func address(_ argument: Int, _ event: borrowing EventView) -> UInt64 {
        let args = event.call.args
        return switch argument {
        case 0: args.0
        case 1: args.1
        case 2: args.2
        case 3: args.3
        case 4: args.4
        default: args.5
        }
    }

    /// Argument `argument` has been read. getname() refuses an empty name before audit sees it, except where the call permits one.
    private static func read(_ argument: Int, of event: borrowing EventView, index: SectionIndex, into list: inout NamesList) {
        let name = index.pathnames[argument]
        if name.count == 0, event.hasReturned, event.call.ret == -Int64(ENOENT) { return }
        list.read(name, number: argument)
    }

    /// An open file: `audit_file()`.
    private static func take(_ slot: Slot, into list: inout NamesList, _ event: borrowing EventView) {
        guard let object = try? WireReader(event.sections).load(at: Int(slot.offset), as: aw_object.self) else { return }
        list.found(object, at: slot, number: nil, isParent: false, event)
    }

    /// The list's entries as records.
    private mutating func take(
        _ list: NamesList, hidden: Int, _ event: borrowing EventView, index: SectionIndex, uses: PathUseTable
    ) {
        let program =
            index.program.isPresent ? try? WireReader(event.sections).load(at: Int(index.program.offset), as: aw_object.self) : nil
        let first = uses.pathUse(arch: event.call.arch, number: event.call.nr, argument: 0)
        for at in 0..<list.count where at != hidden {
            let entry = list.entries[at]
            var item = PathItem(type: entry.type, object: entry.object)
            if entry.name.isPresent {
                item.form = entry.length == 0 ? .workingDirectory : .text
                item.name = entry.name
                if entry.length > 0 { item.name.count = min(entry.length, entry.name.count) }
            }
            if let program, entry.isOf(program) { item.isProgram = true }
            item.isUnevaluated = first == .mountPoint && entry.type == .normal
            add(item)
        }
        listed = list.count
    }
}
