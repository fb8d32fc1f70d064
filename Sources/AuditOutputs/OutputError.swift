// SPDX-License-Identifier: MIT
import Glibc

/// Why an output cannot be had, or stopped taking records. The description is one sentence that names the remedy.
package enum OutputError: Error, Equatable, Sendable {
    /// Not an output specification.
    case unknownOutput(String)
    /// `file:` without a usable path.
    case badPath(String, why: String)
    /// Size or number of rotated files outside their ranges.
    case badRotation(String)
    /// What the path names is not a regular file: a `kind` like "a directory".
    case notRegular(path: String, kind: String)
    /// The path's last part is a symbolic link.
    case symbolicLink(path: String)
    /// The file in a directory where anybody may create files is not this program's own.
    case foreignFile(path: String, why: String)
    /// The directory lets other users exchange the file.
    case unsafeDirectory(path: String, why: String)
    /// A system call on the way to opening the path failed.
    case cannotOpen(path: String, code: Int32)
    /// The file could not be renamed, or its successor not be made; records still go to the old one.
    case cannotRotate(path: String, code: Int32)
    /// No space, quota or permitted size left; it works again as soon as there is.
    case full(output: String, code: Int32)
    /// Nobody reads it any more. It stays so.
    case closed(output: String)
    /// Any other failed write; retried with every batch.
    case failed(output: String, code: Int32)
    /// Nobody listens where syslog messages go.
    case noSyslog(path: String, code: Int32)
    /// The thread or its descriptors could not be made.
    case start(code: Int32)
}

extension OutputError {
    /// Under what the events that an error cost are counted.
    package var reason: LossReason {
        switch self {
        case .full: .full
        case .closed: .closed
        default: .error
        }
    }
}

extension OutputError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownOutput(let text):
            return "unknown output '\(text)': write stdout, file:PATH or syslog"
        case .badPath(let text, let why):
            return "output '\(text)': \(why); write file:PATH, for example file:/var/log/ebpf-audit/audit.log"
        case .badRotation(let why):
            return "log rotation: \(why)"
        case .notRegular(let path, let kind):
            return "\(path) is \(kind), not a regular file: name a file, or use the output stdout and redirect it"
        case .symbolicLink(let path):
            return "\(path) is a symbolic link, which is not followed: name the file it points to"
        case .foreignFile(let path, let why):
            return "\(path) \(why), in a directory where anybody may create files: remove it or name another path"
        case .unsafeDirectory(let path, let why):
            return "directory \(path) \(why), so records there could be exchanged: use a directory that only root can change"
        case .cannotOpen(let path, let code):
            return "cannot open \(path) for writing (\(Errno(code: code).text)): \(Self.remedy(code))"
        case .cannotRotate(let path, let code):
            return "cannot rotate \(path) (\(Errno(code: code).text)), so it grows on: \(Self.remedy(code))"
        case .full(let output, let code) where code == EFBIG:
            return "\(output) has reached the largest permitted file size: rotate it, or raise the limit (ulimit -f)"
        case .full(let output, let code):
            return "no room for records on \(output) (\(Errno(code: code).text)): free space; writing goes on as soon as there is some"
        case .closed(let output):
            return "\(output) is closed: keep its reader running, or use the output file:PATH"
        case .failed(let output, let code):
            return "cannot write to \(output) (\(Errno(code: code).text)): \(Self.remedy(code))"
        case .noSyslog(let path, let code):
            return "no syslog daemon at \(path) (\(Errno(code: code).text)): start one (rsyslog, systemd-journald), "
                + "or use the output file:PATH"
        case .start(let code):
            return "cannot start writing (\(Errno(code: code).text)): \(Self.remedy(code))"
        }
    }

    private static func remedy(_ code: Int32) -> String {
        switch code {
        case ENOENT: "create its directory first"
        case EACCES, EPERM: "run as root, or name a path this user may write"
        case ENOTDIR: "correct the path, a part of which is no directory"
        case ENAMETOOLONG: "choose a shorter path"
        case EROFS: "name a path on a file system that is mounted writable"
        case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
        case EAGAIN, ENOMEM: "raise the limits of memory and threads, or end other programs"
        case ENOSPC, EDQUOT: "free space there"
        case EIO: "check the disk, its log is in dmesg"
        default: "correct the cause, or choose another output"
        }
    }
}
