// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEvents
import AuditRecords
import AuditSyscalls
import AuditTestSupport
import CAuditWire
import Foundation
import Testing

/// What the kernel's own records do not show: options, limits, and what is missing.
@Suite struct RecordFormatterTests {
    /// The fields of the first record of `type`.
    static func record(_ type: String, of event: EventBuilder, keys: [[UInt8]?] = [], key: Int = -1) throws -> String? {
        try format(event, keys: keys, key: key).first { $0.hasPrefix("type=\(type) ") }
            .map { String($0.dropFirst("type=\(type) msg=audit(1700000000.007:2147483653): ".count)) }
    }

    @Test func everyFieldStandsInTheKernelsOrder() throws {
        var event = EventBuilder()
        event.call.nr = 257
        event.call.args = (0xffff_ff9c, 0x7ffd_1234_5678, 0, 0x1b6, 5, 6)
        event.call.ret = 3
        event.call.personality = 8
        event.call.pid = 42
        event.call.tid = 43
        event.call.ppid = 41
        event.call.auid = 1000
        event.call.ses = 2
        event.call.uid = 1
        event.call.gid = 2
        event.call.euid = 3
        event.call.suid = 4
        event.call.fsuid = 5
        event.call.egid = 6
        event.call.sgid = 7
        event.call.fsgid = 8
        event.add(.tty, "pts0")
        event.add(.executable, "/usr/bin/cat")
        let lines = try format(event, keys: [nil, Array("my-key".utf8)], key: 1)
        #expect(
            lines.first == """
                type=SYSCALL msg=audit(1700000000.007:2147483653): arch=c000003e syscall=257 per=8 success=yes exit=3 \
                a0=ffffff9c a1=7ffd12345678 a2=0 a3=1b6 items=0 ppid=41 pid=42 auid=1000 uid=1 gid=2 euid=3 suid=4 \
                fsuid=5 egid=6 sgid=7 fsgid=8 tty=pts0 ses=2 comm="cat" exe="/usr/bin/cat" key="my-key"
                """)
        #expect(lines.last == "type=EOE msg=audit(1700000000.007:2147483653): ")
    }

    /// One formatter for all: it keeps the text of what the call before was made as.
    @Test func eachCallHasItsOwnUsersAndGroups() throws {
        let fields: [(String, WritableKeyPath<aw_syscall, UInt32>)] = [
            ("auid", \.auid), ("uid", \.uid), ("gid", \.gid), ("euid", \.euid), ("suid", \.suid), ("fsuid", \.fsuid), ("egid", \.egid),
            ("sgid", \.sgid), ("fsgid", \.fsgid),
        ]
        var formatter = try RecordFormatter(options: FormatOptions())
        var buffer = RecordBuffer(capacity: 65536)
        // Nothing but one of them is another than in the call before; then all are again what they were; and none has changed.
        for changed in fields.indices {
            for value: UInt32 in [1000, 0, 0] {
                var event = EventBuilder()
                for (_, path) in fields { event.call[keyPath: path] = 0 }
                event.call[keyPath: fields[changed].1] = value
                try #require(try append(event.bytes, to: &buffer, with: &formatter))
                let expected = fields.indices.map { " \(fields[$0].0)=\($0 == changed ? value : 0)" }.joined() + " tty="
                #expect(buffer.text.split(separator: "\n").last { $0.hasPrefix("type=SYSCALL ") }?.contains(expected) == true)
            }
        }
    }

    @Test func keysAreEncodedAndChosenByPosition() throws {
        let keys: [[UInt8]?] = [Array("one".utf8), nil, Array("a b".utf8), Array("x\u{1}y".utf8), []]
        let expected = ["key=\"one\"", "key=(null)", "key=612062", "key=780179", "key=\"\""]
        for (number, text) in expected.enumerated() {
            #expect(try Self.record("SYSCALL", of: EventBuilder(), keys: keys, key: number)?.hasSuffix(" " + text) == true)
        }
        for number in [-1, 5, Int.max, Int.min] {
            #expect(
                try Self.record("SYSCALL", of: EventBuilder(), keys: keys, key: number)?.hasSuffix(" key=(null)") == true)
        }
    }

    @Test func successFollowsTheKernelsRangeOfErrors() throws {
        for (value, text) in [
            (Int64(-1), "success=no exit=-1 "), (-4095, "success=no exit=-4095 "), (-4096, "success=yes exit=-4096 "),
            (0, "success=yes exit=0 "), (.min, "success=yes exit=-9223372036854775808 "),
            (.max, "success=yes exit=9223372036854775807 "),
        ] {
            var event = EventBuilder()
            event.call.ret = value
            #expect(try Self.record("SYSCALL", of: event)?.contains(text) == true)
        }
    }

    @Test func whatIsNotThereHasTheKernelsWords() throws {
        var event = EventBuilder()
        let bare = try format(event)
        #expect(bare.count == 3)
        #expect(bare[0].contains(" tty=(none) ses=4294967295 comm=\"cat\" exe=(null) key=(null)"))
        #expect(bare[1].hasSuffix(": proctitle=\"(null)\""))
        event.add(.executable, errno: ENAMETOOLONG)
        event.add(.workingDirectory, errno: ENAMETOOLONG)
        event.add(.pathname, detail: 0, "name")
        event.add(.processTitle, errno: EFAULT)
        event.add(.tty, "")
        let long = try format(event)
        #expect(long[0].contains(" tty=(none) ses=4294967295 comm=\"cat\" exe=\"<too_long>\" key=(null)"))
        #expect(long[1].hasSuffix(": cwd=\"<too_long>\""))
        #expect(long[3].hasSuffix(": proctitle=\"(null)\""))
    }

    @Test func aTerminalNameCannotForgeAField() throws {
        var event = EventBuilder()
        event.add(.tty, "pts0 uid=0\nx")
        #expect(try Self.record("SYSCALL", of: event)?.contains(" tty=70747330207569643D300A78 ses=") == true)
    }

    @Test func commandNamesWithAndWithoutEnd() throws {
        var event = EventBuilder()
        event.setCommand(Array("0123456789abcdef".utf8))
        #expect(try Self.record("SYSCALL", of: event)?.contains(" comm=\"0123456789abcdef\" exe=") == true)
        event.setCommand("")
        #expect(try Self.record("SYSCALL", of: event)?.contains(" comm=\"\" exe=") == true)
        event.setCommand([0x61, 0, 0x62])
        #expect(try Self.record("SYSCALL", of: event)?.contains(" comm=\"a\" exe=") == true)
    }

    @Test func nodeStandsBeforeEveryRecordAndEndOfEventIsAChoice() throws {
        let options = FormatOptions(node: Array("host-1".utf8), endOfEvent: false, serialBase: 7)
        let lines = try format(EventBuilder(), options: options)
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("node=host-1 type=SYSCALL msg=audit(1700000000.007:2147483655): arch="))
        #expect(lines[1].hasPrefix("node=host-1 type=PROCTITLE msg=audit(1700000000.007:2147483655): proctitle="))
    }

    @Test(arguments: ["", "a b", "a\n", "\"", "ü", String(repeating: "x", count: 256)])
    func nodesThatWouldBreakARecordAreRefused(_ node: String) {
        #expect(throws: FormatError.node) { _ = try RecordFormatter(options: FormatOptions(node: Array(node.utf8))) }
    }

    @Test func serialsStayInTheUpperHalf() throws {
        var formatter = try RecordFormatter(options: FormatOptions(serialBase: UInt32.max - 1))
        var buffer = RecordBuffer(capacity: 65536)
        var serials: [UInt32] = []
        for _ in 0..<4 {
            serials.append(formatter.nextSerial)
            let isWritten = try append(EventBuilder().bytes, to: &buffer, with: &formatter)
            #expect(isWritten)
        }
        #expect(serials == [4_294_967_294, 4_294_967_295, 2_147_483_648, 2_147_483_649])
        #expect(buffer.text.contains(":4294967295): ") && buffer.text.contains(":2147483648): "))
        #expect(buffer.events == 4)
        #expect(buffer.records == 12)
    }

    @Test func timeHasThreeDigitsOfMilliseconds() throws {
        for (time, text) in [
            (UInt64(0), "0.000"), (999_999, "0.000"), (1_000_000, "0.001"), (1_700_000_000_999_999_999, "1700000000.999"),
            (.max, "18446744073.709"),
        ] {
            var formatter = try RecordFormatter(options: FormatOptions())
            var buffer = RecordBuffer(capacity: 65536)
            _ = try append(EventBuilder().bytes, to: &buffer, with: &formatter, time: time)
            #expect(buffer.text.hasPrefix("type=SYSCALL msg=audit(\(text):2147483648): "))
        }
    }

    @Test func withoutRoomTheBufferIsAsBefore() throws {
        var event = EventBuilder()
        event.add(.workingDirectory, "/a")
        event.add(.pathname, detail: 1, "/a/b")
        var formatter = try RecordFormatter(options: FormatOptions())
        var whole = RecordBuffer(capacity: 4096)
        _ = try append(event.bytes, to: &whole, with: &formatter)
        let size = whole.count
        for capacity in stride(from: 5, to: size + 5, by: 1) {
            var formatter = try RecordFormatter(options: FormatOptions())
            var buffer = RecordBuffer(capacity: capacity)
            buffer.append("kept\n")
            buffer.commit(records: 1)
            let isWritten = try append(event.bytes, to: &buffer, with: &formatter)
            #expect(isWritten == (capacity >= size + 5))
            #expect(buffer.content == Array("kept\n".utf8) + (isWritten ? whole.content : []))
            #expect(buffer.capacity == capacity)
            #expect(formatter.nextSerial == (isWritten ? 0x8000_0001 : 0x8000_0000))
        }
    }

    @Test func anEmptyBufferGrowsForOneEvent() throws {
        var formatter = try RecordFormatter(options: FormatOptions())
        var buffer = RecordBuffer(capacity: 16)
        var event = EventBuilder()
        let text = [UInt8](repeating: 0, count: 2 << 20)
        event.add(.arguments, Array("last".utf8))
        let isWritten = try append(event.bytes, earlier: text, to: &buffer, with: &formatter)
        #expect(isWritten)
        #expect(buffer.text.contains(" argc=2097153 ") || buffer.text.contains(": argc=2097153 a0=\"\" a1=\"\" "))
        #expect(buffer.text.contains(" a2097152=\"last\"\n"))
    }

    @Test func aPathOfUnprintableBytesFitsItsLine() throws {
        var event = EventBuilder()
        var object = aw_object()
        object.inode = .max
        object.dev_major = 0xfff
        object.dev_minor = 0xfffff
        object.rdev_major = 0xfff
        object.rdev_minor = 0xfffff
        object.mode = .max
        object.uid = .max
        object.gid = .max
        event.add(object, as: AW_ROLE_RESULT)
        event.add(.pathname, detail: 1, [UInt8](repeating: 0xff, count: 4095))
        event.add(.workingDirectory, [UInt8](repeating: 1, count: 4106))
        event.add(.executable, [UInt8](repeating: 1, count: 4106))
        let node = [UInt8](repeating: 0x6e, count: 255)
        let lines = try format(
            event, options: FormatOptions(node: node), keys: [[UInt8](repeating: 1, count: 256)], key: 0)
        #expect(lines.map(\.utf8.count).max()! + 1 <= RecordFormatter.lineLimit)
        #expect(lines.contains { $0.contains(String(repeating: "FF", count: 4095)) })
        // The executable's digits and the key's do not both fit; the key stays.
        #expect(lines[0].contains(" exe=\"<too_long>\" key=" + String(repeating: "01", count: 256)))
    }

    @Test func namesAreItemsByArgumentAndUse() throws {
        var uses = [UInt8](repeating: PathUse.lookup.rawValue, count: PathUseTable.size)
        // Only the native table knows that call's first name is a text.
        uses[try #require(PathUseTable.index(abi: .native, number: 88, argument: 0))] = PathUse.text.rawValue
        let options = FormatOptions(serialBase: 5, pathUses: PathUseTable(uses: uses))
        for (arch, number, ret, types) in [
            (UInt32(0x4000_0003), UInt32(82), Int64(0), ["NORMAL", "NORMAL"]), (0xc000_003e, 88, 0, ["UNKNOWN", "NORMAL"]),
            (0xc000_003e, 88, -2, ["UNKNOWN", "UNKNOWN"]), (0xc000_003e, 0x4000_0058, 0, ["UNKNOWN", "NORMAL"]),
            (0xc000_003e, 99999, 0, ["NORMAL", "NORMAL"]),
        ] {
            var event = EventBuilder()
            (event.call.arch, event.call.nr, event.call.ret) = (arch, number, ret)
            // The wire may carry them in any order.
            event.add(.pathname, detail: 1, "new name")
            event.add(.pathname, detail: 0, "old")
            event.add(.pathname, detail: 0, "second of the same")
            event.add(.pathname, detail: 9, "no such argument")
            let paths = try format(event, options: options).filter { $0.hasPrefix("type=PATH ") }
            let tail = " cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0"
            #expect(
                paths.map { String($0.drop { $0 != ")" }.dropFirst(3)) } == [
                    "item=0 name=\"old\" nametype=\(types[0])\(tail)",
                    "item=1 name=6E6577206E616D65 nametype=\(types[1])\(tail)",
                ])
        }
    }

    /// `parent_len()`: what Linux 6.18 printed for a file made under such a name, see also KernelRecords.
    @Test(arguments: [
        ("/f", "\"/\""), ("a/f", "\"a/\""), ("a//f", "\"a//\""), ("f", "\"/cwd\""), ("../f", "\"../\""), ("/a/b/", "\"/a/\""),
        ("d/", "\"/cwd\""), ("/", "\"/\""), ("//", "\"/\""), ("a b/f", "6120622F"),
    ])
    func theParentIsTheDirectoryPart(_ name: String, _ parent: String) throws {
        var event = EventBuilder()
        event.call.nr = 257
        var object = aw_object()
        object.flags = UInt16(AW_OBJECT_CREATED.rawValue)
        object.mode = 0o100644
        event.add(object, as: AW_ROLE_RESULT)
        event.add(.workingDirectory, "/cwd")
        event.add(.pathname, detail: 1, name)
        let paths = try format(event).filter { $0.hasPrefix("type=PATH ") }
        #expect(paths.count == 2)
        #expect(paths[0].contains(": item=0 name=\(parent) nametype=PARENT cap_fp=0"))
        #expect(paths[1].contains(" inode=0 dev=00:00 mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=CREATE cap_fp=0"))
    }

    @Test func argumentsOfAnOrdinaryProgramAreNotThoseOfAScript() throws {
        for (name, exe, words, isScript) in [
            ("/bin/ls", "/usr/bin/ls", "ls\0/bin/ls\0", false), ("/bin/ls", "/bin/ls", "/x/ls\0/bin/ls\0", false),
            ("/bin/ls", "/usr/bin/ls", "/bin/ls\0/bin/ls\0", false), ("./s", "/usr/bin/sh", "/bin/sh\0./s\0", true),
            ("./s", "/usr/bin/sh", "/bin/sh\0-e\0./s\0x\0", true), ("./s", "/usr/bin/sh", "/bin/sh\0a\0b\0./s\0", false),
            ("./s", "/usr/bin/sh", "/bin/sh\0", false), ("./s", "/usr/bin/sh", "", false),
        ] {
            var event = EventBuilder()
            event.add(.executable, exe)
            event.add(.pathname, detail: 0, name)
            event.add(.arguments, words)
            event.add(aw_object(), as: AW_ROLE_EXECUTABLE)
            let paths = try format(event).filter { $0.hasPrefix("type=PATH ") }
            #expect(paths.count == (isScript ? 2 : 1))
            #expect(paths[0].contains(" inode=") == !isScript)
        }
    }

    @Test func statusRecords() throws {
        var formatter = try RecordFormatter(options: FormatOptions(serialBase: 5))
        var buffer = RecordBuffer(capacity: 0)
        let identity = ProcessIdentity(pid: 7, uid: 0, auid: 1000, ses: 3)
        let isWritten = formatter.formatStatus(
            "ebpf-audit-lost",
            [
                StatusField("lost-ring", 12), StatusField("tier", text: Array("btf".utf8)),
                StatusField("rules", text: Array("/a b".utf8)), StatusField("name", text: Array("it's".utf8)),
                StatusField("long", text: [UInt8](repeating: 0x61, count: 9000)), StatusField("end", .max),
            ], identity: identity, succeeded: false, realtime: testTime, into: &buffer)
        #expect(isWritten)
        #expect(
            buffer.text == """
                type=TRUSTED_APP msg=audit(1700000000.007:2147483653): pid=7 uid=0 auid=1000 ses=3 \
                msg='op=ebpf-audit-lost lost-ring=12 tier="btf" rules=2F612062 name=69742773 \
                end=18446744073709551615 res=failed'

                """)
        #expect(formatter.nextSerial == 0x8000_0006)
        #expect(buffer.events == 0, "it is no event of a call")
        #expect(buffer.records == 1)
    }
}
