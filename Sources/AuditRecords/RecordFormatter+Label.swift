// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEvents
import CAuditWire

/// Security labels.
extension RecordFormatter {
    /// Appends ` subj=` and the label of the task, or nothing when it has none that is known: `audit_log_task_context()` (kernel/audit.c).
    func appendSubject(_ event: borrowing EventView, index: SectionIndex, into buffer: inout RecordBuffer) {
        if index.subject.isPresent, let sid = try? WireReader(event.sections).load(at: Int(index.subject.offset), as: UInt32.self) {
            appendContext(" subj=", sid, event, index: index, lineStart: buffer.count, into: &buffer)
        } else {
            appendLabel(" subj=", event, index: index, into: &buffer)
        }
    }

    /// Appends `field` and what SELinux's security identifier `sid` stands for, or nothing when it stands for nothing or that is not known.
    ///
    /// - Parameter lineStart: where the line begins. One in which there is no room for the text, which only a name of thousands of unprintable
    ///   bytes brings about, gets `?` in its place.
    func appendContext(
        _ field: StaticString, _ sid: UInt32, _ event: borrowing EventView, index: SectionIndex, lineStart: Int,
        into buffer: inout RecordBuffer
    ) {
        guard sid != 0, index.contexts.isPresent else { return }
        let reader = WireReader(event.sections)
        let head = Int32(MemoryLayout<aw_context>.size)
        var walk = LabelWalk(index.contexts)
        while let (slot, _) = walk.next(event) {
            guard slot.count >= head, let context = try? reader.load(at: Int(slot.offset), as: aw_context.self), context.sid == sid,
                let text = try? reader.slice(at: Int(slot.offset + head), count: Int(slot.count - head))
            else { continue }
            buffer.append(field)
            let mark = buffer.count
            appendName(text, into: &buffer)
            if buffer.count - lineStart > Self.lineLimit - Self.behindContext {
                buffer.truncate(to: mark)
                buffer.append(UInt8(ascii: "?"))
            }
            return
        }
    }

    /// What comes behind obj= in a PATH record and has no bound of its own, and some more, bytes.
    private static let behindContext = 512

    /// What contexts may take of all lines of an event: each may be in every PATH and OBJ_PID, two digits for a byte.
    static func contextRoom(_ index: SectionIndex) -> Int {
        2 * Int(max(0, index.contexts.count)) * (index.targetCount + NamedFiles.capacity + 4)
    }

    /// Appends `field` and the task's label, or nothing when it has none.
    ///
    /// As `aa_label_snxprint()` (security/apparmor/label.c) prints it for audit, which looks on from the first namespace, by
    /// `apparmor_secid_to_secctx()`: names of profiles with `//&` in between, the first one in another namespace than the last such one with
    /// `:namespace:` before it. That is without modes, as kernel.apparmor_display_secid_mode is 0 unless set.
    func appendLabel(
        _ field: StaticString, _ event: borrowing EventView, index: SectionIndex, into buffer: inout RecordBuffer
    ) {
        guard index.labels.isPresent else { return }
        let mark = buffer.count
        var namespace = Slot()
        var lastNamespace = Slot()
        var hasProfile = false
        var walk = LabelWalk(index.labels)
        while let (slot, detail) = walk.next(event) {
            switch UInt32(detail) {
            case AW_LABEL_NAMESPACE.rawValue:
                namespace = slot
            case AW_LABEL_PROFILE.rawValue:
                if hasProfile { buffer.append("//&") } else { buffer.append(field) }
                hasProfile = true
                if namespace.isPresent {
                    if !lastNamespace.isPresent || !Self.isSame(event.value(namespace), event.value(lastNamespace)) {
                        buffer.append(UInt8(ascii: ":"))
                        appendName(SecurityLabel.belowFirst(event.value(namespace)), into: &buffer)
                        buffer.append(UInt8(ascii: ":"))
                    }
                    lastNamespace = namespace
                    namespace = Slot()
                }
                appendName(event.value(slot), into: &buffer)
            default: break
            }
        }
        // No profile's name is that long, nor are stacks. `?` is the word for what is not known.
        if buffer.count - mark > Self.labelLimit {
            buffer.truncate(to: mark)
            buffer.append(field)
            buffer.append(UInt8(ascii: "?"))
        }
    }

    /// What a label may take of a line, which has to hold other fields (``lineLimit``).
    private static let labelLimit = 4096

    /// What ``appendLabel(_:_:index:into:)`` may take: two digits for each byte of a name, and what is between names takes less than their heads.
    static func labelRoom(_ index: SectionIndex) -> Int {
        2 * Int(max(0, index.labels.count))
    }

    /// The kernel prints a label as it is. It comes over the wire here, so a name that could break the line or leave a field without a value is
    /// written as hexadecimal digits, or as `?` when it is empty; so are names that are not ASCII.
    private func appendName(_ name: RawSpan, into buffer: inout RecordBuffer) {
        guard name.byteCount > 0 else { return buffer.append(UInt8(ascii: "?")) }
        let reader = WireReader(name)
        for offset in 0..<name.byteCount {
            // A blank may stand anywhere but in front.
            guard let byte = try? reader.load(at: offset, as: UInt8.self), byte > 0x20 || (byte == 0x20 && offset > 0),
                byte < 0x7f
            else { return buffer.appendUppercaseHex(name) }
        }
        buffer.append(name)
    }

    private static func isSame(_ one: RawSpan, _ other: RawSpan) -> Bool {
        guard one.byteCount == other.byteCount else { return false }
        let (first, second) = (WireReader(one), WireReader(other))
        for offset in 0..<one.byteCount {
            guard let left = try? first.load(at: offset, as: UInt8.self),
                let right = try? second.load(at: offset, as: UInt8.self), left == right
            else { return false }
        }
        return true
    }
}

/// The names of a label, in wire order.
private struct LabelWalk {
    private var offset: Int
    private let end: Int

    /// Walks ``SectionIndex/labels``.
    init(_ labels: Slot) {
        offset = Int(labels.offset)
        end = offset + Int(labels.count)
    }

    /// Where the next name lies, and what it names (`aw_label`); nil at the end.
    mutating func next(_ event: borrowing EventView) -> (slot: Slot, detail: UInt8)? {
        guard offset < end, let head = try? WireReader(event.sections).load(at: offset, as: aw_section.self) else {
            return nil
        }
        let start = offset + MemoryLayout<aw_section>.size
        offset = start + (Int(max(0, head.length)) + 7) & ~7
        return (Slot(offset: Int32(truncatingIfNeeded: start), count: head.length), head.detail)
    }
}
