// SPDX-License-Identifier: MIT
internal import AuditEvents
internal import CAuditWire

/// The tests that audit rules do not have: fields that begin with `x-`. Of what is not known neither = nor != holds, so that it is not
/// decided upon: a rule that writes does not write it, and one that refuses does not refuse it.
struct ExtensionTests: ~Escapable {
    private enum Answer { case no, yes, unknown }

    private let event: EventView
    private let paths: RulePaths
    /// The event has just happened, so that its process's parents may still be there.
    private let isLive: Bool

    @_lifetime(copy event)
    init(event: borrowing EventView, paths: RulePaths, isLive: Bool) {
        self.event = copy event
        self.paths = paths
        self.isLive = isLive
    }

    /// Whether `test` holds for file number `file`, or for nil for any of `files`.
    func holds(_ test: CompiledTest, _ call: aw_syscall, _ files: Span<NamedFile>, _ file: Int?) -> Bool {
        let answer: Answer =
            switch test.fact {
            case .pathGlob: isAny(of: files, file, paths.globs[Int(test.operand)])
            case .exeGlob: matchesProgram(paths.globs[Int(test.operand)][0]) ? .yes : .no
            case .commGlob: matchesCommand(paths.globs[Int(test.operand)][0], call) ? .yes : .no
            case .titleGlob: matchesTitle(paths.globs[Int(test.operand)][0]) ? .yes : .no
            case .parentExeGlob: isRunByParent(paths.globs[Int(test.operand)][0], call.ppid, depth: 1)
            case .ancestorExeGlob: isRunByParent(paths.globs[Int(test.operand)][0], call.ppid, depth: ProcessLook.depth)
            default: .unknown
            }
        return answer == (test.op == .equal ? .yes : .no)
    }

    private func isAny(of files: Span<NamedFile>, _ file: Int?, _ globs: [Glob]) -> Answer {
        var answer = Answer.no
        for position in 0..<files.count where file == nil || file == position {
            var text = PathText()
            if let path = realPath(of: files[position]) {
                text.build(path.text, isDirectoryOnly: path.isDirectoryOnly)
                if text.matches(globs, aliases: paths) { return .yes }
                continue
            }
            if text.build(files[position], event) {
                if text.matches(globs, aliases: paths) { return .yes }
                continue
            }
            // It is not known where the name begins, if it has one: only a pattern that takes any beginning can match.
            answer = .unknown
            let sections = WireReader(event.sections)
            guard files[position].nameCount > 0,
                let name = try? sections.slice(at: Int(files[position].nameOffset), count: Int(files[position].nameCount))
            else { continue }
            for glob in globs where glob.matches(name) { return .yes }
        }
        return answer
    }

    /// The path of a file that the call has come to, whatever its name was, where the kernel side tells it.
    ///
    /// - Returns: for the directory of a file that was made the path of that file, and that it is its directory.
    @_lifetime(copy self)
    private func realPath(of file: NamedFile) -> RealPath? {
        guard file.isKnown else { return nil }
        var walk = event.walk
        while let section = walk.next() {
            guard section.tag == .objectPath, section.errno == 0, !section.isCut else { continue }
            if isObject(file.object, of: section.detail) { return RealPath(text: section.bytes, isDirectoryOnly: false) }
            if section.detail == UInt8(AW_ROLE_RESULT.rawValue), isObject(file.object, of: UInt8(AW_ROLE_RESULT_PARENT.rawValue)) {
                return RealPath(text: section.bytes, isDirectoryOnly: true)
            }
        }
        return nil
    }

    private struct RealPath: ~Escapable {
        let text: RawSpan
        /// The last part does not belong to it.
        let isDirectoryOnly: Bool

        @_lifetime(copy text)
        init(text: RawSpan, isDirectoryOnly: Bool) {
            self.text = text
            self.isDirectoryOnly = isDirectoryOnly
        }
    }

    /// Whether the event's object of `role` is `object`.
    private func isObject(_ object: aw_object, of role: UInt8) -> Bool {
        guard let section = event.section(.object, detail: role), let own = try? WireReader(section.bytes).load(at: 0, as: aw_object.self)
        else { return false }
        return own.inode == object.inode && own.dev_major == object.dev_major && own.dev_minor == object.dev_minor
    }

    private func matchesProgram(_ glob: Glob) -> Bool {
        guard let section = event.section(.executable) else { return false }
        return glob.matches(section.bytes)
    }

    private func matchesCommand(_ glob: Glob, _ call: aw_syscall) -> Bool {
        let name = CommandBytes(call.comm)
        return glob.matches(count: name.count) { name.bytes[$0] }
    }

    /// The words of the command line are joined by blanks.
    private func matchesTitle(_ glob: Glob) -> Bool {
        guard let section = event.section(.processTitle) else { return false }
        let reader = WireReader(section.bytes)
        func byte(_ at: Int) -> UInt8 { (try? reader.load(at: at, as: UInt8.self)) ?? 0 }
        var count = section.bytes.byteCount
        while count > 0, byte(count - 1) == 0 { count -= 1 }
        return glob.matches(count: count) { byte($0) == 0 ? UInt8(ascii: " ") : byte($0) }
    }

    private func isRunByParent(_ glob: Glob, _ parent: UInt32, depth: Int) -> Answer {
        guard isLive else { return .unknown }
        var process = parent
        var answer = Answer.no
        for _ in 0..<depth where process > 0 {
            var look = ProcessLook()
            let count = look.program(of: process)
            if count > 0, glob.matches(count: count, { look.byte($0) }) { return .yes }
            if count == 0 { answer = .unknown }
            guard depth > 1 else { break }
            process = look.parent(of: process)
        }
        return answer
    }
}

/// The name of a task: up to 16 bytes, ending at the first NUL.
struct CommandBytes {
    let bytes: InlineArray<16, UInt8>
    let count: Int

    init(_ name: (CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar)) {
        let characters: InlineArray<16, CChar> = [
            name.0, name.1, name.2, name.3, name.4, name.5, name.6, name.7, name.8, name.9, name.10, name.11, name.12, name.13, name.14,
            name.15,
        ]
        var bytes = InlineArray<16, UInt8>(repeating: 0)
        var count = 16
        for at in 0..<16 {
            bytes[at] = UInt8(bitPattern: characters[at])
            if bytes[at] == 0, count == 16 { count = at }
        }
        self.bytes = bytes
        self.count = count
    }
}
