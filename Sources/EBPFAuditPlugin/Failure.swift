// SPDX-License-Identifier: MIT
internal import ArgumentParser
internal import AuditOutputs
internal import AuditRules
internal import Glibc
internal import KernelProbe

/// Why the program ends early: one sentence for the operator and the exit status that scripts see (sysexits.h).
struct Failure: Error {
    /// What went wrong and what to do about it.
    let sentence: String
    /// The exit status.
    let status: Status
    /// The sentence has been on the screen already.
    var isSaid = false

    /// Exit statuses, by their names in sysexits.h.
    enum Status: Int32 {
        /// EX_USAGE: wrong arguments.
        case usage = 64
        /// EX_DATAERR: wrong rules or configuration.
        case data = 65
        /// EX_NOINPUT: rules or configuration cannot be read.
        case noInput = 66
        /// EX_UNAVAILABLE: this kernel cannot do it.
        case unavailable = 69
        /// EX_IOERR: records could not be written.
        case output = 74
        /// EX_NOPERM: not permitted.
        case permission = 77
    }

    init(_ sentence: String, _ status: Status) {
        self.sentence = sentence
        self.status = status
    }

    init(_ error: RulesError) {
        if case .wrong = error { self.init(error.description, .data) } else { self.init(error.description, .noInput) }
    }

    init(_ error: KernelError) {
        if case .notPermitted = error {
            self.init(error.description, .permission)
        } else {
            self.init(error.description, .unavailable)
        }
    }

    init(_ error: OutputError) { self.init(error.description, .output) }

    /// An output has failed while running, which was said when it happened.
    static func whileRunning(_ error: OutputError) -> Failure {
        var failure = Failure(error)
        failure.isSaid = true
        return failure
    }

    /// An output has lost records, which was said when it happened and is in the report.
    static let recordsLost: Failure = {
        var failure = Failure("records were lost", .output)
        failure.isSaid = true
        return failure
    }()

    /// Says the sentence on stderr, unless `silent`, and gives what ends the program.
    func end(silent: Bool = false) -> ExitCode {
        if !silent, !isSaid { Screen.error("ebpf-audit: \(sentence)\n") }
        return ExitCode(status.rawValue)
    }
}
