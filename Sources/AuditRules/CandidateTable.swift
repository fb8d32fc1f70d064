// SPDX-License-Identifier: MIT
internal import AuditSyscalls

/// For every call of both tables the rules that can match it, so that an event costs what its own rules cost, however
/// many there are for other calls.
struct CandidateTable: Sendable {
    /// A part of ``list``.
    struct Part: Sendable, Hashable {
        let first: UInt32
        let count: UInt32
    }

    /// By table, then number; `abi * SyscallMask.limit + number`.
    let parts: [Part]
    /// Positions of rules. Calls with the same rules share a part.
    let list: [UInt32]
    /// `AUDIT_ARCH_*` of each table by `SyscallABI.rawValue`; 0, which no event has, where there is no such table.
    let nativeArch: UInt32
    let compatArch: UInt32

    init(rules: [Rule], compiled: [CompiledRule]) {
        nativeArch = LibAudit.table(.native)?.arch ?? 0
        compatArch = LibAudit.table(.compat)?.arch ?? 0
        var parts: [Part] = []
        var list: [UInt32] = []
        var known: [[UInt32]: Part] = [:]
        for abi in SyscallABI.allCases {
            let arch = abi == .native ? nativeArch : compatArch
            var own = [[UInt32]](repeating: [], count: SyscallMask.limit)
            // Behind a rule without tests no other can match.
            var isClosed = [Bool](repeating: false, count: SyscallMask.limit)
            for position in rules.indices where arch != 0 && rules[position].appliesTo(arch: arch) {
                for number in RuleReach.calls(of: rules[position], abi).numbers where !isClosed[number] {
                    own[number].append(UInt32(position))
                    isClosed[number] = compiled[position].count == 0
                }
            }
            for positions in own {
                if let part = known[positions] {
                    parts.append(part)
                    continue
                }
                let part = Part(first: UInt32(list.count), count: UInt32(positions.count))
                list += positions
                known[positions] = part
                parts.append(part)
            }
        }
        self.parts = parts
        self.list = list
    }

    /// The part for call `number` of the table that `arch` (`AUDIT_ARCH_*`) names; nil when no rule can match.
    @inline(__always)
    func part(arch: UInt32, number: UInt32) -> Part? {
        // x32 calls have bit 30 set and are above the limit: as in the kernel's audit_in_mask(), no rule names them.
        guard number < UInt32(SyscallMask.limit) else { return nil }
        let base: Int
        if arch == nativeArch {
            base = 0
        } else if arch == compatArch {
            base = SyscallMask.limit
        } else {
            return nil
        }
        let part = parts[base + Int(number)]
        return part.count == 0 ? nil : part
    }

    /// Positions of the rules for call `number` of `abi`.
    func positions(for abi: SyscallABI, _ number: Int) -> ArraySlice<UInt32> {
        guard number >= 0, number < SyscallMask.limit else { return [] }
        let part = parts[Int(abi.rawValue) * SyscallMask.limit + number]
        return list[Int(part.first)..<Int(part.first) + Int(part.count)]
    }
}

extension Rule {
    /// Whether its arch tests hold for a call of `arch`.
    func appliesTo(arch: UInt32) -> Bool {
        tests.allSatisfy { $0.field != .arch || $0.op.compare(arch, $0.value) }
    }
}
