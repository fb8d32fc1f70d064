// SPDX-License-Identifier: MIT
internal import Glibc

/// A directory of rules files, as augenrules(8) reads `/etc/audit/rules.d`.
enum RuleDirectory {
    /// Whether `path` leads to a directory.
    static func isDirectory(_ path: String) -> Bool { PathLook.isDirectory(Array(path.utf8)) }

    /// The paths of the files in the directory at `path` whose names end in `.rules` and do not begin with a dot, in the order
    /// of `ls -v`.
    ///
    /// - Throws: ``RulesError`` when it cannot be read, has no such file, or others than root and the caller can put files there.
    static func files(in path: String) throws(RulesError) -> [String] {
        guard let directory = unsafe opendir(path) else { throw .unreadable(path: path, errno: errno) }
        defer { unsafe closedir(directory) }
        var status = stat()
        guard unsafe fstat(dirfd(directory), &status) == 0 else { throw .unreadable(path: path, errno: errno) }
        guard status.st_uid == 0 || status.st_uid == geteuid() else { throw .foreignOwner(path: path, uid: status.st_uid) }
        guard status.st_mode & S_IWOTH == 0 else { throw .worldWritable(path: path) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(directory) else { break }
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name.hasSuffix(".rules"), !name.hasPrefix(".") { names.append(name) }
        }
        guard errno == 0 else { throw .unreadable(path: path, errno: errno) }
        guard !names.isEmpty else { throw .noRulesFiles(path: path) }
        let slash = path.hasSuffix("/") ? "" : "/"
        return names.sorted(by: VersionOrder.precedes).map { path + slash + $0 }
    }
}
