// SPDX-License-Identifier: MIT
internal import AuditEvents
internal import CAuditWire

/// A security label as a rule names it: profiles, all of which a task's label must have. AppArmor's `aa_label_strn_parse()` and
/// `aa_audit_rule_match()` (security/apparmor/label.c, audit.c), since 4.19.
struct RuleLabel: Sendable, Equatable {
    private struct Profile: Sendable, Equatable {
        /// Seen from the first namespace; empty for that itself.
        let namespace: [UInt8]
        let name: [UInt8]
    }

    private let profiles: [Profile]

    /// Nil for one that the kernel does not take: then the rule matches nothing.
    init?(_ text: [UInt8]) {
        guard var rest = Self.skippingBlanks(text[...]) else { return nil }
        var profiles: [Profile] = []
        // On top of that of the kernel, which rules are taken for.
        if rest.first == UInt8(ascii: "&") {
            profiles.append(Profile(namespace: [], name: Self.unconfined))
            rest = rest.dropFirst()
        }
        // A namespace that one profile names goes for those behind it.
        var namespace: [UInt8] = []
        while true {
            let end = Self.firstSeparator(rest)
            guard let profile = Self.profile(rest[..<(end ?? rest.endIndex)], in: namespace) else { return nil }
            profiles.append(profile)
            namespace = profile.namespace
            guard let end else { break }
            rest = rest[(end + Self.separator.count)...]
        }
        self.profiles = profiles
    }

    private static let unconfined = [UInt8]("unconfined".utf8)
    private static let separator = [UInt8]("//&".utf8)

    private static func firstSeparator(_ text: ArraySlice<UInt8>) -> Int? {
        text.indices.first { text[$0...].starts(with: separator) }
    }

    /// `skipn_spaces()`: nil where nothing is left.
    private static func skippingBlanks(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let rest = text.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
        return rest.isEmpty ? nil : rest
    }

    /// `aa_splitn_fqname()`: `name`, `:namespace:name`, `:namespace://name`, or a namespace alone, whose tasks without a profile are meant.
    private static func profile(_ text: ArraySlice<UInt8>, in current: [UInt8]) -> Profile? {
        guard let text = skippingBlanks(text) else { return nil }
        guard text.first == UInt8(ascii: ":") else { return Profile(namespace: current, name: Array(text)) }
        guard let inside = skippingBlanks(text.dropFirst()) else { return nil }
        guard let colon = inside.firstIndex(of: UInt8(ascii: ":")) else { return Profile(namespace: Array(inside), name: unconfined) }
        var name = inside[(colon + 1)...]
        if name.count > 1, name.starts(with: "//".utf8) { name = name.dropFirst(2) }
        return Profile(namespace: Array(inside[..<colon]), name: skippingBlanks(name).map { Array($0) } ?? unconfined)
    }

    /// Whether the task that made `event` has this label, or nil where its own is not known: then the kernel compares nothing, because no
    /// security module labels tasks, or none of it came along.
    func isCarried(by event: borrowing EventView) -> Bool? {
        var isKnown = false
        // Profiles are sent with the namespace before them, and looked for one after the other: rules name one, tasks have one.
        for profile in profiles {
            var isFound = false
            var isThere = profile.namespace.isEmpty
            var walk = event.walk
            while let section = walk.next() {
                guard section.tag == .label else { continue }
                guard section.errno == 0, !section.isCut else { return nil }
                if section.detail == UInt8(AW_LABEL_NAMESPACE.rawValue) {
                    isThere = Self.isSame(SecurityLabel.belowFirst(section.bytes), profile.namespace)
                    continue
                }
                isKnown = true
                if isThere, Self.isSame(section.bytes, profile.name) { isFound = true }
                isThere = profile.namespace.isEmpty
            }
            guard isFound else { return isKnown ? false : nil }
        }
        return true
    }

    private static func isSame(_ bytes: RawSpan, _ text: [UInt8]) -> Bool {
        guard bytes.byteCount == text.count else { return false }
        let reader = WireReader(bytes)
        for offset in text.indices where (try? reader.load(at: offset, as: UInt8.self)) != text[offset] { return false }
        return true
    }
}
