// SPDX-License-Identifier: MIT
internal import Glibc

extension RuleLine {
    /// Reads the argument of -a, -A or -d: `audit_rule_setup()` of src/auditctl.c (3.0.9).
    mutating func readList(_ word: RuleWord, _ option: RuleOption) {
        if option != .delete, isSyscallGiven, FieldText.offset(of: "task", in: word.bytes) != nil {
            return giveUp(word, .syscallForTaskList)
        }
        guard !hasListWord else { return fail(word, .secondList) }
        hasListWord = true
        let parts = word.bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard parts.count == 2 else { return giveUp(word, .badKeyword(option: option.rawValue)) }
        var list = option == .delete ? delete : add
        let first = Self.action(named: parts[0])
        if case .unknown = first {
            // A list that a watch has set stays where auditctl looks at the first word only.
            guard let named = RuleList(named: parts[0]) else { return giveUp(word, .badKeyword(option: option.rawValue)) }
            list = named
        } else if case .known(let action) = first {
            self.action = action
        }
        if list == nil {
            list = RuleList(named: parts[1])
        } else {
            switch Self.action(named: parts[1]) {
            case .known(let action): self.action = action
            case .deprecated:
                warn(word, .possibleDeprecated)
                isAbandoned = true
                return
            case .unknown: return giveUp(word, .badKeyword(option: option.rawValue))
            }
        }
        guard let list, action != nil else { return giveUp(word, .badKeyword(option: option.rawValue)) }
        if option == .delete { delete = list } else { add = list }
        if option == .prepend { isPrepended = true }
    }

    private enum ActionWord {
        case known(RuleAction)
        case deprecated
        case unknown
    }

    private static func action(named name: String) -> ActionWord {
        switch name {
        case "always": .known(.always)
        case "never": .known(.never)
        case "possible": .deprecated
        default: .unknown
        }
    }

    // MARK: -w, -W, -p

    /// Reads the argument of -w or -W: `audit_setup_watch_name()`.
    mutating func readWatch(_ word: RuleWord, _ option: RuleOption) {
        if option == .watch, list != nil { return giveUp(word, .watchWithList) }
        if option == .watch { add = .exit } else { delete = .exit }
        action = .always
        isSyscallGiven = true
        guard word.bytes.count < Int(PATH_MAX) else { return giveUp(word, .pathTooLong) }
        guard word.bytes.first == UInt8(ascii: "/") else { return giveUp(word, .pathNotAbsolute) }
        guard Self.baseNameLength(word.bytes) <= Int(NAME_MAX) else { return giveUp(word, .baseNameTooLong) }
        if FieldText.offset(of: "..", in: word.bytes) != nil { warn(word, .relativePath) }
        if word.bytes.contains(UInt8(ascii: "*")) || word.bytes.contains(UInt8(ascii: "?")) { warn(word, .wildcard) }
        guard tests.isEmpty, otherKey == nil else { return giveUp(word, .ruleNotEmpty) }
        var path = word.bytes
        if path.count > 2 { while path.count > 1, path.last == UInt8(ascii: "/") { path.removeLast() } }
        let field: RuleField = PathLook.isDirectory(path) ? .dir : .path
        addPath(word, field, .equal, path)
        tests.append(RuleTest(.perm, .equal, Permissions.all))
        mask = .all
        hasOtherSelector = true
    }

    /// Length of what basename(3) gives.
    private static func baseNameLength(_ path: [UInt8]) -> Int {
        var end = path.count
        while end > 1, path[end - 1] == UInt8(ascii: "/") { end -= 1 }
        let start = path[..<end].lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
        return max(end - start, 0)
    }

    /// Reads the argument of -p: `audit_setup_perms()`, which replaces what an earlier perm said.
    mutating func readPermissions(_ word: RuleWord) {
        guard list != nil else { return fail(word, .permissionNeedsWatch) }
        guard word.bytes.count <= 4 else { return fail(word, .permissionTooLong) }
        switch Permissions.of(word.bytes) {
        case .failure(let unknown):
            fail(word, .permissionUnknown(String(decoding: [unknown.letter], as: UTF8.self)))
        case .success(let value):
            guard !tests.isEmpty || otherKey != nil else { return fail(word, .permissionNeedsField) }
            hasOtherSelector = true
            let test = RuleTest(.perm, .equal, value)
            var isDone = false
            for place in tests.indices where tests[place].field == .perm {
                tests[place] = test
                isDone = true
            }
            if isDone { return }
            guard tests.count + (otherKey == nil ? 0 : 1) < Self.fieldLimit else {
                return fail(word, .tooManyFields(limit: Self.fieldLimit))
            }
            if list == .filesystem { return fail(word, .kernelRefuses("other fields than fstype on the filesystem list")) }
            tests.append(test)
        }
    }

    // MARK: -C

    /// Reads the argument of -C.
    mutating func readCompare(_ word: RuleWord) {
        guard tests.count + (otherKey == nil ? 0 : 1) < Self.fieldLimit else {
            return fail(word, .tooManyFields(limit: Self.fieldLimit))
        }
        switch LibAudit.fieldCompare(word.bytes, list: list ?? .exit) {
        case .success(let test):
            guard list != nil else { return fail(word, .exitListOnly) }
            guard let op = RuleOperator(libaudit: test.op) else { return fail(word, .equalOrNotOnly) }
            tests.append(RuleTest(.fieldCompare, op, test.value))
        case .failure(.compareFieldMissing): fail(word, .compareFieldMissing)
        case .failure(.compareValueMissing): fail(word, .compareValueMissing)
        case .failure(.compareFieldUnknown): fail(word, .compareFieldUnknown)
        case .failure(.compareValueUnknown): fail(word, .compareValueUnknown)
        case .failure(.compareIncompatible): fail(word, .compareIncompatible)
        case .failure(.exitListOnly): fail(word, .exitListOnly)
        case .failure(.equalOrNotOnly): fail(word, .equalOrNotOnly)
        case .failure(let failure): fail(word, .fieldRefused(code: failure.code))
        }
    }
}
