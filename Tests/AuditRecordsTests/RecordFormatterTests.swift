// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEvents
import AuditRecords
import CAuditWire
import Testing

@Suite struct SyscallRecord {
    @Test func everyFieldStandsInTheKernelsOrder() throws {
        var event = EventBuilder()
        event.call.nr = 257
        event.call.args = (0xffff_ff9c, 0x7ffd_1234_5678, 0, 0x1b6, 5, 6)
        event.call.ret = 3
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
                type=SYSCALL msg=audit(1700000000.007:2147483653): arch=c000003e syscall=257 success=yes exit=3 \
                a0=ffffff9c a1=7ffd12345678 a2=0 a3=1b6 items=0 ppid=41 pid=42 auid=1000 uid=1 gid=2 euid=3 suid=4 \
                fsuid=5 egid=6 sgid=7 fsgid=8 tty=pts0 ses=2 comm="cat" exe="/usr/bin/cat" key="my-key"
                """)
        #expect(lines.last == "type=EOE msg=audit(1700000000.007:2147483653): ")
    }
}
