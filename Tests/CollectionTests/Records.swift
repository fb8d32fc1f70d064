// SPDX-License-Identifier: MIT

/// Why a line is no audit record.
struct RecordError: Error, CustomStringConvertible {
    let description: String

    init(_ what: String, _ line: some Sequence<UInt8>) {
        description = "\(what): \(String(decoding: Array(line).prefix(200), as: UTF8.self))"
    }
}

/// What makes records one event.
struct EventID: Hashable, CustomStringConvertible {
    let node: String?
    let seconds: Int
    let milliseconds: Int
    let serial: UInt64

    var description: String { "\(node.map { $0 + " " } ?? "")\(seconds).\(milliseconds):\(serial)" }
}

/// One line of audit text.
///
/// A reader of its own, by AUDIT records' public description only, so that an error of the program's writer is not
/// repeated here.
struct AuditRecord {
    let type: String
    let id: EventID
    /// What follows `): `.
    let body: ArraySlice<UInt8>
    /// Of the whole line, its newline included.
    let length: Int

    /// Parses one line, without its newline.
    init(line: ArraySlice<UInt8>) throws {
        length = line.count + 1
        guard line.allSatisfy({ $0 >= 0x20 && $0 <= 0x7e }) else {
            throw RecordError("a byte that is not printable", line)
        }
        guard let colon = Self.find("): ", in: line) else { throw RecordError("no end of the head", line) }
        let words = line[..<colon].split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        var rest = words[...]
        var node: String?
        if let first = rest.first, first.hasPrefix("node=") {
            node = String(first.dropFirst(5))
            rest = rest.dropFirst()
        }
        guard rest.count == 2, let type = rest.first, let stamp = rest.last, type.hasPrefix("type="),
            stamp.hasPrefix("msg=audit(")
        else { throw RecordError("not 'type=… msg=audit(…'", line) }
        self.type = String(type.dropFirst(5))
        let numbers = stamp.dropFirst(10).split(separator: ":", omittingEmptySubsequences: false)
        guard numbers.count == 2, let serial = UInt64(numbers[1]), String(serial) == numbers[1] else {
            throw RecordError("serial", line)
        }
        let time = numbers[0].split(separator: ".", omittingEmptySubsequences: false)
        guard time.count == 2, time[1].utf8.count == 3, let seconds = Int(time[0]), let fraction = Int(time[1]),
            fraction >= 0, String(seconds) == time[0]
        else { throw RecordError("time is not SECONDS.MMM", line) }
        id = EventID(node: node, seconds: seconds, milliseconds: fraction, serial: serial)
        body = line[(colon + 3)...]
    }

    private static func find(_ text: StaticString, in line: ArraySlice<UInt8>) -> Int? {
        let wanted = Array(text.description.utf8)
        var at = line.startIndex
        while at + wanted.count <= line.endIndex {
            if line[at..<(at + wanted.count)].elementsEqual(wanted) { return at }
            at += 1
        }
        return nil
    }

    /// The fields in their order, values as they stand there, quotes included.
    func fields() throws -> [(name: String, value: String)] {
        var result: [(name: String, value: String)] = []
        var rest = body
        while true {
            rest = rest.drop { $0 == UInt8(ascii: " ") }
            guard !rest.isEmpty else { return result }
            guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else {
                throw RecordError("a word that is no field", body)
            }
            let name = rest[..<equals]
            guard !name.isEmpty, !name.contains(UInt8(ascii: " ")), !name.contains(UInt8(ascii: "\"")) else {
                throw RecordError("a field name with a blank or quote", body)
            }
            var value = rest[(equals + 1)...]
            if value.first == UInt8(ascii: "\"") {
                guard let quote = value.dropFirst().firstIndex(of: UInt8(ascii: "\"")) else {
                    throw RecordError("a quote without its second", body)
                }
                value = value[...quote]
                guard quote + 1 == rest.endIndex || rest[quote + 1] == UInt8(ascii: " ") else {
                    throw RecordError("text directly behind a quoted value", body)
                }
            } else {
                value = value.prefix { $0 != UInt8(ascii: " ") }
            }
            result.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
            rest = rest[value.endIndex...]
        }
    }

    /// The value of a field, as it stands there; nil when the record has none.
    func field(_ name: String) throws -> String? {
        try fields().first { $0.name == name }?.value
    }

    /// A field that must be there.
    func need(_ name: String) throws -> String {
        guard let value = try field(name) else { throw RecordError("no field \(name)", body) }
        return value
    }

    /// The bytes of an untrusted string: quoted, or hex, or `(null)` for none at all.
    func untrusted(_ name: String) throws -> [UInt8]? {
        try Self.decode(need(name))
    }

    /// Undoes audit_log_untrustedstring() of the kernel (lib: audit_value_needs_encoding).
    static func decode(_ value: String) throws -> [UInt8]? {
        if value == "(null)" { return nil }
        if value.hasPrefix("\"") { return Array(value.utf8.dropFirst().dropLast()) }
        return try hex(value)
    }

    /// Bytes of upper-case hex digits, two each.
    static func hex(_ text: String) throws -> [UInt8] {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { throw RecordError("an odd number of hex digits", digits) }
        func value(_ digit: UInt8) throws -> UInt8 {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
            default: throw RecordError("neither quoted nor upper-case hex", digits)
            }
        }
        return try stride(from: 0, to: digits.count, by: 2).map { try value(digits[$0]) << 4 | value(digits[$0 + 1]) }
    }
}

/// The records of one event, in their order.
struct AuditEvent {
    let id: EventID
    fileprivate(set) var records: [AuditRecord]

    /// Groups records by their identity; events come in the order of their first records.
    static func group(_ records: [AuditRecord]) -> [AuditEvent] {
        var events: [AuditEvent] = []
        var places: [EventID: Int] = [:]
        for record in records {
            if let place = places[record.id] {
                events[place].records.append(record)
            } else {
                places[record.id] = events.count
                events.append(AuditEvent(id: record.id, records: [record]))
            }
        }
        return events
    }

    /// Every record of a text; an unfinished last line is an error.
    static func parse(_ bytes: [UInt8]) throws -> [AuditRecord] {
        guard bytes.isEmpty || bytes.last == UInt8(ascii: "\n") else {
            throw RecordError("the last line is not finished", bytes.suffix(100))
        }
        return try bytes.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .filter { !bytes.isEmpty || !$0.isEmpty }
            .map { try AuditRecord(line: $0) }
    }

    func all(_ type: String) -> [AuditRecord] { records.filter { $0.type == type } }

    func first(_ type: String) -> AuditRecord? { records.first { $0.type == type } }

    /// The SYSCALL record.
    func call() throws -> AuditRecord {
        guard let record = first("SYSCALL") else { throw HarnessError("event \(id) has no SYSCALL record") }
        return record
    }

    /// What happened, for comparison with a workload's truth.
    func fact() throws -> CallFact {
        let fields = Dictionary(try call().fields().map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        func number<T: FixedWidthInteger>(_ name: String, radix: Int) throws -> T {
            guard let text = fields[name], let value = T(text, radix: radix) else {
                throw HarnessError("\(name)=\(fields[name] ?? "(none)") in event \(id)")
            }
            return value
        }
        let fact = CallFact(
            pid: try number("pid", radix: 10),
            arch: try number("arch", radix: 16),
            number: try number("syscall", radix: 10),
            arguments: [
                try number("a0", radix: 16), try number("a1", radix: 16), try number("a2", radix: 16),
                try number("a3", radix: 16),
            ],
            exit: fields["exit"] == nil ? nil : try number("exit", radix: 10)
        )
        // kernel: is_syscall_success(), -4095 … -1 are errors.
        let success = fact.exit.map { $0 < 0 && $0 >= -4095 ? "no" : "yes" }
        guard fields["success"] == success else {
            throw HarnessError("success=\(fields["success"] ?? "(none)") beside exit=\(fields["exit"] ?? "(none)")")
        }
        return fact
    }

    /// Names of the PATH records with these types, or all but PARENT.
    func names(_ types: Set<String>? = nil) throws -> [[UInt8]] {
        try all("PATH").compactMap { record in
            let type = try record.need("nametype")
            guard types?.contains(type) ?? (type != "PARENT") else { return nil }
            return try record.untrusted("name")
        }
    }

    /// The argument vector that the EXECVE records hold; nil when there is none.
    func words() throws -> [[UInt8]]? {
        let fields = try all("EXECVE").flatMap { try $0.fields() }
        guard let first = fields.first else { return nil }
        guard first.name == "argc", let count = Int(first.value) else { throw HarnessError("EXECVE begins with \(first)") }
        var rest = fields.dropFirst()
        var result: [[UInt8]] = []
        for index in 0..<count {
            guard let next = rest.popFirst() else { throw HarnessError("EXECVE ends before word \(index)") }
            if next.name == "a\(index)" {
                result.append(try AuditRecord.decode(next.value) ?? [])
                continue
            }
            guard next.name == "a\(index)_len", let length = Int(next.value) else {
                throw HarnessError("\(next.name) where a\(index) is due")
            }
            // The length is that of the encoded text without quotes; a word that the kernel had whole stays quoted.
            var text = ""
            var part = 0
            let isQuoted = rest.first?.value.hasPrefix("\"") ?? false
            while text.utf8.count < length {
                guard let piece = rest.popFirst(), piece.name == "a\(index)[\(part)]" else {
                    throw HarnessError("a\(index)[\(part)] is missing")
                }
                guard piece.value.hasPrefix("\"") == isQuoted else { throw HarnessError("\(piece.name) is of two kinds") }
                text += isQuoted ? String(piece.value.dropFirst().dropLast()) : piece.value
                part += 1
            }
            guard text.utf8.count == length else { throw HarnessError("a\(index) is longer than its a\(index)_len") }
            result.append(isQuoted ? Array(text.utf8) : try AuditRecord.hex(text))
        }
        guard rest.isEmpty else { throw HarnessError("EXECVE has more than \(count) words") }
        return result
    }
}
