// SPDX-License-Identifier: MIT

extension Rule {
    /// What of it this version cannot judge, and must not ignore; nil when there is nothing.
    var unsupported: String? {
        switch list {
        // No program but the kernel sees the records that programs send to it.
        case .exit, .exclude, .filesystem, .user, .ring: nil
        case .task: unsupportedOfTask
        }
    }

    /// That as an error at the rule's place; nil when all of it is judged.
    package var unsupportedHere: RuleDiagnostic? {
        unsupported.map { what in
            RuleDiagnostic(file: place.file, line: place.line, column: 1, word: list.name, fault: .notSupportedYet(what))
        }
    }
}
