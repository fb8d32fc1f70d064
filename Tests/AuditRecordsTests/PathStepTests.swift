// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRecords
import AuditSyscalls
import AuditTestSupport
import CAuditWire
import Foundation
import Testing

/// PATH records from the steps of path hooks. Expected is audit's list of names, followed by hand through `__audit_getname()`,
/// `__audit_inode()` and `__audit_inode_child()` (kernel/auditsc.c, 6.18), and what kernels print of the same calls.
@Suite struct PathStepTests {
    /// A call's event, with the steps that the hooks would note.
    struct Steps {
        var event: EventBuilder
        private var names = 0

        init(_ call: String, _ names: [(UInt8, String)], ret: Int64 = 0) throws {
            event = try PathPlanTests.event(call, names, ret: ret)
            event.flags |= UInt8(AW_FLAG_STEPS.rawValue)
            // Names are read from addresses of their own, unless a test says otherwise.
            event.call.args = (0x1000, 0x2000, 0x3000, 0x4000, 0x5000, 0x6000)
        }

        static func object(_ inode: UInt64) -> aw_object {
            var object = aw_object()
            object.inode = inode
            object.dev_minor = 7
            object.mode = 0o100644
            return object
        }

        private static let absent: aw_object = {
            var object = aw_object()
            object.flags = UInt16(AW_OBJECT_ABSENT.rawValue)
            return object
        }()

        mutating func read(_ name: UInt32) {
            event.flags |= UInt8(AW_FLAG_STEPS_READ.rawValue)
            event.add(.step, detail: UInt8(AW_STEP_READ.rawValue), rawBytes(of: aw_step_read(name: name, reserved: 0)))
        }

        /// A name of the kernel's own. Returns its number.
        mutating func name(_ text: String) -> UInt32 {
            event.add(.step, detail: UInt8(AW_STEP_NAME.rawValue), Array(text.utf8))
            names += 1
            return UInt32(AW_STEP_NAMES) + UInt32(names) - 1
        }

        mutating func found(_ name: UInt32, _ inode: UInt64, parent: Bool = false, device: UInt32 = 7) {
            var object = Self.object(inode)
            object.dev_minor = device
            let step = aw_step_file(
                file: object, name: name, flags: parent ? AW_STEP_PARENT.rawValue : 0)
            event.add(.step, detail: UInt8(AW_STEP_FILE.rawValue), rawBytes(of: step))
        }

        mutating func child(_ kind: aw_step_kind, in parent: UInt64, _ name: String, _ inode: UInt64?) {
            let step = aw_step_child(parent: Self.object(parent), child: inode.map(Self.object) ?? Self.absent)
            event.add(.step, detail: UInt8(kind.rawValue), rawBytes(of: step) + Array(name.utf8))
        }

        /// `TYPE NAME INODE` of each item, INODE missing where the record has none; and what `items=` says.
        func records(items: Int? = nil, order: NameOrder = .lastFirst, hiding hidden: [FileSystemDevice] = []) throws -> [String] {
            var options = PathPlanTests.options
            options.pathUses = PathUseTable(uses: SyscallShapes.pathUses(), order: order)
            let records = try format(event, options: options, hiding: hidden).map(ReadRecord.init)
            let paths = records.filter { $0.type == "PATH" }
            #expect(paths.map { $0["item"] } == (0..<paths.count).map(String.init))
            #expect(records[0]["items"] == String(items ?? paths.count))
            return paths.map { path in
                let name = path.bytes("name").map { String(decoding: $0, as: UTF8.self) } ?? "(null)"
                return [path["nametype"]!, name].joined(separator: " ") + (path["inode"].map { " " + $0 } ?? "")
            }
        }
    }

    /// Where names are read in turn, one that leads nowhere keeps the kernel from the next (do_linkat() of 5.10, do_renameat2() of 5.4).
    @Test func aNameThatLeadsNowhereEndsTheTurn() throws {
        for (call, order) in [("link", NameOrder.lastFirstInRename), ("rename", .inTurn)] {
            var steps = try Steps(call, [(0, "none/o"), (1, "n")], ret: -Int64(ENOENT))
            steps.found(UInt32(AW_STEP_NO_NAME), 9)
            #expect(try steps.records(order: order) == ["UNKNOWN none/o", "NORMAL (null) 9"], "\(call)")
            #expect(try steps.records(order: .lastFirst) == ["UNKNOWN n", "UNKNOWN none/o", "NORMAL (null) 9"], "\(call)")
        }
        var steps = try Steps("link", [(0, "o"), (1, "none/n")], ret: -Int64(ENOENT))
        steps.found(0, 5)
        #expect(try steps.records(order: .lastFirstInRename) == ["NORMAL o 5", "UNKNOWN none/n"])
    }

    @Test func aFileThatWasLookedUp() throws {
        var steps = try Steps("chmod", [(0, "d/f")])
        steps.found(0, 5)
        #expect(try steps.records() == ["NORMAL d/f 5"])
        // One of an empty name, from 6.11 on.
        steps = try Steps("newfstatat", [(1, "")])
        steps.found(UInt32(AW_STEP_NO_NAME), 5)
        #expect(try steps.records() == ["NORMAL (null) 5"])
        // A look-up that failed leaves no step.
        #expect(try Steps("chmod", [(0, "d/f")], ret: -13).records() == ["UNKNOWN d/f"])
    }

    @Test func aDirectoryThatIsMade() throws {
        var steps = try Steps("mkdir", [(0, "d/n")])
        steps.found(0, 5, parent: true)
        steps.child(AW_STEP_CREATE, in: 5, "n", nil)
        steps.child(AW_STEP_CREATE, in: 5, "n", 6)
        #expect(try steps.records() == ["PARENT d/ 5", "CREATE d/n 6"])
    }

    /// The same without success: the directory refuses (may_create()), or the name is there (filename_create()).
    @Test func aDirectoryThatIsNotMade() throws {
        var steps = try Steps("mkdir", [(0, "n")], ret: -13)
        steps.found(0, 5, parent: true)
        steps.child(AW_STEP_CREATE, in: 5, "n", nil)
        #expect(try steps.records() == ["PARENT /w 5", "CREATE n"])
        steps = try Steps("mkdir", [(0, "n")], ret: -17)
        steps.found(0, 5, parent: true)
        #expect(try steps.records() == ["PARENT /w 5"])
    }

    /// Slashes at the end belong to the name but not to its last part (audit_compare_dname_path()).
    @Test func slashesAtTheEnd() throws {
        var steps = try Steps("rmdir", [(0, "d/n//")])
        steps.found(0, 5, parent: true)
        steps.child(AW_STEP_DELETE, in: 5, "n", 6)
        #expect(try steps.records() == ["PARENT d/ 5", "DELETE d/n// 6"])
    }

    @Test func aRenameOverAFile() throws {
        var steps = try Steps("rename", [(0, "a/o"), (1, "b/n")])
        steps.found(0, 5, parent: true)
        steps.found(1, 6, parent: true)
        steps.child(AW_STEP_DELETE, in: 5, "o", 10)
        steps.child(AW_STEP_DELETE, in: 6, "n", 11)
        steps.child(AW_STEP_CREATE, in: 6, "n", 10)
        // The second name is read first, see PathPlan.readsSecondFirst().
        #expect(try steps.records() == ["PARENT b/ 6", "PARENT a/ 5", "DELETE a/o 10", "DELETE b/n 11", "CREATE b/n 10"])
    }

    @Test func aRenameThatMayNotLeaveItsDirectory() throws {
        var steps = try Steps("rename", [(0, "a/o"), (1, "b/n")], ret: -13)
        steps.found(0, 5, parent: true)
        steps.found(1, 6, parent: true)
        steps.child(AW_STEP_DELETE, in: 5, "o", 10)
        #expect(try steps.records() == ["PARENT b/ 6", "PARENT a/ 5", "DELETE a/o 10"])
    }

    /// Where a hook tells of the reading of names, their order is that.
    @Test func namesInTheOrderInWhichTheyWereRead() throws {
        var steps = try Steps("rename", [(0, "a/o"), (1, "b/n")], ret: -2)
        steps.read(0)
        steps.read(1)
        steps.found(0, 5, parent: true)
        #expect(try steps.records() == ["PARENT a/ 5", "UNKNOWN b/n"])
        // What has not been read is no item.
        steps = try Steps("rename", [(0, "a/o"), (1, "b/n")], ret: -14)
        steps.read(0)
        #expect(try steps.records() == ["UNKNOWN a/o"])
    }

    /// Two names at one address are one entry (audit_reusename()).
    @Test func oneAddressIsOneName() throws {
        var steps = try Steps("symlink", [(0, "loop"), (1, "loop")])
        steps.event.call.args = (0x1000, 0x1000, 0, 0, 0, 0)
        steps.found(0, 5, parent: true)
        steps.child(AW_STEP_CREATE, in: 5, "loop", nil)
        steps.child(AW_STEP_CREATE, in: 5, "loop", 6)
        #expect(try steps.records() == ["PARENT /w 5", "CREATE loop 6"])
    }

    /// An open that may create of a file that is there and not cached: audit has the directory under the name, so the file needs an entry.
    @Test func anOpenThatMightHaveMadeItsFile() throws {
        var steps = try Steps("openat", [(1, "d/f")], ret: 3)
        steps.found(1, 5, parent: true)
        steps.found(1, 6)
        #expect(try steps.records() == ["PARENT d/ 5", "NORMAL d/f 6"])
        steps = try Steps("openat", [(1, "d/f")], ret: 3)
        steps.found(1, 5, parent: true)
        steps.child(AW_STEP_CREATE, in: 5, "f", nil)
        steps.child(AW_STEP_CREATE, in: 5, "f", 6)
        #expect(try steps.records() == ["PARENT d/ 5", "CREATE d/f 6"])
    }

    /// The end of a dangling symbolic link is made: its name is not the one given, so audit finds no place for either step. Linux 6.12
    /// wrote these five for `open("dangling", O_CREAT)`.
    @Test func theEndOfADanglingLink() throws {
        var steps = try Steps("openat", [(1, "dangling")], ret: 9)
        steps.found(1, 3, parent: true)
        steps.child(AW_STEP_CREATE, in: 3, "target", nil)
        steps.child(AW_STEP_CREATE, in: 3, "target", 23)
        #expect(
            try steps.records() == ["PARENT /w 3", "PARENT (null) 3", "CREATE (null)", "PARENT (null) 3", "CREATE (null) 23"])
    }

    /// A directory that the name does not name, such as an overlay's own: an entry without a name, made once.
    @Test func changesBelowAnOverlay() throws {
        var steps = try Steps("unlink", [(0, "f")])
        steps.found(0, 5, parent: true)
        steps.child(AW_STEP_DELETE, in: 5, "f", 6)
        steps.child(AW_STEP_DELETE, in: 77, "f", 78)
        #expect(try steps.records() == ["PARENT /w 5", "DELETE f 78", "PARENT (null) 77"])
    }

    /// A script: audit lists each name with the file that it led to; the loader is a name that the program's file gives.
    @Test func aScript() throws {
        var steps = try Steps("execve", [(0, "./s")])
        steps.found(0, 5)
        steps.found(steps.name("/bin/sh"), 6)
        steps.found(steps.name("/lib/ld.so"), 7)
        #expect(try steps.records() == ["NORMAL ./s 5", "NORMAL /bin/sh 6", "NORMAL /lib/ld.so 7"])
        steps = try Steps("execve", [(0, "./s")], ret: -2)
        steps.found(0, 5)
        _ = steps.name("/no/sh")
        #expect(try steps.records() == ["NORMAL ./s 5", "UNKNOWN /no/sh"])
    }

    /// bind() of a unix socket: getname_kernel(), no argument.
    @Test func aSocketsPath() throws {
        var steps = try Steps("bind", [])
        steps.event.add(.socketAddress, [1, 0] + Array("run/s\0".utf8))
        let name = steps.name("run/s")
        steps.found(name, 5, parent: true)
        steps.child(AW_STEP_CREATE, in: 5, "s", nil)
        steps.child(AW_STEP_CREATE, in: 5, "s", 6)
        #expect(try steps.records() == ["PARENT run/ 5", "CREATE run/s 6"])
    }

    /// audit_inode_parent_hidden(): counted, not shown. Linux 6.18 writes `items=2` and one PATH for mq_unlink().
    @Test func theDirectoryOfMessageQueuesIsHidden() throws {
        var steps = try Steps("mq_unlink", [(0, "q")])
        steps.child(AW_STEP_DELETE, in: 5, "q", 6)
        #expect(try steps.records(items: 2) == ["DELETE q 6"])
        #expect(try Steps("mq_unlink", [(0, "q")], ret: -2).records(items: 1) == [])
        steps = try Steps("mq_open", [(0, "q")], ret: 3)
        steps.child(AW_STEP_CREATE, in: 5, "q", nil)
        steps.child(AW_STEP_CREATE, in: 5, "q", 6)
        steps.event.add(Steps.object(6), as: AW_ROLE_RESULT)
        #expect(try steps.records(items: 2) == ["CREATE q 6"])
        // One that is there already.
        steps = try Steps("mq_open", [(0, "q")], ret: 3)
        steps.event.add(Steps.object(6), as: AW_ROLE_RESULT)
        #expect(try steps.records() == ["NORMAL q 6"])
    }

    @Test func aDescriptorsFileComesFirst() throws {
        var steps = try Steps("fchmod", [])
        steps.event.add(Steps.object(9), as: AW_ROLE_DESCRIPTOR)
        steps.child(AW_STEP_CREATE, in: 77, "copy", nil)
        #expect(try steps.records() == ["NORMAL (null) 9", "PARENT (null) 77", "CREATE (null)"])
    }

    /// More steps than the list has room for are left out, not counted, and harm nothing.
    @Test func theListIsBounded() throws {
        var steps = try Steps("mkdir", [(0, "n")])
        for number in 0..<30 { steps.child(AW_STEP_CREATE, in: UInt64(100 + number), "x", UInt64(200 + number)) }
        let records = try steps.records(items: 24)
        #expect(records.count <= 24 && records.count > 20)
    }
}
