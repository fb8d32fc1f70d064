// SPDX-License-Identifier: MIT
import Glibc

/// An open log file together with its directory, through which it is rotated: by descriptor, so that nobody can put another
/// directory under the path in between.
final class LogFile {
    let descriptor: Int32
    /// Bytes in it when it was opened.
    let size: Int
    /// Whether it was found ending in a line without line feed, as after a crash or a full disk.
    private let endsInsideLine: Bool
    private let path: String
    private let fileName: String
    private let directory: Int32

    deinit {
        close(descriptor)
        close(directory)
    }

    /// Opens or makes the file at `path`, having looked at who could have prepared it.
    init(path: String) throws(OutputError) {
        let (directoryPath, fileName) = try Self.split(path)
        let (directory, isShared) = try Self.openDirectory(directoryPath, for: path)
        do throws(OutputError) {
            (descriptor, size, endsInsideLine) = try Self.open(fileName, in: directory, isShared: isShared, path: path)
        } catch {
            close(directory)
            throw error
        }
        self.path = path
        self.fileName = fileName
        self.directory = directory
    }

    private init(newIn directory: Int32, fileName: String, path: String) throws(Errno) {
        // The descriptor of the directory is the new file's own, since the old file closes its.
        self.directory = try SystemCalls.open(".", in: directory, O_RDONLY | O_DIRECTORY)
        do throws(Errno) {
            descriptor = try Self.create(fileName, in: directory)
        } catch {
            close(self.directory)
            throw error
        }
        size = 0
        endsInsideLine = false
        self.path = path
        self.fileName = fileName
    }

    func writer(name: String) -> LineWriter {
        LineWriter(name: name, descriptor: descriptor, isRegular: true, endsInsideLine: endsInsideLine)
    }

    /// Renames PATH.(n−1) to PATH.n from the oldest on, then PATH to PATH.1, and makes a new PATH.
    ///
    /// - Throws: ``OutputError/cannotRotate(path:code:)``; this file then still is what the path names.
    func successor(keeping files: Int) throws(OutputError) -> LogFile {
        do throws(Errno) {
            for number in stride(from: files - 2, to: 0, by: -1) {
                do throws(Errno) {
                    try SystemCalls.rename("\(fileName).\(number)", to: "\(fileName).\(number + 1)", in: directory)
                } catch {
                    guard error.code == ENOENT else { throw error }
                }
            }
            do throws(Errno) {
                try SystemCalls.rename(fileName, to: "\(fileName).1", in: directory)
            } catch {
                // Somebody has moved it away already: then only the new one is missing.
                guard error.code == ENOENT else { throw error }
            }
            do throws(Errno) {
                return try LogFile(newIn: directory, fileName: fileName, path: path)
            } catch {
                try? SystemCalls.rename("\(fileName).1", to: fileName, in: directory)
                throw error
            }
        } catch {
            throw .cannotRotate(path: path, code: error.code)
        }
    }

    // MARK: Opening

    private static func split(_ path: String) throws(OutputError) -> (directory: String, file: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let file = parts.last, !file.isEmpty, file != ".", file != ".." else {
            throw .badPath("file:\(path)", why: "the path names no file")
        }
        guard !path.utf8.contains(0) else { throw .badPath("file:\(path)", why: "the path contains a NUL byte") }
        let directory = parts.dropLast().joined(separator: "/")
        if directory.isEmpty { return (path.hasPrefix("/") ? "/" : ".", String(file)) }
        return (directory, String(file))
    }

    /// Opens the directory, unless other users could exchange files in it.
    ///
    /// Group-writable ones are accepted: /var/log is so on Debian and Ubuntu, and the group is the administrator's choice.
    private static func openDirectory(
        _ directory: String, for path: String
    ) throws(OutputError) -> (descriptor: Int32, isShared: Bool) {
        let descriptor: Int32
        let facts: FileFacts
        do throws(Errno) {
            descriptor = try SystemCalls.open(directory, O_RDONLY | O_DIRECTORY)
        } catch {
            throw .cannotOpen(path: path, code: error.code)
        }
        do throws(Errno) {
            facts = try SystemCalls.facts(descriptor)
        } catch {
            close(descriptor)
            throw .cannotOpen(path: path, code: error.code)
        }
        let anybodyWrites = facts.mode & S_IWOTH != 0
        guard facts.owner == 0 || facts.owner == geteuid() else {
            close(descriptor)
            throw .unsafeDirectory(path: directory, why: "belongs to user \(facts.owner)")
        }
        guard !anybodyWrites || facts.mode & S_ISVTX != 0 else {
            close(descriptor)
            throw .unsafeDirectory(path: directory, why: "is writable by everybody")
        }
        return (descriptor, anybodyWrites)
    }

    private static func open(
        _ fileName: String, in directory: Int32, isShared: Bool, path: String
    ) throws(OutputError) -> (descriptor: Int32, size: Int, endsInsideLine: Bool) {
        do throws(Errno) {
            return (try create(fileName, in: directory), 0, false)
        } catch {
            guard error.code == EEXIST else { throw .cannotOpen(path: path, code: error.code) }
        }
        // First by name: opening a device or a FIFO can have effects of its own.
        try check(isShared: isShared, path: path) { () throws(Errno) in try SystemCalls.facts(fileName, in: directory) }
        let descriptor: Int32
        do throws(Errno) {
            descriptor = try SystemCalls.open(fileName, in: directory, O_RDWR | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK)
        } catch {
            throw error.code == ELOOP ? .symbolicLink(path: path) : .cannotOpen(path: path, code: error.code)
        }
        do throws(OutputError) {
            // Then what was opened: the name may mean something else by now.
            let size = try check(isShared: isShared, path: path) { () throws(Errno) in try SystemCalls.facts(descriptor) }
            return (descriptor, size, try endsInsideLine(descriptor, size: size, path: path))
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func endsInsideLine(_ descriptor: Int32, size: Int, path: String) throws(OutputError) -> Bool {
        guard size > 0 else { return false }
        do throws(Errno) {
            return try SystemCalls.byte(descriptor, at: size - 1) != 0x0A
        } catch {
            throw .cannotOpen(path: path, code: error.code)
        }
    }

    private static func create(_ fileName: String, in directory: Int32) throws(Errno) -> Int32 {
        let flags = O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY
        let descriptor = try SystemCalls.open(fileName, in: directory, flags, mode: 0o600)
        // The umask can only have taken bits away; auditd passes its own on.
        do throws(Errno) { try SystemCalls.setMode(descriptor, 0o600) } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// - Returns: the file's size, when it is one that may be written to.
    @discardableResult
    private static func check(
        isShared: Bool, path: String, _ look: () throws(Errno) -> FileFacts
    ) throws(OutputError) -> Int {
        let facts: FileFacts
        do throws(Errno) { facts = try look() } catch { throw .cannotOpen(path: path, code: error.code) }
        switch facts.kind {
        case S_IFREG: break
        case S_IFLNK: throw .symbolicLink(path: path)
        case S_IFDIR: throw .notRegular(path: path, kind: "a directory")
        case S_IFIFO: throw .notRegular(path: path, kind: "a FIFO")
        case S_IFSOCK: throw .notRegular(path: path, kind: "a socket")
        default: throw .notRegular(path: path, kind: "a device")
        }
        guard isShared else { return facts.size }
        guard facts.owner == geteuid() else {
            throw .foreignFile(path: path, why: "belongs to user \(facts.owner)")
        }
        // Another user's link to a file of ours elsewhere would make us append to that.
        guard facts.links == 1 else { throw .foreignFile(path: path, why: "has a second name") }
        return facts.size
    }
}
