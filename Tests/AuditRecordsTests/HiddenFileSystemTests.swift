// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRecords
import AuditSyscalls
import AuditTestSupport
import CAuditWire
import Glibc
import Testing

/// The list `filesystem`. Expected is audit's list of names with `__audit_inode()` and `__audit_inode_child()` returning at once for files of that
/// type (kernel/auditsc.c), as 6.18 printed it for openat, mkdir, rmdir and fchmod on tracefs and cgroup.
@Suite struct HiddenFileSystemTests {
    typealias Steps = PathStepTests.Steps
    /// The device of ``Steps/object(_:)``.
    private let hidden = [FileSystemDevice(major: 0, minor: 7, magic: 0x7472_6163)]

    @Test func aNameIsAllThatIsKnown() throws {
        var steps = try Steps("chmod", [(0, "d/f")])
        steps.found(0, 5)
        #expect(try steps.records(hiding: hidden) == ["UNKNOWN d/f"])
        #expect(try steps.records(hiding: [FileSystemDevice(major: 7, minor: 0, magic: 1)]) == ["NORMAL d/f 5"])
    }

    @Test func whatIsMadeThereIsOneNameWithAllItsText() throws {
        for (kind, call) in [(AW_STEP_CREATE, "mkdir"), (AW_STEP_DELETE, "rmdir")] {
            var steps = try Steps(call, [(0, "d/n")])
            steps.found(0, 5, parent: true)
            steps.child(kind, in: 5, "n", 6)
            #expect(try steps.records(hiding: hidden) == ["UNKNOWN d/n"])
        }
        // Refused, so that of the child nothing is known anyhow; and one without a directory part.
        var steps = try Steps("mkdir", [(0, "n")], ret: -Int64(EACCES))
        steps.found(0, 5, parent: true)
        steps.child(AW_STEP_CREATE, in: 5, "n", nil)
        #expect(try steps.records(hiding: hidden) == ["UNKNOWN n"])
    }

    @Test func bothNamesOfARename() throws {
        var steps = try Steps("rename", [(0, "a/o"), (1, "b/n")])
        steps.found(0, 5, parent: true)
        steps.found(1, 6, parent: true)
        steps.child(AW_STEP_DELETE, in: 5, "o", 8)
        steps.child(AW_STEP_CREATE, in: 6, "n", 8)
        let names = try steps.records(hiding: hidden)
        #expect(names.sorted() == ["UNKNOWN a/o", "UNKNOWN b/n"])
    }

    @Test func aFileOfAnotherFileSystemStays() throws {
        var steps = try Steps("link", [(0, "o"), (1, "d/n")])
        steps.found(0, 5, device: 8)
        #expect(try steps.records(hiding: hidden).sorted() == ["NORMAL o 5", "UNKNOWN d/n"])
    }

    @Test func aDescriptorsFileIsNotThere() throws {
        var event = try PathPlanTests.event("fchmod", [])
        event.add(.object, detail: UInt8(AW_ROLE_DESCRIPTOR.rawValue), rawBytes(of: Steps.object(5)))
        let types = { (hidden: [FileSystemDevice]) in
            try format(event, options: PathPlanTests.options, hiding: hidden).map(ReadRecord.init).filter { $0.type == "PATH" }.count
        }
        #expect(try types([]) == 1)
        #expect(try types(hidden) == 0)
    }
}
