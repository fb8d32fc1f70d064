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
        let terminated = path.map { CChar(bitPattern: $0) } + [0]
        guard unsafe stat(terminated, &status) == 0 else { return nil }
        return status.st_mode
    }
}
