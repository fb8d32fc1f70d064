// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRules
import AuditTestSupport
import CAuditWire
import Glibc
import Testing

/// `x-path` where the kernel side tells the paths of files that the call has come to.
@Suite struct RealPathTests {
    private func selects(_ fields: String, _ event: EventBytes) throws -> Bool {
        let set = try RuleSet.compile(Array("-a always,exit -F arch=b64 -S openat \(fields)\n".utf8), named: "test.rules")
        #expect(set.wanted == .paths)
        return try event.withView { Evaluator(set).decide($0, files: event.files) != .reject }
    }

    private func object(_ inode: UInt64) -> aw_object {
        var object = aw_object()
        object.inode = inode
        object.dev_major = 8
        object.mode = 0o100644
        return object
    }

    /// openat(2) of `name` in /home, which has led to `path`.
    private func open(_ name: String, _ path: String) -> EventBytes {
        var event = EventBytes(257)
        event.names = [name]
        event.workingDirectory = "/home"
        event.objects = [object(5)]
        event.more = [
            (.object, UInt8(AW_ROLE_RESULT.rawValue), rawBytes(of: object(5))),
            (.objectPath, UInt8(AW_ROLE_RESULT.rawValue), Array(path.utf8)),
        ]
        return event
    }

    @Test func whatItIsCountsNotHowItIsCalled() throws {
        let event = open("innocent", "/etc/shadow")
        #expect(try selects("-F x-path=/etc/*", event))
        #expect(try !selects("-F x-path=/home/*", event))
        #expect(try !selects("-F x-path!=/etc/*", event))
        #expect(try selects("-F x-path!=/home/*", event))
    }

    @Test func whatIsToldOfAnotherFileDoesNotCount() throws {
        var event = open("innocent", "/etc/shadow")
        event.objects = [object(6)]
        #expect(try !selects("-F x-path=/etc/*", event))
        #expect(try selects("-F x-path=/home/innocent", event))
    }

    @Test func theDirectoryOfAFileThatWasMade() throws {
        var event = open("link/new", "/etc/cron.d/new")
        event.names = ["link/", "link/new"]
        event.objects = [object(4), object(5)]
        event.more.append((.object, UInt8(AW_ROLE_RESULT_PARENT.rawValue), rawBytes(of: object(4))))
        #expect(try selects("-F x-path=/etc/cron.d", event))
        #expect(try selects("-F x-path=/etc/cron.d/new", event))
        #expect(try !selects("-F x-path=/home/*", event))
    }

    /// A pattern may have the name of a link near the root, where the path that is told goes through none.
    @Test func aPatternThroughALink() throws {
        var target = [CChar](repeating: 0, count: 4096)
        guard unsafe readlink("/bin", &target, 4095) > 0, unsafe realpath("/bin", &target) != nil else {
            print("skipped: /bin is no link here")
            return
        }
        let real = String(decoding: target.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        #expect(try selects("-F x-path=/bin/*", open("x", real + "/true")))
        #expect(try !selects("-F x-path!=/bin/*", open("x", real + "/true")))
        #expect(try !selects("-F x-path=/bin/*", open("x", "/binary/true")))
    }

    // MARK: Names relative to a directory

    /// unlinkat(2) of `name`, relative to the directory behind its first argument, which has the path `directory` or none.
    private func unlinkAt(_ name: String, _ directory: String?) -> (String) throws -> Bool {
        var event = EventBytes(263, 3)
        event.names = [name]
        event.workingDirectory = "/home"
        if let directory { event.more = [(.objectPath, UInt8(AW_ROLE_DIRECTORY.rawValue), Array(directory.utf8))] }
        var files = NamedFiles()
        files.append(event.file(0, nil, isBelowWorkingDirectory: false))
        return { [event, files] fields in
            let set = try RuleSet.compile(Array("-a always,exit -F arch=b64 -S unlinkat \(fields)\n".utf8), named: "test.rules")
            return try event.withView { Evaluator(set).decide($0, files: files) != .reject }
        }
    }

    @Test func aNameBeginsAtTheDirectoryOfItsDescriptor() throws {
        let selects = unlinkAt("x/../authorized_keys", "/root/.ssh")
        #expect(try selects("-F x-path=/root/.ssh/authorized_keys"))
        #expect(try !selects("-F x-path!=/root/*"))
        #expect(try !selects("-F x-path=/home/*"))
        #expect(try selects("-F x-path!=/home/*"))
        #expect(try unlinkAt("/etc/x", "/root")("-F x-path=/etc/x"), "an absolute name does not")
    }

    @Test func withoutThatItIsUnknownWhereANameBegins() throws {
        let selects = unlinkAt("authorized_keys", nil)
        #expect(try !selects("-F x-path!=/etc/*"))
        #expect(try !selects("-F x-path=/home/*"))
        #expect(try selects("-F x-path=*authorized_keys*"))
    }

    @Test func directoriesAreFoundByThatPath() throws {
        let real = try #require(
            unsafe realpath("/usr", nil).map { path in
                defer { unsafe free(path) }
                return unsafe String(cString: path)
            })
        #expect(try unlinkAt("share/x", real)("-F dir=/usr/share"))
        #expect(try !unlinkAt("lib/x", real)("-F dir=/usr/share"))
        #expect(try !unlinkAt("share/x", nil)("-F dir=/usr/share"))
    }

    // MARK: Steps of path hooks

    private func path(_ file: aw_object, _ parts: String) -> [UInt8] {
        rawBytes(of: aw_step_path(inode: file.inode, dev_major: file.dev_major, dev_minor: file.dev_minor)) + Array(parts.utf8)
    }

    private func child(_ parent: aw_object, _ child: aw_object, _ name: String) -> [UInt8] {
        rawBytes(of: aw_step_child(parent: parent, child: child)) + Array(name.utf8)
    }

    /// A call on /home/`name` with `steps`, that has led to `file`.
    private func hooked(_ name: String, _ file: aw_object?, _ steps: [(aw_step_kind, [UInt8])]) -> EventBytes {
        var event = EventBytes(257)
        event.names = [name]
        event.workingDirectory = "/home"
        event.objects = [file]
        event.flags = UInt8(AW_FLAG_STEPS.rawValue)
        event.more = steps.map { (.step, UInt8($0.0.rawValue), $0.1) }
        return event
    }

    @Test func whatANameHasLedTo() throws {
        let event = hooked("innocent", object(5), [(AW_STEP_PATH, path(object(5), "shadow/etc/"))])
        #expect(try selects("-F x-path=/etc/shadow", event))
        #expect(try !selects("-F x-path!=/etc/*", event))
        #expect(try !selects("-F x-path=/home/*", event))
        let other = hooked("innocent", object(6), [(AW_STEP_PATH, path(object(5), "shadow/etc/"))])
        #expect(try !selects("-F x-path=/etc/*", other), "it is another file's")
        #expect(try selects("-F x-path=/home/innocent", other))
    }

    @Test func whatIsMadeOrRemovedIsInItsDirectory() throws {
        let absent = aw_object(
            inode: 0, dev_major: 0, dev_minor: 0, rdev_major: 0, rdev_minor: 0, mode: 0,
            flags: UInt16(AW_OBJECT_ABSENT.rawValue), uid: 0, gid: 0, sid: 0)
        for (kind, file) in [(AW_STEP_DELETE, object(5)), (AW_STEP_CREATE, object(5)), (AW_STEP_CREATE, nil)] {
            let event = hooked(
                "link/authorized_keys", file,
                [(AW_STEP_PATH, path(object(4), ".ssh/root/")), (kind, child(object(4), file ?? absent, "authorized_keys"))])
            #expect(try selects("-F x-path=/root/.ssh/authorized_keys", event))
            #expect(try !selects("-F x-path=/root/.ssh", event))
            #expect(try !selects("-F x-path=/home/*", event))
            #expect(try selects("-F x-path!=/home/*", event))
        }
        let another = hooked(
            "link/authorized_keys", nil,
            [(AW_STEP_PATH, path(object(4), ".ssh/root/")), (AW_STEP_CREATE, child(object(4), absent, "keys"))])
        #expect(try !selects("-F x-path=/root/*", another), "the last part of the name is another one")
    }

    /// link(2), rename(2): both names are of one file.
    @Test func aFileWithTwoNames() throws {
        let event = hooked(
            "link", object(5),
            [
                (AW_STEP_PATH, path(object(5), "shadow/etc/")), (AW_STEP_PATH, path(object(4), "tmp/")),
                (AW_STEP_CREATE, child(object(4), object(5), "copy")),
            ])
        #expect(try selects("-F x-path=/etc/shadow", event))
        #expect(try selects("-F x-path=/tmp/copy", event))
        #expect(try !selects("-F x-path!=/tmp/*", event))
    }

    @Test func theRootAndWhatIsInIt() throws {
        let event = hooked("x", object(5), [(AW_STEP_PATH, path(object(2), "")), (AW_STEP_DELETE, child(object(2), object(5), "top"))])
        #expect(try selects("-F x-path=/top", event))
    }

    /// A path that has more parts above is known from some part on.
    @Test func aPathThatIsCut() throws {
        var event = hooked("innocent", object(5), [])
        let bytes = path(object(5), "authorized_keys/.ssh/")
        event.more = [(.step, UInt8(AW_STEP_PATH.rawValue), bytes)]
        event.cut = [.step]
        #expect(try selects("-F x-path=*authorized_keys*", event))
        #expect(try !selects("-F x-path=/.ssh/*", event))
        #expect(try !selects("-F x-path!=/etc/*", event), "not known")
    }

    @Test func whatIsNoPath() throws {
        for parts in ["no-slash", "/", "//", "a/b"] {
            let event = hooked("innocent", object(5), [(AW_STEP_PATH, path(object(5), parts))])
            #expect(try !selects("-F x-path=/etc/*", event))
        }
    }
}
