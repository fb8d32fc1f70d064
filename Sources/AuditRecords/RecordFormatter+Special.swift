// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEnrichment
import AuditEvents
import CAuditWire
import Glibc

/// Records that single calls have: `show_special()` and `audit_log_pid_context()` in kernel/auditsc.c. Each is written under the
/// conditions under which the call comes to tell audit of it (Linux 6.12).
extension RecordFormatter {
    /// The record of ``SectionIndex/special``.
    mutating func writeSpecial(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        let result = event.hasReturned ? event.call.ret : 0
        // This kernel does not have the call.
        guard result != -Int64(ENOSYS) else { return }
        switch aw_special(rawValue: UInt32(index.specialKind)) {
        case AW_SPECIAL_OPENAT2 where result != -Int64(E2BIG):
            writeOpenat2(event, index: index, line: &line, into: &buffer)
        case AW_SPECIAL_CAPSET:
            writeCapset(event, index: index, line: &line, into: &buffer)
        case AW_SPECIAL_KERN_MODULE where result != -Int64(EPERM):
            beginLine("type=KERN_MODULE ", line: &line, into: &buffer)
            buffer.append("name=")
            buffer.appendUntrusted(event.value(index.special))
            endLine(&line, into: &buffer)
        case AW_SPECIAL_MQ_OPEN:
            writeQueueOpen(event, index: index, line: &line, into: &buffer)
        case AW_SPECIAL_MQ_SEND:
            let priority = UInt32(truncatingIfNeeded: event.call.args.3)
            writeQueueMessage(event, index: index, priority: priority, line: &line, into: &buffer)
        case AW_SPECIAL_MQ_RECEIVE:
            writeQueueMessage(event, index: index, priority: 0, line: &line, into: &buffer)
        case AW_SPECIAL_MQ_NOTIFY:
            writeQueueNotify(event, index: index, line: &line, into: &buffer)
        case AW_SPECIAL_MQ_GETSETATTR where result == 0:
            writeQueueAttributes(event, index: index, line: &line, into: &buffer)
        // EINVAL and EIDRM: mostly, the object under that number is not the one that was meant.
        // EFAULT with new permissions: they are read before the object is looked for.
        case AW_SPECIAL_IPC where result != -Int64(EIDRM) && result != -Int64(EFAULT):
            let set = value(event, index.ipcSetPermissions, as: aw_ipc_set.self)
            if result == -Int64(EINVAL), !RefusedCalls.reachesPermissions(event, set) { return }
            writeIPC(event, index: index, line: &line, into: &buffer)
        case AW_SPECIAL_SOCKETCALL:
            writeSocketcall(event, index: index, line: &line, into: &buffer)
        default:
            return
        }
    }

    /// BPF
    func writeProgram(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        guard let id = value(event, index.special, as: UInt64.self) else { return }
        beginLine("type=BPF ", line: &line, into: &buffer)
        buffer.append("prog-id=")
        buffer.appendDecimal(id)
        buffer.append(" op=LOAD")
        endLine(&line, into: &buffer)
    }

    /// OBJ_PID. The kernel keeps the first recipient apart and prints it last; the others stand in lists of 16, the newest list
    /// first (`audit_signal_info_syscall()`).
    mutating func writeTargets(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        if event.hasReturned {
            // No such process, no such signal (or ptrace request), no information to send: nobody was about to be signalled.
            switch 0 &- event.call.ret {
            case Int64(ESRCH), Int64(EINVAL), Int64(EIO), Int64(EFAULT): return
            default: break
            }
        }
        let chunk = 16
        var start = (index.targetCount - 2) / chunk * chunk + 1
        while index.targetCount > 1, start >= 1 {
            for number in start..<min(start + chunk, index.targetCount) {
                writeTarget(event, number: number, of: index, line: &line, into: &buffer)
            }
            start -= chunk
        }
        writeTarget(event, number: 0, of: index, line: &line, into: &buffer)
    }

    private mutating func writeTarget(
        _ event: borrowing EventView, number: Int, of index: SectionIndex, line: inout RecordLine,
        into buffer: inout RecordBuffer
    ) {
        let offset = Int(index.firstTarget.offset) + number * SectionIndex.targetStride
        guard let target = try? WireReader(event.sections).load(at: offset, as: aw_target.self) else { return }
        beginLine("type=OBJ_PID ", line: &line, into: &buffer)
        buffer.append("opid=")
        buffer.appendDecimal(Int32(bitPattern: target.pid))
        buffer.append(" oauid=")
        buffer.appendDecimal(Int32(bitPattern: target.auid))
        buffer.append(" ouid=")
        buffer.appendDecimal(Int32(bitPattern: target.uid))
        buffer.append(" oses=")
        buffer.appendDecimal(Int32(bitPattern: target.ses))
        let head = offset - MemoryLayout<aw_section>.size
        if let section = try? WireReader(event.sections).load(at: head, as: aw_section.self),
            section.detail == UInt8(AW_TARGET_LABEL_SHARED.rawValue)
        {
            appendLabel(" obj=", event, index: index, into: &buffer)
        }
        appendContext(" obj=", target.sid, event, index: index, lineStart: line.start, into: &buffer)
        buffer.append(" ocomm=")
        let comm = offset + MemoryLayout<aw_target>.offset(of: \.comm)!
        if let bytes = try? WireReader(event.sections).slice(at: comm, count: MemoryLayout.size(ofValue: target.comm)) {
            buffer.appendUntrusted(bytes.extracting(first: Self.lengthBeforeNUL(bytes)))
        }
        if options.enriched { enrich(target, line: line, into: &buffer) }
        endLine(&line, into: &buffer)
    }

    private static func lengthBeforeNUL(_ bytes: RawSpan) -> Int {
        let reader = WireReader(bytes)
        var length = 0
        while length < bytes.byteCount, let byte = try? reader.load(at: length, as: UInt8.self), byte != 0 { length += 1 }
        return length
    }

    func value<T: BitwiseCopyable>(_ event: borrowing EventView, _ slot: Slot, as type: T.Type) -> T? {
        guard slot.isPresent, Int(slot.count) >= MemoryLayout<T>.size else { return nil }
        return try? WireReader(event.sections).load(at: Int(slot.offset), as: T.self)
    }

    private func writeOpenat2(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        guard let how = value(event, index.special, as: aw_openat2.self) else { return }
        beginLine("type=OPENAT2 ", line: &line, into: &buffer)
        // "0%llo": unlike %#o this gives "00" for zero.
        buffer.append("oflag=0")
        buffer.appendPlainOctal(how.flags)
        buffer.append(" mode=0")
        buffer.appendPlainOctal(how.mode)
        buffer.append(" resolve=0x")
        buffer.appendHex(how.resolve)
        endLine(&line, into: &buffer)
    }

    /// CAPSET. `__audit_log_capset()` of 6.18 and before shows the effective set as `cap_pi=`, which was a mistake; later kernels show the
    /// inheritable one.
    private func writeCapset(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        guard let sets = value(event, index.special, as: aw_credentials.self) else { return }
        beginLine("type=CAPSET ", line: &line, into: &buffer)
        buffer.append("pid=")
        buffer.appendDecimal(event.call.pid)
        appendCapabilities(" cap_pi=", sets.inheritable, into: &buffer)
        appendCapabilities(" cap_pp=", sets.permitted, into: &buffer)
        appendCapabilities(" cap_pe=", sets.effective, into: &buffer)
        appendCapabilities(" cap_pa=", sets.ambient, into: &buffer)
        endLine(&line, into: &buffer)
    }

    /// The `cap_f…` fields of a PATH record: `audit_log_fcaps()`, kernel 5.2 and later. Capabilities of other files than programs
    /// are not known here and shown as none.
    func appendFileCapabilities(_ capabilities: FileCapabilities?, into buffer: inout RecordBuffer) {
        guard let capabilities, capabilities.isForInitialNamespace else {
            return buffer.append(" cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0")
        }
        appendCapabilities(" cap_fp=", capabilities.permitted, into: &buffer)
        appendCapabilities(" cap_fi=", capabilities.inheritable, into: &buffer)
        buffer.append(capabilities.isEffective ? " cap_fe=1 cap_fver=" : " cap_fe=0 cap_fver=")
        buffer.appendHex(UInt64(capabilities.version))
        buffer.append(" cap_frootid=")
        buffer.appendDecimal(Int32(bitPattern: capabilities.rootID))
    }

    /// BPRM_FCAPS: an exec has given the process more capabilities than it had (`nonroot_raised_pE()`, security/commoncap.c).
    func writeProgramCapabilities(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        guard let old = value(event, index.oldCredentials, as: aw_credentials.self),
            let new = value(event, index.newCredentials, as: aw_credentials.self),
            ExecCredentials.areRaised(
                old: old, new: new, fileHasCapabilities: program.capabilities?.isForInitialNamespace ?? false,
                full: options.allCapabilities)
        else { return }
        var file = program.capabilities ?? FileCapabilities()
        // get_vfs_caps_from_disk() stops at a root user that is not this namespace's, the flags read but not the sets.
        if !file.isForInitialNamespace { (file.permitted, file.inheritable, file.rootID) = (0, 0, 0) }
        beginLine("type=BPRM_FCAPS ", line: &line, into: &buffer)
        buffer.append("fver=")
        buffer.appendHex(UInt64(file.version))
        appendCapabilities(" fp=", file.permitted, into: &buffer)
        appendCapabilities(" fi=", file.inheritable, into: &buffer)
        buffer.append(file.isEffective ? " fe=1" : " fe=0")
        appendCapabilities(" old_pp=", old.permitted, into: &buffer)
        appendCapabilities(" old_pi=", old.inheritable, into: &buffer)
        appendCapabilities(" old_pe=", old.effective, into: &buffer)
        appendCapabilities(" old_pa=", old.ambient, into: &buffer)
        appendCapabilities(" pp=", new.permitted, into: &buffer)
        appendCapabilities(" pi=", new.inheritable, into: &buffer)
        appendCapabilities(" pe=", new.effective, into: &buffer)
        appendCapabilities(" pa=", new.ambient, into: &buffer)
        buffer.append(" frootid=")
        buffer.appendDecimal(Int32(bitPattern: file.rootID))
        endLine(&line, into: &buffer)
    }

    /// `audit_log_cap()`, since 5.2: an empty set is `0`, another has 16 digits.
    private func appendCapabilities(_ name: StaticString, _ set: UInt64, into buffer: inout RecordBuffer) {
        buffer.append(name)
        if set == 0 {
            buffer.append("0")
        } else {
            buffer.appendHex16(set)
        }
    }

    private func appendAttributes(_ attributes: aw_mq_attr, into buffer: inout RecordBuffer) {
        buffer.append(" mq_flags=0x")
        buffer.appendHex(UInt64(bitPattern: attributes.flags))
        buffer.append(" mq_maxmsg=")
        buffer.appendDecimal(attributes.maxmsg)
        buffer.append(" mq_msgsize=")
        buffer.appendDecimal(attributes.msgsize)
        buffer.append(" mq_curmsgs=")
        buffer.appendDecimal(attributes.curmsgs)
    }

    private func writeQueueOpen(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        guard let attributes = value(event, index.special, as: aw_mq_attr.self) else { return }
        beginLine("type=MQ_OPEN ", line: &line, into: &buffer)
        buffer.append("oflag=0x")
        buffer.appendHex(UInt64(UInt32(truncatingIfNeeded: event.call.args.1)))
        buffer.append(" mode=")
        buffer.appendOctal(UInt32(truncatingIfNeeded: event.call.args.2) & 0xffff)
        appendAttributes(attributes, into: &buffer)
        endLine(&line, into: &buffer)
    }

    private func writeQueueMessage(
        _ event: borrowing EventView, index: SectionIndex, priority: UInt32, line: inout RecordLine,
        into buffer: inout RecordBuffer
    ) {
        guard let timeout = value(event, index.special, as: aw_timespec.self) else { return }
        // The call refuses these before it tells audit (do_mq_timedsend(), ipc/mqueue.c).
        let priorityLimit: UInt32 = 32768  // MQ_PRIO_MAX
        let isTime = timeout.seconds >= 0 && (0..<1_000_000_000).contains(timeout.nanoseconds)
        guard priority < priorityLimit, isTime else { return }
        beginLine("type=MQ_SENDRECV ", line: &line, into: &buffer)
        buffer.append("mqdes=")
        buffer.appendDecimal(Int32(truncatingIfNeeded: event.call.args.0))
        buffer.append(" msg_len=")
        buffer.appendDecimal(Int64(bitPattern: event.call.args.2))
        buffer.append(" msg_prio=")
        buffer.appendDecimal(priority)
        buffer.append(" abs_timeout_sec=")
        buffer.appendDecimal(timeout.seconds)
        buffer.append(" abs_timeout_nsec=")
        buffer.appendDecimal(timeout.nanoseconds)
        endLine(&line, into: &buffer)
    }

    private func writeQueueNotify(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        guard let signal = value(event, index.special, as: Int64.self) else { return }
        beginLine("type=MQ_NOTIFY ", line: &line, into: &buffer)
        buffer.append("mqdes=")
        buffer.appendDecimal(Int32(truncatingIfNeeded: event.call.args.0))
        buffer.append(" sigev_signo=")
        buffer.appendDecimal(signal)
        endLine(&line, into: &buffer)
    }

    private func writeQueueAttributes(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        guard let attributes = value(event, index.special, as: aw_mq_attr.self) else { return }
        beginLine("type=MQ_GETSETATTR ", line: &line, into: &buffer)
        buffer.append("mqdes=")
        buffer.appendDecimal(Int32(truncatingIfNeeded: event.call.args.0))
        // The kernel's format has a blank behind this; auditd cuts it off, and so do we.
        appendAttributes(attributes, into: &buffer)
        endLine(&line, into: &buffer)
    }

    private mutating func writeIPC(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        guard let object = value(event, index.special, as: aw_ipc.self) else { return }
        beginLine("type=IPC ", line: &line, into: &buffer)
        buffer.append("ouid=")
        buffer.appendDecimal(object.uid)
        buffer.append(" ogid=")
        buffer.appendDecimal(object.gid)
        buffer.append(" mode=")
        buffer.appendOctal(object.mode & 0xffff)
        appendContext(" obj=", object.sid, event, index: index, lineStart: line.start, into: &buffer)
        if options.enriched { enrichOwner(object.uid, object.gid, line: line, into: &buffer) }
        endLine(&line, into: &buffer)
        guard let set = value(event, index.ipcSetPermissions, as: aw_ipc_set.self) else { return }
        beginLine("type=IPC_SET_PERM ", line: &line, into: &buffer)
        buffer.append("qbytes=")
        buffer.appendHex(set.qbytes)
        buffer.append(" ouid=")
        buffer.appendDecimal(set.uid)
        buffer.append(" ogid=")
        buffer.appendDecimal(set.gid)
        buffer.append(" mode=")
        buffer.appendOctal(set.mode & 0xffff)
        if options.enriched { enrichOwner(set.uid, set.gid, line: line, into: &buffer) }
        endLine(&line, into: &buffer)
    }

    private func writeSocketcall(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        let count = Int(index.special.count) / 4
        guard count > 0 else { return }
        beginLine("type=SOCKETCALL ", line: &line, into: &buffer)
        buffer.append("nargs=")
        buffer.appendDecimal(UInt32(truncatingIfNeeded: count))
        let reader = WireReader(event.sections)
        for number in 0..<count {
            guard let word = try? reader.load(at: Int(index.special.offset) + number * 4, as: UInt32.self) else { break }
            buffer.append(" a")
            buffer.appendDecimal(UInt32(truncatingIfNeeded: number))
            buffer.append("=")
            buffer.appendHex(UInt64(word))
        }
        endLine(&line, into: &buffer)
    }
}
