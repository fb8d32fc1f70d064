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
        guard action != nil else { return fail(word, .listMissing) }
        if word.bytes.starts(with: "key=".utf8) { return addKey(word.dropping(4)) }
        guard tests.count + (otherKey == nil ? 0 : 1) < Self.fieldLimit else {
            return fail(word, .tooManyFields(limit: Self.fieldLimit))
        }
        guard let (name, op, value) = FieldText.split(word.bytes) else { return fail(word, .operatorMissing) }
        if name.isEmpty { return fail(word, .fieldNameMissing) }
        if value.isEmpty { return fail(word, .valueMissing) }
        guard let number = LibAudit.field(named: name) else { return fail(word, .unknownField) }
        guard let field = RuleField(rawValue: number) else {
            return readOtherField(word, number, name, op, value)
        }
        if field == .arch, isSyscallGiven { return fail(word, .archAfterSyscall) }
        let reading = field == .sessionid ? session(word, op, value) : LibAudit.fieldPair(word.bytes)
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
        guard field.takes(op) else { return fail(word, .operatorRefused(op.symbol)) }
        if field.isIdentity, test.value == .max {
            // auid=-1 asks whether a login uid is set (kernel: AUDIT_LOGINUID_SET), which is this comparison.
            guard field == .auid, op == .equal || op == .notEqual else { return fail(word, .identityRefused) }
        }
        if field == .arch { machine = LibAudit.machine(arch: test.value) }
        tests.append(RuleTest(field, op, test.value))
    }

    /// `sessionid`, read here because libaudit asks the kernel over netlink whether it knows the field, which needs
    /// root. Numbers are read as libaudit does; a word that is no number is refused, which libaudit takes for 0.
    private func session(
        _ word: RuleWord, _ op: String, _ value: [UInt8]
    ) -> Result<RuleTestValue, LibAuditFailure> {
        // The arguments of a call take exactly the numbers that sessionid takes.
        let number = value.elementsEqual("unset".utf8) ? Array("-1".utf8) : value
        return LibAudit.fieldPair(Array("a0\(op)".utf8) + number).map { $0.of(.sessionid) }
    }

    private func fault(_ failure: LibAuditFailure, _ field: RuleField) -> RuleFault {
        switch failure {
        case .operatorMissing: .operatorMissing
        case .fieldUnknown: .unknownField
        case .archUnknown: .unknownArch
        case .exitListOnly: .exitListOnly
        case .messageTypeList: .messageTypeList
        case .equalOrNotOnly: .equalOrNotOnly
        case .errnoUnknown: .unknownErrno
        case .valueMissing: .valueMissing
        case .notNumber: .notNumber
        case .fieldNameMissing: .fieldNameMissing
        case .wrongList: .wrongList
        case .valueTooBig: .valueTooBig
        case .nameUnknown: field.isGroup ? .unknownGroup : .unknownUser
        case .other(let code): field == .arch ? .unknownArch : .fieldRefused(code: code)
        }
    }

    /// A field that auditctl knows and this version does not, or that has no place on the exit list.
    private mutating func readOtherField(
        _ word: RuleWord, _ number: UInt32, _ name: [UInt8], _ op: String, _ value: [UInt8]
    ) {
        switch number {
        case UInt32(AUDIT_MSGTYPE): fail(word, .messageTypeList)
        case UInt32(AUDIT_FSTYPE): fail(word, .wrongList)
        case UInt32(AUDIT_FILTERKEY):
            // key!=x: the kernel takes it for a key, whatever the operator says, and refuses the others.
            guard isSyscallGiven || hasOtherSelector else { return fail(word, .keyNeedsSelector) }
            guard op == "!=" else { return fail(word, .operatorRefused(op)) }
            guard value.count <= Self.keyLimit else { return fail(word, .keyTooLong(limit: Self.keyLimit)) }
            guard otherKey == nil else { return fail(word, .secondKey) }
            otherKey = value
        default:
            hasOtherSelector = true
            fail(word, .notSupportedYet("the field \(String(decoding: name, as: UTF8.self)) is"))
        }
    }
}

extension RuleField {
    fileprivate var isGroup: Bool {
        switch self {
        case .gid, .egid, .sgid, .fsgid: true
        default: false
        }
    }
}

extension RuleTestValue {
    /// The same comparison of another field.
    fileprivate func of(_ field: RuleField) -> RuleTestValue {
        RuleTestValue(field: field.rawValue, op: op, value: value)
    }
}
