// SPDX-License-Identifier: MIT
package import AuditBytes

/// An open output. Belongs to one thread at a time.
package enum OutputDestination {
    case stdout(StandardOutput)
    case file(FileOutput)
    case syslog(SyslogOutput)

    /// What messages and counters call it: `stdout`, `file:PATH`, `syslog`.
    package var name: String {
        switch self {
        case .stdout(let output): output.name
        case .file(let output): output.name
        case .syslog(let output): output.name
        }
    }

    /// What is wrong with it though it could be opened: no syslog daemon yet.
    package var problem: OutputError? {
        switch self {
        case .stdout, .file: nil
        case .syslog(let output): output.problem
        }
    }

    /// Writes all that is committed in `batch`; what became of its events is in the outcome, never lost from sight.
    package func write(_ batch: borrowing RecordBuffer) -> WriteOutcome {
        switch self {
        case .stdout(let output): output.write(batch)
        case .file(let output): output.write(batch)
        case .syslog(let output): output.write(batch)
        }
    }

    /// Opens a file anew by its path; nothing to do for the others.
    package func reopen() throws(OutputError) {
        if case .file(let output) = self { try output.reopen() }
    }

    /// Brings what was written to its place for good.
    package func finish() throws(OutputError) {
        if case .file(let output) = self { try output.finish() }
    }
}
