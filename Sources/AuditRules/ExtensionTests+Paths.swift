// SPDX-License-Identifier: MIT
internal import AuditEvents
internal import CAuditWire

/// `x-path`: the paths of the files that a call has to do with, whatever they were called by, as far as the event tells.
extension ExtensionTests {
    /// Whether file number `file`, or for nil any of `files`, has a path that one of `globs` matches.
    func isAny(of files: Span<NamedFile>, _ file: Int?, _ globs: [Glob]) -> Answer {
        var answer = Answer.no
        for position in 0..<files.count where file == nil || file == position {
            switch isMatched(files[position], globs) {
            case .yes: return .yes
            case .unknown: answer = .unknown
            case .no: continue
            }
        }
        return answer
    }

    private func isMatched(_ file: NamedFile, _ globs: [Glob]) -> Answer {
        var text = PathText()
        if let path = realPath(of: file) {
            text.build(path.text, isDirectoryOnly: path.isDirectoryOnly)
            return text.matches(globs, aliases: paths) ? .yes : .no
        }
        if event.hasSteps, let answer = isMatchedBySteps(file, globs, &text) { return answer }
        if text.build(file, event) { return text.matches(globs, aliases: paths) ? .yes : .no }
        // It is not known where the name begins, if it has one: only a pattern that takes any beginning can match.
        guard file.nameCount > 0,
            let name = try? WireReader(event.sections).slice(at: Int(file.nameOffset), count: Int(file.nameCount))
        else { return .unknown }
        for glob in globs where glob.matches(name) { return .yes }
        return .unknown
    }

    // MARK: Files that the call has a descriptor of, and programs

    /// The path of a file that the call has come to, where the kernel side tells it by the file's role.
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

    // MARK: Files that path hooks tell of

    /// What the steps make of `file`: by the path that a name has led to, and by that of the directory in which it is made or removed.
    /// Both, where it has two names.
    ///
    /// - Returns: nil when they tell no path of it.
    private func isMatchedBySteps(_ file: NamedFile, _ globs: [Glob], _ text: inout PathText) -> Answer? {
        var answer: Answer?
        var walk = event.walk
        while let section = walk.next() {
            guard section.tag == .step else { continue }
            let reader = WireReader(section.bytes)
            let one: Answer
            switch UInt32(section.detail) {
            case AW_STEP_PATH.rawValue where file.isKnown:
                guard let step = try? reader.load(at: 0, as: aw_step_path.self), step.isOf(file.object) else { continue }
                one = isMatched(section, child: RawSpan(), globs, &text)
            case AW_STEP_CREATE.rawValue, AW_STEP_DELETE.rawValue:
                let size = MemoryLayout<aw_step_child>.size
                guard let step = try? reader.load(at: 0, as: aw_step_child.self),
                    let name = try? reader.slice(at: size, count: section.bytes.byteCount - size), isChild(file, step.child, name),
                    let directory = path(of: step.parent)
                else { continue }
                one = isMatched(directory, child: name, globs, &text)
            default: continue
            }
            if one == .yes { return .yes }
            // Of one path nothing may be known that the other tells.
            if answer != .unknown { answer = one }
        }
        return answer
    }

    /// Whether `child` with `name` in its directory is `file`; by the name where it was not there.
    private func isChild(_ file: NamedFile, _ child: aw_object, _ name: RawSpan) -> Bool {
        if UInt32(child.flags) & AW_OBJECT_ABSENT.rawValue == 0 {
            return file.isKnown && child.inode == file.object.inode && child.dev_major == file.object.dev_major
                && child.dev_minor == file.object.dev_minor
        }
        guard !file.isKnown, file.nameCount > 0 else { return false }
        var end = Int(file.nameOffset) + Int(file.nameCount)
        func byte(_ at: Int) -> UInt8? { try? WireReader(event.sections).load(at: at, as: UInt8.self) }
        while end > Int(file.nameOffset), byte(end - 1) == PathText.slash { end -= 1 }
        let start = end - name.byteCount
        guard start >= Int(file.nameOffset), start == Int(file.nameOffset) || byte(start - 1) == PathText.slash else { return false }
        for at in 0..<name.byteCount where byte(start + at) != (try? WireReader(name).load(at: at, as: UInt8.self)) { return false }
        return name.byteCount > 0
    }

    /// The step that has the path of `object`.
    @_lifetime(copy self)
    private func path(of object: aw_object) -> Section? {
        var walk = event.walk
        while let section = walk.next() {
            guard section.tag == .step, section.detail == UInt8(AW_STEP_PATH.rawValue),
                let step = try? WireReader(section.bytes).load(at: 0, as: aw_step_path.self), step.isOf(object)
            else { continue }
            return section
        }
        return nil
    }

    /// Whether the path in `step`, or that of `child` in it, matches. Of one that is cut only a pattern that takes any beginning can match.
    private func isMatched(_ step: borrowing Section, child: RawSpan, _ globs: [Glob], _ text: inout PathText) -> Answer {
        let size = MemoryLayout<aw_step_path>.size
        guard let parts = try? WireReader(step.bytes).slice(at: size, count: step.bytes.byteCount - size) else { return .unknown }
        text.build(upward: parts, child: child)
        if step.isCut { return text.endMatches(globs) ? .yes : .unknown }
        return text.matches(globs, aliases: paths) ? .yes : .no
    }
}

extension aw_step_path {
    /// It is the path of `object`.
    fileprivate func isOf(_ object: aw_object) -> Bool {
        inode == object.inode && dev_major == object.dev_major && dev_minor == object.dev_minor
    }
}
