// SPDX-License-Identifier: MIT

/// Some of the types of records that events consist of.
package struct RecordTypes: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// What a record of the type begins with, and `AUDIT_*` of linux/audit.h, which rules compare. By bit.
    private static let known: [(text: [UInt8], number: UInt32)] = [
        ("SYSCALL", 1300), ("PATH", 1302), ("IPC", 1303), ("SOCKETCALL", 1304), ("SOCKADDR", 1306), ("CWD", 1307), ("EXECVE", 1309),
        ("IPC_SET_PERM", 1311), ("MQ_OPEN", 1312), ("MQ_SENDRECV", 1313), ("MQ_NOTIFY", 1314), ("MQ_GETSETATTR", 1315),
        ("FD_PAIR", 1317), ("OBJ_PID", 1318), ("EOE", 1320), ("BPRM_FCAPS", 1321), ("CAPSET", 1322), ("MMAP", 1323),
        ("PROCTITLE", 1327), ("KERN_MODULE", 1330), ("TIME_INJOFFSET", 1332), ("TIME_ADJNTPVAL", 1333), ("BPF", 1334),
        ("URINGOP", 1336), ("OPENAT2", 1337),
    ].map { (Array("type=\($0.0) ".utf8), $0.1) }

    /// The one that all of an event hangs on: without it the kernel writes nothing at a call's end (`audit_log_exit()`).
    package static let syscall = RecordTypes(rawValue: 1 << 0)
    /// IPC, with IPC_SET_PERM, which `show_special()` does not come to without the other.
    private static let ipc = RecordTypes(rawValue: 1 << 2)
    private static let ipcSetPermissions = RecordTypes(rawValue: 1 << 7)
    /// Written while the call runs, not at its end.
    package static let bpf = RecordTypes(rawValue: 1 << 22)
    /// Of an operation of io_uring.
    package static let operation = RecordTypes(rawValue: 1 << 23)
    /// All of them.
    package static let all = RecordTypes(rawValue: 1 << UInt32(known.count) - 1)

    /// The types for whose number `holds`.
    package init(where holds: (_ number: UInt32) -> Bool) {
        var bits: UInt32 = 0
        for (bit, type) in Self.known.enumerated() where holds(type.number) { bits |= 1 << UInt32(bit) }
        self.init(rawValue: bits)
    }

    /// With those that are not written where one of these is left out.
    package var withDependents: RecordTypes { contains(Self.ipc) ? union(Self.ipcSetPermissions) : self }

    /// Whether a record that begins with `text` at `offset` is of one of them.
    package func contains(_ text: RawSpan, at offset: Int) -> Bool {
        let reader = WireReader(text)
        for bit in Self.known.indices where rawValue & 1 << UInt32(bit) != 0 {
            let name = Self.known[bit].text
            var length = 0
            while length < name.count, (try? reader.load(at: offset + length, as: UInt8.self)) == name[length] { length += 1 }
            if length == name.count { return true }
        }
        return false
    }
}
