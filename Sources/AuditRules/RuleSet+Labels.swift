// SPDX-License-Identifier: MIT
package import AuditEvents

extension SecurityLabels {
    /// Why a rule with `field`, which is about labels, never matches; nil where it can.
    func fault(of field: RuleField) -> RuleFault? {
        switch self {
        case .none: .noLabels
        case .appArmor: field == .subjectRole ? nil : .onlySubjectRole
        case .seLinux: nil
        }
    }
}

extension RuleSet {
    /// Rules about labels that never match where events have `labels`, for the operator.
    package func remarks(on labels: SecurityLabels) -> [RuleDiagnostic] {
        labelTests.compactMap { place, field in
            labels.fault(of: field).map {
                RuleDiagnostic(file: place.file, line: place.line, column: 1, word: LibAudit.name(field: field.rawValue) ?? "", fault: $0)
            }
        }
    }
}
