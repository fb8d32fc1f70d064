// SPDX-License-Identifier: MIT

/// What audit tells of a file in a PATH record (`audit_copy_inode()`, kernel/auditsc.c).
package struct FileFacts: BitwiseCopyable, Sendable, Equatable {
    /// The file's number in its file system.
    package var inode: UInt64 = 0
    /// Device of the file system.
    package var deviceMajor: UInt32 = 0
    package var deviceMinor: UInt32 = 0
    /// Device that a device node stands for, else 0.
    package var nodeMajor: UInt32 = 0
    package var nodeMinor: UInt32 = 0
    /// Type and permissions.
    package var mode: UInt32 = 0
    package var user: UInt32 = 0
    package var group: UInt32 = 0

    package init() {}
}

/// The loader that an ELF file names (`PT_INTERP`), which the kernel opens for every exec of a dynamically linked program.
package struct Loader: Sendable, Equatable {
    /// The name as it stands in the file.
    package let name: [UInt8]
    /// The file under that name.
    package let facts: FileFacts
}

/// Capabilities that a file gives to who executes it: the extended attribute `security.capability` (capabilities(7)).
package struct FileCapabilities: Sendable, Equatable {
    package var permitted: UInt64 = 0
    package var inheritable: UInt64 = 0
    package var isEffective = false
    /// 1, 2 or 3.
    package var version: UInt32 = 0
    /// The root user of the namespace for which they hold; 0 before version 3.
    package var rootID: UInt32 = 0
    /// Whether they hold for processes outside of user namespaces.
    package var isForInitialNamespace: Bool { rootID == 0 }

    package init() {}

    /// Reads the attribute's bytes (struct vfs_ns_cap_data, linux/capability.h); nil when they are none.
    package init?(attribute bytes: [UInt8]) {
        func word(_ at: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[at * 4 + $1]) << UInt32($1 * 8) }
        }
        // XATTR_CAPS_SZ_1 … 3; get_vfs_caps_from_disk() (security/commoncap.c) takes no other size for a version.
        let versions: [Int: UInt32] = [12: 1, 20: 2, 24: 3]
        guard let expected = versions[bytes.count], word(0) >> 24 == expected else { return nil }
        version = expected
        isEffective = word(0) & 1 != 0
        permitted = UInt64(word(1)) | (version > 1 ? UInt64(word(3)) << 32 : 0)
        inheritable = UInt64(word(2)) | (version > 1 ? UInt64(word(4)) << 32 : 0)
        rootID = version == 3 ? word(5) : 0
    }
}

/// What a program file tells of itself.
package struct ProgramFacts: Sendable, Equatable {
    /// Its loader, nil for a static program.
    package var loader: Loader?
    /// Its capabilities, nil when it has none.
    package var capabilities: FileCapabilities?

    package init() {}
}

/// What program files tell of themselves, remembered by file system and inode.
///
/// A file is opened by its path in the process's own root and believed only when it is the file that was executed.
package struct ProgramFiles: ~Copyable {
    /// How long what was read is believed, nanoseconds: an upgrade may reuse an inode.
    package static let lifetime: UInt64 = 10_000_000_000
    /// Files remembered; when there are more, all are forgotten.
    private static let capacity = 4096

    private struct Key: Hashable {
        var inode: UInt64
        var major: UInt32
        var minor: UInt32
    }
    private struct Entry {
        var program: ProgramFacts
        var time: UInt64
    }
    private var entries: [Key: Entry] = [:]

    private let isBlind: Bool

    /// Remembers nothing yet.
    ///
    /// - Parameter isBlind: look at no file; then nothing is known of any.
    package init(isBlind: Bool = false) { self.isBlind = isBlind }

    /// What the program file with `facts` tells; nothing when it could not be read.
    ///
    /// - Parameters:
    ///   - facts: inode and device of the file that runs.
    ///   - path: its path in the process's root.
    ///   - process: the process that runs it, for its root directory.
    ///   - now: the time, nanoseconds of any clock that goes forward.
    package mutating func program(_ facts: FileFacts, path: [UInt8], process: UInt32, now: UInt64) -> ProgramFacts {
        if isBlind { return ProgramFacts() }
        let key = Key(inode: facts.inode, major: facts.deviceMajor, minor: facts.deviceMinor)
        if let entry = entries[key], now >= entry.time, now - entry.time < Self.lifetime { return entry.program }
        if entries.count >= Self.capacity { entries.removeAll(keepingCapacity: true) }
        let program = Self.read(facts, path: path, process: process)
        entries[key] = Entry(program: program, time: now)
        return program
    }

    /// The file at `path` as `process` sees it, for what the kernel side does not tell: a script that is executed, a file that is refused.
    ///
    /// - Parameters:
    ///   - path: its path in the process's root.
    ///   - process: the process, for its root directory.
    ///   - followsLinks: whether a link at the end of `path` stands for what it points to.
    ///   - time: nanoseconds since 1970; a file whose inode has changed later is not the one that is asked for.
    package borrowing func file(
        at path: [UInt8], process: UInt32, followsLinks: Bool = true, unchangedSince time: UInt64 = .max
    ) -> FileFacts? {
        guard !isBlind else { return nil }
        guard let file = ProcessRoot(of: process).open(path, followsLinks: followsLinks), file.changeTime <= time else { return nil }
        return file.facts
    }

    private static func read(_ facts: FileFacts, path: [UInt8], process: UInt32) -> ProgramFacts {
        var program = ProgramFacts()
        let root = ProcessRoot(of: process)
        guard let file = root.open(path), file.isRegular, isSame(file.facts, facts) else { return program }
        program.capabilities = FileCapabilities(attribute: file.capabilityAttribute())
        if let name = ELFFile.interpreter(of: file), let loader = root.open(name) {
            program.loader = Loader(name: name, facts: loader.facts)
        }
        return program
    }

    /// The device is not compared where stat(2) makes one up (btrfs, overlayfs give anonymous ones).
    private static func isSame(_ seen: FileFacts, _ expected: FileFacts) -> Bool {
        guard seen.inode == expected.inode else { return false }
        return seen.deviceMajor == 0 || (seen.deviceMajor, seen.deviceMinor) == (expected.deviceMajor, expected.deviceMinor)
    }
}

/// Reading what is needed of an ELF file (elf(5)). Every byte of it may be hostile.
enum ELFFile {
    /// `PT_INTERP`'s text without its NUL, or nil.
    static func interpreter(of file: borrowing OpenFile) -> [UInt8]? {
        let head = file.read(at: 0, count: 64)
        guard head.count == 64, head[0] == 0x7f, head[1] == 0x45, head[2] == 0x4c, head[3] == 0x46,
            head[5] == 1  // ELFDATA2LSB, which all processors that this program runs on use
        else { return nil }
        let isWide = head[4] == 2
        let tableOffset = isWide ? number(head, 32, 8) : number(head, 28, 4)
        let entrySize = Int(isWide ? number(head, 54, 2) : number(head, 42, 2))
        let entryCount = Int(isWide ? number(head, 56, 2) : number(head, 44, 2))
        // ELF_MIN_ALIGN bounds the table in load_elf_phdrs(): 64 KiB.
        guard entrySize == (isWide ? 56 : 32), entryCount > 0, entryCount * entrySize <= 65536 else { return nil }
        let table = file.read(at: tableOffset, count: entryCount * entrySize)
        var start = 0
        while start + entrySize <= table.count {
            defer { start += entrySize }
            guard number(table, start, 4) == 3 else { continue }  // PT_INTERP
            let offset = isWide ? number(table, start + 8, 8) : number(table, start + 4, 4)
            let size = isWide ? number(table, start + 32, 8) : number(table, start + 16, 4)
            // load_elf_binary() takes 2 … PATH_MAX bytes, the last a NUL.
            guard (2...4096).contains(size) else { return nil }
            let text = file.read(at: offset, count: Int(size))
            guard text.count == Int(size), text.last == 0 else { return nil }
            return Array(text.prefix { $0 != 0 })
        }
        return nil
    }

    private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> UInt64 {
        var value: UInt64 = 0
        for place in (0..<count).reversed() { value = value << 8 | UInt64(bytes[at + place]) }
        return value
    }
}
