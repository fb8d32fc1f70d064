// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRecords
import AuditSyscalls
import AuditTestSupport
import CAuditWire
import Foundation
import Testing

/// Which PATH records an event has, in which order: audit's list of names, followed by hand through getname(), filename_parentat(),
/// may_delete() and audit_inode_child() (fs/namei.c, kernel/auditsc.c, 6.12).
@Suite struct PathPlanTests {
    static let options = FormatOptions(serialBase: 5, pathUses: PathUseTable(uses: SyscallShapes.pathUses()))

    /// `NAMETYPE name` of each item, whose numbers must go up from 0 and be counted in the SYSCALL record.
    static func items(_ event: EventBuilder, options: FormatOptions = options) throws -> [String] {
        let records = try format(event, options: options).map(ReadRecord.init)
        let paths = records.filter { $0.type == "PATH" }
        #expect(paths.map { $0["item"] } == (0..<paths.count).map(String.init))
        #expect(records[0]["items"] == String(paths.count))
        #expect(records.filter { $0.type == "CWD" }.count == (paths.isEmpty ? 0 : 1), "CWD exactly when there is an item")
        return paths.map { path in
            let name = path.bytes("name").map { String(decoding: $0, as: UTF8.self) } ?? "(null)"
            return path["nametype"]! + " " + name
        }
    }

    static func event(_ call: String, _ names: [(UInt8, String)], ret: Int64 = 0) throws -> EventBuilder {
        var event = EventBuilder()
        event.call.nr = try #require(SyscallTable.number(of: call, abi: .native))
        event.call.ret = ret
        event.add(.workingDirectory, "/w")
        for (argument, name) in names { event.add(.pathname, detail: argument, name) }
        return event
    }

    // MARK: Success

    static let made: [(call: String, names: [(UInt8, String)], items: [String])] = [
        ("mkdir", [(0, "d/n")], ["PARENT d/", "CREATE d/n"]),
        ("mkdir", [(0, "n")], ["PARENT /w", "CREATE n"]),
        ("mkdirat", [(1, "/n")], ["PARENT /", "CREATE /n"]),
        ("mknod", [(0, "a//n")], ["PARENT a//", "CREATE a//n"]),
        ("mkdir", [(0, "d/n///")], ["PARENT d/", "CREATE d/n///"]),
        ("mkdir", [(0, "n/")], ["PARENT /w", "CREATE n/"]),
        ("mkdir", [(0, "../n")], ["PARENT ../", "CREATE ../n"]),
        ("unlink", [(0, "d/n")], ["PARENT d/", "DELETE d/n"]),
        ("unlinkat", [(1, "n")], ["PARENT /w", "DELETE n"]),
        ("rmdir", [(0, "/a/b/")], ["PARENT /a/", "DELETE /a/b/"]),
        // Two getname() in one call are done from the last to the first.
        ("rename", [(0, "a/o"), (1, "b/n")], ["PARENT b/", "PARENT a/", "DELETE a/o", "CREATE b/n"]),
        ("renameat2", [(1, "o"), (3, "n")], ["PARENT /w", "PARENT /w", "DELETE o", "CREATE n"]),
        ("link", [(0, "a/o"), (1, "b/n")], ["PARENT b/", "NORMAL a/o", "CREATE b/n"]),
        ("linkat", [(1, "o"), (3, "n")], ["PARENT /w", "NORMAL o", "CREATE n"]),
        // symlink's first name is text that nobody looks up.
        ("symlink", [(0, "a/t"), (1, "b/n")], ["PARENT b/", "UNKNOWN a/t", "CREATE b/n"]),
        ("symlinkat", [(0, "t"), (2, "/n")], ["PARENT /", "UNKNOWN t", "CREATE /n"]),
        ("chmod", [(0, "d/n")], ["NORMAL d/n"]),
        ("pivot_root", [(0, "a"), (1, "b")], ["NORMAL a", "NORMAL b"]),
        ("newfstatat", [(1, "n")], ["NORMAL n"]),
        // An empty name is not read at all (getname_maybe_null(), 6.11).
        ("newfstatat", [(1, "")], []),
        ("fchownat", [(1, "")], ["NORMAL "]),
    ]

    @Test(arguments: made.indices)
    func whatSucceeded(_ number: Int) throws {
        let it = Self.made[number]
        #expect(try Self.items(Self.event(it.call, it.names)) == it.items, "\(it.call)")
        // The wire may carry the names in any order.
        #expect(try Self.items(Self.event(it.call, it.names.reversed())) == it.items, "\(it.call)")
    }

    /// link and symlink read their names in order before 5.15; rename reads its last one first from 5.10 to 6.x.
    @Test func namesAreReadInTheKernelsOrder() throws {
        func items(_ call: String, _ order: NameOrder) throws -> [String] {
            var options = Self.options
            options.pathUses = PathUseTable(uses: SyscallShapes.pathUses(), order: order)
            return Array(try Self.items(Self.event(call, [(0, "a/o"), (1, "b/n")]), options: options).prefix(2))
        }
        #expect(NameOrder(kernel: 4 << 16 | 15 << 8) == .inTurn)
        #expect(NameOrder(kernel: 5 << 16 | 10 << 8) == .lastFirstInRename)
        #expect(NameOrder(kernel: 5 << 16 | 15 << 8) == .lastFirst)
        #expect(NameOrder(kernel: 6 << 16 | 18 << 8) == .lastFirst)
        #expect(NameOrder(kernel: 7 << 16 | 3 << 8) == .firstFirst)
        #expect(try items("symlink", .lastFirst) == ["PARENT b/", "UNKNOWN a/o"])
        #expect(try items("symlink", .lastFirstInRename) == ["UNKNOWN a/o", "PARENT b/"])
        #expect(try items("link", .lastFirstInRename) == ["NORMAL a/o", "PARENT b/"])
        #expect(try items("rename", .lastFirstInRename) == ["PARENT b/", "PARENT a/"])
        #expect(try items("rename", .firstFirst) == ["PARENT a/", "PARENT b/"])
        #expect(try items("rename", .inTurn) == ["PARENT a/", "PARENT b/"])
        #expect(try items("link", .inTurn) == ["NORMAL a/o", "PARENT b/"])
    }

    /// Where names are read in turn, one that cannot be read keeps the kernel from the next (do_linkat(), do_symlinkat() of 5.10).
    @Test func aNameThatCannotBeReadEndsTheTurn() throws {
        func items(_ call: String, _ order: NameOrder, first: String?) throws -> [String] {
            var options = Self.options
            options.pathUses = PathUseTable(uses: SyscallShapes.pathUses(), order: order)
            var event = try Self.event(call, [], ret: -Int64(first == nil ? EFAULT : ENOENT))
            if let first { event.add(.pathname, detail: 0, first) } else { event.add(.pathname, detail: 0, errno: EFAULT) }
            event.add(.pathname, detail: 1, "n")
            return try Self.items(event, options: options)
        }
        for call in ["link", "symlink"] {
            #expect(try items(call, .lastFirstInRename, first: nil) == [], "\(call)")
            #expect(try items(call, .lastFirstInRename, first: "") == [], "\(call)")
            #expect(try items(call, .lastFirst, first: nil).count == 1, "\(call)")
            #expect(try items(call, .lastFirst, first: "").count == 1, "\(call)")
        }
        #expect(try items("rename", .inTurn, first: nil) == [])
        #expect(try items("rename", .lastFirstInRename, first: nil).count == 1)
        // mkdirat has one name, whatever its first argument is.
        #expect(try Self.items(Self.event("mkdirat", [(1, "n")])) == ["PARENT /w", "CREATE n"])
    }

    /// quotactl() refuses a kind of quota that there is not before it reads the device's name (fs/quota/quota.c).
    @Test func kindsOfQuota() throws {
        func items(_ command: UInt64) throws -> [String] {
            var event = try Self.event("quotactl", [(1, "dev")], ret: -Int64(EINVAL))
            event.call.args.0 = command
            return try Self.items(event)
        }
        #expect(try items(0xffff_ffff_ffff_ffff) == [])
        #expect(try items(0x8000_0703) == [])
        #expect(try items(0x8000_0702) == ["NORMAL dev"])
    }

    // MARK: Failure

    static let one: [(UInt8, String)] = [(0, "d/n")]
    static let two: [(UInt8, String)] = [(0, "a/o"), (1, "b/n")]
    static let failed: [(call: String, names: [(UInt8, String)], errors: [Int32], items: [String])] = [
        // The look-up itself fails.
        ("chmod", one, [ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, ESTALE], ["UNKNOWN d/n"]),
        // The file is there and refuses.
        ("chmod", one, [EPERM, EACCES, EROFS, EIO], ["NORMAL d/n"]),
        ("truncate", one, [EISDIR, EINVAL, ETXTBSY], ["NORMAL d/n"]),
        ("mkdir", one, [ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG], ["UNKNOWN d/n"]),
        // filename_create() has the directory, and nothing came of the rest.
        ("mkdir", one, [EEXIST, EROFS, EMLINK, ENOSPC, EDQUOT], ["PARENT d/"]),
        // may_create() tells audit before it asks for permission.
        ("mkdir", one, [EACCES, EPERM], ["PARENT d/", "CREATE d/n"]),
        // The directory is found, the name in it is not.
        ("unlink", one, [ENOENT, EROFS], ["PARENT d/"]),
        // may_delete() tells audit before it refuses.
        ("unlink", one, [EACCES, EPERM, EISDIR, EBUSY], ["PARENT d/", "DELETE d/n"]),
        ("rmdir", one, [ENOTEMPTY, ENOTDIR], ["PARENT d/", "DELETE d/n"]),
        ("rename", two, [EXDEV, EEXIST, EINVAL], ["PARENT b/", "PARENT a/"]),
        ("link", two, [EEXIST, EXDEV, EROFS], ["PARENT b/", "NORMAL a/o"]),
        ("symlink", two, [EEXIST, EROFS], ["PARENT b/", "UNKNOWN a/o"]),
        ("symlink", two, [ENOENT, ENOTDIR], ["UNKNOWN b/n", "UNKNOWN a/o"]),
        // The kernel does not have the call, so it has looked at nothing.
        ("renameat2", [(1, "o"), (3, "n")], [ENOSYS], []),
        ("chmod", one, [ENOSYS], []),
    ]

    @Test(arguments: failed.indices)
    func whatFailed(_ number: Int) throws {
        let it = Self.failed[number]
        for error in it.errors {
            #expect(try Self.items(Self.event(it.call, it.names, ret: -Int64(error))) == it.items, "\(it.call) \(error)")
        }
    }

    /// A message queue's directory is counted and not shown (audit_inode_parent_hidden(), ipc/mqueue.c).
    @Test func messageQueues() throws {
        for (ret, count, items) in [(0, "2", ["DELETE q"]), (-Int64(EPERM), "2", ["DELETE q"]), (-Int64(ENOENT), "1", [])] {
            let records = try format(Self.event("mq_unlink", [(0, "q")], ret: ret), options: Self.options).map(ReadRecord.init)
            #expect(records[0]["items"] == count)
            #expect(records.filter { $0.type == "CWD" }.count == 1)
            let paths = records.filter { $0.type == "PATH" }
            #expect(paths.map { $0["nametype"]! + " " + String(decoding: $0.bytes("name") ?? [], as: UTF8.self) } == items)
        }
        #expect(try Self.items(Self.event("mq_open", [(0, "q")], ret: -Int64(EEXIST))) == ["NORMAL q"])
        #expect(try Self.items(Self.event("mq_open", [(0, "q")], ret: -Int64(EFAULT))) == [])
        // One that may not be opened is found; one whose name is none is not (lookup_noperm_common(), fs/namei.c).
        #expect(try Self.items(Self.event("mq_open", [(0, "...")], ret: -Int64(EACCES))) == ["NORMAL ..."])
        for name in ["a/b", ".", ".."] {
            #expect(try Self.items(Self.event("mq_open", [(0, name)], ret: -Int64(EACCES))) == ["UNKNOWN " + name])
        }
    }

    /// getname() refuses an empty name, so the kernel has no entry for it.
    @Test func emptyNamesThatAreRefused() throws {
        #expect(try Self.items(Self.event("chmod", [(0, "")], ret: -2)) == [])
        #expect(try Self.items(Self.event("mkdir", [(0, "")], ret: -2)) == [])
        #expect(try Self.items(Self.event("rename", [(0, ""), (1, "n")], ret: -2)).count == 1)
    }

    @Test func aNameThatCouldNotBeReadIsNoItem() throws {
        var event = try Self.event("chmod", [], ret: -14)
        event.add(.pathname, detail: 0, errno: EFAULT)
        #expect(try Self.items(event) == [])
    }

    @Test func aTaskThatDiesInItsCallHasUnknownNames() throws {
        for call in ["chmod", "mkdir", "unlink"] {
            var event = try Self.event(call, Self.one)
            event.flags = UInt8(AW_FLAG_NO_RETURN.rawValue)
            #expect(try Self.items(event) == ["UNKNOWN d/n"])
        }
    }

    /// inotify_add_watch() looks at its mask and descriptor first (fs/notify/inotify/inotify_user.c). Linux 6.18 has items=0.
    @Test func checksBeforeTheName() throws {
        #expect(try Self.items(Self.event("inotify_add_watch", [(1, "f")], ret: -22)) == [])
        #expect(try Self.items(Self.event("inotify_add_watch", [(1, "f")], ret: -9)) == [])
        #expect(try Self.items(Self.event("inotify_add_watch", [(1, "f")], ret: -2)) == ["UNKNOWN f"])
        #expect(try Self.items(Self.event("inotify_add_watch", [(1, "f")], ret: 1)) == ["NORMAL f"])
    }

    // MARK: Sockets

    private static func socket(_ call: String, _ path: String, ret: Int64 = 0, family: UInt8 = 1) throws -> EventBuilder {
        var event = try Self.event(call, [], ret: ret)
        event.add(.socketAddress, [family, 0] + Array(path.utf8))
        return event
    }

    /// unix_find_other() looks up, unix_bind() makes (net/unix/af_unix.c). The failing connect is one of Linux 6.18's own, see KernelRecords.
    @Test func unixSockets() throws {
        #expect(try Self.items(Self.socket("connect", "/run/s\0x")) == ["NORMAL /run/s"])
        #expect(try Self.items(Self.socket("connect", "/no/such\0", ret: -2)) == ["UNKNOWN /no/such"])
        #expect(try Self.items(Self.socket("connect", "s", ret: -111)) == ["NORMAL s"])
        #expect(try Self.items(Self.socket("bind", "/run/s")) == ["PARENT /run/", "CREATE /run/s"])
        #expect(try Self.items(Self.socket("bind", "s\0\0")) == ["PARENT /w", "CREATE s"])
        #expect(try Self.items(Self.socket("bind", "/no/s", ret: -2)) == ["UNKNOWN /no/s"])
        // An abstract name is no path, another family has none, an unnamed socket neither.
        #expect(try Self.items(Self.socket("bind", "\0abstract")) == [])
        #expect(try Self.items(Self.socket("bind", "")) == [])
        #expect(try Self.items(Self.socket("connect", "/run/s", family: 2)) == [])
        // Refused before the name: by an inet socket, without a socket, by unix_validate_addr(). Linux 6.18 has items=0.
        for error: Int64 in [-97, -88, -9, -22] { #expect(try Self.items(Self.socket("connect", "s", ret: error)) == []) }
        // A call that looks nothing up brings no working directory along.
        var event = EventBuilder()
        event.call.nr = try #require(SyscallTable.number(of: "getpeername", abi: .native))
        event.add(.socketAddress, [1, 0] + Array("/run/s".utf8))
        #expect(try Self.items(event) == [])
    }

    // MARK: Files that the event tells of

    private static let file = aw_object(
        inode: 7, dev_major: 1, dev_minor: 2, rdev_major: 0, rdev_minor: 0, mode: 0o100600, flags: 0, uid: 0, gid: 0, sid: 0)

    @Test func whatACallReturnedComesUnderItsName() throws {
        var event = try Self.event("openat", [(1, "d/n")], ret: 3)
        event.add(Self.file, as: AW_ROLE_RESULT)
        #expect(try Self.items(event) == ["NORMAL d/n"])
        var made = Self.file
        made.flags = UInt16(AW_OBJECT_CREATED.rawValue)
        event = try Self.event("openat", [(1, "n")], ret: 3)
        event.add(made, as: AW_ROLE_RESULT)
        event.add(Self.file, as: AW_ROLE_RESULT_PARENT)
        #expect(try Self.items(event) == ["PARENT /w", "CREATE n"])
        #expect(try format(event, options: Self.options).filter { $0.contains(" inode=7 dev=01:02 ") }.count == 2)
    }

    /// socketcall(2) of i386 is 102, and bind 2 inside of it, connect 3 (linux/net.h).
    @Test(arguments: [(UInt64(2), ["PARENT d/", "CREATE d/s"]), (UInt64(3), ["NORMAL d/s"])])
    func socketsWithinSocketcall(_ inner: UInt64, _ items: [String]) throws {
        var event = EventBuilder()
        event.call.arch = 0x4000_0003
        event.call.nr = 102
        event.call.args = (inner, 0x1000, 0, 0, 0, 0)
        event.add(.workingDirectory, "/w")
        event.add(.special, detail: UInt8(AW_SPECIAL_SOCKETCALL.rawValue), [UInt8](repeating: 0, count: 12))
        event.add(.socketAddress, [1, 0] + Array("d/s".utf8))
        #expect(try Self.items(event) == items)
    }

    /// quotactl() (fs/quota/quota.c): the type of quota is in the lower 8 bits, and there are 3 (MAXQUOTAS).
    @Test func quotasOfNoTypeNameNoDevice() throws {
        let calls: [(command: UInt64, ret: Int64, items: [String])] = [
            (3, -22, []), (.max, -22, []), (2, -22, ["NORMAL n"]), (2, -1, ["NORMAL n"]),
        ]
        for (command, ret, items) in calls {
            var event = try Self.event("quotactl", [(1, "n")], ret: ret)
            event.call.args.0 = command
            #expect(try Self.items(event) == items, "\(command) \(ret)")
        }
    }

    @Test func aDescriptorsFileHasNoName() throws {
        var event = try Self.event("fchmod", [])
        event.add(Self.file, as: AW_ROLE_DESCRIPTOR)
        #expect(try Self.items(event) == ["NORMAL (null)"])
    }

    /// More names than any call has do not make more records than there is room for, nor another count of them.
    @Test func itemsAreBounded() throws {
        var event = try Self.event("openat", (0..<6).map { (UInt8($0), "n\($0)") }, ret: 3)
        event.add(Self.file, as: AW_ROLE_RESULT)
        event.add(Self.file, as: AW_ROLE_DESCRIPTOR)
        event.add(.socketAddress, [1, 0] + Array("/s".utf8))
        let uses = [UInt8](repeating: PathUse.create.rawValue, count: PathUseTable.size)
        let items = try Self.items(event, options: FormatOptions(serialBase: 5, pathUses: PathUseTable(uses: uses)))
        #expect(items.count <= 24)
        #expect(items.count >= 8)
    }
}
