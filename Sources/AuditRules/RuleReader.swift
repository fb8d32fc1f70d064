// SPDX-License-Identifier: MIT
/// Reads rules files, one after the other, as if `auditctl -R` had been called for each, and makes the set that the
/// kernel would then have.
package struct RuleReader {
    private var appended: [Rule] = []
    /// In the order of the file.
    private var prepended: [Rule] = []
    /// Where each loaded rule is written.
    private var known: [Rule.Identity: RulePlace] = [:]
    private var controls: [ControlLine] = []
    private var warnings: [RuleDiagnostic] = []
    private var errors: [RuleDiagnostic] = []
    /// Wrong lines behind -i or -c.
    private var skipped: [RuleDiagnostic] = []
    /// -i or -c was read in this file.
    private var skips = false
    private var failsInTheEnd = false

    /// No rules yet.
    package init() {}

    /// Reads the text of a file.
    ///
    /// - Parameters:
    ///   - bytes: what it contains; any bytes, what is wrong is kept for ``finish()``.
    ///   - name: what messages call it.
    package mutating func read(_ bytes: [UInt8], named name: String) {
        skips = false
        for (number, line) in RuleWords.lines(of: bytes).enumerated() {
            read(line, at: RulePlace(file: name, line: number + 1))
        }
    }

    /// Opens and reads what is at `path`: a file, or a directory, whose files are read in the order of augenrules(8). Files and
    /// directory must be owned by root or the caller, and not world writable.
    ///
    /// - Throws: ``RulesError`` when something cannot be read or should not be trusted; wrong lines are kept for ``finish()``.
    package mutating func read(path: String) throws(RulesError) {
        guard RuleDirectory.isDirectory(path) else {
            return read(try RuleFile.contents(of: path), named: path)
        }
        var gathered = GatheredLines()
        for file in try RuleDirectory.files(in: path) { gathered.add(try RuleFile.contents(of: file), named: file) }
        skips = false
        for (line, place) in gathered.ordered { read(line, at: place) }
    }

    /// The set of everything read.
    ///
    /// - Throws: ``RulesError/wrong(_:)`` with all errors of all files, and with rules that this version cannot honour.
    package consuming func finish() throws(RulesError) -> RuleSet {
        let rules = try loaded()
        let unsupported = Self.unsupported(rules)
        guard unsupported.isEmpty else { throw .wrong(unsupported) }
        let strange = rules.flatMap(Self.strangeParts)
        var set = RuleSet(rules: rules, controls: controls, warnings: warnings + strange)
        set.skipped = skipped
        set.hasFailed = hasFailed
        return set
    }

    /// What of `rules`, all that there are, this version cannot judge.
    package static func unsupported(_ rules: [Rule]) -> [RuleDiagnostic] {
        guard let (rule, what) = TaskRules(rules).excess else { return [] }
        let place = rule.place
        return [RuleDiagnostic(file: place.file, line: place.line, column: 1, word: "task", fault: .notSupportedYet(what))]
    }

    /// What of a rule means nothing to this program.
    private static func strangeParts(_ rule: Rule) -> [RuleDiagnostic] {
        var faults: [(String, RuleFault)] = []
        if rule.list == .user { faults.append(("user", .kernelOnly)) }
        if rule.list == .task, rule.testsOfTask == nil { faults.append(("task", .noTask)) }
        return faults.map { word, fault in
            RuleDiagnostic(file: rule.place.file, line: rule.place.line, column: 1, word: word, fault: fault)
        }
    }

    /// What is odd, and wrong lines that -i or -c let pass, in file order each.
    package var remarks: [RuleDiagnostic] { skipped + warnings + ((try? loaded()) ?? []).flatMap(Self.strangeParts) }

    /// Rules with fields that audit does not have, which a strict check refuses.
    package var extensions: [RuleDiagnostic] {
        ((try? loaded()) ?? []).compactMap { rule in
            rule.tests.first(where: \.field.isExtension).map { test in
                RuleDiagnostic(
                    file: rule.place.file, line: rule.place.line, column: 1, word: test.field.name ?? "", fault: .isExtension)
            }
        }
    }

    /// The options read that are no rules, each once, in the order in which they were read first.
    package var controlOptions: [String] {
        var options: [String] = []
        for control in controls where !options.contains(control.option) { options.append(control.option) }
        return options
    }

    /// -c was read, and lines were skipped: auditctl loads the others and ends with 1.
    package var hasFailed: Bool { failsInTheEnd && !skipped.isEmpty }

    /// The rules that the kernel would have now, of each list in the order in which they are tried.
    ///
    /// - Throws: ``RulesError/wrong(_:)`` with all errors of all files.
    package func loaded() throws(RulesError) -> [Rule] {
        guard errors.isEmpty else { throw .wrong(errors) }
        return prepended.reversed() + appended
    }

    private mutating func read(_ line: ArraySlice<UInt8>, at place: RulePlace) {
        guard let first = line.first(where: { $0 != UInt8(ascii: " ") }), first != UInt8(ascii: "#") else { return }
        if let fault = Self.fault(of: line) {
            let start = RuleWords.words(of: line.prefix(80)).first?.text ?? ""
            return report([RuleDiagnostic(file: place.file, line: place.line, column: 1, word: start, fault: fault)])
        }
        let words = RuleWords.words(of: line)
        guard !words.isEmpty else { return }
        let read = RuleLine(words, at: place)
        warnings += read.warnings
        for control in read.controls { obey(control) }
        report(read.errors)
        if read.errors.isEmpty, let rule = read.rule {
            if read.deletes { delete(rule, words[0]) } else { add(rule, words[0]) }
        }
    }

    /// Notes errors; behind -i and -c they cost their line only.
    private mutating func report(_ found: [RuleDiagnostic]) {
        if skips { skipped += found } else { errors += found }
    }

    private mutating func report(_ word: RuleWord, _ rule: Rule, _ fault: RuleFault) {
        report([
            RuleDiagnostic(file: rule.place.file, line: rule.place.line, column: word.column, word: word.text, fault: fault)
        ])
    }

    private static func fault(of line: ArraySlice<UInt8>) -> RuleFault? {
        if line.contains(0) { return .nulByte }
        if line.count > RuleWords.lineLimit { return .lineTooLong(limit: RuleWords.lineLimit) }
        return nil
    }

    private mutating func add(_ rule: Rule, _ word: RuleWord) {
        let identity = rule.identity
        if !rule.isPrepended, let other = known[identity] {
            return report(word, rule, .duplicate(of: other))
        }
        known[identity] = rule.place
        if rule.isPrepended {
            // The kernel puts each before all there are; finish() turns them round.
            prepended.append(rule)
        } else {
            appended.append(rule)
        }
    }

    private mutating func delete(_ rule: Rule, _ word: RuleWord) {
        let identity = rule.identity
        guard known.removeValue(forKey: identity) != nil else {
            return report(word, rule, .noSuchRule)
        }
        // The kernel deletes one, the first on its list.
        if let place = prepended.lastIndex(where: { $0.identity == identity }) {
            prepended.remove(at: place)
        } else if let place = appended.firstIndex(where: { $0.identity == identity }) {
            appended.remove(at: place)
        }
        if let other = (prepended + appended).first(where: { $0.identity == identity }) { known[identity] = other.place }
    }

    /// -D takes away what was read before it; with -k, the rules whose keys contain that text (auditctl: strstr).
    private mutating func obey(_ control: ControlLine) {
        controls.append(control)
        if control.option == RuleOption.ignoreErrors.rawValue { skips = true }
        if control.option == RuleOption.continueOnError.rawValue {
            skips = true
            failsInTheEnd = true
        }
        guard control.option == RuleOption.deleteAll.rawValue else { return }
        let wanted = control.value.map { Array($0.utf8) }
        func goes(_ rule: Rule) -> Bool {
            guard let wanted else { return true }
            guard let key = rule.key else { return false }
            return FieldText.offset(of: String(decoding: wanted, as: UTF8.self), in: key) != nil
        }
        appended.removeAll(where: goes)
        prepended.removeAll(where: goes)
        known = [:]
        for rule in prepended + appended { known[rule.identity] = rule.place }
    }
}

extension RuleSet {
    /// The set of one file's text.
    ///
    /// - Throws: ``RulesError/wrong(_:)``.
    package static func compile(_ bytes: [UInt8], named name: String) throws(RulesError) -> RuleSet {
        var reader = RuleReader()
        reader.read(bytes, named: name)
        return try reader.finish()
    }

    /// The set of the files at `paths`, read in this order.
    ///
    /// - Throws: ``RulesError``; all wrong lines of all files at once.
    package static func load(paths: [String]) throws(RulesError) -> RuleSet {
        var reader = RuleReader()
        for path in paths { try reader.read(path: path) }
        return try reader.finish()
    }
}
