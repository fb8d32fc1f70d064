// SPDX-License-Identifier: MIT
import AuditEvents
import CAuditWire

/// One entry of ``NamesList``: `struct audit_names` (kernel/audit.h).
struct NameEntry: BitwiseCopyable {
    /// The whole name; no value for a file without one.
    var name = Slot()
    /// Bytes of the name to print; -1 for all (`AUDIT_NAME_FULL`).
    var length: Int32 = -1
    var type = NameType.unknown
    /// Where the file's facts (`aw_object`) are; no value for `AUDIT_INO_UNSET`.
    var object = Slot()
    var inode: UInt64 = 0
    var device: UInt64 = 0

    /// It shows the file that `object` tells of.
    func isOf(_ object: aw_object) -> Bool {
        self.object.isPresent && inode == object.inode && device == NameEntry.device(object)
    }

    mutating func copy(_ object: aw_object, at slot: Slot) {
        self.object = slot
        inode = object.inode
        device = NameEntry.device(object)
    }

    private static func device(_ object: aw_object) -> UInt64 { UInt64(object.dev_major) << 32 | UInt64(object.dev_minor) }
}

/// The list of names that the kernel's audit keeps of a call, made again from the steps of path hooks: `__audit_getname()`,
/// `__audit_inode()` and `__audit_inode_child()` of kernel/auditsc.c.
struct NamesList {
    /// The kernel's own list grows; more than these take a stack of file systems.
    static let capacity = 24

    private(set) var entries = InlineArray<24, NameEntry>(repeating: NameEntry())
    private(set) var count = 0
    /// Entry of each name by its number on the wire (`aw_step_file.name`); 255 for none.
    private var numbered = InlineArray<16, UInt8>(repeating: 255)
    private var kernelNames = 0

    /// A name has been read: `audit_getname()`.
    ///
    /// - Parameter number: argument index.
    mutating func read(_ name: Slot, number: Int) {
        guard number < 8, numbered[number] == 255, let entry = append(NameEntry(name: name)) else { return }
        numbered[number] = UInt8(entry)
    }

    /// The name `number` is the one that `other` is already: it was read from the same address (`audit_reusename()`, up to 6.x).
    mutating func reuse(_ other: Int, number: Int) {
        guard number < 8, numbered[number] == 255 else { return }
        numbered[number] = numbered[other]
    }

    /// The kernel has made a name of its own: `getname_kernel()`.
    mutating func readOwn(_ name: Slot) {
        let number = Int(AW_STEP_NAMES) + kernelNames
        kernelNames += 1
        guard let entry = append(NameEntry(name: name)), number < 16 else { return }
        numbered[number] = UInt8(entry)
    }

    /// The name has led to a file that the steps do not tell of.
    mutating func foundUnseen(number: Int) {
        guard has(number: number) else { return }
        entries[Int(numbered[number])].type = .normal
    }

    /// Whether the name with this number is in the list.
    func has(number: Int) -> Bool { number < 16 && numbered[number] != 255 }

    /// A name, or none, has led to a file: `audit_inode()`.
    mutating func found(
        _ object: aw_object, at slot: Slot, number: Int?, isParent: Bool, _ event: borrowing EventView
    ) {
        var place: Int?
        if let number, number < 16, numbered[number] != 255 {
            let own = Int(numbered[number])
            if takes(isParent, entries[own].type) { place = own } else { place = last(isParent, object) }
            if place == nil { place = append(NameEntry(name: entries[own].name)) }
        } else {
            place = append(NameEntry())
        }
        guard let place else { return }
        if isParent {
            let name = entries[place].name
            entries[place].length = name.isPresent ? Int32(truncatingIfNeeded: event.directoryLength(of: name)) : -1
            entries[place].type = .parent
        } else {
            entries[place].length = -1
            entries[place].type = .normal
        }
        entries[place].copy(object, at: slot)
    }

    /// A file is made or removed: `audit_inode_child()`.
    ///
    /// - Parameters:
    ///   - child: the file, with `AW_OBJECT_ABSENT` while it is not there.
    ///   - name: its name in the directory.
    ///   - type: ``NameType/create`` or ``NameType/delete``.
    mutating func changed(
        parent: aw_object, at parentSlot: Slot, child: aw_object, at childSlot: Slot, name: Slot, type: NameType,
        _ event: borrowing EventView
    ) {
        var foundParent: Int?
        for at in 0..<count where entries[at].name.isPresent {
            let entry = entries[at]
            guard entry.type == .parent || entry.type == .unknown, entry.isOf(parent),
                event.isLastPart(name, of: entry.name, directoryLength: entry.length)
            else { continue }
            entries[at].type = .parent
            foundParent = at
            break
        }
        var foundChild: Int?
        let directoryLength = foundParent.map { entries[$0].length } ?? -1
        for at in 0..<count where entries[at].name.isPresent {
            let entry = entries[at]
            guard entry.type == type || entry.type == .unknown,
                event.isLastPart(name, of: entry.name, directoryLength: directoryLength) || event.isEqual(name, entry.name)
            else { continue }
            entries[at].type = type
            foundChild = at
            break
        }
        if foundParent == nil {
            guard let entry = append(NameEntry(type: .parent)) else { return }
            entries[entry].copy(parent, at: parentSlot)
        }
        if foundChild == nil {
            let name = foundParent.map { entries[$0].name } ?? Slot()
            foundChild = append(NameEntry(name: name, type: type))
        }
        guard let foundChild else { return }
        if UInt32(child.flags) & AW_OBJECT_ABSENT.rawValue != 0 {
            entries[foundChild].object = Slot()
        } else {
            entries[foundChild].copy(child, at: childSlot)
        }
    }

    /// Whether an entry of `type` may become (or stay) a directory, or a file.
    private func takes(_ isParent: Bool, _ type: NameType) -> Bool {
        isParent ? type == .parent || type == .unknown : type != .parent
    }

    /// The last entry that shows this file already.
    private func last(_ isParent: Bool, _ object: aw_object) -> Int? {
        var at = count - 1
        while at >= 0 {
            if entries[at].isOf(object), takes(isParent, entries[at].type) { return at }
            at -= 1
        }
        return nil
    }

    private mutating func append(_ entry: NameEntry) -> Int? {
        guard count < Self.capacity else { return nil }
        entries[count] = entry
        count += 1
        return count - 1
    }
}

extension EventView {
    /// Whether two texts of the event are the same.
    func isEqual(_ a: Slot, _ b: Slot) -> Bool {
        a.count == b.count && isEqual(a, b, from: 0)
    }

    /// Whether `part` is the last part of `path`, of which `directoryLength` bytes are the directory, or as many as it has for -1:
    /// `audit_compare_dname_path()` of kernel/auditfilter.c.
    func isLastPart(_ part: Slot, of path: Slot, directoryLength: Int32) -> Bool {
        guard part.count >= 0, path.count >= part.count else { return false }
        let start = directoryLength < 0 ? self.directoryLength(of: path) : Int(directoryLength)
        let reader = WireReader(value(path))
        var end = Int(path.count)
        while end > start, (try? reader.load(at: end - 1, as: UInt8.self)) == UInt8(ascii: "/") { end -= 1 }
        return end - start == Int(part.count) && isEqual(part, path, from: start)
    }

    /// Whether `part` is what `text` has from `start` on.
    private func isEqual(_ part: Slot, _ text: Slot, from start: Int) -> Bool {
        let a = WireReader(value(part)), b = WireReader(value(text))
        for at in 0..<max(0, Int(part.count)) {
            guard let x = try? a.load(at: at, as: UInt8.self), let y = try? b.load(at: start + at, as: UInt8.self), x == y
            else { return false }
        }
        return true
    }
}
