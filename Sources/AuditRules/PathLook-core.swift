// SPDX-License-Identifier: MIT
internal import Glibc

/// Looks at paths that rules name, when rules are read.
enum PathLook {
    /// Whether `path` leads to a directory.
    static func isDirectory(_ path: [UInt8]) -> Bool { mode(path).map { $0 & S_IFMT == S_IFDIR } ?? false }

    /// Whether `path` leads to anything.
    static func exists(_ path: [UInt8]) -> Bool { mode(path) != nil }

    /// Whether the directory that the last component of `path` is in is there.
    static func parentExists(_ path: [UInt8]) -> Bool {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return false }
        return isDirectory(slash == 0 ? [UInt8(ascii: "/")] : Array(path[..<slash]))
    }

    private static func mode(_ path: [UInt8]) -> mode_t? {
        var status = stat()
        guard unsafe stat(terminated(path), &status) == 0 else { return nil }
        return status.st_mode
    }

    /// The file that `path` names; the last component is not followed.
    static func identity(_ path: [UInt8]) -> FileIdentity? {
        var status = stat()
        guard unsafe lstat(terminated(path), &status) == 0 else { return nil }
        // makedev(3) as glibc has it; its macros do not import.
        let device = UInt64(status.st_dev)
        return FileIdentity(
            major: UInt32(truncatingIfNeeded: device >> 8 & 0xfff | device >> 32 & 0xffff_f000),
            minor: UInt32(truncatingIfNeeded: device & 0xff | device >> 12 & 0xffff_ff00), inode: UInt64(status.st_ino),
            isDirectory: status.st_mode & S_IFMT == S_IFDIR)
    }

    /// `path` with its directory part resolved (realpath(3)), or nil when that is not there.
    static func resolvingDirectory(_ path: [UInt8]) -> [UInt8]? {
        var path = path
        while path.count > 1, path.last == UInt8(ascii: "/") { path.removeLast() }
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        if slash == 0 { return path }
        guard let directory = resolved(Array(path[..<slash])) else { return nil }
        return (directory == [UInt8(ascii: "/")] ? [] : directory) + path[slash...]
    }

    /// The directories that are links in `directories`, with where they lead.
    static func links(in directories: [String]) -> [(link: [UInt8], target: [UInt8])] {
        var links: [(link: [UInt8], target: [UInt8])] = []
        for directory in directories {
            guard let stream = unsafe opendir(directory) else { continue }
            while let entry = unsafe readdir(stream) {
                guard unsafe Int32(entry.pointee.d_type) == Int32(DT_LNK) else { continue }
                let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
                let link = Array(directory.utf8) + (directory == "/" ? [] : [UInt8(ascii: "/")]) + name
                guard isDirectory(link), let target = resolved(link) else { continue }
                links.append((link, target))
            }
            unsafe closedir(stream)
        }
        return links
    }

    /// Where something is mounted, as this process sees it (`/proc/self/mountinfo`): `ID PARENT MAJOR:MINOR ROOT POINT …`.
    static func mountPoints() -> [[UInt8]] {
        let descriptor = unsafe open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = unsafe read(descriptor, &chunk, chunk.count), count > 0 { text += chunk.prefix(count) }
        return text.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let words = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            return words.count > 4 ? unescaped(words[4]) : nil
        }
    }

    /// Blanks, tabs, line ends and backslashes are three octal digits behind a backslash (`mangle_path()`, fs/seq_file.c).
    private static func unescaped(_ word: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = word
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            guard byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) else {
                bytes.append(byte)
                continue
            }
            bytes.append(digits.reduce(0) { $0 << 3 | $1 & 7 })
            rest = rest.dropFirst(3)
        }
        return bytes
    }

    private static func resolved(_ path: [UInt8]) -> [UInt8]? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard unsafe realpath(terminated(path), &buffer) != nil else { return nil }
        return buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    }

    private static func terminated(_ path: [UInt8]) -> [CChar] { path.map { CChar(bitPattern: $0) } + [0] }
}
