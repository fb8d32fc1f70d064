// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRules
import AuditTestSupport
import CAuditWire
import Glibc
import Testing

/// Fields that audit does not have: docs/rules.md.
@Suite struct ExtensionFieldTests {
    private func compile(_ fields: String) throws -> RuleSet {
        try RuleSet.compile(Array("-a always,exit -F arch=b64 \(fields)\n".utf8), named: "test.rules")
    }

    private func selects(_ fields: String, _ event: EventBytes) throws -> Bool {
        let set = try compile(fields)
        return try event.withView { view in
            let isSelected = Evaluator(set).decide(view, files: event.files) != .reject
            #expect(PrefilterModel(MapImage(set)).accepts(view) || !isSelected, "lost by the prefilter")
            return isSelected
        }
    }

    private func faults(_ line: String) -> [RuleFault] {
        do throws(RulesError) {
            _ = try RuleSet.compile(Array((line + "\n").utf8), named: "test.rules")
            return []
        } catch {
            guard case .wrong(let diagnostics) = error else { return [] }
            return diagnostics.map(\.fault)
        }
    }

    @Test func paths() throws {
        var event = EventBytes(257)
        event.names = ["../root/.ssh/authorized_keys"]
        event.workingDirectory = "/home"
        event.objects = [nil]
        #expect(try selects("-S openat -F x-path=/root/*", event))
        #expect(try selects("-S openat -F x-path=*authorized_keys*", event))
        #expect(try !selects("-S openat -F x-path=/home/*", event), "the name that the call had is not what it led to")
        #expect(try !selects("-S openat -F x-path!=/root/*", event))
        #expect(try selects("-S openat -F x-path!=/home/*", event))
        #expect(try !selects("-S openat -F x-path=/root/*", EventBytes(257)), "no files")
        #expect(try selects("-S openat -F x-path!=/root/*", EventBytes(257)))
    }

    @Test("a name whose directory is not known matches patterns that take any beginning")
    func relativeToDescriptor() throws {
        var event = EventBytes(257, 3)
        event.names = ["sub/authorized_keys"]
        event.workingDirectory = "/w"
        var files = NamedFiles()
        files.append(event.file(0, nil, isBelowWorkingDirectory: false))
        let cases = [("=*authorized_keys", true), ("=/w/*", false), ("!=*authorized_keys", false), ("!=/w/*", false)]
        for (test, expected) in cases {
            let evaluator = Evaluator(try compile("-S openat -F x-path\(test)"))
            try event.withView { #expect((evaluator.decide($0, files: files) != .reject) == expected) }
        }
    }

    @Test func namesOfTasks() throws {
        var event = EventBytes(1)
        unsafe withUnsafeMutableBytes(of: &event.call.comm) { unsafe $0.copyBytes(from: "sixteen-bytes-xx".utf8) }
        #expect(try selects("-S 1 -F x-comm=sixteen-bytes-xx", event))
        #expect(try selects("-S 1 -F x-comm=six*", event))
        #expect(try !selects("-S 1 -F x-comm!=six*", event))
        #expect(try !selects("-S 1 -F x-comm=sixteen-bytes-x", event))
        unsafe withUnsafeMutableBytes(of: &event.call.comm) { unsafe $0.copyBytes(from: "sh\0teen-bytes-xx".utf8) }
        #expect(try selects("-S 1 -F x-comm=sh", event))
    }

    @Test func commandLines() throws {
        var builder = EventBuilder()
        builder.call.arch = EventBytes.native
        builder.call.nr = 1
        builder.add(.processTitle, Array("cat\0/etc/shadow\0\0".utf8))
        let bytes = builder.bytes
        for (pattern, expected) in [("cat\\ /etc/shadow", true), ("cat*shadow", true), ("cat", false)] {
            let evaluator = Evaluator(try compile("-S 1 -F x-proctitle=\(pattern)"))
            let view = try unsafe EventView(decoding: bytes.span.bytes, earlierArguments: RawSpan())
            #expect((evaluator.decide(view) != .reject) == expected, "\(pattern)")
        }
    }

    @Test("of a process that runs, the parent's program is what /proc has")
    func ancestors() throws {
        var event = EventBytes(1)
        event.call.ppid = UInt32(getpid())
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/exe", &buffer, 4096)
        let own = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        #expect(try selects("-S 1 -F x-parent-exe=\(own)", event))
        #expect(try selects("-S 1 -F x-ancestor-exe=\(own)", event))
        #expect(try !selects("-S 1 -F x-parent-exe!=\(own)", event))
        #expect(try !selects("-S 1 -F x-ancestor-exe=/no/such", event))
        // The test's own parent is an ancestor, and no parent.
        let above = unsafe readlink("/proc/\(getppid())/exe", &buffer, 4096)
        let parent = String(decoding: buffer[..<above].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        #expect(try selects("-S 1 -F x-ancestor-exe=\(parent)", event))
        // A replay cannot know.
        let replayed = Evaluator(try compile("-S 1 -F x-parent-exe=\(own)"), isLive: false)
        try event.withView { #expect(replayed.decide($0) == .reject) }
        // One that has ended.
        event.call.ppid = 0x7fff_fff0
        for field in ["x-parent-exe", "x-ancestor-exe"] {
            #expect(try !selects("-S 1 -F \(field)=*", event))
            #expect(try !selects("-S 1 -F \(field)!=*", event), "of what is not known nothing holds")
        }
    }

    @Test func rates() throws {
        let set = try RuleSet.compile(
            Array("-a always,exit -S 1 -F x-rate=2\n-a always,exit -S 2\n".utf8), named: "test.rules")
        var limit = RateLimit(set)
        #expect(limit.isNeeded)
        func next(_ rule: Int, _ milliseconds: UInt64) -> Bool {
            let time = milliseconds * 1_000_000
            if limit.isReached(by: rule, time: time) { return false }
            limit.count(rule, time: time)
            return true
        }
        #expect([5100, 5900, 5999, 6000, 5999, 6001].map { next(0, $0) } == [true, true, false, true, true, false])
        #expect((0..<5).map { _ in next(1, 5000) } == Array(repeating: true, count: 5))
        #expect(try !RateLimit(compile("-S 1")).isNeeded)
    }

    @Test func wrongOnes() {
        #expect(faults("-a always,exit -S 1 -F x-none=1") == [.unknownExtension])
        #expect(faults("-a always,exit -S 1 -F x-path=etc/*") == [.patternNotAbsolute])
        #expect(faults("-a always,exit -S 1 -F x-comm=[a") == [.patternMalformed])
        #expect(faults("-a always,exit -S 1 -F x-comm>a") == [.equalOrNotOnly])
        #expect(faults("-a always,exit -S 1 -F x-rate!=1") == [.equalOnly])
        #expect(faults("-a always,exit -S 1 -F x-rate=0") == [.rateOfZero])
        #expect(faults("-a always,exit -S 1 -F x-rate=1s") == [.notNumber])
        #expect(faults("-a never,exit -S 1 -F x-rate=1") == [.rateOfNever])
        #expect(faults("-a always,exit -S 1 -F x-rate=1 -F x-rate=2") == [.secondRate])
        #expect(faults("-a always,task -F x-comm=a") == [.exitListOnly])
        #expect(faults("-a always,exit -F x-path=/etc/* -k etc") == [], "a path is a selector")
    }

    @Test("listed as they are written, explained, and refused by a strict check")
    func texts() throws {
        let line = "-a always,exit -F arch=b64 -S openat -F x-path=/etc/* -F x-comm!=cron -F x-rate=5 -F key=etc"
        var reader = RuleReader()
        reader.read(Array((line + "\n-a always,exit -F arch=b64 -S unlink -F key=gone\n").utf8), named: "test.rules")
        let rules = try reader.loaded()
        #expect(RuleListing.text(of: rules).split(separator: "\n").first.map(String.init) == line)
        #expect(reader.extensions.map(\.line) == [1])
        #expect(reader.remarks.isEmpty)
        let text = RuleExplanation.text(of: rules)
        #expect(text.contains("it is about a file whose path matches /etc/* and the name of the task does not match cron"))
    }
}
