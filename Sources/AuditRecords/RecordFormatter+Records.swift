// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEnrichment
import AuditEvents
import CAuditWire
import Glibc

/// The records that are one line each.
extension RecordFormatter {
    /// SYSCALL: `audit_log_exit()` and `audit_log_task_info()`.
    mutating func writeSyscall(
        _ event: borrowing EventView, index: SectionIndex, items: Int, key: Int, line: inout RecordLine,
        into buffer: inout RecordBuffer
    ) {
        beginLine("type=SYSCALL ", line: &line, into: &buffer)
        let call = event.call
        buffer.append("arch=")
        buffer.appendHex(UInt64(call.arch))
        buffer.append(" syscall=")
        buffer.appendDecimal(Int32(bitPattern: call.nr))
        if call.personality != 0 {
            buffer.append(" per=")
            buffer.appendHex(UInt64(call.personality))
        }
        if event.hasReturned {
            if event.succeeded { buffer.append(" success=yes exit=") } else { buffer.append(" success=no exit=") }
            buffer.appendDecimal(call.ret)
        }
        buffer.append(" a0=")
        buffer.appendHex(call.args.0)
        buffer.append(" a1=")
        buffer.appendHex(call.args.1)
        buffer.append(" a2=")
        buffer.appendHex(call.args.2)
        buffer.append(" a3=")
        buffer.appendHex(call.args.3)
        buffer.append(" items=")
        buffer.appendDecimal(UInt32(truncatingIfNeeded: items))
        buffer.append(" ppid=")
        buffer.appendDecimal(Int32(bitPattern: call.ppid))
        buffer.append(" pid=")
        buffer.appendDecimal(Int32(bitPattern: call.pid))
        identity.append(call, into: &buffer)
        appendTerminal(event, index: index, into: &buffer)
        buffer.append(" ses=")
        buffer.appendDecimal(call.ses)
        buffer.append(" comm=")
        buffer.appendCommand(of: call)
        let beforeExecutable = buffer.count
        appendExecutable(event, index: index, into: &buffer)
        appendSubject(event, index: index, into: &buffer)
        appendKey(key, into: &buffer)
        if buffer.count - line.start >= Self.lineLimit {
            // Only a path of thousands of unprintable bytes comes here. The kernel has a word for what does not fit.
            buffer.truncate(to: beforeExecutable)
            buffer.append(" exe=\"<too_long>\"")
            appendSubject(event, index: index, into: &buffer)
            appendKey(key, into: &buffer)
        }
        if options.enriched { enrich(call, line: line, into: &buffer) }
        endLine(&line, into: &buffer)
    }

    /// The kernel prints the terminal's name as it is. It comes over the wire here, so one that could break the line
    /// is written as hexadecimal digits.
    private func appendTerminal(
        _ event: borrowing EventView, index: SectionIndex, into buffer: inout RecordBuffer
    ) {
        guard index.tty.count > 0 else {
            buffer.append(" tty=(none)")
            return
        }
        buffer.append(" tty=")
        let name = event.value(index.tty)
        if PlainText.isPlain(name) { buffer.append(name) } else { buffer.appendUppercaseHex(name) }
    }

    private func appendExecutable(
        _ event: borrowing EventView, index: SectionIndex, into buffer: inout RecordBuffer
    ) {
        if index.executable.isPresent {
            buffer.append(" exe=")
            buffer.appendUntrusted(event.value(index.executable))
        } else if index.executable.errno == ENAMETOOLONG {
            buffer.append(" exe=\"<too_long>\"")
        } else {
            buffer.append(" exe=(null)")
        }
    }

    /// MMAP: `show_special()`.
    func writeMemoryMap(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        let reader = WireReader(event.sections)
        guard let map = try? reader.load(at: Int(index.memoryMap.offset), as: aw_mmap.self) else { return }
        beginLine("type=MMAP ", line: &line, into: &buffer)
        buffer.append("fd=")
        buffer.appendDecimal(map.fd)
        buffer.append(" flags=0x")
        buffer.appendHex(UInt64(map.flags))
        endLine(&line, into: &buffer)
    }

    /// FD_PAIR
    func writeDescriptorPair(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        let reader = WireReader(event.sections)
        let offset = Int(index.descriptorPair.offset)
        guard let first = try? reader.load(at: offset, as: Int32.self),
            let second = try? reader.load(at: offset + 4, as: Int32.self)
        else { return }
        beginLine("type=FD_PAIR ", line: &line, into: &buffer)
        buffer.append("fd0=")
        buffer.appendDecimal(first)
        buffer.append(" fd1=")
        buffer.appendDecimal(second)
        endLine(&line, into: &buffer)
    }

    /// SOCKADDR
    func writeSocketAddress(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        beginLine("type=SOCKADDR ", line: &line, into: &buffer)
        buffer.append("saddr=")
        let address = event.value(index.socketAddress)
        buffer.appendUppercaseHex(address)
        if options.enriched { enrich(address, line: line, into: &buffer) }
        endLine(&line, into: &buffer)
    }

    /// CWD. The kernel takes the directory with the first name, so there is no record without an item.
    func writeWorkingDirectory(
        _ event: borrowing EventView, index: SectionIndex, items: Int, line: inout RecordLine,
        into buffer: inout RecordBuffer
    ) {
        guard items > 0 else { return }
        guard index.workingDirectory.isPresent || index.workingDirectory.errno == ENAMETOOLONG else { return }
        beginLine("type=CWD ", line: &line, into: &buffer)
        buffer.append("cwd=")
        appendWorkingDirectory(event, index: index, into: &buffer)
        endLine(&line, into: &buffer)
    }

    private func appendWorkingDirectory(
        _ event: borrowing EventView, index: SectionIndex, into buffer: inout RecordBuffer
    ) {
        if index.workingDirectory.isPresent {
            buffer.appendUntrusted(event.value(index.workingDirectory))
        } else if index.workingDirectory.errno == ENAMETOOLONG {
            buffer.append("\"<too_long>\"")
        } else {
            buffer.append("(null)")
        }
    }

    /// PATH: `audit_log_name()`.
    mutating func writePath(
        _ event: borrowing EventView, index: SectionIndex, item: PathItem, number: Int, line: inout RecordLine,
        into buffer: inout RecordBuffer
    ) {
        beginLine("type=PATH ", line: &line, into: &buffer)
        buffer.append("item=")
        buffer.appendDecimal(UInt32(truncatingIfNeeded: number))
        buffer.append(" name=")
        switch item.form {
        case .text: buffer.appendUntrusted(event.value(item.name))
        case .null: buffer.append("(null)")
        case .workingDirectory: appendWorkingDirectory(event, index: index, into: &buffer)
        case .interpreter: ArgumentText(event, index: index).appendFirstWord(into: &buffer)
        case .loader: if let loader = program.loader { buffer.appendUntrusted(loader.name.span) }
        }
        let object =
            switch item.source {
            case .event where item.object.isPresent:
                try? WireReader(event.sections).load(at: Int(item.object.offset), as: aw_object.self)
            case .event: Optional<aw_object>.none
            case .script: script.map { aw_object($0) }
            case .loader: program.loader.map { aw_object($0.facts) }
            case .refused: refused.map { aw_object($0.facts) }
            }
        if let object {
            appendObject(object, into: &buffer)
            // AppArmor gives files no label.
            appendContext(" obj=", object.sid, event, index: index, lineStart: line.start, into: &buffer)
        }
        switch item.type {
        case .normal: buffer.append(" nametype=NORMAL")
        case .parent: buffer.append(" nametype=PARENT")
        case .delete: buffer.append(" nametype=DELETE")
        case .create: buffer.append(" nametype=CREATE")
        case .unknown: buffer.append(" nametype=UNKNOWN")
        }
        let capabilities = item.isProgram ? program.capabilities : nil
        if item.isUnevaluated {
            buffer.append(" cap_fe=? cap_fver=? cap_fp=? cap_fi=?")
        } else {
            appendFileCapabilities(capabilities, into: &buffer)
        }
        if options.enriched, let object { enrichOwner(object.uid, object.gid, line: line, into: &buffer) }
        endLine(&line, into: &buffer)
    }

    private func appendObject(_ object: aw_object, into buffer: inout RecordBuffer) {
        buffer.append(" inode=")
        buffer.appendDecimal(object.inode)
        buffer.append(" dev=")
        buffer.appendHexByte(object.dev_major)
        buffer.append(UInt8(ascii: ":"))
        buffer.appendHexByte(object.dev_minor)
        buffer.append(" mode=")
        buffer.appendOctal(UInt32(object.mode))
        buffer.append(" ouid=")
        buffer.appendDecimal(object.uid)
        buffer.append(" ogid=")
        buffer.appendDecimal(object.gid)
        buffer.append(" rdev=")
        buffer.appendHexByte(object.rdev_major)
        buffer.append(UInt8(ascii: ":"))
        buffer.appendHexByte(object.rdev_minor)
    }

    /// PROCTITLE: `audit_log_proctitle()`, which prints even its `(null)` as an untrusted string, in quotes.
    func writeProcessTitle(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        beginLine("type=PROCTITLE ", line: &line, into: &buffer)
        let title = event.value(index.processTitle)
        let length = Self.trimmedLength(title)
        if length > 0 {
            buffer.append("proctitle=")
            buffer.appendUntrusted(title.extracting(first: length))
        } else {
            buffer.append("proctitle=\"(null)\"")
        }
        endLine(&line, into: &buffer)
    }

    /// Length without unprintable bytes at the end: `audit_proctitle_rtrim()`. The kernel's `isprint()` is that of
    /// Latin-1 (lib/ctype.c).
    private static func trimmedLength(_ title: RawSpan) -> Int {
        let reader = WireReader(title)
        var length = min(title.byteCount, Int(AW_PROCTITLE_MAX))
        while length > 0, let last = try? reader.load(at: length - 1, as: UInt8.self) {
            if (0x20...0x7e).contains(last) || last >= 0xa0 { return length }
            length -= 1
        }
        return 0
    }
}
