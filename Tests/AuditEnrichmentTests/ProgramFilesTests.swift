// SPDX-License-Identifier: MIT
import AuditEnrichment
import Foundation
import Testing

/// Looking at files by the paths in events: what is believed, for how long, in whose root, and what is left alone.
@Suite struct ProgramFilesTests {
    private static let sound = ELFTests.Image("/bin/sh").bytes
    private static func now(_ seconds: Double) -> UInt64 { UInt64(seconds * 1e9) }

    @Test func onlyTheFileThatRanIsBelieved() throws {
        let files = try TestFiles()
        defer { files.remove() }
        let path = try files.write("program", Self.sound)
        let facts = try TestFiles.facts(path)
        #expect(try TestFiles.look(path, facts: facts).loader != nil)
        // Another file is there by now, in this file system or in another.
        var other = facts
        other.inode += 1
        #expect(try TestFiles.look(path, facts: other) == ProgramFacts())
        other = facts
        other.deviceMinor += 1
        #expect(try TestFiles.look(path, facts: other) == ProgramFacts())
        for wrong in ["", "program", "./program", "relative/program", path + "/", path + "\0x", path + "x"] {
            var look = ProgramFiles()
            let seen = look.program(facts, path: Array(wrong.utf8), process: UInt32(getpid()), now: 1)
            #expect(seen == ProgramFacts(), "\(wrong)")
        }
    }

    @Test func whatWasReadIsBelievedForItsLifetime() throws {
        let files = try TestFiles()
        defer { files.remove() }
        let path = try files.write("program", Self.sound)
        let facts = try TestFiles.facts(path)
        var look = ProgramFiles()
        func hasLoader(_ look: inout ProgramFiles, _ time: UInt64) -> Bool {
            look.program(facts, path: Array(path.utf8), process: UInt32(getpid()), now: time).loader != nil
        }
        #expect(hasLoader(&look, Self.now(100)))
        // The same file gets other contents.
        try files.write("program", Array("text".utf8))
        #expect(try TestFiles.facts(path).inode == facts.inode)
        #expect(hasLoader(&look, Self.now(100)))
        #expect(hasLoader(&look, Self.now(100) + ProgramFiles.lifetime - 1))
        #expect(!hasLoader(&look, Self.now(100) + ProgramFiles.lifetime))
        // So is what was not there.
        try files.write("program", Self.sound)
        #expect(!hasLoader(&look, Self.now(100) + ProgramFiles.lifetime))
        #expect(hasLoader(&look, Self.now(100) + 2 * ProgramFiles.lifetime))
        // A clock that went back does not make it last.
        try files.write("program", Array("text".utf8))
        #expect(!hasLoader(&look, Self.now(1)))
    }

    /// 4,096 files are remembered.
    @Test func rememberedFilesAreBounded() throws {
        let files = try TestFiles()
        defer { files.remove() }
        let path = try files.write("program", Self.sound)
        let facts = try TestFiles.facts(path)
        let process = UInt32(getpid())
        var look = ProgramFiles()
        #expect(look.program(facts, path: Array(path.utf8), process: process, now: 1).loader != nil)
        try files.write("program", Array("text".utf8))
        for number in 1...4095 {
            var other = FileFacts()
            other.inode = facts.inode &+ UInt64(number)
            _ = look.program(other, path: [], process: process, now: 1)
        }
        #expect(look.program(facts, path: Array(path.utf8), process: process, now: 1).loader != nil, "still remembered")
        var last = FileFacts()
        last.inode = facts.inode &+ 4096
        _ = look.program(last, path: [], process: process, now: 1)
        #expect(look.program(facts, path: Array(path.utf8), process: process, now: 1).loader == nil, "read again")
    }

    @Test func filesOfAProcessThatIsGoneAreLookedForInOurRoot() throws {
        let files = try TestFiles()
        defer { files.remove() }
        let path = try files.write("program", Self.sound)
        // Above any PID_MAX_LIMIT (4194304).
        for process: UInt32 in [0, 5_000_000, .max] {
            #expect(try TestFiles.look(path, process: process).loader?.name == Array("/bin/sh".utf8))
            #expect(ProgramFiles().file(at: Array(path.utf8), process: process) == (try TestFiles.facts(path)))
        }
    }

    @Test func factsAreThoseOfStat() throws {
        let files = try TestFiles()
        defer { files.remove() }
        let path = try files.write("a file", [1])
        try FileManager.default.setAttributes([.posixPermissions: 0o4751], ofItemAtPath: path)
        if getuid() == 0 { #expect(unsafe chown(path, 70_000, 80_000) == 0) }
        try files.link("link", to: "a file")
        for name in [path, files.path("link"), files.directory.path, "/dev/null", "/dev/tty", "/"] {
            // Only what the kernel remembers is found: what the process of an event has looked up itself.
            let facts = try TestFiles.facts(name)
            #expect(ProgramFiles().file(at: Array(name.utf8), process: UInt32(getpid())) == facts, "\(name)")
        }
        for name in ["", "etc/hostname", "/no/such/file", files.path("a file/x"), "/etc/host\0name"] {
            #expect(ProgramFiles().file(at: Array(name.utf8), process: UInt32(getpid())) == nil, "\(name)")
        }
    }

    /// Opening a FIFO or a device may wait or act: inotify(7) tells of every open that is more than a look (O_PATH).
    @Test func onlyRegularFilesAreOpened() throws {
        let files = try TestFiles()
        defer { files.remove() }
        let pipe = files.path("pipe")
        #expect(unsafe mkfifo(pipe, 0o755) == 0)
        var nodes = [pipe]
        // major 1, minor 3: /dev/null.
        if unsafe mknod(files.path("device"), S_IFCHR | 0o755, 1 << 8 | 3) == 0 {
            nodes.append(files.path("device"))
        } else {
            print("skipped: device nodes cannot be made here")
        }
        let regular = try files.write("program", Self.sound)
        let watch = inotify_init1(Int32(O_NONBLOCK))
        #expect(watch >= 0)
        defer { close(watch) }
        func wasOpened(_ path: String) throws -> Bool {
            let number = unsafe inotify_add_watch(watch, path, UInt32(IN_OPEN) | UInt32(IN_ACCESS))
            #expect(number >= 0)
            _ = try TestFiles.look(path)
            var events = [UInt8](repeating: 0, count: 4096)
            let count = unsafe events.withUnsafeMutableBytes { unsafe read(watch, $0.baseAddress, $0.count) }
            inotify_rm_watch(watch, number)
            var rest = [UInt8](repeating: 0, count: 4096)
            _ = unsafe rest.withUnsafeMutableBytes { unsafe read(watch, $0.baseAddress, $0.count) }
            return count > 0
        }
        #expect(try wasOpened(regular), "the watch works")
        for node in nodes {
            #expect(try !wasOpened(node), "\(node)")
            #expect(try TestFiles.look(node) == ProgramFacts())
            #expect(ProgramFiles().file(at: Array(node.utf8), process: UInt32(getpid())) == (try TestFiles.facts(node)))
        }
        #expect(try TestFiles.look(files.directory.path) == ProgramFacts())
    }

    /// A process in a root of its own (chroot(2)): paths and the links on them stay inside.
    @Test func pathsAreThoseOfTheProcess() throws {
        let files = try TestFiles()
        defer { files.remove() }
        let perl = "/usr/bin/perl"
        guard FileManager.default.fileExists(atPath: perl), getuid() == 0 else {
            print("skipped: no \(perl), or not root")
            return
        }
        try files.write("bin/program", ELFTests.Image("/lib/loader").bytes)
        try files.write("lib/real", [1, 2, 3])
        try files.link("lib/loader", to: "/lib/real")
        try files.link("out", to: "../../../../../../../../etc/hostname")
        try files.write("etc/hostname", Array("inside".utf8))
        try files.link("loop", to: "loop")
        try files.link("magic", to: "/proc/self/root/etc/hostname")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: perl)
        process.arguments = [
            "-e", "chroot shift or exit 1; $| = 1; stat for qw(/bin/program /lib/loader /etc/hostname /out); print \"ready\\n\"; <STDIN>",
            files.directory.path,
        ]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        defer {
            try? input.fileHandleForWriting.close()
            process.waitUntilExit()
        }
        try #require(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "ready\n")
        let id = UInt32(process.processIdentifier)
        var look = ProgramFiles()
        let facts = try TestFiles.facts(files.path("bin/program"))
        let program = look.program(facts, path: Array("/bin/program".utf8), process: id, now: 1)
        #expect(program.loader?.name == Array("/lib/loader".utf8))
        #expect(program.loader?.facts == (try TestFiles.facts(files.path("lib/real"))))
        let inside = try TestFiles.facts(files.path("etc/hostname"))
        for path in ["/etc/hostname", "/out", "/../etc/hostname", "/lib/../../etc/hostname"] {
            #expect(ProgramFiles().file(at: Array(path.utf8), process: id) == inside, "\(path)")
        }
        for path in ["/loop", "/magic", "/bin/sh", files.path("bin/program")] {
            #expect(ProgramFiles().file(at: Array(path.utf8), process: id) == nil, "\(path)")
        }
    }
}
