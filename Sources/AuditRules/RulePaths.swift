// SPDX-License-Identifier: MIT

/// What a path of a rule leads to now.
struct RulePath: Sendable {
    enum Use: Sendable { case file, directory, program }

    let use: Use
    /// As the rule has it.
    let text: [UInt8]
    /// With the directories on the way resolved, as the kernel does; the last component is not followed
    /// (`kern_path_locked()`, and `kern_path()` without LOOKUP_FOLLOW).
    private(set) var resolved: [UInt8]
    /// Device and inode; nil while there is no such file.
    private(set) var identity: FileIdentity?
    /// Of a directory: the roots of what is mounted below it. As the kernel does, which marks them when the rule is made
    /// (`audit_add_tree_rule()`, kernel/audit_tree.c), these are looked for once.
    private(set) var mounts: [FileIdentity] = []

    init(_ text: [UInt8], _ use: Use) {
        self.text = text
        self.use = use
        resolved = text
        look()
    }

    /// Looks again: files are replaced, made and removed while they are watched.
    ///
    /// - Returns: whether it leads elsewhere than before.
    @discardableResult
    mutating func look() -> Bool {
        let before = (identity, resolved)
        identity = PathLook.identity(text)
        if let real = PathLook.resolvingDirectory(text) { resolved = real }
        return before != (identity, resolved)
    }

    /// Notes which of `points`, where something is mounted, are below it.
    fileprivate mutating func take(mounts points: [[UInt8]]) {
        guard use == .directory, identity?.isDirectory == true else { return }
        let beginning = resolved.last == UInt8(ascii: "/") ? resolved : resolved + [UInt8(ascii: "/")]
        mounts = points.filter { $0.starts(with: beginning) && $0.count > beginning.count }.compactMap(PathLook.identity)
    }
}

/// A file's device and inode.
struct FileIdentity: Sendable, Equatable {
    let major: UInt32
    let minor: UInt32
    let inode: UInt64
    /// It is a directory.
    let isDirectory: Bool
}

/// The paths of a rule set as events are judged by: one reference, where the arrays within would be one each for every rule that is tried.
final class CurrentPaths: Sendable {
    let now: RulePaths
    /// ``RulePath/identity`` of each path, without what else is known of it.
    let identities: [FileIdentity?]

    init(_ now: RulePaths) {
        self.now = now
        identities = now.paths.map(\.identity)
    }
}

/// The paths of a rule set, and the links that other paths to the same files go through.
struct RulePaths: Sendable {
    private(set) var paths: [RulePath] = []
    /// The same, to be found by what an event has to do with. After ``prepare()``.
    private(set) var watched = WatchedPaths()
    /// Directories that are links: the link, and where it leads. Only those near the root, which all programs use.
    private(set) var aliases: [(link: [UInt8], target: [UInt8])] = []
    /// The patterns of `x-` fields, in sets of which one must match.
    private(set) var globs: [[Glob]] = []
    /// The security labels that rules ask for.
    private(set) var labels: [LabelTest] = []
    private var known: [Key: UInt32] = [:]

    private struct Key: Hashable {
        let text: [UInt8]
        let use: RulePath.Use
    }

    /// The number of a path, for compiled tests.
    mutating func add(_ text: [UInt8], _ use: RulePath.Use) -> UInt32 {
        let key = Key(text: text, use: use)
        if let number = known[key] { return number }
        lookForAliases()
        let number = UInt32(paths.count)
        paths.append(RulePath(text, use))
        known[key] = number
        return number
    }

    /// The number of a set of patterns, for compiled tests.
    ///
    /// - Parameter isOfPaths: paths are compared with it, which may go through links.
    mutating func add(_ set: [Glob], isOfPaths: Bool) -> UInt32 {
        var set = set
        if isOfPaths {
            lookForAliases()
            // A path that the kernel side tells goes through no link.
            set += set.flatMap { glob in aliases.compactMap { glob.replacing(directory: $0.link, with: $0.target) } }
        }
        if let number = globs.firstIndex(of: set) { return UInt32(number) }
        globs.append(set)
        return UInt32(globs.count - 1)
    }

    /// The number of a label, for compiled tests.
    mutating func add(_ label: LabelTest) -> UInt32 {
        if let number = labels.firstIndex(of: label) { return UInt32(number) }
        labels.append(label)
        return UInt32(labels.count - 1)
    }

    /// Takes what the policy says of the names in labels.
    mutating func take(_ known: [PolicyName: KnownName]) {
        for number in labels.indices { labels[number].take(known) }
    }

    private mutating func lookForAliases() {
        if aliases.isEmpty { aliases = PathLook.links(in: ["/", "/usr", "/var"]) }
    }

    /// Makes ``watched``, when all paths have been added.
    mutating func prepare() {
        if paths.contains(where: { $0.use == .directory }) {
            let points = PathLook.mountPoints()
            for number in paths.indices { paths[number].take(mounts: points) }
        }
        watched = WatchedPaths(paths)
    }

    /// Looks at all paths again. Returns whether some lead elsewhere than before.
    mutating func look() -> Bool {
        var isChanged = false
        for number in paths.indices where paths[number].look() { isChanged = true }
        if isChanged { watched = WatchedPaths(paths) }
        return isChanged
    }
}
