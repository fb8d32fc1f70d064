// SPDX-License-Identifier: MIT

/// Titles as processes had them, from the kernel's own records.
private struct Titles {
    /// The title that the kernel first wrote for each process.
    private(set) var first: [Int: String] = [:]
    /// Every title that some process had: written as such, or made of the words of an exec.
    private var all: Set<String> = []
    /// Those made of the words of an exec, by length.
    private var ofWords: [Int: Set<[UInt8]>] = [:]

    init(kernel: AuditLog) {
        for event in kernel.events {
            if let words = event.records.first(where: { $0.type == "EXECVE" }) {
                let title = Self.title(words)
                ofWords[title.count, default: []].insert(title)
                all.insert(Self.encoded(title))
            }
            guard let pid = event.pid, let title = event.title else { continue }
            all.insert(title)
            if first[pid] == nil { first[pid] = title }
        }
    }

    /// Whether a process had the title `text`, perhaps because it has cut its own words since (mkdir -p puts a NUL for
    /// the slashes, getopt_long() for the `=`).
    func contains(_ text: String) -> Bool {
        if all.contains(text) { return true }
        let bytes = Self.decoded(text)
        return ofWords[bytes.count]?.contains { zip($0, bytes).allSatisfy { $0 == $1 || $1 == 0 } } ?? false
    }

    /// The title that follows from the words of an exec: their first 128 bytes (MAX_PROCTITLE_AUDIT_LEN), without what
    /// cannot be printed at their end (audit_proctitle_rtrim()).
    private static func title(_ record: Record) -> [UInt8] {
        var bytes: [UInt8] = []
        for field in record.fields where field.name.hasPrefix("a") && field.name != "argc" && !field.name.hasSuffix("_len") {
            // Only the last piece of a long word ends it; no title reaches that far.
            bytes += decoded(field.value) + [0]
            if bytes.count > 128 { break }
        }
        bytes = Array(bytes.prefix(128))
        // The kernel's isprint() is that of Latin-1.
        while let last = bytes.last, !(0x20...0x7e).contains(last), last < 0xa0 { bytes.removeLast() }
        return bytes.isEmpty ? Array("(null)".utf8) : bytes
    }

    /// `bytes` as an untrusted string.
    private static func encoded(_ bytes: [UInt8]) -> String {
        if bytes.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\"") }) {
            return "\"" + String(decoding: bytes, as: UTF8.self) + "\""
        }
        let digits = Array("0123456789ABCDEF".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The bytes of an untrusted string.
    private static func decoded(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        if bytes.first == UInt8(ascii: "\""), bytes.count > 1 { return Array(bytes[1..<(bytes.count - 1)]) }
        return stride(from: 0, to: bytes.count - 1, by: 2)
            .compactMap { UInt8(String(decoding: bytes[$0...($0 + 1)], as: UTF8.self), radix: 16) }
    }
}

/// Takes out of events what may differ, and counts how often it did.
struct Normaliser {
    private(set) var counts: [Allowance: Int] = [:]
    private let titles: Titles
    private let origin: Origin

    /// - Parameters:
    ///   - kernel: the kernel's whole log; what it says of a task may come from an event that is not compared.
    ///   - origin: the kernel and the machine.
    init(kernel: AuditLog, origin: Origin) {
        titles = Titles(kernel: kernel)
        self.origin = origin
    }

    /// `event` without records that only one of the logs can have.
    mutating func normalise(_ event: Event) -> Event {
        var result = event
        result.records.removeAll { $0.type == "EOE" }
        if result.records.count != event.records.count { counts[.endOfEvent, default: 0] += 1 }
        for place in result.records.indices where result.records[place].fields.last == Field("") {
            result.records[place].dropLastField()
            counts[.trailingBlank, default: 0] += 1
        }
        return result
    }

    /// Two events of the same call without what may differ.
    mutating func normalise(kernel: Event, ours: Event) -> (kernel: Event, ours: Event) {
        if kernel.serial != ours.serial { counts[.serial, default: 0] += 1 }
        var (kernel, ours) = (kernel, ours)
        if origin.isEmulated, let one = kernel.milliseconds, let other = ours.milliseconds, one != other,
            abs(one - other) <= Self.ticks
        {
            counts[.lateTick, default: 0] += 1
            ours.stamp = kernel.stamp
        }
        if origin.isBefore(5, 16), ours.records.contains(where: { $0.type == "OPENAT2" }) {
            counts[.openat2, default: 0] += 1
            ours.records.removeAll { $0.type == "OPENAT2" }
        }
        if origin.isBefore(5, 11), !kernel.records.contains(where: { $0.type == "CWD" }),
            ours.records.contains(where: { $0.type == "CWD" }), Self.filesHaveNoNames(kernel)
        {
            counts[.directoryOfDescriptor, default: 0] += 1
            ours.records.removeAll { $0.type == "CWD" }
        }
        if origin.isBefore(6, 14), Self.directoryCalls.contains(Figures.call(kernel)), Self.isListedAnew(kernel, ours) {
            counts[.slash, default: 0] += 1
            kernel.records.removeAll { $0.type == "PATH" }
            ours.records.removeAll { $0.type == "PATH" }
            for place in kernel.records.indices { kernel.records[place].drop("items") }
            for place in ours.records.indices { ours.records[place].drop("items") }
        }
        if let pid = kernel.pid, let one = kernel.title, let other = ours.title, one != other,
            titles.first[pid] == one, titles.contains(other)
        {
            counts[.titleCache, default: 0] += 1
            kernel.records.removeAll { $0.type == "PROCTITLE" }
            ours.records.removeAll { $0.type == "PROCTITLE" }
        }
        return (kernel, ours)
    }

    private static func filesHaveNoNames(_ event: Event) -> Bool {
        let files = event.records.filter { $0.type == "PATH" }
        return !files.isEmpty && files.allSatisfy { $0["name"] == "(null)" }
    }

    private static let directoryCalls: Set = [
        "mkdir", "mkdir/32", "mkdirat", "mkdirat/32", "rmdir", "rmdir/32", "unlinkat", "unlinkat/32",
    ]

    /// Whether ours has a directory and what was made or removed in it, by a name that ends in a slash, and the kernel has the same files: the
    /// directory by its name or by that one, then again both without names, once for each time that it was told.
    private static func isListedAnew(_ kernel: Event, _ ours: Event) -> Bool {
        let (theirs, own) = (kernel.records.filter { $0.type == "PATH" }, ours.records.filter { $0.type == "PATH" })
        guard own.count == 2, theirs.count > 2, let name = own[1]["name"], name.hasSuffix("/\"") || name.hasSuffix("2F"),
            own[0]["nametype"] == "PARENT", ["CREATE", "DELETE"].contains(own[1]["nametype"]),
            [own[0]["name"], name].contains(theirs[0]["name"]), isSameFile(theirs[0], own[0]), isSameFile(theirs[theirs.count - 1], own[1])
        else { return false }
        return theirs.dropFirst().allSatisfy { again in
            again["name"] == "(null)" && (isSameFile(again, own[0]) || again["nametype"] == own[1]["nametype"])
        }
    }

    /// Whether two PATH records are the same but for number and name.
    private static func isSameFile(_ one: Record, _ other: Record) -> Bool {
        one.fields.filter { !["item", "name"].contains($0.name) } == other.fields.filter { !["item", "name"].contains($0.name) }
    }

    /// Two ticks where there are 250 in a second, as on Debian's kernels, ms, and one for rounding.
    private static let ticks = 9
}
