// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRules
import AuditTestSupport
import CAuditWire
import Foundation
import Glibc
import Testing

/// Rules that find programs and directories by inode: `audit_exe_compare()` (kernel/audit_watch.c), `handle_path()` and `handle_one()`
/// (kernel/auditsc.c).
@Suite final class InodeRuleTests {
    private let directory = FileManager.default.temporaryDirectory
        .appending(path: "inode-rules-\(getpid())-\(UInt32.random(in: 0...(.max)))").path

    init() throws {
        try FileManager.default.createDirectory(atPath: directory + "/sub", withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(filePath: directory + "/program"))
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func object(_ path: String) throws -> aw_object { try #require(fileObject(path)) }

    /// A file of its own on the file system of `other`.
    private func stranger(beside other: aw_object) -> aw_object {
        var object = other
        object.inode = other.inode &+ 0x1_0000_0000
        object.mode = 0o100644
        return object
    }

    private func evaluator(_ fields: String) throws -> Evaluator {
        Evaluator(try RuleSet.compile(Array("-a always,exit -F arch=b64 \(fields)\n".utf8), named: "test.rules"))
    }

    private func selects(_ evaluator: Evaluator, _ event: EventBytes, _ files: [NamedFile] = []) throws -> Bool {
        var named = NamedFiles()
        for file in files { named.append(file) }
        return try event.withView { evaluator.decide($0, files: named) != .reject }
    }

    private func selects(_ fields: String, _ event: EventBytes, _ files: [NamedFile] = []) throws -> Bool {
        try selects(evaluator(fields), event, files)
    }

    /// open(2) of `name` in ``directory``.
    private func open(_ name: String) -> EventBytes {
        var event = EventBytes(2, 0x7f00_0000_0000)
        event.names = [name]
        event.workingDirectory = directory
        return event
    }

    private func words(_ inodes: [UInt64]) -> [UInt8] { inodes.flatMap { rawBytes(of: $0) } }

    // MARK: exe=

    private func run(by program: aw_object?, path: String) -> EventBytes {
        var event = open("x")
        event.executable = path
        if let program { event.more = [(.object, UInt8(AW_ROLE_PROGRAM.rawValue), rawBytes(of: program))] }
        return event
    }

    @Test func aProgramIsFoundByAnotherOfItsNames() throws {
        let path = directory + "/program"
        let program = try object(path)
        let linked = run(by: program, path: directory + "/hard-link")
        #expect(try selects("-S open -F exe=\(path)", linked))
        #expect(try !selects("-S open -F exe!=\(path)", linked))
        let other = run(by: stranger(beside: program), path: path)
        #expect(try !selects("-S open -F exe=\(path)", other), "another file, that had the name before")
        #expect(try selects("-S open -F exe!=\(path)", other))
        var elsewhere = program
        elsewhere.dev_minor += 1
        #expect(try !selects("-S open -F exe=\(path)", run(by: elsewhere, path: path)), "the same number on another file system")
    }

    @Test func aProgramThatIsNotToldOfIsComparedByPath() throws {
        let path = directory + "/program"
        #expect(try selects("-S open -F exe=\(path)", run(by: nil, path: path)))
        #expect(try !selects("-S open -F exe=\(path)", run(by: nil, path: path + "2")))
    }

    @Test func aRuleFollowsTheProgramsName() throws {
        let path = directory + "/later"
        var evaluator = try evaluator("-S open -F exe=\(path)")
        var unequal = try self.evaluator("-S open -F exe!=\(path)")
        let program = try object(directory + "/program")
        // AUDIT_INO_UNSET equals no inode.
        #expect(try !selects(evaluator, run(by: program, path: path)))
        #expect(try selects(unequal, run(by: program, path: path)))
        try #require(unsafe link(directory + "/program", path) == 0)
        evaluator.look()
        unequal.look()
        #expect(try selects(evaluator, run(by: program, path: directory + "/program")))
        #expect(try !selects(unequal, run(by: program, path: directory + "/program")))
    }

    @Test func whatEventsMustCarry() throws {
        func wanted(_ rule: String) throws -> WantedParts {
            try RuleSet.compile(Array((rule + "\n").utf8), named: "test.rules").wanted
        }
        #expect(try wanted("-a always,exit -F arch=b64 -S open -F uid=0") == [])
        #expect(try wanted("-a always,exit -F arch=b64 -S open -F gid=0") == .groups)
        #expect(try wanted("-a always,exit -F arch=b64 -S open -F exe=\(directory)/program") == .program)
        #expect(try wanted("-a always,exclude -F exe=\(directory)/program") == .program)
        #expect(try wanted("-w \(directory)/program -p rw") == [])
        #expect(try wanted("-w \(directory)/sub -p rw") == .ancestors)
        #expect(try wanted("-a always,exit -F arch=b64 -S open -F dir=\(directory) -F gid=0") == [.ancestors, .groups])
    }

    // MARK: dir=

    @Test func aFileIsInTheDirectoriesThatItsInodeIsIn() throws {
        let (sub, top) = (try object(directory + "/sub"), try object(directory))
        let file = stranger(beside: sub)
        // Found through a link elsewhere, by a name that is below nothing.
        var event = open("/elsewhere/link")
        event.more = [(.ancestors, UInt8(AW_ROLE_RESULT.rawValue), words([file.inode, sub.inode, top.inode, 2]))]
        #expect(try selects("-F dir=\(directory)/sub", event, [event.file(0, file)]))
        #expect(try selects("-F dir=\(directory)", event, [event.file(0, file)]))
        #expect(try selects("-F perm=r -F dir=\(directory)/sub", event, [event.file(0, file)]))
        var foreign = file
        foreign.dev_minor += 1
        #expect(try !selects("-F dir=\(directory)/sub", event, [event.file(0, foreign)]), "equal numbers on another file system")
        event.more[0].bytes = words([file.inode &+ 1, sub.inode])
        #expect(try !selects("-F dir=\(directory)/sub", event, [event.file(0, file)]), "what is told is of another file")
    }

    @Test func aNameThatOnlyLooksLikeItDoesNotCount() throws {
        let sub = try object(directory + "/sub")
        let file = stranger(beside: sub)
        // A link in the directory that leads out of it.
        var event = open("sub/out")
        #expect(try selects("-F dir=\(directory)/sub", event, [event.file(0, file)]), "by name, where nothing else is told")
        event.more = [(.ancestors, UInt8(AW_ROLE_RESULT.rawValue), words([file.inode, 2]))]
        #expect(try !selects("-F dir=\(directory)/sub", event, [event.file(0, file)]))
    }

    @Test func theDirectoryOfAFileThatWasMadeNeedsNoNameEither() throws {
        let sub = try object(directory + "/sub")
        let file = stranger(beside: sub)
        var event = open("sub/out")
        event.more = [(.ancestors, UInt8(AW_ROLE_RESULT.rawValue), words([file.inode, 5, 2]))]
        var parent = stranger(beside: sub)
        parent.inode = 5
        // audit's first entry, the directory by the name's directory part, and the file.
        #expect(try !selects("-F dir=\(directory)/sub", event, [event.file(0, parent), event.file(0, file)]))
    }

    // MARK: path=

    /// A file that is made, and may be gone again before anybody looks: `audit_update_watch()` (kernel/audit_watch.c).
    @Test func aWatchTakesOnWhatIsMadeUnderItsName() throws {
        let file = stranger(beside: try object(directory + "/sub"))
        for isChanged in [true, false] {
            for flags in [0, UInt8(AW_FLAG_STEPS.rawValue | AW_FLAG_ANCESTORS.rawValue)] {
                var event = open("new")
                event.flags = flags
                var made = event.file(0, file)
                made.isChanged = isChanged
                #expect(try selects("-F path=\(directory)/new", event, [made]) == isChanged)
                #expect(try !selects("-F path=\(directory)/new2", event, [made]))
            }
        }
    }

    @Test func noWatchIsOfAFileThatIsNotThere() throws {
        var event = open("new")
        #expect(try selects("-F path=\(directory)/new", event, [event.file(0, nil)]), "by name, where the file is not known")
        event.flags = UInt8(AW_FLAG_STEPS.rawValue)
        #expect(try !selects("-F path=\(directory)/new", event, [event.file(0, nil)]), "hooks would have told")
    }

    private func step(_ file: aw_object, _ ancestors: [UInt64]) -> (tag: SectionTag, detail: UInt8, bytes: [UInt8]) {
        let step = aw_step_file(file: file, name: 0, flags: AW_STEP_ANCESTORS.rawValue)
        return (.step, UInt8(AW_STEP_FILE.rawValue), rawBytes(of: step) + words(ancestors))
    }

    @Test func pathHooksTellWhatEveryNameHasLedTo() throws {
        let (sub, top) = (try object(directory + "/sub"), try object(directory))
        let file = stranger(beside: sub)
        var event = open("sub/out")
        event.flags = UInt8(AW_FLAG_STEPS.rawValue | AW_FLAG_ANCESTORS.rawValue)
        event.more = [step(file, [top.inode, 2])]
        #expect(try !selects("-F dir=\(directory)/sub", event, [event.file(0, file)]), "the name looks like it")
        #expect(try selects("-F dir=\(directory)", event, [event.file(0, file)]))
        // The entry of the directory has become another one's since: the kernel's references stay (put_tree_ref()).
        event.more = [step(sub, [top.inode, 2]), step(file, [2])]
        #expect(try selects("-F dir=\(directory)/sub", event, [event.file(0, file)]))
        // A trace without the directories of one file: by name.
        event.flags = UInt8(AW_FLAG_STEPS.rawValue)
        event.more = [step(file, [2])]
        #expect(try selects("-F dir=\(directory)/sub", event, [event.file(0, file)]))
    }

    @Test func ofAChildItselfAloneIsLookedAt() throws {
        let (sub, top) = (try object(directory + "/sub"), try object(directory))
        for (child, isIt) in [(sub, true), (stranger(beside: sub), false)] {
            var event = open("sub")
            event.flags = UInt8(AW_FLAG_STEPS.rawValue | AW_FLAG_ANCESTORS.rawValue)
            let step = aw_step_child(parent: top, child: child)
            event.more = [(.step, UInt8(AW_STEP_DELETE.rawValue), rawBytes(of: step) + Array("sub".utf8))]
            #expect(try selects("-F dir=\(directory)/sub", event, [event.file(0, child)]) == isIt)
        }
    }

    /// More than can be noted at once of one event.
    @Test func manyRulesThatMeanTheSameDirectory() throws {
        let sub = try object(directory + "/sub")
        let spellings = (0..<80).map { directory + "/sub" + String(repeating: "/", count: $0) }
        var event = open("elsewhere")
        event.more = [(.ancestors, UInt8(AW_ROLE_RESULT.rawValue), words([7, sub.inode]))]
        var file = stranger(beside: sub)
        file.inode = 7
        // Only the last is about this call's user.
        let lines = spellings.enumerated().map { place, path in "-a always,exit -F arch=b64 -F dir=\(path) -F uid=\(place + 1)" }
        let rules = try RuleSet.compile(Array((lines.joined(separator: "\n") + "\n").utf8), named: "test.rules")
        for user in [1, 33, 80, 81] as [UInt32] {
            event.call.uid = user
            #expect(try selects(Evaluator(rules), event, [event.file(0, file)]) == (user <= 80), "\(user)")
        }
    }
}
