// SPDX-License-Identifier: MIT

/// The options of auditctl(8), 3.0.9: `optstring` and `long_opts` of src/auditctl.c.
enum RuleOption: String, CaseIterable {
    case append = "-a"
    case prepend = "-A"
    case delete = "-d"
    case backlog = "-b"
    case continueOnError = "-c"
    case compare = "-C"
    case deleteAll = "-D"
    case enable = "-e"
    case failure = "-f"
    case field = "-F"
    case help = "-h"
    case ignoreErrors = "-i"
    case key = "-k"
    case list = "-l"
    case message = "-m"
    case permission = "-p"
    case equivalent = "-q"
    case rate = "-r"
    case readFile = "-R"
    case status = "-s"
    case syscall = "-S"
    case trim = "-t"
    case version = "-v"
    case watch = "-w"
    case unwatch = "-W"
    case loginuidImmutable = "--loginuid-immutable"
    case backlogWaitTime = "--backlog_wait_time"
    case resetLost = "--reset-lost"
    case resetBacklogWaitTimeActual = "--reset_backlog_wait_time_actual"
    case signal = "--signal"

    var takesArgument: Bool {
        switch self {
        case .continueOnError, .deleteAll, .help, .ignoreErrors, .list, .status, .trim, .version, .loginuidImmutable,
            .resetLost, .resetBacklogWaitTimeActual:
            false
        default: true
        }
    }

    /// auditctl reads nothing behind it: what follows is an error, or goes unseen.
    var endsLine: Bool {
        switch self {
        case .continueOnError, .deleteAll, .help, .ignoreErrors, .list, .message, .equivalent, .status, .trim, .version,
            .loginuidImmutable, .resetLost, .resetBacklogWaitTimeActual, .signal:
            true
        default: false
        }
    }
}

/// The words of a line as getopt_long(3) hands them out.
struct RuleOptions {
    enum Item: Equatable {
        /// An option; its argument is there if it takes one.
        case option(RuleOption, argument: RuleWord?, at: RuleWord)
        /// A word that is no option and no argument.
        case operand(RuleWord)
        case unknown(RuleWord)
        case argumentMissing(RuleOption, at: RuleWord)
    }

    private let words: [RuleWord]
    private var position = 0
    /// Letters of a word such as `-ic` that are still to come.
    private var cluster: RuleWord?
    private var onlyOperands = false

    init(_ words: [RuleWord]) {
        self.words = words
    }

    /// Words not yet looked at; a cluster that was begun counts as one.
    var remaining: ArraySlice<RuleWord> { words[position...] }
    var isInCluster: Bool { cluster != nil }

    mutating func next() -> Item? {
        if let letters = cluster { return short(letters, column: letters.column) }
        guard position < words.count else { return nil }
        let word = words[position]
        position += 1
        if onlyOperands || word.bytes.count < 2 || word.bytes[0] != UInt8(ascii: "-") { return .operand(word) }
        if word.bytes[1] != UInt8(ascii: "-") { return short(word.dropping(1), column: word.column) }
        if word.bytes.count == 2 {
            onlyOperands = true
            return next()
        }
        return long(word)
    }

    /// Takes the first of `letters`, which messages call `-x` and place at `column`.
    private mutating func short(_ letters: RuleWord, column: Int) -> Item {
        cluster = nil
        let word = RuleWord(bytes: [UInt8(ascii: "-")] + letters.bytes.prefix(1), column: column)
        let rest = letters.dropping(1)
        guard let option = RuleOption(rawValue: word.text) else { return .unknown(word) }
        if !option.takesArgument {
            if !rest.bytes.isEmpty { cluster = rest }
            return .option(option, argument: nil, at: word)
        }
        if !rest.bytes.isEmpty { return .option(option, argument: rest, at: word) }
        return withNextWord(option, at: word)
    }

    private mutating func long(_ word: RuleWord) -> Item {
        let equals = word.bytes.firstIndex(of: UInt8(ascii: "="))
        let given = String(decoding: word.bytes.prefix(equals ?? word.bytes.count), as: UTF8.self)
        var matches = RuleOption.allCases.filter { $0.rawValue.hasPrefix("--") && $0.rawValue.hasPrefix(given) }
        if let exact = matches.first(where: { $0.rawValue == given }) { matches = [exact] }
        guard let option = matches.first, matches.count == 1 else { return .unknown(word) }
        if let equals {
            return option.takesArgument
                ? .option(option, argument: word.dropping(equals + 1), at: word) : .unknown(word)
        }
        return option.takesArgument ? withNextWord(option, at: word) : .option(option, argument: nil, at: word)
    }

    private mutating func withNextWord(_ option: RuleOption, at word: RuleWord) -> Item {
        guard position < words.count else { return .argumentMissing(option, at: word) }
        position += 1
        return .option(option, argument: words[position - 1], at: word)
    }
}
