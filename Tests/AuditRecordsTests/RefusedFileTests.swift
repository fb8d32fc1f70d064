// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRecords
import AuditSyscalls
import AuditTestSupport
import CAuditWire
import Foundation
import Testing

/// PATH of an open or exec that failed after it had found its file: `path_openat()`, `do_open()` (fs/namei.c) and
/// `do_open_execat()` (fs/exec.c) tell audit of it before they refuse it. The expectations are what stat(2) says of the file, and
/// what the kernel's own call on that very file returned.
@Suite struct RefusedFileTests {
    /// Files of each kind in a directory of their own, which is the event's working directory.
    struct Files {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("refused-\(UUID().uuidString)").path

        init() throws {
            try FileManager.default.createDirectory(atPath: directory + "/dir", withIntermediateDirectories: true)
            try Data("text".utf8).write(to: URL(fileURLWithPath: directory + "/file"))
            try #require(unsafe chmod(directory + "/file", 0o640) == 0)
            try #require(unsafe symlink("file", directory + "/link") == 0)
            try #require(unsafe symlink("/nowhere", directory + "/dangling") == 0)
            try #require(unsafe mkfifo(directory + "/fifo", 0o600) == 0)
        }

        func remove() { try? FileManager.default.removeItem(atPath: directory) }

        /// ` inode=… mode=…` of a name that is not followed.
        func facts(_ name: String) throws -> String {
            var status = stat()
            try #require(unsafe lstat(directory + "/" + name, &status) == 0)
            return "inode=\(status.st_ino) mode=0\(String(status.st_mode, radix: 8))"
        }
    }

    static func now() -> UInt64 { UInt64(Date().timeIntervalSince1970 * 1e9) }

    /// What the PATH record says: its type, and inode and mode when it has them.
    static func path(
        _ call: String, _ name: String, _ error: Int32, flags: Int32 = 0, user: UInt32 = 0, realtime: UInt64? = nil, in files: Files
    ) throws -> String {
        var event = EventBuilder()
        event.call.nr = try #require(SyscallTable.number(of: call, abi: .native))
        event.call.ret = -Int64(error)
        event.call.pid = UInt32(getpid())
        event.call.fsuid = user
        event.call.fsgid = user
        let argument: UInt8 = call == "openat" ? 1 : 0
        event.call.args.0 = UInt64(bitPattern: Int64(call == "openat" ? AT_FDCWD : 0))
        if call == "openat" { event.call.args.2 = UInt64(flags) } else { event.call.args.1 = UInt64(flags) }
        event.add(.workingDirectory, files.directory)
        event.add(.pathname, detail: argument, name)
        let lines = try format(event, options: PathPlanTests.options, realtime: realtime ?? now())
        let record = ReadRecord(try #require(lines.first { $0.hasPrefix("type=PATH") }))
        guard let inode = record["inode"], let mode = record["mode"] else { return record["nametype"]! }
        return "\(record["nametype"]!) inode=\(inode) mode=\(mode)"
    }

    /// The error is the one that the kernel gives for that very call on that very file.
    @Test(arguments: [
        ("dir", O_WRONLY, EISDIR), ("file", O_DIRECTORY, ENOTDIR), ("link", O_NOFOLLOW, ELOOP),
        ("file", O_CREAT | O_EXCL, EEXIST), ("dangling", O_CREAT | O_EXCL, EEXIST), ("fifo", O_WRONLY | O_NONBLOCK, ENXIO),
    ])
    func opens(_ name: String, _ flags: Int32, _ error: Int32) throws {
        let files = try Files()
        defer { files.remove() }
        let descriptor = unsafe open(files.directory + "/" + name, flags, 0o600)
        try #require(descriptor == -1 && errno == error)
        for call in ["open", "openat"] {
            #expect(try Self.path(call, name, error, flags: flags, in: files) == "NORMAL " + files.facts(name))
            let absolute = files.directory + "/" + name
            #expect(try Self.path(call, absolute, error, flags: flags, in: files) == "NORMAL " + files.facts(name))
        }
    }

    @Test func linksAreFollowedWhereTheCallDoes() throws {
        let files = try Files()
        defer { files.remove() }
        #expect(try Self.path("open", "link", ETXTBSY, flags: O_WRONLY, in: files) == "NORMAL " + files.facts("file"))
        #expect(try Self.path("creat", "dir", EISDIR, in: files) == "NORMAL " + files.facts("dir"))
    }

    @Test func programs() throws {
        let files = try Files()
        defer { files.remove() }
        for error in [EACCES, E2BIG, EFAULT, ENOEXEC] {
            #expect(try Self.path("execve", "file", error, in: files) == "NORMAL " + files.facts("file"))
        }
        #expect(try Self.path("execve", "dir", EACCES, in: files) == "NORMAL " + files.facts("dir"))
    }

    /// What has the name now cannot be what the call failed on.
    @Test(arguments: [
        ("file", O_WRONLY, EISDIR), ("dir", O_DIRECTORY, ENOTDIR), ("file", O_NOFOLLOW, ELOOP), ("dir", O_RDONLY, ENXIO),
        ("dir", O_WRONLY, ETXTBSY),
    ])
    func aFileThatDoesNotExplainTheErrorIsNotShown(_ name: String, _ flags: Int32, _ error: Int32) throws {
        let files = try Files()
        defer { files.remove() }
        #expect(try !Self.path("open", name, error, flags: flags, in: files).contains("inode="))
    }

    /// A file that was changed after the call is not shown as it is now, nor one that has been put in its place.
    @Test func aFileThatWasChangedSinceIsNotShown() throws {
        let files = try Files()
        defer { files.remove() }
        let before = Self.now() - 1_000_000_000
        #expect(try Self.path("open", "dir", EISDIR, flags: O_WRONLY, realtime: before, in: files) == "NORMAL")
        #expect(try Self.path("open", "dir", EISDIR, flags: O_WRONLY, in: files) == "NORMAL " + files.facts("dir"))
    }

    /// O_PATH's own look-up refuses what is no directory, before audit hears of it.
    @Test func aPathThatIsNoDirectory() throws {
        let files = try Files()
        defer { files.remove() }
        #expect(try Self.path("open", "file", ENOTDIR, flags: O_DIRECTORY | 0o10000000, in: files) == "UNKNOWN")
    }

    /// EACCES on a file whose mode (0640, of user and group 0) allows what was wanted comes from elsewhere: a directory on the way.
    @Test(arguments: [(UInt32(0), false), (1000, true)])
    func whoRefuses(_ user: UInt32, _ isShown: Bool) throws {
        try #require(getuid() == 0, "the files are to be of user 0")
        let files = try Files()
        defer { files.remove() }
        let path = try Self.path("open", "file", EACCES, flags: O_RDWR, user: user, in: files)
        #expect(path.contains("inode=") == isShown)
    }

    /// Errors that come before the look-up, or from it.
    @Test(arguments: [(ENOENT, "UNKNOWN"), (EMFILE, "UNKNOWN"), (ENFILE, "UNKNOWN"), (EXDEV, "UNKNOWN"), (ENAMETOOLONG, "UNKNOWN")])
    func nothingIsLookedUp(_ error: Int32, _ type: String) throws {
        let files = try Files()
        defer { files.remove() }
        #expect(try Self.path("openat", "file", error, in: files) == type)
    }

    /// The directory of a descriptor is not known.
    @Test func namesRelativeToADescriptorStayNames() throws {
        let files = try Files()
        defer { files.remove() }
        var event = EventBuilder()
        event.call.nr = try #require(SyscallTable.number(of: "openat", abi: .native))
        event.call.ret = -Int64(EISDIR)
        event.call.pid = UInt32(getpid())
        event.call.args.0 = 5
        event.add(.workingDirectory, files.directory)
        event.add(.pathname, detail: 1, "dir")
        let lines = try format(event, options: PathPlanTests.options)
        #expect(lines.contains { $0.contains("name=\"dir\" nametype=NORMAL ") })
    }
}
