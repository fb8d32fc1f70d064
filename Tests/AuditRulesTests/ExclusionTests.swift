// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRules
import AuditTestSupport
import CAuditWire
import Testing

/// The list `exclude`. Expectations are read from `audit_filter()` in kernel/auditfilter.c, `audit_log_exit()` and `show_special()` in
/// kernel/auditsc.c; the numbers of types from linux/audit.h.
@Suite struct ExclusionTests {
    /// Numbers of the types that `rules` leave out of `event`.
    private func hidden(_ rules: String, _ event: EventBytes = EventBytes(59)) throws -> Set<UInt32> {
        let set = try RuleSet.compile(Array((rules + "\n-a always,exit -S all\n").utf8), named: "test.rules")
        let types = try event.withView { Evaluator(set).hiddenRecords(of: $0) }
        return Set((1300...1399).filter { number in !types.isDisjoint(with: RecordTypes { $0 == number }) })
    }

    private static let all: Set<UInt32> = [
        1300, 1302, 1303, 1304, 1306, 1307, 1309, 1311, 1312, 1313, 1314, 1315, 1317, 1318, 1320, 1321, 1322, 1323, 1327, 1330, 1332, 1333,
        1334, 1336, 1337,
    ]

    @Test func typesAreLeftOut() throws {
        #expect(try hidden("-a always,exclude -F msgtype=CWD") == [1307])
        #expect(try hidden("-a always,exclude -F msgtype=1307\n-a exclude,always -F msgtype=PROCTITLE") == [1307, 1327])
        #expect(try hidden("-a always,exclude -F msgtype>=1320 -F msgtype<1323") == [1320, 1321, 1322])
        #expect(try hidden("-a always,exclude -F msgtype!=SYSCALL") == Self.all.subtracting([1300]))
        #expect(try hidden("-a always,exclude -F msgtype=USER_CMD") == [])
        // Without the one the kernel does not come to the other.
        #expect(try hidden("-a always,exclude -F msgtype=IPC") == [1303, 1311])
        #expect(try hidden("-a always,exclude -F msgtype=IPC_SET_PERM") == [1311])
    }

    @Test func theActionDoesNotMatter() throws {
        #expect(try hidden("-a never,exclude -F msgtype=CWD") == [1307])
        #expect(try hidden("-a never,exclude -F msgtype=CWD\n-a always,exclude -F msgtype>=1300") == Self.all)
    }

    @Test func aRuleWithoutFieldsMatchesNothing() throws {
        #expect(try hidden("-a always,exclude") == [])
    }

    @Test func tasksAreCompared() throws {
        var event = EventBytes(59)
        event.call.pid = 7
        event.call.uid = 8
        event.call.gid = 9
        event.call.auid = 10
        for (field, own) in [("pid", 7), ("uid", 8), ("gid", 9), ("auid", 10)] {
            #expect(try hidden("-a always,exclude -F \(field)=\(own)", event) == Self.all, "\(field)")
            #expect(try hidden("-a always,exclude -F \(field)!=\(own)", event) == [], "\(field)")
            #expect(try hidden("-a always,exclude -F \(field)=\(own) -F msgtype=PATH", event) == [1302], "\(field)")
            #expect(try hidden("-a always,exclude -F \(field)>\(own) -F msgtype=PATH", event) == [], "\(field)")
        }
        event.call.auid = .max
        #expect(try hidden("-a always,exclude -F auid=unset", event) == Self.all)
        // Unlike on the exit list, supplementary groups do not count.
        event.groups = [42]
        #expect(try hidden("-a always,exclude -F gid=42", event) == [])
        #expect(try hidden("-a always,exclude -F gid!=42", event) == Self.all)
    }

    @Test func excludeRulesAreNoneOfTheExitList() throws {
        let set = try RuleSet.compile(Array("-a always,exclude -F pid=1\n-a always,exit -F arch=b64 -S open\n".utf8), named: "r")
        #expect(set.rules.count == 1)
        #expect(set.excludeRules.count == 1)
        #expect(set.warnings.isEmpty)
    }

    @Test func namesAreFoundInRecords() {
        func has(_ types: RecordTypes, _ text: String, at offset: Int = 0) -> Bool {
            let bytes = Array(text.utf8)
            return unsafe types.contains(bytes.span.bytes, at: offset)
        }
        let path = RecordTypes { $0 == 1302 }
        #expect(has(path, "type=PATH msg="))
        #expect(has(path, "node=x type=PATH msg=", at: 7))
        #expect(!has(path, "type=PATHS msg="))
        #expect(!has(path, "type=PAT"))
        #expect(!has(.all.subtracting(path), "type=PATH msg="))
        #expect(has(RecordTypes { $0 == 1311 }, "type=IPC_SET_PERM msg="))
        #expect(!has(RecordTypes { $0 == 1303 }, "type=IPC_SET_PERM msg="))
        #expect(RecordTypes.bpf == RecordTypes { $0 == 1334 })
        #expect(RecordTypes.syscall == RecordTypes { $0 == 1300 })
    }

    /// The list filesystem: `__audit_inode()` asks each field of each rule on its own, and heeds `never` only.
    @Test func fileSystemsAreHiddenByAnyField() throws {
        func hides(_ rules: String, _ magic: UInt32) throws -> Bool {
            try RuleSet.compile(Array((rules + "\n").utf8), named: "r").hidesFileSystem(magic: magic)
        }
        #expect(try hides("-a never,filesystem -F fstype=debugfs", 0x6462_6720))
        #expect(try !hides("-a never,filesystem -F fstype=debugfs", 0x7472_6163))
        #expect(try hides("-a never,filesystem -F fstype=0x1234 -F fstype=tracefs", 0x7472_6163))
        #expect(try hides("-a never,filesystem -F fstype=0x1234 -F fstype=tracefs", 0x1234))
        #expect(try hides("-a never,filesystem -F fstype!=tracefs", 0x1234))
        #expect(try !hides("-a never,filesystem -F fstype!=tracefs", 0x7472_6163))
        #expect(try !hides("-a always,filesystem -F fstype=tracefs", 0x7472_6163))
        #expect(try !hides("-a never,filesystem", 0x7472_6163))
    }
}
