// SPDX-License-Identifier: MIT
import AuditEvents
import CAuditWire

/// Makes the bytes of one event, as the kernel programs write them, from its facts.
struct EventBytes {
    /// `AUDIT_ARCH_X86_64` and `AUDIT_ARCH_I386`, linux/audit.h.
    static let native: UInt32 = 0xC000_003E
    static let compat: UInt32 = 0x4000_0003

    var call = aw_syscall()
    /// The task died in the call.
    var hasReturned = true
    var groups: [UInt32]?
    var address: [UInt8]?

    init(arch: UInt32 = native, _ number: UInt32, _ args: UInt64...) {
        call.arch = arch
        call.nr = number
        for (index, value) in args.enumerated() { setArgument(index, value) }
    }

    mutating func setArgument(_ index: Int, _ value: UInt64) {
        switch index {
        case 0: call.args.0 = value
        case 1: call.args.1 = value
        case 2: call.args.2 = value
        default: call.args.3 = value
        }
    }

    var bytes: [UInt8] {
        var sections: [UInt8] = []
        if let groups {
            let values = groups.flatMap { group in unsafe withUnsafeBytes(of: group) { unsafe Array($0) } }
            append(values, tag: AW_SECTION_GROUPS, to: &sections)
        }
        if let address { append(address, tag: AW_SECTION_SOCKADDR, to: &sections) }
        let size = MemoryLayout<aw_header>.size + MemoryLayout<aw_syscall>.size + sections.count
        let header = aw_header(
            size: UInt32(size), type: UInt16(AW_TYPE_SYSCALL.rawValue), version: UInt8(AW_VERSION),
            flags: hasReturned ? 0 : UInt8(AW_FLAG_NO_RETURN.rawValue), time: 0, sequence: 0)
        return unsafe withUnsafeBytes(of: header) { unsafe Array($0) } + withUnsafeBytes(of: call) { unsafe Array($0) }
            + sections
    }

    private func append(_ bytes: [UInt8], tag: aw_tag, to sections: inout [UInt8]) {
        let head = aw_section(tag: UInt16(tag.rawValue), detail: 0, flags: 0, length: Int32(bytes.count))
        unsafe sections += withUnsafeBytes(of: head) { unsafe Array($0) } + bytes
        while sections.count % 8 != 0 { sections.append(0) }
    }

    /// Decodes the bytes and gives the view to `body`.
    func withView<R>(_ body: (borrowing EventView) throws -> R) throws -> R {
        let bytes = bytes
        let view = try unsafe EventView(decoding: bytes.span.bytes, earlierArguments: RawSpan())
        return try body(view)
    }
}
