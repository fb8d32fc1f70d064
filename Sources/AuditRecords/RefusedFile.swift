// SPDX-License-Identifier: MIT
import AuditEnrichment
import AuditEvents
import AuditSyscalls
import CAuditWire
import Glibc

/// The file that an open or an exec found and then failed on.
///
/// A call that succeeds leaves a descriptor or a program, whose file the kernel side describes. One that is refused leaves
/// nothing, though the kernel's audit knows the file by then. So its name is looked up once more, and what is found there is
/// believed where it explains the refusal and has not been changed since: for a file that was exchanged in between neither holds.
struct RefusedFile {
    /// The argument that names it.
    let argument: Int
    /// What it is.
    let facts: FileFacts

    /// The file of `event`; nil when the call did not fail that way, or nothing that explains it has the name (any more).
    ///
    /// - Parameter realtime: wall time of the call's entry, nanoseconds since 1970.
    init?(
        _ event: borrowing EventView, index: SectionIndex, realtime: UInt64, uses: PathUseTable, files: borrowing ProgramFiles
    ) {
        guard event.hasReturned, event.call.ret < 0, index.named != 0 else { return nil }
        argument = index.named.trailingZeroBitCount
        let use = uses.pathUse(arch: event.call.arch, number: event.call.nr, argument: argument)
        guard [.open, .creat, .program].contains(use) else { return nil }
        let error = Int32(truncatingIfNeeded: 0 &- event.call.ret)
        let flags: UInt64? =
            switch use {
            case .open: Self.openFlags(event, index: index, argument: argument)
            case .creat: UInt64(O_CREAT | O_WRONLY | O_TRUNC)
            default: 0
            }
        guard let flags, Self.comesAfterLookUp(error, use, flags: flags) else { return nil }
        // O_EXCL makes open() stop at a link as O_NOFOLLOW does (build_open_flags(), fs/open.c).
        let followsLinks = flags & UInt64(O_NOFOLLOW) == 0 && flags & UInt64(O_CREAT | O_EXCL) != UInt64(O_CREAT | O_EXCL)
        guard let path = event.absolutePath(ofArgument: argument, index: index),
            let facts = files.file(at: path, process: event.call.pid, followsLinks: followsLinks, unchangedSince: realtime),
            Self.explains(error, facts, use, flags: flags, event)
        else { return nil }
        self.facts = facts
    }

    /// The flags of open(), openat() or openat2(); nil when they are not known.
    private static func openFlags(_ event: borrowing EventView, index: SectionIndex, argument: Int) -> UInt64? {
        if index.specialKind == UInt8(AW_SPECIAL_OPENAT2.rawValue), index.special.isPresent {
            return try? WireReader(event.sections).load(at: Int(index.special.offset), as: aw_openat2.self).flags
        }
        return argument == 0 ? event.call.args.1 : event.call.args.2
    }

    /// Whether a call that failed with `error` may have found its file before.
    private static func comesAfterLookUp(_ error: Int32, _ use: PathUse, flags: UInt64) -> Bool {
        switch error {
        case EACCES, EPERM, EISDIR, ETXTBSY, EROFS, EOVERFLOW, EFBIG, EINTR: true
        case ENXIO, ENODEV, EEXIST, EWOULDBLOCK: use != .program
        case ELOOP: use == .open && flags & UInt64(O_NOFOLLOW) != 0
        // With O_PATH the look-up itself refuses what is no directory (do_o_path()).
        case ENOTDIR: use == .open && flags & UInt64(O_DIRECTORY) != 0 && flags & openForPath == 0
        case ENOEXEC, E2BIG, EFAULT: use == .program
        default: false
        }
    }

    /// Whether `facts` are a reason for `error`.
    private static func explains(
        _ error: Int32, _ facts: FileFacts, _ use: PathUse, flags: UInt64, _ event: borrowing EventView
    ) -> Bool {
        let type = facts.mode & S_IFMT
        switch error {
        case EISDIR: return type == S_IFDIR
        case ELOOP: return type == S_IFLNK
        case ENOTDIR: return type != S_IFDIR
        case ENXIO: return [S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK].contains(type)
        case ENODEV: return type == S_IFCHR || type == S_IFBLK
        case ETXTBSY, ENOEXEC, E2BIG, EFAULT, EFBIG, EOVERFLOW: return type == S_IFREG
        case EACCES: return !permits(facts, use == .program ? [] : access(flags), isProgram: use == .program, event)
        default: return true
        }
    }

    /// Whether the file's own mode lets the caller do what it wanted; then a directory on the way has refused it, or something that is
    /// not seen here.
    private static func permits(
        _ facts: FileFacts, _ wanted: Access, isProgram: Bool, _ event: borrowing EventView
    ) -> Bool {
        if isProgram, facts.mode & S_IFMT != S_IFREG { return false }
        let wanted = isProgram ? .execute : wanted
        if event.call.fsuid == 0 { return !(isProgram && facts.mode & 0o111 == 0) }
        let shift: UInt32 = event.call.fsuid == facts.user ? 6 : event.call.fsgid == facts.group ? 3 : 0
        return wanted.isSubset(of: Access(rawValue: facts.mode >> shift & 7))
    }

    /// O_PATH (asm-generic/fcntl.h), which the C library shows to GNU programs only.
    private static let openForPath: UInt64 = 0o10000000

    private struct Access: OptionSet {
        let rawValue: UInt32
        static let execute = Access(rawValue: 1)
        static let write = Access(rawValue: 2)
        static let read = Access(rawValue: 4)
    }

    private static func access(_ flags: UInt64) -> Access {
        switch Int32(truncatingIfNeeded: flags) & O_ACCMODE {
        case O_RDONLY: .read
        case O_WRONLY: .write
        default: [.read, .write]
        }
    }
}
