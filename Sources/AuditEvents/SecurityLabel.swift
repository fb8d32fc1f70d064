// SPDX-License-Identifier: MIT
internal import CAuditWire

/// Names in security labels, as AppArmor has them (security/apparmor/policy_ns.c).
package enum SecurityLabel {
    /// The name of a policy namespace, seen from the first one, with which all begin: `aa_ns_name()`.
    @_lifetime(copy name)
    package static func belowFirst(_ name: RawSpan) -> RawSpan {
        let reader = WireReader(name)
        var offset = 0
        while offset + 1 < name.byteCount {
            if let pair = try? reader.load(at: offset, as: UInt16.self), pair == 0x2f2f {
                return name.extracting(droppingFirst: offset + 2)
            }
            offset += 1
        }
        return name
    }
}
