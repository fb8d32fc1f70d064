// SPDX-License-Identifier: MIT
internal import AuditSyscalls

/// What a wrong word was probably meant to be.
enum Suggestion {
    /// The known word that `word` is a slip away from, for faults of words that must be known; nil where none is near.
    static func of(_ word: String, _ fault: RuleFault, machine: Int32?) -> String? {
        switch fault {
        case .unknownSyscall: nearest(to: word, among: syscalls(machine ?? LibAudit.table(.native)?.machine ?? 0))
        case .unknownField: nearest(to: name(of: word), among: fields)
        case .unknownErrno: nearest(to: value(of: word).drop { $0 == "-" }.description, among: errors)
        case .unknownMessageType: nearest(to: value(of: word), among: messageTypes)
        case .unknownFileType: nearest(to: value(of: word), among: ["file", "dir", "socket", "link", "character", "block", "fifo"])
        case .unknownFileSystem: nearest(to: value(of: word), among: ["debugfs", "tracefs"])
        case .unknownArch: nearest(to: value(of: word), among: ["b64", "b32", "x86_64", "i386", "aarch64", "arm"])
        case .badKeyword: list(word)
        default: nil
        }
    }

    private static let operators: Set<Character> = ["=", "!", "<", ">", "&"]
    private static func name(of word: String) -> String { String(word.prefix { !operators.contains($0) }) }
    private static func value(of word: String) -> String {
        String(word.drop { !operators.contains($0) }.drop { operators.contains($0) })
    }

    private static let fields = RuleField.allCases.compactMap { LibAudit.name(field: $0.rawValue) } + ["key", "loginuid"]
    private static let errors = (1...133).compactMap { LibAudit.name(errno: $0) }
    private static let messageTypes = (1000...2999).compactMap { LibAudit.name(messageType: $0) }
    private static func syscalls(_ machine: Int32) -> [String] {
        (0..<SyscallMask.classes).compactMap { LibAudit.name(syscall: $0, machine: machine) } + ["all"]
    }

    /// The argument of -a with both its words as they may be meant, as `always,exit`.
    private static func list(_ word: String) -> String? {
        let parts = word.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let words = ["always", "never"] + RuleList.allCases.map(\.name)
        guard parts.count == 2 else { return nil }
        let meant = parts.compactMap { nearest(to: $0, among: words) ?? (words.contains($0) ? $0 : nil) }
        return meant.count == 2 && meant != parts ? meant.joined(separator: ",") : nil
    }

    /// The first of `words` with the fewest slips: at most one, and two in words of more than five letters.
    static func nearest(to word: String, among words: [String]) -> String? {
        let wanted = Array(word.utf8)
        // Nobody means a word of which nothing is there.
        guard (2...64).contains(wanted.count) else { return nil }
        var best: (word: String, slips: Int)?
        let limit = wanted.count > 5 ? 2 : 1
        for candidate in words where abs(candidate.utf8.count - wanted.count) <= limit && candidate != word {
            let slips = slips(wanted, Array(candidate.utf8))
            if slips <= limit, slips < best?.slips ?? .max { best = (candidate, slips) }
        }
        return best?.word
    }

    /// Letters put in, left out, replaced, or exchanged with their neighbour (optimal string alignment). Case is not a slip.
    private static func slips(_ left: [UInt8], _ right: [UInt8]) -> Int {
        func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }
        var rows = [Array(0...right.count)]
        for (i, a) in left.enumerated() {
            var row = [i + 1]
            for (j, b) in right.enumerated() {
                var least = min(rows[i][j] + (lower(a) == lower(b) ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, lower(a) == lower(right[j - 1]), lower(left[i - 1]) == lower(b) {
                    least = min(least, rows[i - 1][j - 1] + 1)
                }
                row.append(least)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}
