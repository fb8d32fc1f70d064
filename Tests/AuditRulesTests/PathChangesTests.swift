// SPDX-License-Identifier: MIT
import AuditRules
import Foundation
import Glibc
import Testing

/// When paths of rules are worth another look: inotify(7) says what each act is told as.
@Suite final class PathChangesTests {
    private let directory = FileManager.default.temporaryDirectory
        .appending(path: "path-changes-\(getpid())-\(UInt32.random(in: 0...(.max)))").path

    init() throws {
        for part in ["/a/b", "/other", "/x/y"] {
            try FileManager.default.createDirectory(atPath: directory + part, withIntermediateDirectories: true)
        }
        for file in ["/a/b/file", "/a/b/else", "/other/new"] { try Data("x".utf8).write(to: URL(filePath: directory + file)) }
        try FileManager.default.createSymbolicLink(atPath: directory + "/link", withDestinationPath: directory + "/x")
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func path(_ name: String) -> [UInt8] { Array((directory + name).utf8) }

    /// Holds what cannot be copied, as `#expect` would.
    private final class Watcher {
        private var changes = PathChanges()
        private let path: [UInt8]

        init(_ path: [UInt8]) {
            self.path = path
            watch()
        }

        func watch() { changes.watch([path]) }
        func isTold() -> Bool { changes.haveHappened() }
        var isPartial: Bool { changes.isPartial }
    }

    private func move(_ from: String, _ to: String) -> Int32 { unsafe rename(directory + from, directory + to) }
    private func remove(_ name: String) -> Int32 { unsafe unlink(directory + name) }
    private func makeDirectory(_ name: String) -> Int32 { unsafe mkdir(directory + name, 0o700) }
    private func write(_ name: String) -> Int32 { close(unsafe open(directory + name, O_CREAT | O_WRONLY | O_TRUNC, 0o600)) }

    private func watching(_ name: String) -> Watcher { Watcher(path(name)) }

    @Test("a name on the way that comes, goes or is replaced is told, once")
    func names() throws {
        let acts: [(String, () -> Int32)] = [
            ("replaced", { self.move("/other/new", "/a/b/file") }), ("removed", { self.remove("/a/b/file") }),
            ("made", { self.write("/a/b/file") }), ("directory moved", { self.move("/a", "/c") }),
            ("directory made", { self.makeDirectory("/a") }),
        ]
        let changes = watching("/a/b/file")
        #expect(!changes.isTold())
        for (name, act) in acts {
            #expect(act() == 0, "\(name): errno \(errno)")
            #expect(changes.isTold(), "\(name)")
            changes.watch()
            _ = changes.isTold()
            #expect(!changes.isTold(), "\(name)")
        }
        // The new /a has none of it yet; each step of the way is watched as soon as it is there.
        #expect(makeDirectory("/a/b") == 0)
        #expect(changes.isTold())
        changes.watch()
        _ = changes.isTold()
        #expect(move("/c/b/else", "/a/b/file") == 0)
        #expect(changes.isTold())
        #expect(!changes.isPartial)
    }

    @Test("what lies beside the way is not told")
    func beside() throws {
        let changes = watching("/a/b/file")
        #expect(remove("/a/b/else") == 0)
        #expect(move("/other", "/others") == 0)
        #expect(write("/a/file") == 0)
        #expect(write("/a/b/file") == 0)
        #expect(!changes.isTold())
    }

    @Test("a link on the way is told when it leads elsewhere, and so is what happens where it leads")
    func links() throws {
        let changes = watching("/link/y")
        #expect(move("/x/y", "/x/z") == 0)
        #expect(changes.isTold())
        #expect(unsafe symlink(directory + "/a", directory + "/next") == 0)
        #expect(!changes.isTold())
        #expect(move("/next", "/link") == 0)
        #expect(changes.isTold())
    }

    @Test("more than the kernel keeps is told as a change")
    func overflow() throws {
        let limit = try String(contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8)
        let count = try #require(Int(limit.trimmingCharacters(in: .whitespacesAndNewlines)))
        try #require(count <= 1 << 20, "more events than a test can make")
        let changes = watching("/a/b/file")
        // Equal events in a row are one, so two names take turns.
        for number in 0...count / 2 {
            let name = "/a/b/else\(number % 2)"
            _ = (write(name), remove(name))
        }
        #expect(changes.isTold())
        #expect(!changes.isTold())
    }
}
