// SPDX-License-Identifier: MIT

/// Where records are to go, as written after `--output`.
package enum OutputSpec: Sendable, Equatable {
    case stdout
    case file(path: String)
    case syslog

    /// Reads `stdout`, `file:PATH` or `syslog`.
    package static func parse(_ text: String) throws(OutputError) -> OutputSpec {
        switch text {
        case "stdout": return .stdout
        case "syslog": return .syslog
        default: break
        }
        guard text.hasPrefix("file:") else {
            // What people write who mean a file.
            if text.contains("/") { throw .badPath(text, why: "a file is written with 'file:' before it") }
            throw .unknownOutput(text)
        }
        let path = String(text.dropFirst("file:".count))
        guard !path.isEmpty else { throw .badPath(text, why: "the path is missing") }
        guard !path.hasSuffix("/") else { throw .badPath(text, why: "the path names a directory") }
        guard !path.utf8.contains(0) else { throw .badPath(text, why: "the path contains a NUL byte") }
        return .file(path: path)
    }

    /// Opens it.
    ///
    /// - Parameters:
    ///   - rotation: for files; nil lets them grow.
    ///   - priority: for syslog.
    /// - Throws: ``OutputError`` when it cannot be written to. An absent syslog daemon is no such error: see ``OutputDestination/problem``.
    package func open(
        rotation: FileOutput.Rotation? = nil, priority: SyslogOutput.Priority = .default
    ) throws(OutputError) -> OutputDestination {
        switch self {
        case .stdout: .stdout(try StandardOutput())
        case .file(let path): .file(try FileOutput(path: path, rotation: rotation))
        case .syslog: .syslog(SyslogOutput(priority: priority))
        }
    }
}
