// SPDX-License-Identifier: MIT
internal import CBPF

/// A built-in set of kernel programs, for one class of kernels.
package struct Tier: Sendable, Equatable {
    let raw: cbpf_tier

    /// All tiers, the one to prefer first.
    package static let all: [Tier] = (0..<CBPF_TIERS.rawValue).map { Tier(raw: cbpf_tier(rawValue: $0)) }

    init(raw: cbpf_tier) { self.raw = raw }

    /// The tier with this name, or nil.
    package init?(named name: String) {
        guard let tier = Tier.all.first(where: { $0.name == name }) else { return nil }
        self = tier
    }

    /// The name by which `--tier` and the documents call it.
    package var name: String {
        unsafe cbpf_tier_name(raw).map { unsafe String(cString: $0) } ?? "tier \(raw.rawValue)"
    }

    package static func == (a: Tier, b: Tier) -> Bool { a.raw.rawValue == b.raw.rawValue }
}
