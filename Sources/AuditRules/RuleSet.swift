// SPDX-License-Identifier: MIT
package import AuditEvents
package import AuditSyscalls

/// Rules in the order in which they are tried, and for every system call the few that can apply to it.
///
/// Immutable: a reload makes a new set. What a rule means is the kernel's exit list (kernel/auditsc.c,
/// `audit_filter_rules()`): the first rule that matches decides, and a call that none matches is not written.
package struct RuleSet: Sendable {
    /// Those of the list `exit`, first to be tried first: -A rules, the last of them first, then -a rules in file order.
    package let rules: [Rule]
    /// The file's other lines, in file order.
    package let controls: [ControlLine]
    /// What is odd but no error, for the operator.
    package let warnings: [RuleDiagnostic]
    /// Wrong lines that -i or -c let pass. They are not among the rules.
    package internal(set) var skipped: [RuleDiagnostic] = []
    /// Some were skipped because of -c: auditctl loads the others, and fails in the end.
    package internal(set) var hasFailed = false
    /// What to tell the operator when the rules come into force, a sentence each: lines that were skipped, what is odd, and what has no effect here.
    package var remarks: [String] { (skipped + warnings).map { "\($0)" } + (ControlLine.remark(on: controls).map { [$0] } ?? []) }
    /// Those of the list `io_uring`, first to be tried first.
    package let ringRules: [Rule]
    /// Rules that may decide of an event: ``rules``, then ``ringRules``. What decides is named by its position here.
    package var deciding: [Rule] { rules + ringRules }
    /// `key=` of the records of each of ``deciding``; nil for `key=(null)`.
    package let keys: [[UInt8]?]
    /// When each of ``deciding`` would be tried if both lists were one, 0 first: the kernel's `prio`, turned round.
    let ranks: [UInt32]
    let rings: RingTable
    /// Where rules ask for labels, and for which part first.
    let labelTests: [(place: RulePlace, field: RuleField)]
    /// What some rule asks for, so that events must carry it.
    package let wanted: WantedParts
    /// Some rule asks for an address family.
    let needsFamily: Bool

    /// Some rule compares files, so the evaluator wants to know those of an event.
    let needsFiles: Bool
    /// What ``CompiledTest``s of paths mean.
    let paths: RulePaths

    /// Types of file systems of whose files nothing is told: the tests of `never` rules of the list `filesystem`.
    private let fileSystemTests: [RuleTest]
    /// Some file system is hidden, if it is mounted.
    package var hidesFileSystems: Bool { !fileSystemTests.isEmpty }
    /// The rules of the list `exclude`, in the order in which they are tried.
    package let excludeRules: [Rule]
    let exclusions: Exclusions
    let taskRules: TaskRules

    let compiled: [CompiledRule]
    let tests: [CompiledTest]
    let candidates: CandidateTable

    /// No rule: nothing is selected.
    package static let empty = RuleSet(rules: [])

    /// Compiles `rules` of all lists, given in the order in which they are tried.
    package init(rules all: [Rule], controls: [ControlLine] = [], warnings: [RuleDiagnostic] = []) {
        let rules = all.filter { $0.list == .exit }
        self.rules = rules
        self.controls = controls
        self.warnings = warnings
        let ringRules = all.filter { $0.list == .ring }
        self.ringRules = ringRules
        self.keys = rules.map(\.key) + ringRules.map(\.key)
        func ranks(of list: RuleList) -> [UInt32] { all.indices.filter { all[$0].list == list }.map(UInt32.init) }
        self.ranks = ranks(of: .exit) + ranks(of: .ring)
        labelTests = all.compactMap { rule in rule.tests.first(where: \.field.isLabel).map { (rule.place, $0.field) } }
        wanted = Self.wanted(by: all)
        self.needsFamily = (rules + ringRules).contains { rule in rule.tests.contains { $0.field == .saddrFamily } }
        var compiled: [CompiledRule] = []
        var tests: [CompiledTest] = []
        var paths = RulePaths()
        for rule in rules + ringRules {
            // No path may match any of them: one test, so that the paths are put together once. Last, because that costs most.
            let excluded = rule.tests.filter { $0.field == .pathGlob && $0.op == .notEqual }
            var own = rule.tests.filter { !excluded.contains($0) }.compactMap { CompiledTest($0, paths: &paths) }
            if !excluded.isEmpty { own.append(CompiledTest(noPathOf: excluded, paths: &paths)) }
            own = own.filter { !$0.looksAtProcesses } + own.filter(\.looksAtProcesses)
            compiled.append(
                CompiledRule(
                    isNever: rule.action == .never, isOfOneFile: own.contains(where: \.isOfOneFile),
                    needsFiles: own.contains(where: \.needsFiles), first: UInt32(tests.count), count: UInt32(own.count)))
            tests += own
        }
        self.needsFiles = compiled.prefix(rules.count).contains(where: \.needsFiles)
        fileSystemTests = all.filter { $0.list == .filesystem && $0.action == .never }.flatMap(\.tests)
        excludeRules = all.filter { $0.list == .exclude }
        exclusions = Exclusions(excludeRules, paths: &paths)
        taskRules = TaskRules(all)
        paths.prepare()
        self.paths = paths
        self.compiled = compiled
        self.tests = tests
        self.candidates = CandidateTable(rules: rules, compiled: compiled)
        let candidates = self.candidates
        rings = RingTable(
            ringRules, first: rules.count,
            callsMayBeSelected: SyscallABI.allCases.contains { abi in
                SyscallTable.number(of: "io_uring_enter", abi: abi).map { !candidates.positions(for: abi, Int($0)).isEmpty } ?? false
            })
    }

    private static func wanted(by rules: [Rule]) -> WantedParts {
        var wanted: WantedParts = []
        for rule in rules where rule.list == .exit || rule.list == .exclude || rule.list == .ring {
            // The list exclude looks at no supplementary groups.
            if rule.list != .exclude, rule.tests.contains(where: \.asksForGroups) { wanted.insert(.groups) }
            if rule.tests.contains(where: { $0.field == .exe }) { wanted.insert(.program) }
            if rule.tests.contains(where: { $0.field == .dir }) { wanted.insert(.ancestors) }
            if rule.tests.contains(where: { $0.field == .pathGlob }) { wanted.insert(.paths) }
            if rule.tests.contains(where: \.field.isObjectLabel) { wanted.insert(.unlabeled) }
        }
        return wanted
    }

    /// Whether nothing is told of files on a file system of this type (`s_magic`): one matching field of one rule is enough
    /// (`__audit_inode()`, kernel/auditsc.c). Rules with `always` say nothing.
    package func hidesFileSystem(magic: UInt32) -> Bool { fileSystemTests.contains { $0.op.compare(magic, $0.value) } }

    /// The rules that are tried for call `number` of `abi`, as positions in ``rules``, first to be tried first.
    ///
    /// Rules behind one that always matches are not among them.
    package func rules(for abi: SyscallABI, _ number: UInt32) -> [Int] {
        candidates.positions(for: abi, Int(number)).map(Int.init)
    }
}

extension RuleTest {
    /// Whether the kernel looks at supplementary groups for it (`audit_filter_rules()`: gid and egid, = and != only).
    var asksForGroups: Bool {
        (field == .gid || field == .egid) && (op == .equal || op == .notEqual)
    }
}

/// A rule as the hot path reads it: its tests are a range of ``RuleSet/tests``.
struct CompiledRule: Sendable {
    let isNever: Bool
    /// The kernel finds the rule by a file, so that all its tests of files are about the same one (`audit_filter_inodes()`).
    let isOfOneFile: Bool
    /// It has tests of files.
    let needsFiles: Bool
    let first: UInt32
    let count: UInt32

    var range: Range<Int> { Int(first)..<Int(first) + Int(count) }
}

/// A test as the hot path reads it.
struct CompiledTest: Sendable {
    let fact: Fact
    let op: RuleOperator
    /// A number, or for paths the position in ``RuleSet/paths``.
    let operand: UInt32

    /// Nil for `arch`, which ``CandidateTable`` has answered.
    init?(_ test: RuleTest, paths: inout RulePaths) {
        guard let fact = Fact(test.field) else { return nil }
        self.fact = fact
        self.op = test.op
        switch fact {
        case .path: operand = paths.add(test.text, .file)
        case .dir: operand = paths.add(test.text, .directory)
        case .exe: operand = paths.add(test.text, .program)
        case .pathGlob, .exeGlob, .commGlob, .titleGlob, .parentExeGlob, .ancestorExeGlob:
            operand = paths.add([Glob(test.text)], isOfPaths: fact == .pathGlob)
        case .subjectLabel, .objectLabel: operand = paths.add(LabelTest(test))
        // The kernel turns any non-zero value of success= into AUDITSC_SUCCESS, zero into AUDITSC_FAILURE, and compares
        // these two with whatever operator was given.
        case .success: operand = test.value != 0 ? ReturnState.success : ReturnState.failure
        default: operand = test.value
        }
    }

    /// All of `tests`, which are `x-path!=`.
    init(noPathOf tests: [RuleTest], paths: inout RulePaths) {
        fact = .pathGlob
        op = .notEqual
        operand = paths.add(tests.map { Glob($0.text) }, isOfPaths: true)
    }

    /// It asks the system, which costs most of all.
    var looksAtProcesses: Bool { fact == .parentExeGlob || fact == .ancestorExeGlob }

    var isOfOneFile: Bool { fact == .path || fact == .inode && op == .equal }

    var needsFiles: Bool {
        switch fact {
        case .inode, .devmajor, .devminor, .path, .dir, .filetype, .ownerUser, .ownerGroup, .objectLabel, .pathGlob: true
        case .compare: FieldPairs.isWithFile(operand)
        default: false
        }
    }
}

/// `ctx->return_valid` of the kernel's audit context (include/linux/audit.h).
enum ReturnState {
    static let success: UInt32 = 1
    static let failure: UInt32 = 2
}

/// What a compiled test looks at. Below `saddrFamily` the raw value is `enum as_field` of selection.h; from there on the kernel
/// programs see nothing of it.
enum Fact: UInt8, Sendable {
    case a0 = 0
    case a1 = 1
    case a2 = 2
    case a3 = 3
    case pid = 4
    case ppid = 5
    case exit = 6
    case success = 7
    case pers = 8
    case auid = 9
    case ses = 10
    case uid = 11
    case euid = 12
    case suid = 13
    case fsuid = 14
    case gid = 15
    case egid = 16
    case sgid = 17
    case fsgid = 18
    case saddrFamily = 19
    case inode
    case devmajor
    case devminor
    case path
    case dir
    case exe
    case perm
    case filetype
    case ownerUser
    case ownerGroup
    case compare
    /// The label of the task: ``LabelTest``.
    case subjectLabel
    /// The label of a file, or of a System V object.
    case objectLabel
    // From here on: ``ExtensionTests``.
    case pathGlob
    case exeGlob
    case commGlob
    case titleGlob
    case parentExeGlob
    case ancestorExeGlob

    init?(_ field: RuleField) {
        switch field {
        case .a0: self = .a0
        case .a1: self = .a1
        case .a2: self = .a2
        case .a3: self = .a3
        case .pid: self = .pid
        case .ppid: self = .ppid
        case .exit: self = .exit
        case .success: self = .success
        case .pers: self = .pers
        case .auid: self = .auid
        case .sessionid: self = .ses
        case .uid: self = .uid
        case .euid: self = .euid
        case .suid: self = .suid
        case .fsuid: self = .fsuid
        case .gid: self = .gid
        case .egid: self = .egid
        case .sgid: self = .sgid
        case .fsgid: self = .fsgid
        case .saddrFamily: self = .saddrFamily
        case .inode: self = .inode
        case .devmajor: self = .devmajor
        case .devminor: self = .devminor
        case .path: self = .path
        case .dir: self = .dir
        case .exe: self = .exe
        case .perm: self = .perm
        case .filetype: self = .filetype
        case .ownerUser: self = .ownerUser
        case .ownerGroup: self = .ownerGroup
        case .fieldCompare: self = .compare
        case .pathGlob: self = .pathGlob
        case .exeGlob: self = .exeGlob
        case .commGlob: self = .commGlob
        case .titleGlob: self = .titleGlob
        case .parentExeGlob: self = .parentExeGlob
        case .ancestorExeGlob: self = .ancestorExeGlob
        default:
            guard field.isLabel else { return nil }
            self = field.isObjectLabel ? .objectLabel : .subjectLabel
        }
    }
}
