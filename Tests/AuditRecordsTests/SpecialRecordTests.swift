// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRecords
import AuditTestSupport
import CAuditWire
import Foundation
import Testing

/// Records that single calls have. The lines are the format strings of `show_special()`, `audit_log_pid_context()` and
/// `audit_log_cap()` (kernel/auditsc.c, 6.18) filled in by hand.
@Suite struct SpecialRecordTests {
    private static let stamp = "msg=audit(1700000000.007:2147483653): "

    /// The lines between SYSCALL and PROCTITLE, stamps taken off.
    private static func records(_ event: EventBuilder) throws -> [String] {
        let lines = try format(event)
        try #require(lines.count >= 3)
        #expect(lines.last == "type=EOE " + stamp)
        return lines.filter { !$0.hasPrefix("type=SYSCALL ") && !$0.hasPrefix("type=PROCTITLE ") }.dropLast()
            .map { $0.replacingOccurrences(of: stamp, with: "") }
    }

    private static func event(
        _ kind: aw_special, _ bytes: [UInt8], ret: Int64 = 0, args: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    ) -> EventBuilder {
        var event = EventBuilder()
        event.call.ret = ret
        event.call.pid = 4711
        event.call.args = (args.0, args.1, args.2, args.3, 0, 0)
        event.add(.special, detail: UInt8(kind.rawValue), bytes)
        return event
    }

    private static let attributes = rawBytes(of: aw_mq_attr(flags: 0x800, maxmsg: 10, msgsize: 8192, curmsgs: -1))
    private static func time(_ seconds: Int64, _ nanoseconds: Int64) -> [UInt8] {
        rawBytes(of: aw_timespec(seconds: seconds, nanoseconds: nanoseconds))
    }
    private static let ipc = rawBytes(of: aw_ipc(uid: 1000, gid: 4_294_967_295, mode: 0o1_000_600, sid: 0))

    // MARK: Each record

    /// Capability sets are `0` or 16 digits.
    @Test func capset() throws {
        let sets = aw_credentials(
            inheritable: 0, permitted: 0x1ff_ffff_ffff, effective: 0x400, ambient: .max, uid: 5, euid: 6, securebits: 7, reserved: 0)
        #expect(
            try Self.records(Self.event(AW_SPECIAL_CAPSET, rawBytes(of: sets))) == [
                "type=CAPSET pid=4711 cap_pi=0 cap_pp=000001ffffffffff cap_pe=0000000000000400 cap_pa=ffffffffffffffff"
            ])
    }

    @Test(arguments: [
        (UInt64(0), UInt64(0), UInt64(0), "oflag=00 mode=00 resolve=0x0"),
        (0o2000102, 0o640, 0x18, "oflag=02000102 mode=0640 resolve=0x18"),
        (.max, .max, .max, "oflag=01777777777777777777777 mode=01777777777777777777777 resolve=0xffffffffffffffff"),
    ])
    func openat2(_ flags: UInt64, _ mode: UInt64, _ resolve: UInt64, _ fields: String) throws {
        let how = rawBytes(of: aw_openat2(flags: flags, mode: mode, resolve: resolve))
        #expect(try Self.records(Self.event(AW_SPECIAL_OPENAT2, how, ret: 3)) == ["type=OPENAT2 " + fields])
    }

    @Test(arguments: [("dummy", "\"dummy\""), ("a b", "612062"), ("", "\"\""), ("x\"\u{1}", "782201")])
    func kernelModule(_ name: String, _ value: String) throws {
        #expect(
            try Self.records(Self.event(AW_SPECIAL_KERN_MODULE, Array(name.utf8), ret: -2)) == ["type=KERN_MODULE name=" + value])
    }

    @Test func queueIsOpened() throws {
        // Flags and mode are an int and a umode_t of 16 bits.
        let event = Self.event(AW_SPECIAL_MQ_OPEN, Self.attributes, ret: 3, args: (1, 0xffff_ffff_0000_00c2, 0x7_01a4, 4))
        #expect(
            try Self.records(event) == [
                "type=MQ_OPEN oflag=0xc2 mode=0644 mq_flags=0x800 mq_maxmsg=10 mq_msgsize=8192 mq_curmsgs=-1"
            ])
        let empty = rawBytes(of: aw_mq_attr(flags: -1, maxmsg: .min, msgsize: 0, curmsgs: 0))
        #expect(
            try Self.records(Self.event(AW_SPECIAL_MQ_OPEN, empty, ret: -13)) == [
                "type=MQ_OPEN oflag=0x0 mode=0 mq_flags=0xffffffffffffffff mq_maxmsg=-9223372036854775808 mq_msgsize=0 mq_curmsgs=0"
            ])
    }

    /// A queue's descriptor is an int, a length `%zd`; a receiver's priority argument is an address and shown as 0.
    @Test func queueMessages() throws {
        let args: (UInt64, UInt64, UInt64, UInt64) = (0xffff_ffff, 2, .max, 32767)
        #expect(
            try Self.records(Self.event(AW_SPECIAL_MQ_SEND, Self.time(1_700_000_000, 999_999_999), args: args)) == [
                "type=MQ_SENDRECV mqdes=-1 msg_len=-1 msg_prio=32767 abs_timeout_sec=1700000000 abs_timeout_nsec=999999999"
            ])
        #expect(
            try Self.records(Self.event(AW_SPECIAL_MQ_RECEIVE, Self.time(0, 0), ret: 5, args: (3, 2, 8192, 0x7ffd_0000_1234))) == [
                "type=MQ_SENDRECV mqdes=3 msg_len=8192 msg_prio=0 abs_timeout_sec=0 abs_timeout_nsec=0"
            ])
    }

    /// do_mq_timedsend() refuses a priority of MQ_PRIO_MAX (32768) before it tells audit, prepare_timeout() a time that is none
    /// (`timespec64_valid()`).
    @Test func queueMessagesThatAuditNeverHearsOf() throws {
        for priority: UInt64 in [32768, 0xffff_ffff] {
            #expect(try Self.records(Self.event(AW_SPECIAL_MQ_SEND, Self.time(0, 0), ret: -22, args: (3, 2, 1, priority))) == [])
        }
        // An unsigned int: the upper half does not count.
        #expect(try Self.records(Self.event(AW_SPECIAL_MQ_SEND, Self.time(0, 0), args: (3, 2, 1, 0x1_0000_0000))).count == 1)
        for (seconds, nanoseconds) in [(Int64(-1), Int64(0)), (0, -1), (0, 1_000_000_000), (.min, 0), (5, .max)] {
            for kind in [AW_SPECIAL_MQ_SEND, AW_SPECIAL_MQ_RECEIVE] {
                #expect(try Self.records(Self.event(kind, Self.time(seconds, nanoseconds), ret: -22)) == [])
            }
        }
        #expect(try Self.records(Self.event(AW_SPECIAL_MQ_RECEIVE, Self.time(.max, 0), ret: -110)).count == 1)
    }

    @Test func queueNotification() throws {
        #expect(
            try Self.records(Self.event(AW_SPECIAL_MQ_NOTIFY, rawBytes(of: Int64(10)), args: (7, 0, 0, 0))) == [
                "type=MQ_NOTIFY mqdes=7 sigev_signo=10"
            ])
        #expect(
            try Self.records(Self.event(AW_SPECIAL_MQ_NOTIFY, rawBytes(of: Int64(-1)), ret: -22, args: (7, 0, 0, 0))) == [
                "type=MQ_NOTIFY mqdes=7 sigev_signo=-1"
            ])
    }

    /// The kernel's format string ends with a blank, which auditd cuts off before it writes.
    @Test func queueAttributes() throws {
        let event = Self.event(AW_SPECIAL_MQ_GETSETATTR, Self.attributes, args: (0xffff_ffff_ffff_fff0, 0, 0, 0))
        #expect(
            try Self.records(event) == [
                "type=MQ_GETSETATTR mqdes=-16 mq_flags=0x800 mq_maxmsg=10 mq_msgsize=8192 mq_curmsgs=-1"
            ])
        #expect(try Self.records(Self.event(AW_SPECIAL_MQ_GETSETATTR, Self.attributes, ret: -9)) == [])
    }

    @Test func interprocessObjects() throws {
        var event = Self.event(AW_SPECIAL_IPC, Self.ipc)
        #expect(try Self.records(event) == ["type=IPC ouid=1000 ogid=4294967295 mode=0600"])
        let set = aw_ipc_set(qbytes: 0x4000, uid: 3, gid: 4, mode: 0, reserved: 0)
        event.add(.special, detail: UInt8(AW_SPECIAL_IPC_SET_PERM.rawValue), rawBytes(of: set))
        #expect(
            try Self.records(event) == [
                "type=IPC ouid=1000 ogid=4294967295 mode=0600", "type=IPC_SET_PERM qbytes=4000 ouid=3 ogid=4 mode=0",
            ])
        // What is to be set is told only with the object that it is set for.
        var alone = EventBuilder()
        alone.add(.special, detail: UInt8(AW_SPECIAL_IPC_SET_PERM.rawValue), rawBytes(of: set))
        #expect(try Self.records(alone) == [])
    }

    @Test(arguments: 1...6) func socketCalls(_ count: Int) throws {
        let words: [UInt32] = [3, 0xffff_ffff, 0, 0xbffe_1234, 5, 16]
        let event = Self.event(AW_SPECIAL_SOCKETCALL, words.prefix(count).flatMap { rawBytes(of: $0) })
        let fields = ["a0=3", "a1=ffffffff", "a2=0", "a3=bffe1234", "a4=5", "a5=10"].prefix(count)
        #expect(try Self.records(event) == ["type=SOCKETCALL nargs=\(count) " + fields.joined(separator: " ")])
    }

    /// bpf_audit_prog() (kernel/bpf/syscall.c) writes its record while the call runs.
    @Test func aProgramsRecordComesBeforeTheCalls() throws {
        let lines = try format(Self.event(AW_SPECIAL_BPF, rawBytes(of: UInt64(4_000_000_000)), ret: 5))
        #expect(lines[0] == "type=BPF \(Self.stamp)prog-id=4000000000 op=LOAD")
        #expect(lines[1].hasPrefix("type=SYSCALL "))
        #expect(lines.count == 4)
    }

    // MARK: When there is none

    /// Results with which a call ends before it comes to tell audit, and others with which it ends afterwards.
    /// ipc_update_perm() (ipc/util.c) refuses owners that are none when audit has been told of both; semctl_main() (ipc/sem.c) a semaphore
    /// that the set does not have, behind ipcperms().
    @Test func refusedBehindThePermissions() throws {
        for (uid, gid, count) in [(UInt32.max, UInt32(4), 2), (3, .max, 2), (3, 4, 0)] {
            var event = Self.event(AW_SPECIAL_IPC, Self.ipc, ret: -22)
            let set = aw_ipc_set(qbytes: 1, uid: uid, gid: gid, mode: 0, reserved: 0)
            event.add(.special, detail: UInt8(AW_SPECIAL_IPC_SET_PERM.rawValue), rawBytes(of: set))
            #expect(try Self.records(event).count == count, "\(uid) \(gid)")
        }
        // semctl(2) of x86-64 is 66. GETVAL is 12, SETVAL 16 (linux/sem.h).
        for (number, command, count) in [(UInt32(66), UInt64(12), 1), (66, 16, 0), (71, 12, 0)] {
            var event = Self.event(AW_SPECIAL_IPC, Self.ipc, ret: -22, args: (1, 9, command, 0))
            event.call.nr = number
            #expect(try Self.records(event).count == count, "\(number) \(command)")
        }
    }

    @Test func resultsThatLeaveTheRecordOut() throws {
        let none = aw_credentials()
        let kinds: [(aw_special, [UInt8], without: [Int64], with: [Int64])] = [
            (AW_SPECIAL_OPENAT2, rawBytes(of: aw_openat2()), [-7, -38], [3, -2, -13, -22, -40]),
            (AW_SPECIAL_KERN_MODULE, Array("m".utf8), [-1, -38], [0, -2, -11, -16]),
            (AW_SPECIAL_MQ_OPEN, Self.attributes, [-38], [3, -1, -2, -13, -17, -22]),
            (AW_SPECIAL_MQ_SEND, Self.time(0, 0), [-38], [0, -9, -11, -90, -110]),
            (AW_SPECIAL_MQ_RECEIVE, Self.time(0, 0), [-38], [0, -9, -11, -90, -110]),
            (AW_SPECIAL_MQ_NOTIFY, rawBytes(of: Int64(0)), [-38], [0, -9, -16, -22]),
            (AW_SPECIAL_MQ_GETSETATTR, Self.attributes, [-9, -22, -38], [0]),
            (AW_SPECIAL_IPC, Self.ipc, [-22, -43, -38], [0, -1, -13, -11]),
            (AW_SPECIAL_SOCKETCALL, rawBytes(of: UInt32(1)), [-38], [0, -9, -22]),
            (AW_SPECIAL_CAPSET, rawBytes(of: none), [-38], [0]),
        ]
        for (kind, bytes, without, with) in kinds {
            for ret in without { #expect(try Self.records(Self.event(kind, bytes, ret: ret)) == [], "\(kind) \(ret)") }
            for ret in with { #expect(try Self.records(Self.event(kind, bytes, ret: ret)).count == 1, "\(kind) \(ret)") }
        }
    }

    /// A structure that is not whole, a kind of a later version: no record, and no broken one.
    @Test func valuesThatAreNotWhole() throws {
        let sizes: [(aw_special, Int)] = [
            (AW_SPECIAL_OPENAT2, 24), (AW_SPECIAL_CAPSET, 48), (AW_SPECIAL_MQ_OPEN, 32), (AW_SPECIAL_MQ_SEND, 16),
            (AW_SPECIAL_MQ_RECEIVE, 16), (AW_SPECIAL_MQ_NOTIFY, 8), (AW_SPECIAL_MQ_GETSETATTR, 32), (AW_SPECIAL_IPC, 16),
            (AW_SPECIAL_SOCKETCALL, 4), (AW_SPECIAL_BPF, 8),
        ]
        for (kind, size) in sizes {
            for length in 0..<size {
                let event = Self.event(kind, [UInt8](repeating: 0, count: length))
                #expect(try Self.records(event) == [], "\(kind) of \(length) bytes")
            }
            #expect(try Self.records(Self.event(kind, [UInt8](repeating: 0, count: size))).count == 1, "\(kind)")
        }
        for kind: UInt8 in [0, 9, 13, 15, 200] {
            var event = EventBuilder()
            event.add(.special, detail: kind, [UInt8](repeating: 1, count: 48))
            #expect(try Self.records(event) == [])
        }
        var unread = EventBuilder()
        unread.add(.special, detail: UInt8(AW_SPECIAL_MQ_NOTIFY.rawValue), errno: EFAULT)
        #expect(try Self.records(unread) == [])
    }

    // MARK: Targets

    private static func target(_ pid: UInt32, _ comm: String = "t") -> [UInt8] {
        var target = aw_target()
        (target.pid, target.auid, target.uid, target.ses) = (pid, .max, 1000, 3)
        unsafe withUnsafeMutableBytes(of: &target.comm) { bytes in
            for (at, byte) in comm.utf8.prefix(16).enumerated() { unsafe bytes[at] = byte }
        }
        return rawBytes(of: target)
    }

    /// The first line is one of Linux 6.18's own: kill(2) of a child.
    @Test func targetsHaveTheKernelsFields() throws {
        var event = EventBuilder()
        var kernels = aw_target()
        (kernels.pid, kernels.auid, kernels.uid, kernels.ses) = (10558, .max, 0, .max)
        unsafe withUnsafeMutableBytes(of: &kernels.comm) { unsafe $0.copyBytes(from: Array("work".utf8)) }
        event.add(.target, rawBytes(of: kernels))
        #expect(try Self.records(event) == [#"type=OBJ_PID opid=10558 oauid=-1 ouid=0 oses=-1 ocomm="work""#])
        for (comm, value) in [("a b", "612062"), ("", "\"\""), ("0123456789abcdef", "\"0123456789abcdef\"")] {
            var event = EventBuilder()
            event.add(.target, Self.target(0x8000_0000, comm))
            #expect(try Self.records(event) == ["type=OBJ_PID opid=-2147483648 oauid=-1 ouid=1000 oses=3 ocomm=\(value)"])
        }
    }

    /// The order of `audit_log_exit()`: lists of AUDIT_AUX_PIDS (16), the newest first, then the first recipient.
    @Test(arguments: [1, 2, 3, 16, 17, 18, 32, 33, 34, 49, 50, 63, 64])
    func targetsComeInTheKernelsOrder(_ count: Int) throws {
        var event = EventBuilder()
        for number in 0..<count { event.add(.target, Self.target(UInt32(100 + number))) }
        var lists: [[Int]] = []
        for number in 1..<max(1, count) {
            if lists.isEmpty || lists[0].count == 16 { lists.insert([], at: 0) }
            lists[0].append(100 + number)
        }
        let order = lists.flatMap { $0 } + [100]
        #expect(try Self.records(event).map { ReadRecord($0)["opid"] } == order.map(String.init))
    }

    @Test func everyTargetIsWrittenOnce() throws {
        var event = EventBuilder()
        for number in 0..<300 { event.add(.target, Self.target(UInt32(1 + number))) }
        let pids = try Self.records(event).map { Int(ReadRecord($0)["opid"]!)! }
        #expect(pids.sorted() == Array(1...300))
    }

    /// check_kill_permission() (kernel/signal.c) tells audit before it refuses (EPERM), not of a signal or process that is none.
    @Test(arguments: [(Int64(0), 1), (-1, 1), (-11, 1), (-3, 0), (-22, 0), (-5, 0)])
    func targetsByResult(_ ret: Int64, _ count: Int) throws {
        var event = EventBuilder()
        event.call.ret = ret
        event.add(.target, Self.target(9))
        #expect(try Self.records(event).count == count)
    }

    @Test func aTaskThatDiesOfItsSignalHasItsTarget() throws {
        var event = EventBuilder()
        event.flags = UInt8(AW_FLAG_NO_RETURN.rawValue)
        event.call.ret = -3
        event.add(.target, Self.target(9))
        #expect(try Self.records(event).count == 1)
    }

    /// The order of records in `audit_log_exit()`.
    @Test func recordsComeInTheKernelsOrder() throws {
        var event = EventBuilder()
        event.add(.target, Self.target(9))
        event.add(.workingDirectory, "/w")
        event.add(.processTitle, "t")
        event.add(.pathname, detail: 0, "/p")
        event.add(.socketAddress, [2, 0, 0, 1])
        event.add(.descriptorPair, rawBytes(of: Int32(3)) + rawBytes(of: Int32(4)))
        event.add(.special, detail: UInt8(AW_SPECIAL_MQ_NOTIFY.rawValue), rawBytes(of: Int64(0)))
        #expect(
            try format(event).map { $0.dropFirst("type=".count).prefix { $0 != " " } } == [
                "SYSCALL", "MQ_NOTIFY", "FD_PAIR", "SOCKADDR", "OBJ_PID", "CWD", "PATH", "PROCTITLE", "EOE",
            ])
    }
}
