// SPDX-License-Identifier: MIT
internal import AuditSyscalls

/// One line of a rules file, read as `setopt()` of src/auditctl.c reads it (3.0.9).
///
/// Goes on after a wrong word as long as what follows can still be judged, so that one run shows everything.
struct RuleLine {
    /// Keys of a rule, joined; `AUDIT_MAX_KEY_LEN`.
    static let keyLimit = 256
    /// libaudit refuses to fill the last of `AUDIT_MAX_FIELDS`.
    static let fieldLimit = 63

    let place: RulePlace
    /// The rule that the line makes, when it makes one and nothing is wrong with it.
    private(set) var rule: Rule?
    private(set) var controls: [ControlLine] = []
    private(set) var errors: [RuleDiagnostic] = []
    private(set) var warnings: [RuleDiagnostic] = []

    // What auditctl keeps in globals while it reads a line.
    var action: RuleAction?
    /// The list of -a, -A and -w, to which the rule is added.
    var add: RuleList?
    /// The list of -d and -W, from which the rule is deleted unless there is one to add.
    var delete: RuleList?
    var isPrepended = false
    var hasListWord = false
    var tests: [RuleTest] = []
    var mask: SyscallMask?
    /// Where -S was, for the message when no list follows.
    private var syscallWord: RuleWord?
    /// -S or a watch came before.
    var isSyscallGiven = false
    /// The machine whose names -S means: that of the last arch field, else the native one.
    var machine: Int32?
    /// An arch field that is wrong makes every -S behind it look wrong; those are not reported.
    var isMachineUnknown = false
    private var key: [UInt8] = []
    /// Words of `key=` that could not go through -k, or of a key that was given as `key!=`.
    var otherKey: [UInt8]?
    private var keyWord: RuleWord?
    /// A path, permission, program or file system gave the key something to belong to.
    var hasOtherSelector = false
    /// Nothing more is read: the line has no effect, or what follows would be wrong only because of what came before.
    var isAbandoned = false

    /// The list that fields are for.
    var list: RuleList? { add ?? delete }
    /// Whether ``rule`` is to be deleted, not added.
    var deletes: Bool { add == nil }

    /// Reads `words`, at least one.
    init(_ words: [RuleWord], at place: RulePlace) {
        self.place = place
        read(words)
        if errors.isEmpty { finish() }
        if errors.isEmpty, let last = words.last, last.bytes.last == UInt8(ascii: "\r") { warn(last, .carriageReturn) }
    }

    /// Reports `fault` of `word`.
    mutating func fail(_ word: RuleWord, _ fault: RuleFault) {
        let isCarriageReturn = word.bytes.last == UInt8(ascii: "\r")
        var error = diagnostic(word, isCarriageReturn ? .carriageReturn : fault)
        if !isCarriageReturn { error.suggestion = Suggestion.of(word.text, fault, machine: machine) }
        errors.append(error)
    }

    /// Reports what auditctl would read differently from what was probably meant.
    mutating func warn(_ word: RuleWord, _ fault: RuleFault) {
        warnings.append(diagnostic(word, fault))
    }

    /// Reports legal language of a later version, and gives the line up.
    mutating func abandon(_ word: RuleWord, _ what: String) {
        fail(word, .notSupportedYet(what))
        isAbandoned = true
    }

    private func diagnostic(_ word: RuleWord, _ fault: RuleFault) -> RuleDiagnostic {
        RuleDiagnostic(file: place.file, line: place.line, column: word.column, word: word.text, fault: fault)
    }

    private mutating func read(_ words: [RuleWord]) {
        var options = RuleOptions(words)
        // getopt_long(3) moves operands to the end, where auditctl looks for them; but not when an option ends the line.
        var operands: [RuleWord] = []
        defer { errors.sort { $0.column < $1.column } }
        while !isAbandoned, let item = options.next() {
            switch item {
            case .operand(let word): operands.append(word)
            case .unknown(let word): fail(word, .unknownOption)
            case .argumentMissing(let option, let word): fail(word, .argumentMissing(option: option.rawValue))
            case .option(let option, let argument, let word):
                let rest = options.remaining
                if let used = read(option, argument ?? word, at: word, rest: rest, count: words.count) {
                    guard let first = options.isInCluster ? word : rest.dropFirst(used).first else { return }
                    // Some of these make auditctl return at once, others make it complain.
                    if option.hidesRest {
                        warn(first, .ignoredBehind(option: option.rawValue))
                    } else {
                        for operand in operands { fail(operand, .parameterWithoutOption) }
                        fail(first, .parameterWithoutOption)
                    }
                    return
                }
            }
        }
        for operand in operands { fail(operand, .parameterWithoutOption) }
    }

    /// Reads one option. Not nil when the line ends with it: how many words of `rest` belong to it.
    private mutating func read(
        _ option: RuleOption, _ argument: RuleWord, at word: RuleWord, rest: ArraySlice<RuleWord>, count: Int
    ) -> Int? {
        switch option {
        case .append, .prepend, .delete: readList(argument, option)
        case .syscall: readSyscalls(argument)
        case .field: readField(argument)
        case .compare: readCompare(argument)
        case .key: readKeyOption(argument)
        case .watch, .unwatch: readWatch(argument, option)
        case .permission: readPermissions(argument)
        default:
            let control = ControlOption(option: option, argument: argument, word: word, rest: Array(rest), count: count)
            if let (at, fault) = control.fault(hasSyscall: syscallWord != nil) {
                fail(at, fault)
                return option.endsLine ? rest.count : nil
            }
            let value = option.takesArgument ? argument.text : control.keyOfDeleteAll?.text
            controls.append(ControlLine(option: option.rawValue, value: value, place: place))
            return option.endsLine ? control.wordsUsed : nil
        }
        return nil
    }

    /// Reports `fault` and reads no further: everything behind would be wrong because of it.
    mutating func giveUp(_ word: RuleWord, _ fault: RuleFault) {
        fail(word, fault)
        isAbandoned = true
    }

    // MARK: -S

    private mutating func readSyscalls(_ word: RuleWord) {
        if list == .ring { return readRingOperations(word) }
        if let list, list != .exit { return giveUp(word, .syscallOnList(list.name)) }
        syscallWord = word
        isSyscallGiven = true
        var mask = self.mask ?? SyscallMask()
        defer { self.mask = mask }
        guard !isMachineUnknown, let native = LibAudit.table(.native)?.machine else { return }
        let chosen = machine ?? native
        let names = word.bytes.contains(UInt8(ascii: ",")) ? word.split(at: UInt8(ascii: ",")) : [word]
        for name in names {
            if name.isEqual("all") {
                mask.formUnion(.all)
                continue
            }
            guard let number = Self.number(of: name, machine: chosen), number < SyscallMask.limit else {
                fail(name, .unknownSyscall(machine: LibAudit.name(machine: chosen)))
                continue
            }
            guard number < SyscallMask.classes else {
                mask.formUnion(SyscallClasses.registered(SyscallMask.limit - 1 - number))
                continue
            }
            if machine == nil, let other = LibAudit.table(.compat)?.machine,
                Self.number(of: name, machine: other) != number
            {
                warn(name, .archMismatch)
            }
            mask.insert(number)
        }
    }

    /// -S on the list io_uring: `parse_io_uring()` of auditctl 3.1, which stops at the first wrong name.
    private mutating func readRingOperations(_ word: RuleWord) {
        syscallWord = word
        isSyscallGiven = true
        var mask = self.mask ?? SyscallMask()
        for name in word.bytes.contains(UInt8(ascii: ",")) ? word.split(at: UInt8(ascii: ",")) : [word] {
            guard let operations = RingOperations.mask(name.bytes) else { return fail(name, .unknownRingOperation) }
            mask.formUnion(operations)
        }
        self.mask = mask
    }

    /// The call that `name` means, a name of the machine's table or a number; nil when it is neither.
    private static func number(of name: RuleWord, machine: Int32) -> Int? {
        if let number = LibAudit.syscall(named: name.bytes, machine: machine) { return Int(number) }
        guard let first = name.bytes.first, first.isDigit else { return nil }
        // libaudit stores strtol()'s result in an int.
        let number = Int32(truncatingIfNeeded: RuleNumber.leading(name.bytes) ?? UInt64(Int64.max))
        return number < 0 ? nil : Int(number)
    }

    // MARK: -k

    private mutating func readKeyOption(_ word: RuleWord) {
        guard list != nil, isSyscallGiven || hasOtherSelector else { return fail(word, .keyNeedsSelector) }
        addKey(word)
    }

    /// Adds a key, from -k or -F key=.
    mutating func addKey(_ word: RuleWord) {
        keyWord = word
        guard key.count + word.bytes.count + (key.isEmpty ? 0 : 1) <= Self.keyLimit else {
            return fail(word, .keyTooLong(limit: Self.keyLimit))
        }
        if !key.isEmpty { key.append(1) }
        key += word.bytes
    }

    // MARK: The end of the line

    private mutating func finish() {
        guard let action, let list, !isAbandoned else {
            if let syscallWord, !isAbandoned { fail(syscallWord, .listMissingForSyscall) }
            return
        }
        if !key.isEmpty, let keyWord {
            if list == .exclude { return fail(keyWord, .excludeListFields) }
            if !isSyscallGiven, !hasOtherSelector { return fail(keyWord, .keyNeedsSelector) }
            // The joined keys go through libaudit once more as the text key=…, which it splits at the first of
            // these that it finds anywhere.
            let text = Array("key=".utf8) + key
            if let other = FieldText.operators.prefix(4).first(where: { FieldText.offset(of: $0, in: text) != nil }),
                other != "="
            {
                return fail(keyWord, .unknownField)
            }
            if otherKey != nil { return fail(keyWord, .secondKey) }
            if tests.count + 1 > Self.fieldLimit { return fail(keyWord, .tooManyFields(limit: Self.fieldLimit)) }
        }
        let noCalls = list == .task ? SyscallMask() : .all
        var made = Rule(
            list: list, action: action, syscalls: mask ?? noCalls, tests: tests, key: key.isEmpty ? otherKey : key, place: place)
        made.isPrepended = isPrepended
        rule = made
    }
}

extension RuleOption {
    /// `setopt()` returns from within this option, so that words behind it go unseen.
    fileprivate var hidesRest: Bool {
        switch self {
        case .message, .equivalent, .trim, .loginuidImmutable, .resetLost, .resetBacklogWaitTimeActual: true
        default: false
        }
    }
}
