// SPDX-License-Identifier: MIT

/// An option that is no part of a rule, with its words, to be checked as `setopt()` of src/auditctl.c checks it.
struct ControlOption {
    let option: RuleOption
    /// Its argument; the option itself when it takes none.
    let argument: RuleWord
    let word: RuleWord
    /// Words behind option and argument.
    let rest: [RuleWord]
    /// Words of the whole line.
    let count: Int

    /// The key of `-D -k key`.
    var keyOfDeleteAll: RuleWord? {
        option == .deleteAll && count == 3 && rest.count == 2 && rest[0].isEqual("-k") ? rest[1] : nil
    }

    /// -s and -l may be followed by -i.
    private var isInterpreted: Bool {
        (option == .status || option == .list) && count == 2 && rest.first?.isEqual("-i") == true
    }

    /// How many words of ``rest`` belong to it.
    var wordsUsed: Int { keyOfDeleteAll != nil ? 2 : isInterpreted ? 1 : 0 }

    /// What is wrong and where, or nil.
    ///
    /// - Parameter hasSyscall: -S came before it.
    func fault(hasSyscall: Bool) -> (RuleWord, RuleFault)? {
        switch option {
        case .enable: oneOfThree("Enable")
        case .failure: oneOfThree("Failure")
        case .rate: number("rate")
        case .backlog: number("backlog")
        case .backlogWaitTime: number("backlog_wait_time")
        case .deleteAll: deleteAll
        case .status, .list: listing
        case .readFile: (argument, .nestedFile)
        case .help: (word, .usage)
        case .signal:
            ["TERM", "HUP", "USR1", "USR2", "CONT"].contains(argument.text.uppercased())
                ? nil : (argument, .badSignal)
        case .message:
            if count > 2 {
                (rest.first ?? word, .onlyOption("the -m option with 1 parameter is"))
            } else if argument.bytes.contains(where: { $0 < 32 || $0 > 127 }) {
                (argument, .illegalCharacter)
            } else {
                nil
            }
        case .equivalent: equivalent(hasSyscall)
        default: nil
        }
    }

    private func oneOfThree(_ subject: String) -> (RuleWord, RuleFault)? {
        ["0", "1", "2"].contains(argument.text)
            ? nil : (argument, .notOneOf(subject: subject, expected: "0, 1, or 2"))
    }

    private func number(_ subject: String) -> (RuleWord, RuleFault)? {
        guard argument.bytes.first?.isDigit == true else { return (argument, .controlNotNumber(subject: subject)) }
        return RuleNumber.leading(argument.bytes) == nil ? (argument, .controlTooBig(subject: subject)) : nil
    }

    private var deleteAll: (RuleWord, RuleFault)? {
        // auditctl counts its own name as a word.
        if count == 2 || count > 3 { return (rest.first ?? word, .wrongOptionCount(subject: "Delete all")) }
        if count == 3, rest.first?.isEqual("-k") != true { return (rest.first ?? word, .onlyOption("the -k option is")) }
        return nil
    }

    private var listing: (RuleWord, RuleFault)? {
        if count == 1 || isInterpreted { return nil }
        return (rest.first ?? word, .onlyOption("-i option is"))
    }

    private func equivalent(_ hasSyscall: Bool) -> (RuleWord, RuleFault)? {
        let parts = argument.bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        if hasSyscall || parts.count != 2 || parts[1].isEmpty { return (argument, .badEquivalent) }
        return nil
    }
}
