// SPDX-License-Identifier: MIT
internal import AuditSyscalls

/// Turns the rules of the proof of concept that this program succeeds (its `syscalls.rules`) into audit rules.
///
/// A line there is a system call, by name or number of the 64-bit table, and clauses: `aN`, an operator (`=`, `<`, `>`, `&` all
/// bits, `|` any bit) and a value, behind an `s` if it is signed; or one of the flags P and V. Any of a call's clauses selects it,
/// and clauses of several lines add up.
package struct ProofOfConceptRules {
    /// The audit rules, with the comments of the old ones.
    package private(set) var text =
        "# arch=b64 because the old rules knew the 64-bit table only; copy the lines with arch=b32 for 32-bit programs.\n"
    /// What audit rules cannot say, or is wrong. Such lines are in ``text`` as comments.
    package private(set) var diagnostics: [RuleDiagnostic] = []
    /// Some line has no audit rules that mean the same.
    package var isIncomplete: Bool { diagnostics.contains { $0.fault.isLoss } }
    private let file: String
    /// Rules that were written, because auditctl refuses repetitions.
    private var written: Set<String> = []

    /// Converts the rules in `bytes`; `file` is what messages call them.
    package init(_ bytes: [UInt8], named file: String) {
        self.file = file
        let lines = RuleWords.lines(of: bytes)
        let filtered = Set(
            lines.compactMap { Self.words($0) }.filter { $0.count > 1 && !$0.dropFirst().allSatisfy(Self.isFlag) }.map { $0[0].bytes })
        for (number, line) in lines.enumerated() {
            guard let words = Self.words(line) else {
                text += String(decoding: line, as: UTF8.self) + "\n"
                continue
            }
            convert(words, at: number + 1, isFilteredElsewhere: filtered.contains(words[0].bytes))
        }
    }

    /// Nil for lines without rules. A comment begins where its line begins.
    private static func words(_ line: ArraySlice<UInt8>) -> [RuleWord]? {
        guard line.first != UInt8(ascii: "#") else { return nil }
        let words = RuleWord(bytes: Array(line), column: 1).split(at: UInt8(ascii: " "))
        return words.isEmpty ? nil : words
    }

    private static func isFlag(_ word: RuleWord) -> Bool { ["P", "p", "V", "v"].contains(word.text.prefix(1)) }

    private mutating func convert(_ words: [RuleWord], at line: Int, isFilteredElsewhere: Bool) {
        let before = diagnostics.count
        var rules: [String] = []
        if isCall(words[0], line) {
            let clauses = readClauses(words.dropFirst(), line)
            if clauses.isEmpty, !isFilteredElsewhere { rules = [""] } else { rules = clauses }
        }
        for diagnostic in diagnostics[before...] { text += "# \(diagnostic.word): \(diagnostic.fault.message)\n" }
        if diagnostics[before...].contains(where: { $0.fault.isLoss }) {
            text += "# " + words.map(\.text).joined(separator: " ") + "\n"
            return
        }
        for fields in rules {
            let rule = "-a always,exit -F arch=b64 -S \(words[0].text)\(fields)\n"
            if written.insert(rule).inserted { text += rule }
        }
    }

    private mutating func isCall(_ word: RuleWord, _ line: Int) -> Bool {
        guard let machine = LibAudit.table(.native)?.machine else { return false }
        let number =
            word.bytes.allSatisfy(\.isDigit)
            ? Int(word.text) : LibAudit.syscall(named: word.bytes, machine: machine).map(Int.init)
        if let number, number < SyscallMask.classes { return true }
        note(word, line, .unknownSyscall(machine: LibAudit.name(machine: machine)))
        return false
    }

    private mutating func note(_ word: RuleWord, _ line: Int, _ fault: RuleFault) {
        diagnostics.append(RuleDiagnostic(file: file, line: line, column: word.column, word: word.text, fault: fault))
    }

    /// The -F parts of each clause: one rule each, some signed comparisons two.
    private mutating func readClauses(_ words: ArraySlice<RuleWord>, _ line: Int) -> [String] {
        var rules: [String] = []
        var words = words
        while let word = words.popFirst() {
            if Self.isFlag(word) {
                note(word, line, .completeOnly)
                continue
            }
            guard word.bytes[0] | 0x20 == UInt8(ascii: "a"), word.bytes.count > 1, word.bytes[1].isDigit else {
                note(word, line, .clauseMalformed)
                return rules
            }
            // Name, operator and value may be one word or several.
            var rest = word.dropping(2)
            if rest.bytes.isEmpty { rest = words.popFirst() ?? rest }
            let op = rest.bytes.first
            rest = rest.dropping(1)
            if rest.bytes.isEmpty { rest = words.popFirst() ?? rest }
            let isSigned = rest.bytes.first.map { $0 | 0x20 == UInt8(ascii: "s") } ?? false
            if isSigned { rest = rest.dropping(1) }
            if rest.bytes.isEmpty { rest = words.popFirst() ?? rest }
            let argument = word.bytes[1] - UInt8(ascii: "0")
            guard argument < 4 else {
                note(word, line, argument < 6 ? .argumentBeyond : .clauseMalformed)
                continue
            }
            guard let op, let fields = Self.fields("a\(argument)", op, isSigned, rest) else {
                note(word, line, .clauseMalformed)
                continue
            }
            guard !fields.isEmpty else {
                note(word, line, .valueBeyond)
                continue
            }
            rules += fields
        }
        return rules
    }

    /// The -F parts that say `argument op value` in unsigned 32-bit comparisons. Nil when it is malformed, empty when they cannot.
    private static func fields(_ argument: String, _ op: UInt8, _ isSigned: Bool, _ value: RuleWord) -> [String]? {
        let isNegative = value.bytes.first == UInt8(ascii: "-")
        let digits = isNegative ? value.dropping(1) : value
        guard digits.bytes.first?.isDigit == true, let number = RuleNumber.leading(digits.bytes) else { return nil }
        let wide = isNegative ? 0 &- number : number
        let signed = Int64(bitPattern: wide)
        // The old one compared 64 bits, the audit rules compare the low 32.
        guard wide <= UInt64(UInt32.max) || (signed < 0 && signed >= Int64(Int32.min)) else { return [] }
        let low = UInt32(truncatingIfNeeded: wide)
        let negative = "\(argument)>=0x80000000"
        switch op {
        case UInt8(ascii: "="): return [" -F \(argument)=\(value.text)"]
        case UInt8(ascii: "&"): return [" -F \(argument)&=\(value.text)"]
        case UInt8(ascii: "|"): return [" -F \(argument)&\(value.text)"]
        case UInt8(ascii: "<") where !isSigned: return [" -F \(argument)<\(low)"]
        case UInt8(ascii: ">") where !isSigned: return [" -F \(argument)>\(low)"]
        case UInt8(ascii: "<") where signed > Int64(Int32.max), UInt8(ascii: ">") where signed > Int64(Int32.max): return []
        case UInt8(ascii: "<") where signed <= 0: return [" -F \(negative)" + (signed == 0 ? "" : " -F \(argument)<\(low)")]
        case UInt8(ascii: "<"): return [" -F \(negative)", " -F \(argument)<\(low)"]
        case UInt8(ascii: ">") where signed >= 0: return [" -F \(argument)>\(low) -F \(argument)<0x80000000"]
        case UInt8(ascii: ">"): return [" -F \(argument)<0x80000000"] + (signed == -1 ? [] : [" -F \(argument)>\(low)"])
        default: return nil
        }
    }
}

extension RuleFault {
    /// The line cannot be converted as it is.
    fileprivate var isLoss: Bool { self != .completeOnly }
}
