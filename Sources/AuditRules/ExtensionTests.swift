// SPDX-License-Identifier: MIT
internal import AuditEvents
internal import CAuditWire

/// The tests that audit rules do not have: fields that begin with `x-`. Of what is not known neither = nor != holds, so that it is not
/// decided upon: a rule that writes does not write it, and one that refuses does not refuse it.
struct ExtensionTests: ~Escapable {
    enum Answer { case no, yes, unknown }

    let event: EventView
    let paths: RulePaths
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
