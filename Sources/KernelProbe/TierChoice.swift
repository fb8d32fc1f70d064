// SPDX-License-Identifier: MIT

/// Choosing the kernel programs: by trying, best first.
package enum TierChoice {
    /// Loads the first tier that this kernel accepts.
    ///
    /// - Parameters:
    ///   - only: the one tier to try, or nil for all.
    ///   - attempts: receives the tiers that were refused before, with the reason.
    /// - Throws: ``KernelError``; ``KernelError/notPermitted(stage:)`` at once, since no other tier would be permitted.
    package static func load(
        settings: KernelSettings, only: Tier?, attempts: inout [TierAttempt]
    ) throws(KernelError) -> KernelSide {
        for tier in only.map({ [$0] }) ?? Tier.all {
            do throws(KernelError) {
                return try KernelSide(tier: tier, settings: settings)
            } catch {
                if case .notPermitted = error { throw error }
                attempts.append(TierAttempt(tier: tier.name, reason: error.description))
            }
        }
        throw .noTier(attempts: attempts)
    }
}
