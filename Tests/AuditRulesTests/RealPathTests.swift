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
}
