// SPDX-License-Identifier: MIT
internal import CAuditWire

/// Keeps argument text that comes ahead of its event (`AW_TYPE_ARGV`) until the event itself arrives.
///
/// Fragments and event come from one CPU with one sequence; a CPU has at most one event under way. Text whose event never
/// arrives (the ring was full, which the kernel side has counted) is dropped when that CPU's next event begins.
package struct FragmentAssembler: ~Copyable {
    /// The most argument text that one event can have: 3/4 of the kernel's `_STK_LIM` (fs/exec.c), bytes.
    package static let textLimit = 6 << 20

    private struct Pending {
        var sequence: UInt64
        var text: [UInt8]
        var count = 0
    }
    private var pending: [UInt64: Pending] = [:]
    private var current = Pending(sequence: 0, text: [])

    package init() {}

    /// Whether any CPU has text waiting. When not, which is nearly always, events need no look-up.
    package var isEmpty: Bool { pending.isEmpty && current.text.isEmpty }

    /// Keeps the text of one fragment record.
    ///
    /// - Throws: ``WireError`` when the record is not a fragment or its text grows past ``textLimit``.
    package mutating func add(_ record: RawSpan) throws(WireError) {
        let header = try RecordHead.decode(record)
        guard header.type == UInt16(AW_TYPE_ARGV.rawValue) else { throw .type(header.type) }
        let start = MemoryLayout<aw_header>.size
        let sections = try WireReader(record).slice(at: start, count: Int(header.size) - start)
        try SectionWalk.check(sections)
        let cpu = header.sequence >> UInt64(AW_SEQUENCE_CPU_SHIFT)
        var entry = pending.removeValue(forKey: cpu) ?? Pending(sequence: header.sequence, text: [])
        if entry.sequence != header.sequence { entry = Pending(sequence: header.sequence, text: []) }
        entry.count += 1
        var walk = SectionWalk(sections)
        while let section = walk.next() {
            guard section.tag == .arguments else { continue }
            guard entry.text.count + section.bytes.byteCount <= Self.textLimit else { throw .size(header.size) }
            for offset in 0..<section.bytes.byteCount {
                entry.text.append(try WireReader(section.bytes).load(at: offset, as: UInt8.self))
            }
        }
        pending[cpu] = entry
    }

    /// Makes the text that belongs to the event `sequence` the current one, and forgets what was waiting on that CPU.
    /// Again for the same event it changes nothing.
    package mutating func take(for sequence: UInt64) {
        if current.sequence == sequence { return }
        current = Pending(sequence: sequence, text: [])
        guard !pending.isEmpty,
            let entry = pending.removeValue(forKey: sequence >> UInt64(AW_SEQUENCE_CPU_SHIFT)),
            entry.sequence == sequence
        else { return }
        current = entry
    }

    /// Fragments that the text chosen by ``take(for:)`` came in.
    package var count: Int { current.count }

    /// The text chosen by ``take(for:)``.
    package var text: RawSpan {
        @_lifetime(borrow self) get { unsafe current.text.span.bytes }
    }
}
