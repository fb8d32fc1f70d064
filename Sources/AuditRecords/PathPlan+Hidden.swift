// SPDX-License-Identifier: MIT
import AuditEvents
import CAuditWire

extension PathPlan {
    /// Leaves out what is known of files on `devices`: `__audit_inode()` and `__audit_inode_child()` (kernel/auditsc.c) return before they
    /// have noted anything. The name that getname() has read stays as it was then, of type UNKNOWN and with all its text; what had no name of
    /// its own, or shared that of its directory, is not there.
    mutating func hide(_ devices: [FileSystemDevice], _ event: borrowing EventView, index: SectionIndex) {
        var kept = PathPlan(empty: ())
        // Bit for each name (by argument) whose directory is hidden: of what is made or removed there nothing is known, either.
        var hiddenNames = 0
        for position in 0..<count {
            var item = items[position]
            let name = (0..<6).first {
                item.name.isPresent && index.pathnames[$0].isPresent && index.pathnames[$0].offset == item.name.offset
            }
            let isBelowHidden = name.map { hiddenNames & 1 << $0 != 0 } ?? false
            guard isBelowHidden || isOn(devices, item, event) else {
                kept.add(item)
                continue
            }
            switch item.type {
            case .create, .delete: continue
            case .parent: if let name { hiddenNames |= 1 << name }
            case .normal, .unknown: break
            }
            guard item.form == .text || item.form == .workingDirectory else { continue }
            item.form = .text
            item.type = .unknown
            item.object = Slot()
            if let name { item.name = index.pathnames[name] }
            kept.add(item)
        }
        // Entries that nobody sees stay.
        kept.listed = listed - (count - kept.count)
        self = kept
    }

    private func isOn(_ devices: [FileSystemDevice], _ item: PathItem, _ event: borrowing EventView) -> Bool {
        guard item.source == .event, item.object.isPresent,
            let object = try? WireReader(event.sections).load(at: Int(item.object.offset), as: aw_object.self)
        else { return false }
        return devices.contains { $0.major == object.dev_major && $0.minor == object.dev_minor }
    }
}
