// SPDX-License-Identifier: MIT
internal import Glibc

/// Tells when the paths of rules may lead elsewhere than before, so that they need not be looked at over and over: by inotify(7) on the
/// directories on the way to them.
///
/// What inotify does not tell (another machine's change on a network file system, what is mounted over a directory, a link in the middle
/// of several) is left to whoever looks again after ``patience``.
package struct PathChanges: ~Copyable {
    /// Paths are worth another look after this long, s, even if nothing was told.
    package static let patience = 5.0

    /// A name in a directory that inotify knows by number.
    private struct Step: Hashable {
        let directory: Int32
        let name: [UInt8]
    }

    private static let mask = UInt32(IN_CREATE | IN_DELETE | IN_MOVE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
    /// `struct inotify_event` without the name.
    private static let headSize = 16

    private let descriptor: Int32
    private var steps: Set<Step> = []
    /// What the kernel has for us at a time, at most.
    private var buffer = [UInt8](repeating: 0, count: 65536)
    /// Some directory cannot be watched: the limit of the user (fs.inotify.max_user_watches), or there is no inotify.
    package private(set) var isPartial = false

    package init() {
        descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Watches the directories on the way to `paths`, absolute ones. What was watched before and is not among them is forgotten.
    package mutating func watch(_ paths: [[UInt8]]) {
        var watched: [ArraySlice<UInt8>: Int32] = [:]
        let earlier = Set(steps.lazy.map(\.directory))
        steps = []
        isPartial = false
        for path in paths {
            var from = path.startIndex
            while let slash = path[from...].firstIndex(of: UInt8(ascii: "/")) {
                from = slash + 1
                let name = Array(path[from...].prefix { $0 != UInt8(ascii: "/") })
                if name.isEmpty || name.elementsEqual(".".utf8) { continue }
                let directory = path[...slash]
                if watched[directory] == nil { watched[directory] = add(Array(directory)) }
                guard let number = watched[directory], number >= 0 else { continue }
                steps.insert(Step(directory: number, name: name))
            }
        }
        for number in earlier.subtracting(steps.lazy.map(\.directory)) { inotify_rm_watch(descriptor, number) }
    }

    /// inotify's number of a directory, or -1. One that is not there is no shortcoming: that it comes is told by the one above it.
    private mutating func add(_ directory: [UInt8]) -> Int32 {
        let number = unsafe inotify_add_watch(descriptor, directory.map { CChar(bitPattern: $0) } + [0], Self.mask)
        if number < 0, errno != ENOENT, errno != ENOTDIR { isPartial = true }
        return number
    }

    /// Whether some name on the way to the paths has come, gone or been replaced since the last time.
    package mutating func haveHappened() -> Bool {
        var found = false
        while true {
            let count = unsafe read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return found }
            if !found { found = concerns(buffer.span.extracting(0..<count)) }
        }
    }

    /// Whether one of inotify's events in `bytes` is about a name on the way, or a directory itself, or says that some are missing.
    private func concerns(_ bytes: Span<UInt8>) -> Bool {
        var at = 0
        while at + Self.headSize <= bytes.count {
            let head = unsafe bytes.bytes.extracting(at..<at + Self.headSize)
            let number = unsafe head.unsafeLoadUnaligned(fromByteOffset: 0, as: Int32.self)
            let what = unsafe head.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self)
            let length = Int(unsafe head.unsafeLoadUnaligned(fromByteOffset: 12, as: UInt32.self))
            let name = at + Self.headSize
            at = name + length
            if length == 0 || at > bytes.count || what & UInt32(IN_Q_OVERFLOW) != 0 { return true }
            // Filled up with zeros.
            var end = name
            while end < at, bytes[end] != 0 { end += 1 }
            if steps.contains(Step(directory: number, name: (name..<end).map { bytes[$0] })) { return true }
        }
        return false
    }
}

extension Evaluator {
    /// Where the rules' paths lead, as the rules have them and with directories resolved: what ``PathChanges`` watches.
    package var watchedPaths: [[UInt8]] { paths.paths.flatMap { $0.text == $0.resolved ? [$0.text] : [$0.text, $0.resolved] } }
}
