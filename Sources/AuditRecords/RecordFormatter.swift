// SPDX-License-Identifier: MIT
package import AuditBytes
import AuditEnrichment
package import AuditEvents
import CAuditWire

/// Writes events as Linux Audit records: the text that `audit_log_exit()` of kernel/auditsc.c (6.18) produces, with the
/// record name in front that auditd puts there.
///
/// Records of an event, in order: SYSCALL, BPRM_FCAPS, EXECVE or another that the call alone has, FD_PAIR, SOCKADDR, OBJ_PID,
/// CWD, PATH, PROCTITLE, EOE. No line is longer
/// than ``lineLimit`` bytes, and none holds a byte below 0x20 or above 0x7e except its end (and 0x1D when enriched).
package struct RecordFormatter: ~Copyable {
    /// The longest line, its line feed included: MAX_AUDIT_MESSAGE_LENGTH (8970, libaudit.h) less a NUL. ausearch reads
    /// with a buffer of that size and takes the rest of a longer line for a malformed record.
    package static let lineLimit = 8969
    /// Room that any event fits into, apart from its argument text.
    package static let eventRoom = 131_072

    let options: FormatOptions
    /// `node=NAME ` or nothing.
    let nodePrefix: [UInt8]
    /// The next event's serial.
    package private(set) var nextSerial: UInt32
    /// The ` key=…` parts of SYSCALL records, encoded; ``keyEnds`` tells them apart.
    private var keyText: [UInt8] = []
    private var keyEnds: [Int] = []
    /// For the enriched form; hardly anything without it.
    var accounts: AccountNames
    let callNames: CallNames
    private var programFiles: ProgramFiles
    var identity = IdentityText()
    /// What the program of the exec at hand tells of itself; nothing for other calls.
    var program = ProgramFacts()
    /// The script that the exec at hand named, when it did.
    var script: FileFacts?
    /// Steps of the clock by tasks that may adjust it once more.
    var clockSteps = ClockSteps()
    /// The file that the failed call at hand came to, when there was one.
    var refused: RefusedFile?

    /// A formatter.
    ///
    /// - Throws: ``FormatError/node`` for a node name that cannot stand in a record.
    package init(options: FormatOptions) throws(FormatError) {
        if let node = options.node {
            guard (1...255).contains(node.count), PlainText.isPlain(node.span) else { throw .node }
            nodePrefix = Array("node=".utf8) + node + [UInt8(ascii: " ")]
        } else {
            nodePrefix = []
        }
        self.options = options
        programFiles = ProgramFiles(isBlind: !options.looksAtFiles)
        accounts = AccountNames(capacity: options.enriched ? 1024 : 1)
        callNames = CallNames(isEmpty: !options.enriched)
        nextSerial = options.serialBase | 0x8000_0000
    }

    /// Types of records that the events formatted next are written without (the rules' list `exclude`).
    package var hiddenRecords: RecordTypes = []

    /// Devices of whose files the events looked at next tell nothing (the rules' list `filesystem`).
    package var hiddenDevices: [FileSystemDevice] = []

    /// Longest key in bytes: AUDIT_MAX_KEY_LEN (linux/audit.h).
    package static let keyLimit = 256

    /// Sets the keys that ``format(_:realtime:key:into:)`` names by position.
    ///
    /// - Parameter keys: raw text, several keys of one rule joined with 0x01; nil for a rule without key. What is longer than
    ///   ``keyLimit`` is cut: the rules compiler refuses such a key before it gets here.
    package mutating func setKeys(_ keys: [[UInt8]?]) {
        var buffer = RecordBuffer(capacity: keys.count * (2 * Self.keyLimit + 8))
        keyEnds.removeAll()
        for key in keys {
            if let key {
                buffer.append(" key=")
                buffer.appendUntrusted(key.span.extracting(first: Self.keyLimit))
            } else {
                buffer.append(" key=(null)")
            }
            keyEnds.append(buffer.count)
        }
        let bytes = buffer.bytes
        keyText = (0..<bytes.byteCount).map { (try? WireReader(bytes).load(at: $0, as: UInt8.self)) ?? 0 }
    }

    /// Writes all records of `event`.
    ///
    /// A buffer that holds nothing grows when the event needs more than its capacity, so a false answer always means: send
    /// what is in the buffer, empty it, and call again.
    ///
    /// - Parameters:
    ///   - event: the event.
    ///   - realtime: wall time of the call's entry, nanoseconds since 1970.
    ///   - key: position among the keys of ``setKeys(_:)``; any other number gives `key=(null)`.
    ///   - serial: the one that records of the event which have been written already have (``formatOperation(_:realtime:key:serial:into:)``);
    ///     nil for a new one.
    ///   - buffer: gets the records and is committed; on a false answer it is as before.
    /// - Returns: false when `buffer` has no room. No serial is used up then.
    package mutating func format(
        _ event: borrowing EventView, realtime: UInt64, key: Int, serial: UInt32? = nil, into buffer: inout RecordBuffer
    ) -> Bool {
        let index = SectionIndex(event)
        if index.arguments.isPresent || event.earlierArguments.byteCount > 0 {
            let room = Self.eventRoom + ArgumentText(event, index: index).room(node: nodePrefix.count)
            guard makeRoom(room, in: &buffer) else { return false }
        } else if index.labels.isPresent, index.targetCount > 1 {
            // Each of up to 256 OBJ_PID records may repeat the label.
            let room = Self.eventRoom + index.targetCount * Self.labelRoom(index)
            guard makeRoom(room, in: &buffer) else { return false }
        }
        let plan = plan(event, index: index, realtime: realtime)
        if write(event, index: index, plan: plan, realtime: realtime, key: key, serial: serial, into: &buffer) { return true }
        // An event is written again only after the buffer's rare growth: a buffer for many events has room for one.
        guard makeRoom(Self.eventRoom + Self.contextRoom(index), in: &buffer) else { return false }
        return write(event, index: index, plan: plan, realtime: realtime, key: key, serial: serial, into: &buffer)
    }

    /// Plans the PATH records of `event`, and finds out what they need that the event does not tell.
    mutating func plan(_ event: borrowing EventView, index: SectionIndex, realtime: UInt64) -> PathPlan {
        if index.program.isPresent || index.newCredentials.isPresent { lookAtProgram(event, index: index) }
        refused =
            event.hasSteps
            ? nil
            : RefusedFile(event, index: index, realtime: realtime, uses: options.pathUses, files: programFiles)
        var plan =
            event.hasSteps
            ? PathPlan(steps: event, index: index, uses: options.pathUses)
            : PathPlan(
                event, index: index, uses: options.pathUses, hasLoader: index.program.isPresent && program.loader != nil,
                refused: refused?.argument)
        if !hiddenDevices.isEmpty { plan.hide(hiddenDevices, event, index: index) }
        return plan
    }

    /// Finds out what an exec's event does not tell: the program's loader and capabilities, and the file of a script.
    private mutating func lookAtProgram(_ event: borrowing EventView, index: SectionIndex) {
        let reader = WireReader(event.sections)
        program = ProgramFacts()
        script = nil
        guard index.program.isPresent, let object = try? reader.load(at: Int(index.program.offset), as: aw_object.self) else { return }
        program = programFiles.program(
            FileFacts(object), path: event.array(index.executable), process: event.call.pid, now: event.header.time)
        let argument = index.named & 1 != 0 ? 0 : 1
        let name = index.pathnames[argument]
        guard ArgumentText(event, index: index).isOfScript(named: event.value(name), runBy: event.value(index.executable)),
            let path = event.absolutePath(ofArgument: argument, index: index)
        else { return }
        script = programFiles.file(at: path, process: event.call.pid)
    }

    /// Whether `buffer` has room for `room` bytes; an empty one is made to have it.
    func makeRoom(_ room: Int, in buffer: inout RecordBuffer) -> Bool {
        if buffer.freeCapacity >= room { return true }
        guard buffer.count == 0 else { return false }
        buffer.reserve(room)
        return true
    }

    private mutating func write(
        _ event: borrowing EventView, index: SectionIndex, plan: PathPlan, realtime: UInt64, key: Int, serial: UInt32?,
        into buffer: inout RecordBuffer
    ) -> Bool {
        var line = RecordLine(realtime: realtime, serial: serial ?? nextSerial)
        let isNew = serial == nil
        // BPF is logged while the call runs (bpf_audit_prog()), all others when it ends.
        if index.specialKind == UInt8(AW_SPECIAL_BPF.rawValue) { writeProgram(event, index: index, line: &line, into: &buffer) }
        writeSyscall(event, index: index, items: plan.listed, key: key, line: &line, into: &buffer)
        if line.isHidden { return commit(line, takesSerial: isNew, into: &buffer) }
        if index.newCredentials.isPresent { writeProgramCapabilities(event, index: index, line: &line, into: &buffer) }
        if index.arguments.isPresent || event.earlierArguments.byteCount > 0 {
            writeArguments(event, index: index, line: &line, into: &buffer)
        } else if index.memoryMap.isPresent {
            writeMemoryMap(event, index: index, line: &line, into: &buffer)
        } else if index.special.isPresent {
            writeSpecial(event, index: index, line: &line, into: &buffer)
        } else if index.newClock.isPresent {
            writeClock(event, index: index, line: &line, into: &buffer)
        }
        if index.descriptorPair.isPresent { writeDescriptorPair(event, index: index, line: &line, into: &buffer) }
        if index.socketAddress.count > 0 { writeSocketAddress(event, index: index, line: &line, into: &buffer) }
        if index.targetCount > 0 { writeTargets(event, index: index, line: &line, into: &buffer) }
        writeWorkingDirectory(event, index: index, items: plan.listed, line: &line, into: &buffer)
        for item in 0..<plan.count {
            writePath(event, index: index, item: plan.items[item], number: item, line: &line, into: &buffer)
        }
        writeProcessTitle(event, index: index, line: &line, into: &buffer)
        if options.endOfEvent {
            beginLine("type=EOE ", line: &line, into: &buffer)
            endLine(&line, into: &buffer)
        }
        return commit(line, takesSerial: isNew, into: &buffer)
    }

    /// Ends an event, whose records have the next serial if it takes one.
    mutating func commit(_ line: RecordLine, takesSerial: Bool, into buffer: inout RecordBuffer) -> Bool {
        guard buffer.commit(records: line.count) else { return false }
        // The kernel takes a serial with the first record of an event that is not left out.
        if takesSerial, line.count > 0 { nextSerial = Self.serial(after: nextSerial) }
        return true
    }

    /// The serial that follows `serial`: the upper half of the 32-bit numbers, round and round.
    static func serial(after serial: UInt32) -> UInt32 { (serial &+ 1) | 0x8000_0000 }

    /// Goes on with `serial`, its upper bit taken as set.
    package mutating func continueSerials(at serial: UInt32) { nextSerial = serial | 0x8000_0000 }

    /// Uses up a serial for a record that is no event of a call.
    mutating func takeSerial() { nextSerial = Self.serial(after: nextSerial) }

    /// Appends the ` key=…` part number `key`.
    func appendKey(_ key: Int, into buffer: inout RecordBuffer) {
        guard key >= 0, key < keyEnds.count else {
            buffer.append(" key=(null)")
            return
        }
        let start = key == 0 ? 0 : keyEnds[key - 1]
        buffer.append(keyText.span.extracting(start..<keyEnds[key]))
    }

    /// Starts a record: node name, `type=NAME `, time stamp and serial.
    @inline(__always)
    func beginLine(_ type: StaticString, line: inout RecordLine, into buffer: inout RecordBuffer) {
        line.start = buffer.count
        if !nodePrefix.isEmpty { buffer.append(nodePrefix.span) }
        let name = buffer.count
        buffer.append(type)
        line.isHidden = hiddenRecords.rawValue != 0 && hiddenRecords.contains(buffer.bytes, at: name)
        line.appendStamp(into: &buffer)
    }

    /// Ends a record.
    @inline(__always)
    func endLine(_ line: inout RecordLine, into buffer: inout RecordBuffer) {
        if line.isHidden { return line.drop(from: &buffer) }
        buffer.append(UInt8(ascii: "\n"))
        line.count += 1
    }
}

/// The state of an event's lines: what all of them share, and where the present one began.
struct RecordLine {
    let realtime: UInt64
    private let serial: UInt32
    /// Where the first line's stamp is; the others copy it.
    private var stamp = 0..<0
    /// Where the present line begins.
    var start = 0
    /// Lines ended.
    var count = 0
    /// The present line is left out when it ends; behind its end, that it was.
    var isHidden = false

    init(realtime: UInt64, serial: UInt32) {
        self.realtime = realtime
        self.serial = serial
    }

    /// Takes the present line back.
    mutating func drop(from buffer: inout RecordBuffer) {
        buffer.truncate(to: start)
        if stamp.lowerBound >= start { stamp = 0..<0 }
    }

    /// Appends `msg=audit(SECONDS.MILLISECONDS:SERIAL): `.
    @inline(__always)
    mutating func appendStamp(into buffer: inout RecordBuffer) {
        guard stamp.isEmpty else {
            buffer.appendCopy(of: stamp)
            return
        }
        let from = buffer.count
        let (seconds, nanoseconds) = realtime.quotientAndRemainder(dividingBy: 1_000_000_000)
        buffer.append("msg=audit(")
        buffer.appendDecimal(seconds)
        buffer.append(UInt8(ascii: "."))
        buffer.appendMilliseconds(UInt32(truncatingIfNeeded: nanoseconds / 1_000_000))
        buffer.append(UInt8(ascii: ":"))
        buffer.appendDecimal(serial)
        buffer.append("): ")
        stamp = from..<buffer.count
    }
}
