// SPDX-License-Identifier: MIT
import CAuditWire
import CBPFTest
import Testing

extension KernelProbeTests {
    /// What both sides read and write lies where both think it does: the BPF compiler's type information against Swift's layout.
    @Suite("layout")
    struct Layout {
        struct Field: Equatable, CustomStringConvertible {
            let name: String
            let offset: Int
            let size: Int

            var description: String { "\(name) at \(offset), \(size) bytes" }

            init(name: String, offset: Int, size: Int) {
                (self.name, self.offset, self.size) = (name, offset, size)
            }

            init<Root, Value>(_ name: String, _ path: KeyPath<Root, Value>) {
                self.init(name: name, offset: MemoryLayout<Root>.offset(of: path) ?? -1, size: MemoryLayout<Value>.size)
            }
        }

        @Test func header() throws {
            try Self.check(
                aw_header.self, "aw_header",
                [
                    Field("size", \aw_header.size), Field("type", \aw_header.type), Field("version", \aw_header.version),
                    Field("flags", \aw_header.flags), Field("time", \aw_header.time), Field("sequence", \aw_header.sequence),
                ])
        }

        @Test func call() throws {
            try Self.check(
                aw_syscall.self, "aw_syscall",
                [
                    Field("args", \aw_syscall.args), Field("ret", \aw_syscall.ret), Field("start", \aw_syscall.start),
                    Field("stamp", \aw_syscall.stamp),
                    Field("arch", \aw_syscall.arch), Field("nr", \aw_syscall.nr), Field("generation", \aw_syscall.generation),
                    Field("personality", \aw_syscall.personality), Field("pid", \aw_syscall.pid),
                    Field("tid", \aw_syscall.tid), Field("ppid", \aw_syscall.ppid), Field("auid", \aw_syscall.auid),
                    Field("ses", \aw_syscall.ses), Field("uid", \aw_syscall.uid), Field("gid", \aw_syscall.gid),
                    Field("euid", \aw_syscall.euid), Field("suid", \aw_syscall.suid), Field("fsuid", \aw_syscall.fsuid),
                    Field("egid", \aw_syscall.egid), Field("sgid", \aw_syscall.sgid), Field("fsgid", \aw_syscall.fsgid),
                    Field("jiffies", \aw_syscall.jiffies), Field("comm", \aw_syscall.comm),
                ])
        }

        @Test func section() throws {
            try Self.check(
                aw_section.self, "aw_section",
                [
                    Field("tag", \aw_section.tag), Field("detail", \aw_section.detail), Field("flags", \aw_section.flags),
                    Field("length", \aw_section.length),
                ])
        }

        @Test func object() throws {
            try Self.check(
                aw_object.self, "aw_object",
                [
                    Field("inode", \aw_object.inode), Field("dev_major", \aw_object.dev_major),
                    Field("dev_minor", \aw_object.dev_minor), Field("rdev_major", \aw_object.rdev_major),
                    Field("rdev_minor", \aw_object.rdev_minor), Field("mode", \aw_object.mode), Field("flags", \aw_object.flags),
                    Field("uid", \aw_object.uid), Field("gid", \aw_object.gid), Field("sid", \aw_object.sid),
                ])
        }

        @Test func steps() throws {
            try Self.check(
                aw_step_file.self, "aw_step_file",
                [
                    Field("file", \aw_step_file.file), Field("name", \aw_step_file.name),
                    Field("flags", \aw_step_file.flags),
                ])
            try Self.check(
                aw_step_child.self, "aw_step_child",
                [Field("parent", \aw_step_child.parent), Field("child", \aw_step_child.child)])
        }

        @Test func memoryMap() throws {
            try Self.check(aw_mmap.self, "aw_mmap", [Field("fd", \aw_mmap.fd), Field("flags", \aw_mmap.flags)])
        }

        @Test func special() throws {
            try Self.check(
                aw_openat2.self, "aw_openat2",
                [
                    Field("flags", \aw_openat2.flags), Field("mode", \aw_openat2.mode),
                    Field("resolve", \aw_openat2.resolve),
                ])
            try Self.check(
                aw_credentials.self, "aw_credentials",
                [
                    Field("inheritable", \aw_credentials.inheritable), Field("permitted", \aw_credentials.permitted),
                    Field("effective", \aw_credentials.effective), Field("ambient", \aw_credentials.ambient),
                    Field("uid", \aw_credentials.uid), Field("euid", \aw_credentials.euid),
                    Field("securebits", \aw_credentials.securebits), Field("reserved", \aw_credentials.reserved),
                ])
            try Self.check(
                aw_clock.self, "aw_clock",
                [
                    Field("offset", \aw_clock.offset), Field("freq", \aw_clock.freq), Field("tick", \aw_clock.tick),
                    Field("adjust", \aw_clock.adjust), Field("seconds", \aw_clock.seconds),
                    Field("nanoseconds", \aw_clock.nanoseconds), Field("status", \aw_clock.status), Field("tai", \aw_clock.tai),
                    Field("modes", \aw_clock.modes), Field("reserved", \aw_clock.reserved),
                ])
            try Self.check(
                aw_mq_attr.self, "aw_mq_attr",
                [
                    Field("flags", \aw_mq_attr.flags), Field("maxmsg", \aw_mq_attr.maxmsg),
                    Field("msgsize", \aw_mq_attr.msgsize), Field("curmsgs", \aw_mq_attr.curmsgs),
                ])
            try Self.check(
                aw_timespec.self, "aw_timespec",
                [Field("seconds", \aw_timespec.seconds), Field("nanoseconds", \aw_timespec.nanoseconds)])
            try Self.check(
                aw_ipc.self, "aw_ipc",
                [
                    Field("uid", \aw_ipc.uid), Field("gid", \aw_ipc.gid), Field("mode", \aw_ipc.mode),
                    Field("sid", \aw_ipc.sid),
                ])
            try Self.check(
                aw_ipc_set.self, "aw_ipc_set",
                [
                    Field("qbytes", \aw_ipc_set.qbytes), Field("uid", \aw_ipc_set.uid), Field("gid", \aw_ipc_set.gid),
                    Field("mode", \aw_ipc_set.mode), Field("reserved", \aw_ipc_set.reserved),
                ])
            try Self.check(
                aw_target.self, "aw_target",
                [
                    Field("pid", \aw_target.pid), Field("auid", \aw_target.auid), Field("uid", \aw_target.uid),
                    Field("ses", \aw_target.ses), Field("comm", \aw_target.comm), Field("sid", \aw_target.sid),
                    Field("reserved", \aw_target.reserved),
                ])
        }

        @Test func operations() throws {
            try Self.check(
                aw_operation.self, "aw_operation", [Field("number", \aw_operation.number), Field("reserved", \aw_operation.reserved)])
            try Self.check(
                as_operations.self, "as_operations", in: ("bpf/rings.bpf.o", "bpf"),
                [
                    Field("named", \as_operations.named), Field("within", \as_operations.within),
                    Field("audited", \as_operations.audited),
                ])
        }

        @Test func selection() throws {
            for file in Self.both {
                try Self.check(
                    as_index.self, "as_index", in: file,
                    [Field("flags", \as_index.flags), Field("count", \as_index.count), Field("first", \as_index.first)])
                try Self.check(
                    as_test.self, "as_test", in: file,
                    [
                        Field("field", \as_test.field), Field("op", \as_test.op), Field("reserved", \as_test.reserved),
                        Field("operand", \as_test.operand),
                    ])
                try Self.check(
                    as_clause.self, "as_clause", in: file,
                    [
                        Field("flags", \as_clause.flags), Field("count", \as_clause.count),
                        Field("counter", \as_clause.counter), Field("rule", \as_clause.rule),
                        Field("tests", \as_clause.tests),
                    ])
            }
        }

        @Test func shape() throws {
            for file in Self.both {
                try Self.check(
                    ash_shape.self, "ash_shape", in: file,
                    [
                        Field("flags", \ash_shape.flags), Field("paths", \ash_shape.paths),
                        Field("address", \ash_shape.address), Field("address_arg", \ash_shape.address_arg),
                        Field("fd_arg", \ash_shape.fd_arg), Field("pair_arg", \ash_shape.pair_arg),
                        Field("special", \ash_shape.special),
                    ])
            }
        }

        @Test func statistics() throws {
            for file in Self.both {
                try Self.check(
                    ast_statistics.self, "ast_statistics", in: file,
                    [
                        Field("generated", \ast_statistics.generated), Field("filtered", \ast_statistics.filtered),
                        Field("sent", \ast_statistics.sent), Field("lost_ring", \ast_statistics.lost_ring),
                        Field("lost_inflight", \ast_statistics.lost_inflight),
                        Field("lost_orphaned", \ast_statistics.lost_orphaned),
                        Field("incomplete", \ast_statistics.incomplete), Field("bytes", \ast_statistics.bytes),
                    ])
            }
        }

        /// The programs that are shipped describe only what their maps hold; those of the tests, built alike, the rest, too.
        static let tests = ("bpf-test/selection_test.bpf.o", "bpf-test")
        static let both = [("bpf/btf.bpf.o", "bpf"), tests]

        static func check<T: BitwiseCopyable>(
            _ type: T.Type, _ name: String, in file: (String, String) = tests, _ expected: [Field],
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let (size, fields) = try kernelLayout(of: name, in: builtFile(file.0, by: file.1))
            #expect(size == MemoryLayout<T>.size, "\(name)", sourceLocation: sourceLocation)
            #expect(size == MemoryLayout<T>.stride, "\(name)", sourceLocation: sourceLocation)
            #expect(fields == expected, "\(name)", sourceLocation: sourceLocation)
            // Every byte has a name: nothing that the kernel side forgets to fill can leak.
            #expect(fields.reduce(0) { $0 + $1.size } == size, "\(name) has padding", sourceLocation: sourceLocation)
        }
    }
}
