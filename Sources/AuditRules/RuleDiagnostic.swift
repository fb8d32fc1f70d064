// SPDX-License-Identifier: MIT

/// One thing that is wrong (or odd) in a rules file, and where.
package struct RuleDiagnostic: Error, Sendable, Equatable, CustomStringConvertible {
    /// Name as given by the operator.
    package let file: String
    /// From 1.
    package let line: Int
    /// Byte of the line where ``word`` begins, from 1.
    package let column: Int
    /// The offending word.
    package let word: String
    package let fault: RuleFault
    /// What was probably meant, where that is plain.
    package internal(set) var suggestion: String?

    package init(file: String, line: Int, column: Int, word: String, fault: RuleFault) {
        self.file = file
        self.line = line
        self.column = column
        self.word = word
        self.fault = fault
    }

    /// One line: `file:line:column: word: what is wrong and what to write instead`.
    package var description: String {
        "\(file):\(line):\(column): \(word): \(fault.message)" + (suggestion.map { "; did you mean \($0)?" } ?? "")
    }
}

/// What can be wrong with a word of a rules file. Wording is auditctl's (src/auditctl.c, lib/errormsg.h, 3.0.9) where it
/// has a text, plus what to do about it.
package enum RuleFault: Sendable, Equatable {
    // The line.
    case lineTooLong(limit: Int)
    case nulByte
    case carriageReturn
    case unknownOption
    case argumentMissing(option: String)
    case parameterWithoutOption
    case ignoredBehind(option: String)
    /// Legal audit rules language that this version cannot honour, and must not ignore.
    case notSupportedYet(String)

    // The rule as a whole.
    case badKeyword(option: String)
    case possibleDeprecated
    case secondList
    case listMissing
    case listMissingForSyscall
    case tooManyFields(limit: Int)
    case duplicate(of: RulePlace)
    case noSuchRule
    case kernelOnly
    case noLabels
    case onlySubjectRole
    case noTask
    case syscallForTaskList
    case syscallOnList(String)

    // -w, -W, -p.
    case watchWithList
    case ruleNotEmpty
    case pathTooLong
    case pathNotAbsolute
    case baseNameTooLong
    case relativePath
    case wildcard
    case permissionNeedsWatch
    case permissionNeedsField
    case permissionTooLong
    case permissionUnknown(String)

    // -C.
    case compareFieldMissing
    case compareValueMissing
    case compareFieldUnknown
    case compareValueUnknown
    case compareIncompatible

    // -S.
    case unknownSyscall(machine: String)
    case unknownRingOperation
    case archMismatch

    // -F.
    case operatorMissing
    case fieldNameMissing
    case valueMissing
    case unknownField
    case archAfterSyscall
    case unknownArch
    case equalOrNotOnly
    case unknownErrno
    case notNumber
    case valueTooBig
    case unknownUser
    case unknownGroup
    case exitListOnly
    case messageTypeList
    case wrongList
    case excludeListFields
    case sessionList
    case equalOnly
    case stringTooLong
    case unknownMessageType
    case unknownFileType
    case unknownFileSystem
    case permissionLetters
    /// The kernel refuses it with EINVAL, for the reason said.
    case kernelRefuses(String)
    /// The kernel refuses it with ENOENT.
    case noSuchPath
    case fieldRefused(code: Int32)
    case operatorRefused(String)
    case identityRefused

    // Fields that begin in x-.
    case unknownExtension
    case patternMalformed
    case patternNotAbsolute
    case rateOfZero
    case rateOfNever
    case secondRate
    /// Said by a strict check only.
    case isExtension

    // -k.
    case keyNeedsSelector
    case keyTooLong(limit: Int)
    case secondKey

    // Control lines.
    case notOneOf(subject: String, expected: String)
    case controlNotNumber(subject: String)
    case controlTooBig(subject: String)
    case wrongOptionCount(subject: String)
    case onlyOption(String)
    case nestedFile
    case badEquivalent
    case illegalCharacter
    case badSignal
    case usage

    // Rules of the proof of concept.
    case clauseMalformed
    case argumentBeyond
    case valueBeyond
    /// Said of the flags P and V, which go.
    case completeOnly

    /// What is wrong and what would be right, one sentence or two.
    package var message: String {
        switch self {
        case .lineTooLong(let limit): "line is longer than \(limit) bytes, which auditctl would cut; split the rule"
        case .nulByte: "line contains a NUL byte; a rules file is text"
        case .carriageReturn: "line ends in CR LF; remove the carriage returns (sed -i 's/\\r$//')"
        case .unknownOption: "Option is invalid; see auditctl(8) for the options of a rules file"
        case .argumentMissing(let option): "Option \(option) is invalid without an argument"
        case .parameterWithoutOption:
            "parameter passed without an option given; words are split at every blank, quotes do not join them"
        case .ignoredBehind(let option): "nothing is read on a line behind \(option); give it a line of its own"
        case .notSupportedYet(let what): "\(what) not supported yet by this version; remove the line or its part"
        case .badKeyword(let option):
            "\(option == "-A" ? "Add" : "Append") rule - bad keyword; expected always or never and the list exit, as always,exit"
        case .possibleDeprecated: "Append rule - possible is deprecated; the line has no effect"
        case .secondList: "Multiple rule insert/delete operations are not allowed; one rule a line"
        case .listMissing: "List must be given before field; begin the rule with -a always,exit"
        case .listMissingForSyscall: "Error - no list specified; begin the rule with -a always,exit"
        case .tooManyFields(let limit): "Too many fields in rule: at most \(limit), key included"
        case .duplicate(let place): "Rule exists: it repeats the one at \(place); remove either"
        case .noSuchRule: "the rule to delete is not there (No such file or directory); it must be as it was added, in every part"
        case .noLabels: "no security module labels tasks here, or its labels are not known, so the rule never matches"
        case .onlySubjectRole: "AppArmor, which labels tasks here, has subj_role alone, so the rule never matches"
        case .kernelOnly: "only the kernel's own audit sees what programs send to it; the rule has no effect here"
        case .noTask: "a task that is made has nothing of what the rule asks for, so the rule never matches"
        case .syscallForTaskList: "Syscall auditing requested for task list; the task list takes no -S"
        case .syscallOnList(let list): "Error: syscall auditing cannot be put on \(list) list; remove -S"
        case .watchWithList: "watch option can't be given with a syscall; write -F path= or -F dir= in place of -w"
        case .ruleNotEmpty: "Rule is not empty; a watch begins its line"
        case .pathTooLong: "The path passed for the watch is too big"
        case .pathNotAbsolute: "The path must start with '/'"
        case .baseNameTooLong: "The base name of the path is too big"
        case .relativePath: "Warning - relative path notation is not supported"
        case .wildcard: "Warning - wildcard notation is not supported"
        case .permissionNeedsWatch: "permission option needs a watch given prior to it"
        case .permissionNeedsField: "Permissions should be preceeded by other fields; put a field before -p"
        case .permissionTooLong: "permission is too long; at most four of r, w, x and a"
        case .permissionUnknown(let letter): "Permission \(letter) isn't supported; expected r, w, x and a"
        case .compareFieldMissing: "-C missing field name before operator"
        case .compareValueMissing: "-C missing value after operation"
        case .compareFieldUnknown: "-C unknown field; expected two of uid, euid, suid, fsuid, auid, obj_uid, or of their gid forms"
        case .compareValueUnknown: "-C unknown right hand value for comparison"
        case .compareIncompatible: "-C incompatible comparison; users compare with users, groups with groups, and none with itself"
        case .unknownSyscall(let machine):
            "Syscall name unknown in the table of \(machine); see ausyscall \(machine) --dump, or give its number (below 2048)"
        case .unknownRingOperation: "io_uring op unknown; expected a name such as openat, a number, or all"
        case .archMismatch: "WARNING - 32/64 bit syscall mismatch, you should specify an arch (-F arch=b64 or b32 before -S)"
        case .operatorMissing: "-F missing operation; expected field, operator (= != < <= > >= & &=) and value without blanks"
        case .fieldNameMissing: "-F missing field name before operator"
        case .valueMissing: "-F missing value after operation"
        case .unknownField: "-F unknown field; see auditctl(8) for the names"
        case .archAfterSyscall: "arch must be before -S"
        case .unknownArch: "elf mapping not found; expected b64, b32 or a machine name such as x86_64 or i386"
        case .equalOrNotOnly: "field only takes = or != operators"
        case .unknownErrno: "-F unknown errno; expected a name such as EPERM or -EACCES, or a number"
        case .notNumber: "-F value should be number"
        case .valueTooBig: "value is too large for field"
        case .unknownUser: "Unknown user; expected a user of this system, a number, or unset"
        case .unknownGroup: "Unknown group; expected a group of this system, or a number"
        case .exitListOnly: "field can only be used with exit filter list"
        case .messageTypeList: "msgtype field can only be used with exclude or user filter list"
        case .wrongList: "field is not valid for the filter"
        case .excludeListFields: "Only msgtype, *uid, *gid, pid, and subj* fields can be used with exclude filter"
        case .sessionList: "field must be used with exclude, user, or exit filter"
        case .equalOnly: "field only takes = operator"
        case .stringTooLong: "String value too long"
        case .unknownMessageType: "-F unknown message type; expected a name such as CWD, or a number"
        case .unknownFileType: "-F unknown file type; expected file, dir, socket, link, character, block or fifo"
        case .unknownFileSystem: "file system type is unknown for field; expected debugfs, tracefs or the magic number of statfs(2)"
        case .permissionLetters: "Permission can only contain 'rwxa'"
        case .kernelRefuses(let what): "the kernel refuses \(what) (Invalid argument)"
        case .noSuchPath: "the kernel refuses a path that is not there (No such file or directory); -i before it lets loading go on"
        case .fieldRefused(let code): "libaudit refuses the field with error \(code)"
        case .operatorRefused(let symbol): "the kernel refuses the operator \(symbol) for this field (Invalid argument)"
        case .identityRefused: "the kernel refuses -1 as a user or group (Invalid argument); only auid can be unset, with = or !="
        case .unknownExtension:
            "-F unknown field; this program's own are \(RuleField.extensionNames.map(\.name).joined(separator: ", "))"
        case .patternMalformed: "[ without ] in a pattern; write [[] for the character"
        case .patternNotAbsolute: "a path begins with /, so the pattern matches none; begin it with / or *"
        case .rateOfZero: "a rule of no events a second; use never"
        case .rateOfNever: "only rules that write (always) can be limited"
        case .secondRate: "one x-rate a rule"
        case .isExtension: "an extension of this program, which auditctl refuses"
        case .keyNeedsSelector: "Key field needs a watch, syscall or exe path given prior to it; put -S (or -S all) before -k"
        case .keyTooLong(let limit): "key option exceeds size limit of \(limit) bytes, all keys of the rule together"
        case .secondKey: "the kernel takes one key field a rule (Invalid argument); use key= throughout"
        case .notOneOf(let subject, let expected): "\(subject) must be \(expected)"
        case .controlNotNumber(let subject): "\(subject) must be a numeric value"
        case .controlTooBig(let subject): "Error converting \(subject): number too large"
        case .wrongOptionCount(let subject): "Wrong number of options for \(subject) request"
        case .onlyOption(let which): "Only \(which) allowed"
        case .nestedFile: "Error - nested rule files not supported"
        case .badEquivalent: "Error parsing equivalent parts; expected mount,subtree"
        case .illegalCharacter: "Illegal character in audit event; only printable ASCII"
        case .badSignal: "unsupported signal; expected TERM, HUP, USR1, USR2 or CONT"
        case .usage: "-h has no place in a rules file"
        case .clauseMalformed: "clause malformed; expected a0 to a3, one of = < > & |, and a number, or P or V"
        case .argumentBeyond: "audit rules can look at the arguments a0 to a3 only"
        case .valueBeyond: "audit rules compare 32 bits, and this value needs more"
        case .completeOnly: "dropped: audit rules cannot ask that all of an event was readable; what lacks parts is written without"
        }
    }
}

/// Why there is no rule set.
package enum RulesError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file cannot be opened or read; the errno of it.
    case unreadable(path: String, errno: Int32)
    case notRegular(path: String)
    /// A directory without rules files: nothing would be selected, which nobody asks for.
    case noRulesFiles(path: String)
    /// It belongs to a user who is neither root nor the caller.
    case foreignOwner(path: String, uid: UInt32)
    case worldWritable(path: String)
    case tooLarge(path: String, limit: Int)
    /// Lines are wrong: all that were found, in file order.
    case wrong([RuleDiagnostic])

    /// For the operator, with the remedy. One line for each wrong word.
    package var description: String {
        switch self {
        case .unreadable(let path, let errno):
            "cannot read the rules file \(path): \(ErrnoText.of(errno)). Give the name of a readable file with --rules"
        case .notRegular(let path): "the rules file \(path) is not a regular file. Give a file with --rules"
        case .noRulesFiles(let path):
            "the directory \(path) has no rules: no name in it ends in .rules. Give a file, or a directory of rules files, with --rules"
        case .foreignOwner(let path, let uid):
            "the rules file \(path) belongs to user \(uid), who could change what is audited: chown root \(path)"
        case .worldWritable(let path):
            "the rules file \(path) is world writable, so anybody could change what is audited: chmod o-w \(path)"
        case .tooLarge(let path, let limit): "the rules file \(path) is larger than \(limit) bytes. Split it"
        case .wrong(let diagnostics): diagnostics.map(\.description).joined(separator: "\n")
        }
    }
}
