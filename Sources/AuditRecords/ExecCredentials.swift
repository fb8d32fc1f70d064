// SPDX-License-Identifier: MIT
import CAuditWire

/// When the kernel reports that an exec raised capabilities.
enum ExecCredentials {
    /// All capabilities that kernels up to 7.0 have: `CAP_FULL_SET`, 41 of them since 5.9 (CAP_CHECKPOINT_RESTORE).
    private static let full: UInt64 = 1 << 41 - 1
    /// `SECBIT_NOROOT` (linux/securebits.h): user 0 is nobody special.
    private static let noRoot: UInt32 = 1

    /// `nonroot_raised_pE()` in security/commoncap.c. The root user is that of the initial namespace.
    ///
    /// - Parameters:
    ///   - old: credentials before the exec.
    ///   - new: credentials after it.
    ///   - fileHasCapabilities: the program file has a `security.capability` attribute.
    static func areRaised(old: aw_credentials, new: aw_credentials, fileHasCapabilities: Bool) -> Bool {
        let rootIsSpecial = new.securebits & noRoot == 0
        let isFull = isSubset(full, of: new.effective)
        let isRoot = new.uid == 0
        let isEffectivelyRoot = new.euid == 0
        if !isSubset(new.effective, of: new.ambient), !(isFull && (isEffectivelyRoot || isRoot) && rootIsSpecial) { return true }
        if rootIsSpecial, isEffectivelyRoot, !isRoot, !isFull { return true }
        let changesUser = new.euid != old.uid
        return !changesUser
            && (fileHasCapabilities && !isSubset(new.permitted, of: old.permitted)
                || !isSubset(new.ambient, of: old.ambient))
    }

    private static func isSubset(_ set: UInt64, of other: UInt64) -> Bool { set & ~other == 0 }
}
