// SPDX-License-Identifier: MIT
import AuditSyscalls

/// The names of all system calls of this machine, ready to be written.
struct CallNames {
    /// Numbers that have a place; larger ones have no name.
    static let limit = 1024

    /// All names, one after the other.
    let text: [UInt8]
    /// Where names end in ``text``, by ABI and number.
    private let ends: [Int]

    /// Collects the names, unless none are wanted.
    init(isEmpty: Bool) {
        var text: [UInt8] = []
        var ends: [Int] = []
        for abi in SyscallABI.allCases where !isEmpty {
            for number in 0..<UInt32(Self.limit) {
                text += Array((SyscallTable.name(of: number, abi: abi) ?? "").utf8)
                ends.append(text.count)
            }
        }
        self.text = text
        self.ends = ends
    }

    /// Where the name of a call is in ``text``, or nil. The calls of an architecture that is not this machine's are looked
    /// for in its own table, as auparse does.
    func range(arch: UInt32, number: UInt32) -> Range<Int>? {
        guard number < UInt32(Self.limit), !ends.isEmpty else { return nil }
        let abi = SyscallTable.abi(arch: arch) ?? .native
        let at = Int(abi.rawValue) * Self.limit + Int(number)
        let start = at == 0 ? 0 : ends[at - 1]
        return start < ends[at] ? start..<ends[at] : nil
    }
}
