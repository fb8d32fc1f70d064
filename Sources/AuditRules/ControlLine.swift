// SPDX-License-Identifier: MIT

/// An option of a rules file that is no rule: it configures the kernel's own audit subsystem, or how the file is read.
package struct ControlLine: Sendable, Equatable {
    /// As written in auditctl(8): `-b`, `--loginuid-immutable`.
    package let option: String
    /// Its argument, or nil.
    package let value: String?
    package let place: RulePlace

    package init(option: String, value: String?, place: RulePlace) {
        self.option = option
        self.value = value
        self.place = place
    }
}
