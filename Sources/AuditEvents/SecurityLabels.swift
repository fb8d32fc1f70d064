// SPDX-License-Identifier: MIT

/// Whose labels events have.
package enum SecurityLabels: Sendable {
    /// No security module labels tasks, or its labels are not known here.
    case none
    /// Tasks have names of profiles, of which `subj_role` alone is about (`aa_audit_rule_init()`, security/apparmor/audit.c).
    case appArmor
    /// Tasks and files have contexts.
    case seLinux
}
