// SPDX-License-Identifier: MIT
import AuditEvents
import CAuditWire

/// Where a section's value lies in the bytes of an event's sections, or why it has none.
struct Slot: BitwiseCopyable {
    /// Distance of the value from the start of the sections.
    var offset: Int32 = 0
    /// Bytes of the value; -1 when there is no value.
    var count: Int32 = -1
    /// Why there is no value: a positive errno; 0 when there is one, or no such section.
    var errno: Int32 = 0

    /// There is a value (it may be empty).
    var isPresent: Bool { count >= 0 }
}

/// The places of all sections of one event, found in one walk.
///
/// Places are numbers, not views: views of the same bytes are made where a value is written. Of several sections with the
/// same meaning the first counts.
struct SectionIndex {
    var tty = Slot()
    var executable = Slot()
    var workingDirectory = Slot()
    var processTitle = Slot()
    var arguments = Slot()
    var socketAddress = Slot()
    var descriptorPair = Slot()
    var memoryMap = Slot()
    var result = Slot()
    var resultParent = Slot()
    var descriptor = Slot()
    var program = Slot()
    /// What a record of its own tells, and which (`aw_special`).
    var special = Slot()
    var specialKind: UInt8 = 0
    var ipcSetPermissions = Slot()
    /// Credentials before and after an exec.
    var oldCredentials = Slot()
    var newCredentials = Slot()
    /// The clock before and after it was set or adjusted.
    var oldClock = Slot()
    var newClock = Slot()
    /// The path in a unix socket's address, without its NUL; no value for other addresses.
    var socketPath = Slot()
    /// Processes that the call signals or traces, as found: the first, and how many follow each other.
    var firstTarget = Slot()
    var targetCount = 0
    /// From one target's section to the next.
    static let targetStride = MemoryLayout<aw_section>.size + MemoryLayout<aw_target>.size
    /// The steps of path hooks, heads included, as they follow each other; no value when there are none.
    var steps = Slot()
    /// The names of the task's security label, heads included, as they follow each other; no value when it has none.
    var labels = Slot()
    /// The task's security identifier (SELinux).
    var subject = Slot()
    /// What the event's security identifiers stand for, heads included, as they follow each other; no value when there are none.
    var contexts = Slot()
    /// By argument.
    var pathnames = InlineArray<6, Slot>(repeating: Slot())
    /// Bit n: ``pathnames`` n has a value.
    var named: UInt8 = 0
    /// Bit n: the kernel side could not read the name of argument n, so the call could not, either.
    var unreadable: UInt8 = 0

    /// Finds the sections of `event`.
    init(_ event: borrowing EventView) {
        let reader = WireReader(event.sections)
        let size = event.sections.byteCount
        var offset = 0
        while offset < size {
            guard let head = try? reader.load(at: offset, as: aw_section.self) else { return }
            let start = offset + MemoryLayout<aw_section>.size
            let length = Int(max(0, head.length))
            guard length <= size - start else { return }
            offset = start + (length + 7) & ~7
            let slot = Slot(
                offset: Int32(truncatingIfNeeded: start), count: head.length < 0 ? -1 : head.length,
                errno: head.length < 0 ? 0 &- head.length : 0)
            note(slot, tag: head.tag, detail: head.detail)
        }
        // Of the calls with an address only those that look up its path bring a working directory along.
        if socketAddress.count > 2, workingDirectory.isPresent || workingDirectory.errno != 0 { findSocketPath(reader) }
    }

    /// struct sockaddr_un (unix(7)): a family, then a path up to its NUL; one that begins with NUL is no path.
    private mutating func findSocketPath(_ reader: borrowing WireReader) {
        let start = Int(socketAddress.offset)
        guard let family = try? reader.load(at: start, as: UInt16.self), family == 1 else { return }
        let pathOffset = 2
        var length = 0
        while length < Int(socketAddress.count) - pathOffset,
            let byte = try? reader.load(at: start + pathOffset + length, as: UInt8.self), byte != 0
        {
            length += 1
        }
        if length > 0 { socketPath = Slot(offset: Int32(start + pathOffset), count: Int32(length)) }
    }

    private mutating func note(_ slot: Slot, tag: UInt16, detail: UInt8) {
        switch SectionTag(rawValue: tag) {
        case .tty: Self.set(&tty, slot)
        case .executable: Self.set(&executable, slot)
        case .workingDirectory: Self.set(&workingDirectory, slot)
        case .processTitle: Self.set(&processTitle, slot)
        case .arguments: Self.set(&arguments, slot)
        case .socketAddress: Self.set(&socketAddress, slot)
        case .descriptorPair: Self.set(&descriptorPair, slot)
        case .memoryMap: Self.set(&memoryMap, slot)
        case .special:
            switch UInt32(detail) {
            case AW_SPECIAL_IPC_SET_PERM.rawValue: return Self.set(&ipcSetPermissions, slot)
            case AW_SPECIAL_OLD_CREDENTIALS.rawValue: return Self.set(&oldCredentials, slot)
            case AW_SPECIAL_NEW_CREDENTIALS.rawValue: return Self.set(&newCredentials, slot)
            case AW_SPECIAL_SAME_CREDENTIALS.rawValue:
                Self.set(&oldCredentials, slot)
                return Self.set(&newCredentials, slot)
            case AW_SPECIAL_OLD_CLOCK.rawValue: return Self.set(&oldClock, slot)
            case AW_SPECIAL_NEW_CLOCK.rawValue: return Self.set(&newClock, slot)
            default: break
            }
            if slot.isPresent, !special.isPresent {
                special = slot
                specialKind = detail
            }
        case .target:
            guard slot.isPresent else { return }
            if targetCount == 0 { firstTarget = slot }
            guard Int(slot.offset) == Int(firstTarget.offset) + targetCount * Self.targetStride else { return }
            targetCount += 1
        case .pathname:
            // A name that could not be read is no item: the kernel's getname() fails before audit sees it.
            guard detail < 6, named & (1 << detail) == 0 else { return }
            guard slot.isPresent else {
                unreadable |= 1 << detail
                return
            }
            pathnames[Int(detail)] = slot
            named |= 1 << detail
        case .object:
            switch UInt32(detail) {
            case AW_ROLE_RESULT.rawValue: Self.set(&result, slot)
            case AW_ROLE_RESULT_PARENT.rawValue: Self.set(&resultParent, slot)
            case AW_ROLE_DESCRIPTOR.rawValue: Self.set(&descriptor, slot)
            case AW_ROLE_EXECUTABLE.rawValue: Self.set(&program, slot)
            default: return
            }
        case .step: Self.extend(&steps, by: slot)
        case .label: Self.extend(&labels, by: slot)
        case .subject: Self.set(&subject, slot)
        case .context: Self.extend(&contexts, by: slot)
        case .groups, .ancestors, .objectPath, .task, nil: return
        }
    }

    /// Takes in the section of `slot`, its head included, when it follows what is in `place`.
    private static func extend(_ place: inout Slot, by slot: Slot) {
        guard slot.isPresent else { return }
        let head = Int32(MemoryLayout<aw_section>.size)
        if !place.isPresent { place = Slot(offset: slot.offset - head, count: 0) }
        guard slot.offset - head == place.offset + place.count else { return }
        place.count += head + (slot.count + 7) & ~7
    }

    private static func set(_ place: inout Slot, _ slot: Slot) {
        if !place.isPresent, place.errno == 0 { place = slot }
    }
}
