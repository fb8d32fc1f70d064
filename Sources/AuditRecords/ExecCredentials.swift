// SPDX-License-Identifier: MIT
import CAuditWire

/// When the kernel reports that an exec raised capabilities.
enum ExecCredentials {
    /// `SECBIT_NOROOT` (linux/securebits.h): user 0 is nobody special.
    private static let noRoot: UInt32 = 1

    /// `nonroot_raised_pE()` in security/commoncap.c, in the form that it has since 6.17: earlier kernels compare the new effective
    /// user with the old real one to tell whether the exec changes the user. The root user is that of the initial namespace.
    ///
    /// - Parameters:
    ///   - old: credentials before the exec.
    ///   - new: credentials after it.
    ///   - fileHasCapabilities: the program file has a `security.capability` attribute.
    ///   - full: all capabilities that the running kernel has.
    static func areRaised(old: aw_credentials, new: aw_credentials, fileHasCapabilities: Bool, full: UInt64) -> Bool {
        let rootIsSpecial = new.securebits & noRoot == 0
        let isFull = isSubset(full, of: new.effective)
        let isRoot = new.uid == 0
        let isEffectivelyRoot = new.euid == 0
        if !isSubset(new.effective, of: new.ambient), !(isFull && (isEffectivelyRoot || isRoot) && rootIsSpecial) { return true }
        if rootIsSpecial, isEffectivelyRoot, !isRoot, !isFull { return true }
        let changesUser = new.euid != old.euid
        return !changesUser
            && (fileHasCapabilities && !isSubset(new.permitted, of: old.permitted)
                || !isSubset(new.ambient, of: old.ambient))
    }

    private static func isSubset(_ set: UInt64, of other: UInt64) -> Bool { set & ~other == 0 }
}
