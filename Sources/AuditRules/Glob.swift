// SPDX-License-Identifier: MIT
internal import AuditEvents

/// A pattern of glob(7), matched against a whole text: `*` is any bytes, `/` among them, `?` any one byte, `[a-z]` one of a set and
/// `[!a-z]` one of none of it. There are no escapes: `[*]` is an asterisk.
///
/// Hot path: no allocation, and no more steps than the product of both lengths, whatever the pattern.
struct Glob: Sendable, Hashable {
    private let pattern: [UInt8]

    init(_ pattern: [UInt8]) { self.pattern = pattern }

    /// The same in `target`, when it is about files below `directory`; nil otherwise, or where `target` would be a pattern itself.
    func replacing(directory: [UInt8], with target: [UInt8]) -> Glob? {
        guard pattern.count > directory.count, pattern.starts(with: directory), pattern[directory.count] == UInt8(ascii: "/"),
            !target.contains(where: { [UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "[")].contains($0) })
        else { return nil }
        return Glob(Array(target[..<PathText.length(of: target)]) + pattern[directory.count...])
    }

    /// Whether every `[` has its `]`, and something stands between them.
    var isWellFormed: Bool {
        var at = 0
        while at < pattern.count {
            guard let next = next(at) else { return false }
            at = next
        }
        return true
    }

    /// Whether `count` bytes, of which `byte` gives each, match.
    @inline(__always)
    func matches(count: Int, _ byte: (Int) -> UInt8) -> Bool {
        var at = 0
        var place = 0
        // Where to go on when what follows the last asterisk does not match: one byte more belongs to it then.
        var asterisk: (at: Int, place: Int)?
        while place < count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                at += 1
                asterisk = (at, place)
            } else if at < pattern.count, takes(byte(place), at), let following = next(at) {
                at = following
                place += 1
            } else if let last = asterisk {
                asterisk = (last.at, last.place + 1)
                at = last.at
                place = last.place + 1
            } else {
                return false
            }
        }
        while at < pattern.count, pattern[at] == UInt8(ascii: "*") { at += 1 }
        return at == pattern.count
    }

    /// Whether the bytes of `text` match.
    func matches(_ text: RawSpan) -> Bool {
        let reader = WireReader(text)
        return matches(count: text.byteCount) { (try? reader.load(at: $0, as: UInt8.self)) ?? 0 }
    }

    /// Behind the part of the pattern that begins at `at`; nil for a `[` without an end.
    private func next(_ at: Int) -> Int? {
        guard pattern[at] == UInt8(ascii: "[") else { return at + 1 }
        // A ] that comes first is one of the set.
        var end = at + 1
        if end < pattern.count, pattern[end] == UInt8(ascii: "!") { end += 1 }
        end += 1
        while end < pattern.count, pattern[end] != UInt8(ascii: "]") { end += 1 }
        return end < pattern.count ? end + 1 : nil
    }

    /// Whether the part at `at`, which is no asterisk, takes `byte`.
    private func takes(_ byte: UInt8, _ at: Int) -> Bool {
        if pattern[at] == UInt8(ascii: "?") { return true }
        guard pattern[at] == UInt8(ascii: "["), let behind = next(at) else { return pattern[at] == byte }
        var place = at + 1
        let isInverted = pattern[place] == UInt8(ascii: "!")
        if isInverted { place += 1 }
        var isIn = false
        while place < behind - 1 {
            if place + 2 < behind - 1, pattern[place + 1] == UInt8(ascii: "-") {
                if pattern[place] <= byte, byte <= pattern[place + 2] { isIn = true }
                place += 3
            } else {
                if pattern[place] == byte { isIn = true }
                place += 1
            }
        }
        return isIn != isInverted
    }
}
