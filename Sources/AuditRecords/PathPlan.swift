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
}

/// One PATH record to be.
struct PathItem: BitwiseCopyable {
    var form = NameForm.null
    var type = NameType.unknown
    /// Where the name is, for ``NameForm/text``.
    var name = Slot()
    /// Where the file's facts (`aw_object`) are; no value when they are not known.
    var object = Slot()
}

/// The PATH records of an event in order. Made before the SYSCALL record, whose `items=` counts them.
struct PathPlan {
    /// Six names, the parent of a created file or a script's interpreter, a descriptor's file.
    static let capacity = 8

    private(set) var items = InlineArray<8, PathItem>(repeating: PathItem())
    private(set) var count = 0

    /// Plans the PATH records of `event`.
    init(_ event: borrowing EventView, index: SectionIndex, uses: PathUseTable) {
        var resultIsPlaced = !index.result.isPresent
        var programIsPlaced = !index.program.isPresent
        var argument = 0
        var left = index.named
        while left != 0 {
            defer {
                argument += 1
                left >>= 1
            }
            guard left & 1 != 0 else { continue }
            let name = index.pathnames[argument]
            // getname() refuses an empty name before audit sees it, except where the call permits one (AT_EMPTY_PATH).
            if name.count == 0, event.hasReturned, event.call.ret == -Int64(ENOENT) { continue }
            if !resultIsPlaced {
                // The call returned a descriptor: its file is what its (only) name led to.
                resultIsPlaced = true
                addResult(name: name, event, index: index)
            } else if !programIsPlaced {
                programIsPlaced = true
                addProgram(name: name, event, index: index)
            } else {
                let use = uses.pathUse(arch: event.call.arch, number: event.call.nr, argument: argument)
                add(PathItem(form: .text, type: Self.type(of: use, succeeded: event.succeeded), name: name))
            }
        }
        if !resultIsPlaced { add(PathItem(form: .null, type: .normal, object: index.result)) }
        if index.descriptor.isPresent { add(PathItem(form: .null, type: .normal, object: index.descriptor)) }
    }

    private mutating func addResult(name: Slot, _ event: borrowing EventView, index: SectionIndex) {
        let reader = WireReader(event.sections)
        let object = try? reader.load(at: Int(index.result.offset), as: aw_object.self)
        let isCreated = (object?.flags ?? 0) & AW_OBJECT_CREATED.rawValue != 0
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
    /// under the name in the first line, the first argument word by then.
    private mutating func addProgram(name: Slot, _ event: borrowing EventView, index: SectionIndex) {
        let text = ArgumentText(event, index: index)
        if text.isOfScript(named: event.value(name), runBy: event.value(index.executable)) {
            add(PathItem(form: .text, type: .normal, name: name))
            add(PathItem(form: .interpreter, type: .normal, object: index.program))
        } else {
            add(PathItem(form: .text, type: .normal, name: name, object: index.program))
        }
    }

    private mutating func add(_ item: PathItem) {
        guard count < Self.capacity else { return }
        items[count] = item
        count += 1
    }

    /// A failed call's names are UNKNOWN: which of them were looked up is not known here.
    private static func type(of use: PathUse, succeeded: Bool) -> NameType {
        guard succeeded else { return .unknown }
        return switch use {
        case .lookup: .normal
        case .create: .create
        case .delete: .delete
        case .text: .unknown
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
