// SPDX-License-Identifier: MIT
import AuditEnrichment
import AuditEvents
import CAuditWire
import Glibc

extension FileFacts {
    /// The facts of an object on the wire.
    init(_ object: aw_object) {
        self.init()
        inode = object.inode
        deviceMajor = object.dev_major
        deviceMinor = object.dev_minor
        nodeMajor = object.rdev_major
        nodeMinor = object.rdev_minor
        mode = UInt32(object.mode)
        user = object.uid
        group = object.gid
    }
}

extension aw_object {
    /// The wire's form of `facts`, whose security identifier is not known: there is none of this number.
    init(_ facts: FileFacts) {
        self.init(
            inode: facts.inode, dev_major: facts.deviceMajor, dev_minor: facts.deviceMinor, rdev_major: facts.nodeMajor,
            rdev_minor: facts.nodeMinor, mode: UInt16(truncatingIfNeeded: facts.mode), flags: 0, uid: facts.user, gid: facts.group,
            sid: .max)
    }
}

extension EventView {
    /// The name at `argument` from the root on, for looking it up; nil for an empty one, and for one relative to a descriptor, whose
    /// directory is not on the wire.
    func absolutePath(ofArgument argument: Int, index: SectionIndex) -> [UInt8]? {
        let path = array(index.pathnames[argument])
        if path.first == UInt8(ascii: "/") { return path }
        let isAtWorkingDirectory = argument == 0 || Int32(truncatingIfNeeded: call.args.0) == AT_FDCWD
        guard isAtWorkingDirectory, !path.isEmpty, index.workingDirectory.count > 0 else { return nil }
        return array(index.workingDirectory) + [UInt8(ascii: "/")] + path
    }

    /// A copy of the bytes at `slot`, for what is not done for every event.
    func array(_ slot: Slot) -> [UInt8] {
        let bytes = value(slot)
        let reader = WireReader(bytes)
        return (0..<bytes.byteCount).map { (try? reader.load(at: $0, as: UInt8.self)) ?? 0 }
    }
}
