// SPDX-License-Identifier: MIT
package import AuditEvents
package import CAuditWire

/// The facts of one event that rules look at, and its bytes as the kernel programs write them.
package struct EventBytes {
    /// `AUDIT_ARCH_X86_64` and `AUDIT_ARCH_I386`, linux/audit.h.
    package static let native: UInt32 = 0xC000_003E
    package static let compat: UInt32 = 0x4000_0003

    package var call = aw_syscall()
    /// The task died in the call.
    package var hasReturned = true
    /// It is an issue of this operation of io_uring.
    package var operation: UInt32?
    package var groups: [UInt32]?
    package var address: [UInt8]?
    /// Names, as arguments 0, 1, ….
    package var names: [String] = []
    package var workingDirectory: String?
    package var executable: String?
    /// What openat2() was given.
    package var openFlags: UInt64?

    /// Sections behind all others.
    package var more: [(tag: SectionTag, detail: UInt8, bytes: [UInt8])] = []
    /// Tags of those among ``more`` that are not whole (`AW_CUT`).
    package var cut: Set<SectionTag> = []
    /// Flags of the header (`aw_header_flags`) beside those that follow from the rest.
    package var flags: UInt8 = 0

    /// The files that ``names`` lead to; nil where one is not known.
    package var objects: [aw_object?] = []

    package init(arch: UInt32 = native, _ number: UInt32, _ args: UInt64...) {
        call.arch = arch
        call.nr = number
        for (index, value) in args.enumerated() { setArgument(index, value) }
    }

    package mutating func setArgument(_ index: Int, _ value: UInt64) {
        switch index {
        case 0: call.args.0 = value
        case 1: call.args.1 = value
        case 2: call.args.2 = value
        default: call.args.3 = value
        }
    }

    package var bytes: [UInt8] {
        var event = EventBuilder()
        event.call = call
        event.operation = operation
        event.flags = flags | (hasReturned ? 0 : UInt8(AW_FLAG_NO_RETURN.rawValue))
        for (argument, name) in names.enumerated() { event.add(.pathname, detail: UInt8(argument), Array(name.utf8)) }
        if let workingDirectory { event.add(.workingDirectory, Array(workingDirectory.utf8)) }
        if let executable { event.add(.executable, Array(executable.utf8)) }
        if let openFlags {
            let how = aw_openat2(flags: openFlags, mode: 0, resolve: 0)
            event.add(.special, detail: UInt8(AW_SPECIAL_OPENAT2.rawValue), rawBytes(of: how))
        }
        if let groups { event.add(.groups, groups.flatMap { rawBytes(of: $0) }) }
        if let address { event.add(.socketAddress, address) }
        for section in more {
            event.add(section.tag, detail: section.detail, flags: cut.contains(section.tag) ? UInt8(AW_CUT.rawValue) : 0, section.bytes)
        }
        return event.bytes
    }

    /// A file that name `argument` has led to.
    ///
    /// - Parameters:
    ///   - object: nil when it is not known.
    ///   - isBelowWorkingDirectory: false for a name that begins at the directory behind argument 0.
    package func file(_ argument: Int, _ object: aw_object?, isFound: Bool = true, isBelowWorkingDirectory: Bool = true) -> NamedFile {
        let before = names.prefix(argument).reduce(0) { $0 + 8 + ($1.utf8.count + 7) & ~7 }
        return NamedFile(
            object: object, isFound: isFound, nameOffset: Int32(before + 8), nameCount: Int32(names[argument].utf8.count),
            directoryArgument: isBelowWorkingDirectory ? -1 : 0)
    }

    /// ``objects`` as rules look at them.
    package var files: NamedFiles {
        var files = NamedFiles()
        for (argument, object) in objects.enumerated() { files.append(file(argument, object)) }
        return files
    }

    /// Decodes the bytes and gives the view to `body`.
    package func withView<R>(_ body: (borrowing EventView) throws -> R) throws -> R {
        let bytes = bytes
        let view = try unsafe EventView(decoding: bytes.span.bytes, earlierArguments: RawSpan())
        return try body(view)
    }
}
