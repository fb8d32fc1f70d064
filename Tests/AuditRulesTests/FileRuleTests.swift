// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRules
import AuditSyscalls
import AuditTestSupport
import CAuditWire
import Foundation
import Glibc
import Testing

/// What rules about files mean: kernel/auditsc.c, `audit_filter_rules()`, `audit_filter_inodes()` and `audit_match_perm()`.
@Suite final class FileRuleTests {
    private let directory = FileManager.default.temporaryDirectory
        .appending(path: "file-rules-\(getpid())-\(UInt32.random(in: 0...(.max)))")

    init() throws {
        try FileManager.default.createDirectory(at: directory.appending(path: "sub"), withIntermediateDirectories: true)
        try Data("x".utf8).write(to: directory.appending(path: "file"))
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private var real: String { "\(directory.path)" }

    private func selects(_ fields: String, _ event: EventBytes, _ files: [NamedFile]) throws -> Bool {
        try selects(Evaluator(compile("-a always,exit -F arch=b64 \(fields)")), event, files)
    }

    private func selects(_ evaluator: Evaluator, _ event: EventBytes, _ files: [NamedFile]) throws -> Bool {
        var named = NamedFiles()
        for file in files { named.append(file) }
        return try event.withView { view in
            let selected = evaluator.decide(view, files: named) != .reject
            let passes = PrefilterModel(MapImage(evaluator.rules)).accepts(view)
            #expect(passes || !selected, "lost by the prefilter")
            return selected
        }
    }

    private func compile(_ text: String) throws -> RuleSet { try RuleSet.compile(Array((text + "\n").utf8), named: "test.rules") }

    /// open(2) of `name`.
    private func open(_ name: String, flags: UInt64 = 0) -> EventBytes {
        var event = EventBytes(2, 0x7f00_0000_0000, flags)
        event.names = [name]
        event.workingDirectory = directory.path
        return event
    }

    // MARK: path=, dir=

    @Test func aWatchIsOfTheFileNotOfItsName() throws {
        let event = open("elsewhere")
        let file = try #require(fileObject(real + "/file"))
        #expect(try selects("-F path=\(real)/file", event, [event.file(0, file)]))
        var other = file
        other.inode += 1
        #expect(try !selects("-F path=\(real)/file", event, [event.file(0, other)]))
        other = file
        other.dev_minor += 1
        #expect(try !selects("-F path=\(real)/file", event, [event.file(0, other)]))
        #expect(try !selects("-F path=\(real)/file", event, []))
    }

    @Test func aFileThatIsKnownByItsNameOnly() throws {
        for name in ["file", "./sub/../file", directory.path + "//file", "sub/./../file"] {
            let event = open(name)
            #expect(try selects("-F path=\(real)/file", event, [event.file(0, nil)]), "\(name)")
            #expect(try !selects("-F path=\(real)/file", event, [event.file(0, nil, isFound: false)]), "no look-up, no match")
        }
        let event = open("file")
        #expect(try !selects("-F path=\(real)/file", event, [event.file(0, nil, isBelowWorkingDirectory: false)]))
        let longer = open("file2")
        #expect(try !selects("-F path=\(real)/file", longer, [longer.file(0, nil)]))
    }

    @Test func aWatchFollowsWhatHappensToItsName() throws {
        let path = real + "/later"
        var evaluator = Evaluator(try compile("-w \(path)"))
        let event = open("later")
        #expect(try !selects(evaluator, event, []))
        try Data().write(to: URL(filePath: path))
        let first = try #require(fileObject(path))
        evaluator.look()
        #expect(try selects(evaluator, event, [event.file(0, first)]), "made after loading")
        try Data().write(to: URL(filePath: real + "/new"))
        let renamed = unsafe rename(real + "/new", path)
        #expect(renamed == 0)
        let second = try #require(fileObject(path))
        #expect(first.inode != second.inode)
        evaluator.look()
        #expect(try selects(evaluator, event, [event.file(0, second)]), "replaced by rename")
        #expect(try !selects(evaluator, event, [event.file(0, first)]))
        _ = unsafe unlink(path)
        evaluator.look()
        #expect(try !selects(evaluator, event, [event.file(0, second)]), "removed")
    }

    @Test func aDirectoryMeansWhatIsBelowIt() throws {
        for (name, below) in [
            ("sub/deep/file", true), ("sub", true), ("sub/", true), ("subway", false), ("file", false), ("sub/../file", false),
            (directory.path + "/sub/x", true), ("/", false), ("../\(directory.lastPathComponent)/sub/x", true),
        ] {
            let event = open(name)
            #expect(try selects("-F dir=\(real)/sub", event, [event.file(0, nil)]) == below, "\(name)")
            #expect(try selects("-F dir=\(real)/sub/", event, [event.file(0, nil)]) == below, "\(name)")
        }
        let event = open("by-another-name")
        #expect(try selects("-F dir=\(real)/sub", event, [event.file(0, fileObject(real + "/sub"))]), "the directory itself")
    }

    @Test func oneFileMustPassAllTestsOfARuleOfOne() throws {
        var event = open("file")
        event.names = ["file", "sub"]
        var file = try #require(fileObject(real + "/file"))
        file.uid = 5
        var other = try #require(fileObject(real + "/sub"))
        other.uid = 7
        let files = [event.file(0, file), event.file(1, other)]
        #expect(try selects("-F path=\(real)/file -F obj_uid=5", event, files))
        #expect(try !selects("-F path=\(real)/file -F obj_uid=7", event, files))
        #expect(try !selects("-F inode=\(UInt32(truncatingIfNeeded: file.inode)) -F obj_uid=7", event, files))
        #expect(try selects("-S all -F obj_uid=5 -F obj_uid=7", event, files), "else any file may pass each")
        #expect(try selects("-S all -F inode!=\(UInt32(truncatingIfNeeded: file.inode)) -F obj_uid=5", event, files))
    }

    // MARK: Facts of files

    @Test func factsOfFiles() throws {
        let event = open("file")
        var file = aw_object()
        file.inode = 0x1_0000_0007
        file.dev_major = 8
        file.dev_minor = 3
        file.rdev_major = 1
        file.mode = 0o020666
        file.uid = 10
        file.gid = 20
        let files = [event.file(0, file)]
        for (fields, holds) in [
            ("inode=7", true), ("inode=8", false), ("inode!=8", true), ("devmajor=8", true), ("devmajor=1", true),
            ("devmajor=2", false), ("devminor&3", true), ("devminor=0", true), ("filetype=character", true),
            ("filetype=file", false), ("filetype!=file", true), ("filetype!=character", false), ("obj_uid=10", true),
            ("obj_uid>10", false), ("obj_gid=20", true), ("obj_gid!=20", false),
        ] {
            #expect(try selects("-S open -F \(fields)", event, files) == holds, "\(fields)")
        }
        // An entry without a file compares with zeros (kzalloc() in audit_alloc_name()) and with no type.
        let unknown = [event.file(0, nil, isFound: false)]
        #expect(try selects("-S open -F obj_uid=0 -F devmajor=0 -F filetype!=file", event, unknown))
        #expect(try !selects("-S open -F obj_uid=0", event, []), "no entry, nothing to compare")
        #expect(try selects("-S open -F filetype!=file", event, []))
    }

    @Test func comparisonsOfFields() throws {
        var event = open("file")
        event.call.uid = 1
        event.call.euid = 2
        event.call.suid = 1
        event.call.auid = 3
        event.call.gid = 4
        event.call.egid = 5
        var file = aw_object()
        file.uid = 2
        file.gid = 4
        let files = [event.file(0, file)]
        for (pair, holds) in [
            ("uid=obj_uid", false), ("euid=obj_uid", true), ("obj_uid!=auid", true), ("gid=obj_gid", true), ("egid=obj_gid", false),
            ("uid=suid", true), ("uid!=suid", false), ("euid!=uid", true), ("auid=uid", false), ("gid!=egid", true),
        ] {
            #expect(try selects("-S open -C \(pair)", event, files) == holds, "\(pair)")
        }
        #expect(try !selects("-S open -C uid!=obj_uid", event, []))
    }

    @Test func theProgramIsComparedByItsPath() throws {
        var event = open("file")
        event.executable = real + "/file"
        #expect(try selects("-S open -F exe=\(real)/file", event, []))
        #expect(try !selects("-S open -F exe!=\(real)/file", event, []))
        event.executable = real + "/file (deleted)"
        #expect(try !selects("-S open -F exe=\(real)/file", event, []))
        #expect(try selects("-S open -F exe!=\(real)/file", event, []))
    }

    // MARK: perm=

    /// Numbers are those of asm/unistd_64.h.
    @Test(
        arguments: [
            // number, a0, a1, a2, the permissions it has
            (2, 0, 0, 0, "r"), (2, 0, 1, 0, "w"), (2, 0, 2, 0, "rw"), (2, 0, 3, 0, "rw"), (2, 0, 0o102, 0, "rw"),
            (257, 0, 0, 0, "r"), (257, 0, 0, 0o1101, "w"), (59, 0, 0, 0, "x"), (322, 0, 0, 0, "x"), (82, 0, 0, 0, "w"), (85, 0, 0, 0, "w"),
            (90, 0, 0, 0, "a"), (86, 0, 0, 0, "wa"), (89, 0, 0, 0, "r"), (76, 0, 0, 0, "w"), (49, 0, 0, 0, "w"), (188, 0, 0, 0, "a"),
            (191, 0, 0, 0, "r"), (0, 0, 0, 0, ""), (1, 0, 0, 0, ""), (4, 0, 0, 0, ""), (21, 0, 0, 0, ""), (42, 0, 0, 0, ""),
        ] as [(UInt32, UInt64, UInt64, UInt64, String)])
    func permissions(_ number: UInt32, _ a0: UInt64, _ a1: UInt64, _ a2: UInt64, _ has: String) throws {
        let event = EventBytes(number, a0, a1, a2)
        for letter in ["r", "w", "x", "a"] { #expect(try selects("-F perm=\(letter)", event, []) == has.contains(letter), "\(letter)") }
        #expect(try selects("-F perm=rwxa", event, []) == !has.isEmpty)
    }

    @Test func openat2HasItsFlagsInMemory() throws {
        var event = EventBytes(437)
        event.openFlags = 1
        #expect(try selects("-F perm=w", event, []))
        #expect(try !selects("-F perm=r", event, []))
        event.openFlags = nil
        #expect(try selects("-F perm=r", event, []), "it failed before it read them: zero")
    }

    @Test func aWatchLooksAtFewCallsOnly() throws {
        let set = try compile("-w \(real)/file -p wa")
        // read, write, getppid and execve have no file to be watched, or not that permission.
        for number: UInt32 in [0, 1, 110, 59, 4] { #expect(set.rules(for: .native, number).isEmpty, "\(number)") }
        for number: UInt32 in [2, 257, 82, 90, 76, 87] { #expect(set.rules(for: .native, number) == [0], "\(number)") }
    }

    @Test func filesAreWantedForTheCallsOfSuchRulesOnly() throws {
        let evaluator = Evaluator(try compile("-a always,exit -F arch=b64 -S rename -F obj_uid=0\n-a always,exit -F arch=b64 -S open"))
        let wanted = try EventBytes(82).withView { evaluator.wantsFiles($0) }
        #expect(wanted)
        let unwanted = try open("x").withView { evaluator.wantsFiles($0) }
        #expect(!unwanted)
    }

    @Test func labelsNeverMatchWhereThereAreNone() throws {
        let set = try compile("-a always,exit -S all -F subj_type!=x_t\n-a always,user -F uid=0")
        #expect(set.warnings.map(\.fault) == [.kernelOnly])
        #expect(set.remarks(on: .none).map(\.fault) == [.noLabels])
        #expect(set.remarks(on: .appArmor).map(\.word) == ["subj_type"])
        #expect(set.remarks(on: .seLinux) == [])
        #expect(try compile("-a always,exit -S all -F subj_role=x").remarks(on: .appArmor) == [])
        #expect(set.rules.count == 1)
        #expect(try !selects(Evaluator(set), open("x"), []))
    }
}
