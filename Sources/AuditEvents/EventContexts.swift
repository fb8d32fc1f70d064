// SPDX-License-Identifier: MIT
internal import CAuditWire

/// What SELinux's security identifiers stand for (`AW_SECTION_CONTEXT`).
extension EventView {
    /// The security identifier of the task at exit; nil where SELinux does not label it.
    package var subject: UInt32? {
        guard let section = section(.subject), section.errno == 0 else { return nil }
        return try? WireReader(section.bytes).load(at: 0, as: UInt32.self)
    }

    /// The text of security identifier `sid`, 0 for what the kernel takes for that of a file that is not there; nil where it is not known.
    @_lifetime(copy self)
    package func context(_ sid: UInt32) -> RawSpan? {
        var walk = SectionWalk(sections)
        while let section = walk.next() {
            guard section.tag == .context, section.errno == 0, let head = try? WireReader(section.bytes).load(at: 0, as: aw_context.self)
            else { continue }
            if head.sid == sid { return section.bytes.extracting(droppingFirst: MemoryLayout<aw_context>.size) }
        }
        return nil
    }
}
