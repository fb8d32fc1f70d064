// SPDX-License-Identifier: MIT
import AuditEnrichment
import AuditEvents
import CAuditWire

extension FileFacts {
    /// The facts of an object on the wire.
    init(_ object: aw_object) {
        self.init()
        inode = object.inode
        deviceMajor = object.dev_major
        deviceMinor = object.dev_minor
        nodeMajor = object.rdev_major
        nodeMinor = object.rdev_minor
        mode = object.mode
        user = object.uid
        group = object.gid
    }
}

extension aw_object {
    /// The wire's form of `facts`.
    init(_ facts: FileFacts) {
        self.init(
            inode: facts.inode, dev_major: facts.deviceMajor, dev_minor: facts.deviceMinor, rdev_major: facts.nodeMajor,
            rdev_minor: facts.nodeMinor, mode: facts.mode, uid: facts.user, gid: facts.group, flags: 0)
    }
}

extension EventView {
    /// A copy of the bytes at `slot`, for what is not done for every event.
    func array(_ slot: Slot) -> [UInt8] {
        let bytes = value(slot)
        let reader = WireReader(bytes)
        return (0..<bytes.byteCount).map { (try? reader.load(at: $0, as: UInt8.self)) ?? 0 }
    }
}
