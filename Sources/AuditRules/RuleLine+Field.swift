// SPDX-License-Identifier: MIT
internal import CAudit

/// The text behind -F.
enum FieldText {
    /// libaudit splits at the first of these, in this order, that it finds anywhere in the text (lib/libaudit.c,
    /// `audit_rule_fieldpair_data()`): `a>=1` is `>=`, and `key=a!=b` is `!=`.
    static let operators = ["!=", ">=", "<=", "&=", "=", ">", "<", "&"]

    /// Where `text` is in `bytes`, or nil.
    static func offset(of text: String, in bytes: [UInt8]) -> Int? {
        let wanted = Array(text.utf8)
        guard bytes.count >= wanted.count else { return nil }
        return (0...bytes.count - wanted.count).first { bytes[$0..<$0 + wanted.count].elementsEqual(wanted) }
    }

    /// Name, operator and value of `bytes`; nil without an operator.
    static func split(_ bytes: [UInt8]) -> (name: [UInt8], op: String, value: [UInt8])? {
        for op in operators {
            if let offset = offset(of: op, in: bytes) {
                return (Array(bytes[..<offset]), op, Array(bytes[(offset + op.utf8.count)...]))
            }
        }
        return nil
    }
}

extension RuleLine {
    /// Reads the argument of -F.
    mutating func readField(_ word: RuleWord) {
        guard let list else { return fail(word, .listMissing) }
        if word.bytes.starts(with: "key=".utf8) { return addKey(word.dropping(4)) }
        guard tests.count + (otherKey == nil ? 0 : 1) < Self.fieldLimit else {
            return fail(word, .tooManyFields(limit: Self.fieldLimit))
        }
        guard let (name, op, value) = FieldText.split(word.bytes) else { return fail(word, .operatorMissing) }
        if name.isEmpty { return fail(word, .fieldNameMissing) }
        if value.isEmpty { return fail(word, .valueMissing) }
        if name.starts(with: "x-".utf8) { return readExtension(word, name, op, value) }
        guard let number = LibAudit.field(named: name) else { return fail(word, .unknownField) }
        let field = RuleField(rawValue: number)
        if list == .exclude, field?.isOfExcludeList != true { return fail(word, .excludeListFields) }
        guard let field else { return readOtherField(word, number, op, value) }
        if field == .arch, isSyscallGiven { return fail(word, .archAfterSyscall) }
        if field.isOfExitListOnly, list != .exit { return fail(word, .exitListOnly) }
        if field.isText { return readText(word, field, op, value) }
        let reading: Result<RuleTestValue, LibAuditFailure> =
            switch field {
            case .sessionid: session(op, value, list)
            case .fstype: fileSystem(op, value, list)
            default: LibAudit.fieldPair(word.bytes, list: list)
            }
        switch reading {
        case .failure(let failure):
            if field == .arch { isMachineUnknown = true }
            fail(word, fault(failure, field))
        case .success(let test):
            add(word, field, test, value)
        }
    }

    /// Takes `test`, which libaudit accepted, unless the kernel would refuse it or it would not mean what it says.
    private mutating func add(_ word: RuleWord, _ field: RuleField, _ test: RuleTestValue, _ value: [UInt8]) {
        guard let op = RuleOperator(libaudit: test.op) else { return fail(word, .operatorMissing) }
        // libaudit reads saddr_fam=inet as 0 without a word.
        if field == .saddrFamily, value.first?.isDigit != true { return fail(word, .notNumber) }
        if list == .filesystem, field != .fstype {
            return fail(word, .kernelRefuses("other fields than fstype on the filesystem list"))
        }
        guard field.takes(op) else { return fail(word, .operatorRefused(op.symbol)) }
        if field.isIdentity, test.value == .max {
            // auid=-1 asks whether a login uid is set (kernel: AUDIT_LOGINUID_SET), which is this comparison.
            guard field == .auid, op == .equal || op == .notEqual else { return fail(word, .identityRefused) }
        }
        if field == .inode, hasFile { return fail(word, .kernelRefuses(Self.secondFile)) }
        switch field {
        case .arch: machine = LibAudit.machine(arch: test.value)
        case .perm, .fstype: hasOtherSelector = true
        default: break
        }
        tests.append(RuleTest(field, op, test.value))
    }

    private static let secondFile = "a second path, dir or inode in one rule"

    /// The rule is about a file: the kernel looks for it by inode, so there can be one only.
    private var hasFile: Bool { tests.contains { $0.field == .path || $0.field == .dir || $0.field == .inode } }

    // MARK: Fields with strings

    private mutating func readText(_ word: RuleWord, _ field: RuleField, _ symbol: String, _ value: [UInt8]) {
        guard let op = RuleOperator(symbol: symbol) else { return fail(word, .operatorMissing) }
        if field == .exe {
            guard op == .equal || op == .notEqual else { return fail(word, .equalOrNotOnly) }
            hasOtherSelector = true
        }
        if field == .path || field == .dir { hasOtherSelector = true }
        guard value.count <= Self.textLimit else { return fail(word, .stringTooLong) }
        if list == .filesystem {
            return fail(word, .kernelRefuses("other fields than fstype on the filesystem list"))
        }
        guard field.takes(op) else { return fail(word, .operatorRefused(op.symbol)) }
        if field.isLabel { return tests.append(RuleTest(field, op, text: value)) }
        addPath(word, field, op, value)
    }

    /// libaudit's limit of a string, `PATH_MAX`.
    private static let textLimit = 4096

    /// Adds a path, dir or exe field, whose path the kernel looks up.
    mutating func addPath(_ word: RuleWord, _ field: RuleField, _ op: RuleOperator, _ path: [UInt8]) {
        guard path.first == UInt8(ascii: "/") else { return fail(word, .kernelRefuses("a path that does not begin with /")) }
        if field != .dir, path.last == UInt8(ascii: "/") {
            return fail(word, .kernelRefuses("a path that ends in /; use dir= for a directory"))
        }
        if field == .exe {
            if tests.contains(where: { $0.field == .exe }) { return fail(word, .kernelRefuses("a second exe in one rule")) }
        } else if hasFile {
            return fail(word, .kernelRefuses(Self.secondFile))
        }
        if !(field == .dir ? PathLook.exists(path) : PathLook.parentExists(path)) { return fail(word, .noSuchPath) }
        tests.append(RuleTest(field, op, text: path))
    }

    // MARK: Fields that audit does not have

    private mutating func readExtension(_ word: RuleWord, _ name: [UInt8], _ symbol: String, _ value: [UInt8]) {
        guard let field = RuleField.extensionNames.first(where: { $0.name.utf8.elementsEqual(name) })?.field else {
            return fail(word, .unknownExtension)
        }
        guard let op = RuleOperator(symbol: symbol) else { return fail(word, .operatorMissing) }
        if list != .exit { return fail(word, .exitListOnly) }
        guard field.takes(op) else { return fail(word, field == .rate ? .equalOnly : .equalOrNotOnly) }
        if field == .rate {
            guard value.allSatisfy(\.isDigit), let number = RuleNumber.leading(value), number <= UInt64(UInt32.max) else {
                return fail(word, .notNumber)
            }
            guard number > 0 else { return fail(word, .rateOfZero) }
            guard action == .always else { return fail(word, .rateOfNever) }
            if tests.contains(where: { $0.field == .rate }) { return fail(word, .secondRate) }
            return tests.append(RuleTest(field, op, UInt32(number)))
        }
        guard value.count <= Self.textLimit else { return fail(word, .stringTooLong) }
        guard Glob(value).isWellFormed else { return fail(word, .patternMalformed) }
        if field.isOfPaths, let first = value.first, !"/*?[".utf8.contains(first) { return fail(word, .patternNotAbsolute) }
        hasOtherSelector = true
        tests.append(RuleTest(field, op, text: value))
    }

    // MARK: Fields for which libaudit asks the kernel over netlink whether it knows them, which needs root

    /// `sessionid`. Numbers are read as libaudit does; a word that is no number is refused, which libaudit takes for 0.
    private func session(_ op: String, _ value: [UInt8], _ list: RuleList) -> Result<RuleTestValue, LibAuditFailure> {
        guard list == .exit || list == .user else { return .failure(.sessionList) }
        // The arguments of a call take exactly the numbers that sessionid takes.
        let number = value.elementsEqual("unset".utf8) ? Array("-1".utf8) : value
        return LibAudit.fieldPair(Array("a0\(op)".utf8) + number).map { $0.of(.sessionid) }
    }

    /// `fstype`.
    private func fileSystem(_ op: String, _ value: [UInt8], _ list: RuleList) -> Result<RuleTestValue, LibAuditFailure> {
        guard list == .filesystem else { return .failure(.wrongList) }
        guard op == "=" || op == "!=" else { return .failure(.equalOrNotOnly) }
        let known = LibAudit.fileSystem(named: value)
        let number = value.first?.isDigit == true ? RuleNumber.leading(value).map { UInt32(truncatingIfNeeded: $0) } : known
        guard let number, number != .max else { return .failure(.fileSystemUnknown) }
        return LibAudit.fieldPair(Array("a0\(op)\(number)".utf8)).map { $0.of(.fstype) }
    }

    private func fault(_ failure: LibAuditFailure, _ field: RuleField) -> RuleFault {
        switch failure {
        case .operatorMissing: .operatorMissing
        case .fieldUnknown: .unknownField
        case .archUnknown: .unknownArch
        case .exitListOnly: .exitListOnly
        case .messageTypeUnknown: .unknownMessageType
        case .messageTypeList: .messageTypeList
        case .equalOrNotOnly: .equalOrNotOnly
        case .equalOnly: .equalOnly
        case .permissionUnknown: .permissionLetters
        case .fileTypeUnknown: .unknownFileType
        case .fileSystemUnknown: .unknownFileSystem
        case .sessionList: .sessionList
        case .stringTooLong: .stringTooLong
        case .errnoUnknown: .unknownErrno
        case .valueMissing: .valueMissing
        case .notNumber: .notNumber
        case .fieldNameMissing: .fieldNameMissing
        case .wrongList: .wrongList
        case .valueTooBig: .valueTooBig
        case .nameUnknown: field.isGroup ? .unknownGroup : .unknownUser
        default: field == .arch ? .unknownArch : .fieldRefused(code: failure.code)
        }
    }

    /// A field that libaudit knows and that is none of a rule's tests: the key with another operator, or one that rules cannot use.
    private mutating func readOtherField(_ word: RuleWord, _ number: UInt32, _ op: String, _ value: [UInt8]) {
        guard number == UInt32(AUDIT_FILTERKEY) else { return fail(word, .unknownField) }
        // key!=x: the kernel takes it for a key, whatever the operator says, and refuses the others.
        guard isSyscallGiven || hasOtherSelector else { return fail(word, .keyNeedsSelector) }
        guard op == "!=" else { return fail(word, .operatorRefused(op)) }
        guard value.count <= Self.keyLimit else { return fail(word, .keyTooLong(limit: Self.keyLimit)) }
        guard otherKey == nil else { return fail(word, .secondKey) }
        otherKey = value
    }
}

extension RuleField {
    fileprivate var isGroup: Bool {
        switch self {
        case .gid, .egid, .sgid, .fsgid, .ownerGroup: true
        default: false
        }
    }
}

extension RuleField {
    /// What it compares begins with a slash.
    fileprivate var isOfPaths: Bool { [.pathGlob, .exeGlob, .parentExeGlob, .ancestorExeGlob].contains(self) }
}

extension RuleTestValue {
    /// The same comparison of another field.
    fileprivate func of(_ field: RuleField) -> RuleTestValue {
        RuleTestValue(field: field.rawValue, op: op, value: value)
    }
}
