// SPDX-License-Identifier: MIT
internal import AuditEvents
internal import CAuditWire

/// Which files and directories of rules an event has to do with.
extension FileTests {
    /// Whether path number `number` of the rules is that of file number `file` by its name, or for nil a directory that some file of the event is in.
    func touches(_ number: UInt32, _ file: Int?, _ files: Span<NamedFile>, _ touched: inout TouchedPaths) -> Bool {
        if !touched.isGathered {
            gather(files, into: &touched)
            touched.isGathered = true
        }
        if touched.has(number, file: file) { return true }
        guard touched.isOverfull else { return false }
        var one = TouchedPaths(only: number)
        gather(files, into: &one)
        return one.has(number, file: file)
    }

    /// As the kernel does, a directory is looked for by the inodes of the directories that a file is in (`handle_path()`,
    /// kernel/auditsc.c); by name where these are not told.
    private func gather(_ files: Span<NamedFile>, into touched: inout TouchedPaths) {
        let watched = paths.watched
        let isToldBySteps = event.hasStepAncestors
        if isToldBySteps { gatherSteps(into: &touched) }
        for position in 0..<files.count {
            let file = files[position]
            var isTold = isToldBySteps
            if file.isKnown {
                watched.find(inode: file.object.inode, on: file.object, &touched)
                if gatherAncestors(of: file.object, into: &touched) { isTold = true }
            }
            guard file.isFound, file.nameCount >= 0, !(file.isKnown && isTold) || file.isChanged else { continue }
            var text = PathText()
            guard text.build(file, event) else { continue }
            text.gather(paths, position, files: !file.isKnown || file.isChanged, directories: !isTold, into: &touched)
        }
    }

    /// What the steps of path hooks tell.
    private func gatherSteps(into touched: inout TouchedPaths) {
        var walk = event.walk
        while let section = walk.next() {
            guard section.tag == .step else { continue }
            let reader = WireReader(section.bytes)
            switch UInt32(section.detail) {
            case AW_STEP_FILE.rawValue:
                guard let step = try? reader.load(at: 0, as: aw_step_file.self) else { continue }
                paths.watched.find(inode: step.file.inode, on: step.file, &touched)
                guard step.flags & AW_STEP_ANCESTORS.rawValue != 0 else { continue }
                var offset = MemoryLayout<aw_step_file>.size
                while let inode = try? reader.load(at: offset, as: UInt64.self) {
                    paths.watched.find(inode: inode, on: step.file, &touched)
                    offset += 8
                }
            // Of a child the kernel looks at itself alone (`handle_one()`).
            case AW_STEP_CREATE.rawValue, AW_STEP_DELETE.rawValue:
                guard let step = try? reader.load(at: 0, as: aw_step_child.self), UInt32(step.child.flags) & AW_OBJECT_ABSENT.rawValue == 0
                else { continue }
                paths.watched.find(inode: step.child.inode, on: step.child, &touched)
            default: continue
            }
        }
    }

    /// Takes the directories that `object` is in from the sections that tell of them. Returns whether one does; that of a file which was
    /// made tells of its directory's, too.
    private func gatherAncestors(of object: aw_object, into touched: inout TouchedPaths) -> Bool {
        var isTold = false
        var walk = event.walk
        while let section = walk.next() {
            guard section.tag == .ancestors else { continue }
            let reader = WireReader(section.bytes)
            var offset = 0
            var isBelow = false
            while let inode = try? reader.load(at: offset, as: UInt64.self) {
                if inode == object.inode { isBelow = true }
                if isBelow { paths.watched.find(inode: inode, on: object, &touched) }
                offset += 8
            }
            if isBelow { isTold = true }
        }
        return isTold
    }
}

extension PathText {
    /// Finds the path among the files of rules, and those in which it is among their directories, by one of the aliases, too.
    mutating func gather(_ paths: RulePaths, _ position: Int, files: Bool, directories: Bool, into touched: inout TouchedPaths) {
        gatherAsIs(paths, position, files: files, directories: directories, into: &touched)
        if replaceAlias(paths) { gatherAsIs(paths, position, files: files, directories: directories, into: &touched) }
    }

    private func gatherAsIs(_ paths: RulePaths, _ position: Int, files: Bool, directories: Bool, into touched: inout TouchedPaths) {
        var hash = PathHash()
        for at in 0...count {
            if directories, at == 0 || at == count || bytes[at] == Self.slash {
                paths.watched.findDirectory(hash, &touched) { isBeginning(paths.paths[Int($0)].resolved, length: at) }
            }
            if at < count { hash.add(bytes[at]) }
        }
        if files { paths.watched.findFile(hash, position, &touched) { isBeginning(paths.paths[Int($0)].resolved, length: count) } }
    }

    /// Whether `path` without slashes at its end is the first `length` bytes.
    private func isBeginning(_ path: [UInt8], length: Int) -> Bool {
        guard Self.length(of: path) == length else { return false }
        for at in 0..<length where bytes[at] != path[at] { return false }
        return true
    }
}
