// SPDX-License-Identifier: MIT
package import CAuditWire

/// A section's tag, `aw_tag` in `wire.h`.
package enum SectionTag: UInt16, CaseIterable, Sendable {
    case tty = 1
    case executable = 2
    case workingDirectory = 3
    case processTitle = 4
    case arguments = 5
    case pathname = 6
    case socketAddress = 7
    case object = 8
    case groups = 9
    case descriptorPair = 10
    case memoryMap = 11
    case special = 12
    case target = 13
    case step = 14
    case label = 15
    case ancestors = 16
    case objectPath = 17
    case task = 18
    case subject = 24
    case context = 25
}

/// One section of an event: its bytes, or why they could not be had.
package struct Section: ~Escapable {
    /// Which kind it is.
    package let tag: SectionTag
    /// Argument index of a path name, role of an object, number of fragments before argument text, else 0.
    package let detail: UInt8
    /// The value is longer than ``bytes`` (`AW_CUT`).
    package let isCut: Bool
    /// It was read at exit, not at entry (`AW_LATE`).
    package let isLate: Bool
    /// Why there are no bytes: a positive errno, or 0 when there are.
    package let errno: Int32
    /// The value; empty when ``errno`` is not 0.
    package let bytes: RawSpan

    @_lifetime(copy bytes)
    init(tag: SectionTag, header: aw_section, errno: Int32, bytes: RawSpan) {
        self.tag = tag
        self.detail = header.detail
        self.isCut = header.flags & UInt8(AW_CUT.rawValue) != 0
        self.isLate = header.flags & UInt8(AW_LATE.rawValue) != 0
        self.errno = errno
        self.bytes = bytes
    }
}

/// One system call, or one issue of an operation of io_uring, checked as a whole and read in place.
///
/// The view borrows the ring slot or capture bytes it was made from and cannot outlive them.
package struct EventView: ~Escapable {
    /// The record's head: time (monotonic, ns), sequence, flags.
    package let header: aw_header
    /// The fixed part: arguments, result, task and credential fields. Of an operation those of the call that it was issued in, with its own result;
    /// zeros for what belongs to a call where it was issued in none.
    package let call: aw_syscall
    /// The operation of io_uring (`enum io_uring_op`), below `AS_OPERATIONS`; nil: this is a call.
    package let operation: UInt32?
    /// The sections, one after the other.
    package let sections: RawSpan
    /// Argument text that came ahead in fragments; the event's own ``SectionTag/arguments`` section continues it.
    package let earlierArguments: RawSpan

    /// An operation was issued within a call, which ``header`` and ``call`` have the time and the numbers of.
    package var isWithinCall: Bool { header.flags & UInt8(AW_FLAG_WITHIN.rawValue) != 0 }

    /// The task died in the call: it has neither success nor exit value. Of an operation: what it returned is not known.
    package var hasReturned: Bool { header.flags & UInt8(AW_FLAG_NO_RETURN.rawValue) == 0 }

    /// Argument text that went ahead of this event has not arrived: kernels before 5.1 do not tell the programs that there was no room.
    package let lacksArguments: Bool

    /// Something of this event could not be read, was cut, or has not arrived.
    package var isIncomplete: Bool { lacksArguments || header.flags & UInt8(AW_FLAG_INCOMPLETE.rawValue) != 0 }

    /// Path hooks were at work: the steps tell what the kernel found.
    package var hasSteps: Bool { header.flags & UInt8(AW_FLAG_STEPS.rawValue) != 0 }

    /// The steps tell which names were read, too.
    package var hasReadSteps: Bool { hasSteps && header.flags & UInt8(AW_FLAG_STEPS_READ.rawValue) != 0 }

    /// With the files that the steps tell of come the directories that they are in.
    package var hasStepAncestors: Bool { hasSteps && header.flags & UInt8(AW_FLAG_ANCESTORS.rawValue) != 0 }

    /// audit's idea of success: the kernel's `is_syscall_success()`, which takes -4095 … -1 for errors.
    package var succeeded: Bool { hasReturned && !(call.ret < 0 && call.ret >= -4095) }

    /// The number of the rule of the list `task` that has all calls of this task written (`AW_SECTION_TASK`); nil when there is none.
    package var taskRule: UInt32? {
        guard let section = section(.task), section.errno == 0 else { return nil }
        return try? WireReader(section.bytes).load(at: 0, as: UInt32.self)
    }

    /// Decodes `record`, one whole record of type `AW_TYPE_SYSCALL` or `AW_TYPE_OPERATION`.
    ///
    /// Every section is walked and checked here, so that later readers cannot fail.
    ///
    /// - Parameters:
    ///   - record: the bytes of one record, its header first.
    ///   - earlierArguments: argument text that came in fragments, see ``FragmentAssembler``.
    ///   - earlierFragments: how many these were.
    /// - Throws: what is wrong with the bytes; nothing traps.
    @_lifetime(copy record, copy earlierArguments)
    package init(decoding record: RawSpan, earlierArguments: RawSpan, earlierFragments: Int = 0) throws(WireError) {
        let reader = WireReader(record)
        let header = try RecordHead.decode(record)
        let isOperation = header.type == UInt16(AW_TYPE_OPERATION.rawValue)
        guard isOperation || header.type == UInt16(AW_TYPE_SYSCALL.rawValue) else { throw .type(header.type) }
        let headerSize = MemoryLayout<aw_header>.size
        let call = try reader.load(at: headerSize, as: aw_syscall.self)
        var first = headerSize + MemoryLayout<aw_syscall>.size
        if isOperation {
            let operation = try reader.load(at: first, as: aw_operation.self)
            guard operation.number < UInt32(AS_OPERATIONS) else { throw .operation(operation.number) }
            self.operation = operation.number
            first += MemoryLayout<aw_operation>.size
        } else {
            operation = nil
        }
        guard Int(header.size) >= first else { throw .size(header.size) }
        let sections = try reader.slice(at: first, count: Int(header.size) - first)
        try SectionWalk.check(sections)
        self.header = header
        self.call = call
        self.sections = sections
        self.earlierArguments = earlierArguments
        lacksArguments =
            header.flags & UInt8(AW_FLAG_AHEAD.rawValue) != 0
            && Self.announcedFragments(sections) != UInt8(truncatingIfNeeded: earlierFragments)
    }

    /// How many fragments the event itself says that it has, modulo 256; nil when it does not say.
    private static func announcedFragments(_ sections: RawSpan) -> UInt8? {
        var walk = SectionWalk(sections)
        while let section = walk.next() {
            if section.tag == .arguments { return section.detail }
        }
        return nil
    }

    /// The sections in wire order.
    package var walk: SectionWalk {
        @_lifetime(copy self) get { SectionWalk(sections) }
    }

    /// The first section with `tag` (and `detail`, when given), or nil.
    @_lifetime(copy self)
    package func section(_ tag: SectionTag, detail: UInt8? = nil) -> Section? {
        var walk = SectionWalk(sections)
        while let section = walk.next() {
            if section.tag == tag, detail == nil || section.detail == detail { return section }
        }
        return nil
    }
}

/// The head that every record has.
package enum RecordHead {
    /// Whether a record's type (`aw_header.type`) says that it is an event, and no part of another.
    package static func isEvent(_ type: UInt16) -> Bool {
        type == UInt16(AW_TYPE_SYSCALL.rawValue) || type == UInt16(AW_TYPE_OPERATION.rawValue)
    }

    /// Reads and checks the head of `record`.
    ///
    /// - Throws: ``WireError`` when version or size are not plausible for these bytes.
    package static func decode(_ record: RawSpan) throws(WireError) -> aw_header {
        let header = try WireReader(record).load(at: 0, as: aw_header.self)
        guard header.version == UInt8(AW_VERSION) else { throw .version(header.version) }
        guard Int(header.size) >= MemoryLayout<aw_header>.size, Int(header.size) <= record.byteCount,
            header.size % 8 == 0
        else { throw .size(header.size) }
        return header
    }
}

/// An iteration over the sections of a record.
///
/// ``check(_:)`` has found every section sound before; an unknown tag (a later version's) is skipped.
package struct SectionWalk: ~Escapable {
    private let bytes: RawSpan
    private var offset = 0

    /// Walks `sections`, which ``check(_:)`` must have accepted; over other bytes the walk ends early.
    @_lifetime(copy sections)
    package init(_ sections: RawSpan) {
        self.bytes = sections
    }

    /// The next section, or nil at the end.
    @_lifetime(copy self)
    package mutating func next() -> Section? {
        let reader = WireReader(bytes)
        while offset < bytes.byteCount {
            guard let head = try? reader.load(at: offset, as: aw_section.self) else { return nil }
            let start = offset + MemoryLayout<aw_section>.size
            let count = max(0, Int(head.length))
            offset = start + (count + 7) & ~7
            guard let tag = SectionTag(rawValue: head.tag) else { continue }
            guard let value = try? reader.slice(at: start, count: count) else { return nil }
            return Section(tag: tag, header: head, errno: head.length < 0 ? -head.length : 0, bytes: value)
        }
        return nil
    }

    /// Whether every section of `sections` lies within the bytes and has a length that its tag allows.
    package static func check(_ sections: RawSpan) throws(WireError) {
        let reader = WireReader(sections)
        var offset = 0
        while offset < sections.byteCount {
            let head = try reader.load(at: offset, as: aw_section.self)
            guard head.length >= -4095 else { throw .section(tag: head.tag, length: head.length) }
            let count = max(0, Int(head.length))
            if head.length >= 0, let tag = SectionTag(rawValue: head.tag), !tag.allows(length: count) {
                throw .section(tag: head.tag, length: head.length)
            }
            let padded = (count + 7) & ~7
            _ = try reader.slice(at: offset + MemoryLayout<aw_section>.size, count: padded)
            offset += MemoryLayout<aw_section>.size + padded
        }
    }
}

extension SectionTag {
    /// Whether a value of `length` bytes can be one of this tag.
    func allows(length: Int) -> Bool {
        switch self {
        case .tty: length <= 64
        case .executable, .workingDirectory, .objectPath: length <= Int(AW_PATH_MAX) + 16
        case .processTitle: length <= Int(AW_PROCTITLE_MAX)
        case .arguments: length <= Int(AW_RECORD_MAX)
        case .pathname: length < Int(AW_PATH_MAX)
        case .socketAddress: length <= Int(AW_SOCKADDR_MAX)
        case .object: length == MemoryLayout<aw_object>.size
        case .groups: length % 4 == 0
        case .task, .subject: length == 4
        case .context: length >= MemoryLayout<aw_context>.size && length <= MemoryLayout<aw_context>.size + Int(AW_CONTEXT_MAX)
        case .descriptorPair: length == 8
        case .memoryMap: length == MemoryLayout<aw_mmap>.size
        case .label: length <= Int(AW_LABEL_MAX)
        case .ancestors: length % 8 == 0 && length <= 8 * (Int(AW_ANCESTORS_MAX) + 1)
        // The longest is a module's name (MODULE_NAME_LEN); each reader checks for its own structure.
        case .special: length <= 64
        case .target: length == MemoryLayout<aw_target>.size
        // The longest is a path; each reader checks for its own structure.
        case .step: length <= MemoryLayout<aw_step_path>.size + Int(AW_STEP_PATH_MAX)
        }
    }
}
