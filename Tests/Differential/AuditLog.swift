// SPDX-License-Identifier: MIT

/// A field of a record: `NAME=VALUE`, or a word without `=` (its name is empty then).
struct Field: Equatable, Sendable {
    let name: String
    let value: String

    init(_ word: String) {
        if let mark = word.utf8.firstIndex(of: UInt8(ascii: "=")) {
            name = String(word[..<mark])
            value = String(word[word.index(after: mark)...])
        } else {
            name = ""
            value = word
        }
    }
}

/// One line of an audit log.
struct Record: Sendable {
    let type: String
    /// `SECONDS.MILLISECONDS`.
    let stamp: String
    let serial: String
    /// What stands behind `msg=audit(…): `, split at every blank: two blanks, or one at the end, make an empty field.
    private(set) var fields: [Field]
    /// The whole line.
    let text: String

    /// Reads a line of the form `type=TYPE msg=audit(STAMP:SERIAL): …`, or answers nil.
    ///
    /// Deliberately none of the project's own code: a mistake shared by writer and reader would not be seen.
    init?(line: String) {
        let bytes = line.utf8
        guard line.hasPrefix("type="), let typeEnd = bytes.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        let rest = line[line.index(after: typeEnd)...]
        guard rest.hasPrefix("msg=audit("), let close = rest.utf8.firstIndex(of: UInt8(ascii: ")")) else { return nil }
        let identity = rest[rest.utf8.index(rest.startIndex, offsetBy: 10)..<close]
        guard let colon = identity.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        // "): " ends the head; a record without fields ends with the colon, or with the blank behind it.
        guard let bodyStart = rest.utf8.index(close, offsetBy: 3, limitedBy: rest.endIndex) else { return nil }
        type = String(line[bytes.index(bytes.startIndex, offsetBy: 5)..<typeEnd])
        stamp = String(identity[..<colon])
        serial = String(identity[identity.index(after: colon)...])
        text = line
        fields = rest[bodyStart...].utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { Field(String($0) ?? "") }
    }

    mutating func dropLastField() { fields.removeLast() }

    /// Drops all fields called `name`.
    mutating func drop(_ name: String) { fields.removeAll { $0.name == name } }

    /// The value of the first field called `name`.
    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// Its text behind the head.
    var body: String { fields.map { $0.name.isEmpty ? $0.value : "\($0.name)=\($0.value)" }.joined(separator: " ") }
}

/// All records of one time stamp and serial.
struct Event: Sendable {
    var stamp: String
    let serial: String
    var records: [Record]

    /// The record that says who did what: SYSCALL, or URINGOP for what io_uring's own threads do.
    var head: Record? { records.first { $0.type == "SYSCALL" } ?? records.first { $0.type == "URINGOP" } }

    /// The time stamp, ms.
    var milliseconds: Int? { Int(stamp.filter { $0 != "." }) }

    var pid: Int? { head?["pid"].flatMap { Int($0) } }
    var ppid: Int? { head?["ppid"].flatMap { Int($0) } }

    /// What PROCTITLE says.
    var title: String? { records.last { $0.type == "PROCTITLE" }?["proctitle"] }

    /// What an event of the other log must share to be the same: process, ABI, call, arguments and result.
    var identity: String? {
        guard let head else { return nil }
        let names =
            head.type == "SYSCALL"
            ? ["pid", "arch", "syscall", "a0", "a1", "a2", "a3", "success", "exit"] : ["pid", "uring_op", "success", "exit"]
        return head.type + names.map { " " + (head[$0] ?? "-") }.joined()
    }
}

/// An audit log, grouped into events in the order of their first records.
struct AuditLog {
    private(set) var events: [Event] = []
    /// Lines that are no records.
    private(set) var unreadable: [String] = []

    /// What a message of the harness holds that says: from here on both are watching.
    static let beginMark = "ebpf-audit-differential-begin"

    /// The events behind the mark; all when there is none.
    func afterMark() -> AuditLog {
        var copy = self
        let mark = events.lastIndex { $0.records[0].type == "USER" && $0.records[0].text.contains(Self.beginMark) }
        if let mark { copy.events.removeFirst(mark + 1) }
        return copy
    }

    /// How many serials between the first and the last are no event's. The kernel gives one to what it records only, and what
    /// auditd is too slow to read it drops without counting it as lost (kauditd_send_queue(), kernel/audit.c). auditd numbers its
    /// own records (DAEMON_START, DAEMON_END) from a number at random.
    var missingSerials: Int {
        let serials = Set(events.filter { !$0.records[0].type.hasPrefix("DAEMON_") }.compactMap { Int($0.serial) })
        guard let first = serials.min(), let last = serials.max() else { return 0 }
        return last - first + 1 - serials.count
    }

    init(_ bytes: [UInt8]) {
        var places: [String: Int] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let text = String(decoding: line, as: UTF8.self)
            guard let record = Record(line: text) else {
                unreadable.append(text)
                continue
            }
            let identity = record.stamp + ":" + record.serial
            if let place = places[identity] {
                events[place].records.append(record)
            } else {
                places[identity] = events.count
                events.append(Event(stamp: record.stamp, serial: record.serial, records: [record]))
            }
        }
    }
}

/// The processes that descend from one.
struct ProcessTree {
    private(set) var pids: Set<Int>

    /// Finds the descendants of `leader` in events of both logs: by parent, and by what fork and its kin returned, for
    /// children that outlived their parent before they made a call.
    init(leader: Int, logs: [AuditLog]) {
        pids = [leader]
        let events = logs.flatMap(\.events)
        var before = 0
        while before != pids.count {
            before = pids.count
            for event in events {
                guard let head = event.head, let pid = event.pid else { continue }
                if let ppid = event.ppid, pids.contains(ppid) { pids.insert(pid) }
                guard pids.contains(pid), Self.isFork(head), let child = head["exit"].flatMap({ Int($0) }), child > 0 else {
                    continue
                }
                pids.insert(child)
            }
        }
    }

    /// clone, fork, vfork, clone3 of x86-64; fork, clone, vfork, clone3 of i386.
    private static func isFork(_ head: Record) -> Bool {
        guard let number = head["syscall"] else { return false }
        switch head["arch"] {
        case "c000003e": return ["56", "57", "58", "435"].contains(number)
        case "40000003": return ["2", "120", "190", "435"].contains(number)
        default: return false
        }
    }

    /// Events of the tree that have a call.
    func events(of log: AuditLog) -> [Event] {
        log.events.filter { event in event.pid.map { pids.contains($0) } ?? false }
    }
}
