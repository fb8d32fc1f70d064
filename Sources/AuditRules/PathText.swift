// SPDX-License-Identifier: MIT
internal import AuditEvents
internal import CAuditWire

/// An absolute path put together from what an event says, to be compared with the paths of rules: without `.`, `..` and doubled
/// slashes, which are taken as text and not looked up.
struct PathText {
    /// A working directory and a name of the greatest length.
    private static let capacity = 8448
    private(set) var bytes = InlineArray<8448, UInt8>(repeating: 0)
    private(set) var count = 0
    static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")

    /// Builds the path of `file`. False when it is not known where its name begins.
    mutating func build(_ file: NamedFile, _ event: borrowing EventView) -> Bool {
        count = 0
        let sections = WireReader(event.sections)
        guard file.nameCount >= 0 else { return false }
        let isAbsolute =
            file.nameCount > 0 && (try? sections.load(at: Int(file.nameOffset), as: UInt8.self)) == Self.slash
        if !isAbsolute {
            let directory =
                file.isBelowWorkingDirectory
                ? event.section(.workingDirectory)
                : event.section(.objectPath, detail: UInt8(AW_ROLE_DIRECTORY.rawValue) + UInt8(file.directoryArgument))
            guard let directory, directory.errno == 0 else { return false }
            append(directory.bytes)
        }
        if file.nameCount > 0 {
            guard let name = try? sections.slice(at: Int(file.nameOffset), count: Int(file.nameCount)) else { return false }
            append(name)
        }
        return true
    }

    /// Takes over a path from the root on, or that of the directory which its last part is in.
    mutating func build(_ path: RawSpan, isDirectoryOnly: Bool) {
        count = 0
        append(path)
        guard isDirectoryOnly else { return }
        while count > 0 {
            count -= 1
            if bytes[count] == Self.slash { break }
        }
    }

    /// Takes over a path of which the last part comes first, each with a slash behind it (`AW_STEP_PATH`), and that of `child` in this
    /// directory, unless it is empty.
    mutating func build(upward parts: RawSpan, child: RawSpan) {
        let reader = WireReader(parts)
        count = 0
        guard parts.byteCount <= Self.capacity else { return }
        var at = 0
        var start = parts.byteCount
        while at < parts.byteCount {
            var end = at
            while end < parts.byteCount, let byte = try? reader.load(at: end, as: UInt8.self), byte != Self.slash { end += 1 }
            guard end < parts.byteCount else { return }
            start -= end - at + 1
            bytes[start] = Self.slash
            for offset in 0..<end - at { bytes[start + 1 + offset] = (try? reader.load(at: at + offset, as: UInt8.self)) ?? 0 }
            at = end + 1
        }
        count = parts.byteCount
        append(child)
    }

    /// Whether it matches one of `globs` as the end of a path, whose beginning is not known.
    func endMatches(_ globs: [Glob]) -> Bool {
        for glob in globs where glob.matches(count: max(0, count - 1), { bytes[$0 + 1] }) { return true }
        return false
    }

    /// Whether it matches one of `globs`, or does so by one of the aliases.
    mutating func matches(_ globs: [Glob], aliases: RulePaths) -> Bool {
        if matches(globs) { return true }
        return replaceAlias(aliases) && matches(globs)
    }

    private func matches(_ globs: [Glob]) -> Bool {
        for glob in globs where glob.matches(count: count, { bytes[$0] }) { return true }
        return false
    }

    /// Length without slashes at the end; 0 for the root.
    static func length(of path: [UInt8]) -> Int {
        var length = path.count
        while length > 0, path[length - 1] == slash { length -= 1 }
        return length
    }

    private func begins(with path: [UInt8]) -> Bool {
        let length = Self.length(of: path)
        guard count >= length, count == length || bytes[length] == Self.slash else { return false }
        for at in 0..<length where bytes[at] != path[at] { return false }
        return true
    }

    /// Puts the target of the first alias that the path goes through in the place of the link.
    mutating func replaceAlias(_ aliases: RulePaths) -> Bool {
        for (link, target) in aliases.aliases where begins(with: link) {
            let from = link.count
            let shift = Self.length(of: target) - from
            guard count + shift <= Self.capacity else { return false }
            if shift > 0 {
                var at = count - 1
                while at >= from {
                    bytes[at + shift] = bytes[at]
                    at -= 1
                }
            } else if shift < 0 {
                for at in from..<count { bytes[at + shift] = bytes[at] }
            }
            for at in 0..<from + shift { bytes[at] = target[at] }
            count += shift
            return true
        }
        return false
    }

    /// Appends the parts of `path`.
    private mutating func append(_ path: RawSpan) {
        let reader = WireReader(path)
        var at = 0
        while at < path.byteCount {
            var end = at
            while end < path.byteCount, (try? reader.load(at: end, as: UInt8.self)) != Self.slash { end += 1 }
            let length = end - at
            let first = length > 0 ? try? reader.load(at: at, as: UInt8.self) : nil
            let second = length > 1 ? try? reader.load(at: at + 1, as: UInt8.self) : nil
            if length == 0 || length == 1 && first == Self.dot {
                // Nothing.
            } else if length == 2, first == Self.dot, second == Self.dot {
                while count > 0 {
                    count -= 1
                    if bytes[count] == Self.slash { break }
                }
            } else if count + length + 1 <= Self.capacity {
                bytes[count] = Self.slash
                for offset in 0..<length { bytes[count + 1 + offset] = (try? reader.load(at: at + offset, as: UInt8.self)) ?? 0 }
                count += length + 1
            }
            at = end + 1
        }
    }
}
