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

    /// It says how the file is read, and is obeyed.
    private var isObeyed: Bool {
        [RuleOption.deleteAll, .ignoreErrors, .continueOnError].contains { $0.rawValue == option }
    }

    /// A sentence about those of `lines` that mean the kernel's own audit; nil when there are none.
    static func remark(on lines: [ControlLine]) -> String? {
        let others = lines.filter { !$0.isObeyed }
        guard let first = others.first else { return nil }
        let texts = others.map { line in ([line.option] + (line.value.map { [$0] } ?? [])).joined(separator: " ") }
        return "\(first.place): \(texts.joined(separator: ", ")): meant for the kernel's own audit, and without effect here"
    }
}
