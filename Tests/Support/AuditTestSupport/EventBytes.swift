// SPDX-License-Identifier: MIT
package import AuditEvents
package import CAuditWire

/// The facts of one event that rules look at, and its bytes as the kernel programs write them.
package struct EventBytes {
    /// `AUDIT_ARCH_X86_64` and `AUDIT_ARCH_I386`, linux/audit.h.
    package static let native: UInt32 = 0xC000_003E
    package static let compat: UInt32 = 0x4000_0003

    package var call = aw_syscall()
    /// The task died in the call.
    package var hasReturned = true
    package var groups: [UInt32]?
    package var address: [UInt8]?

    package init(arch: UInt32 = native, _ number: UInt32, _ args: UInt64...) {
        call.arch = arch
        call.nr = number
        for (index, value) in args.enumerated() { setArgument(index, value) }
    }

    package mutating func setArgument(_ index: Int, _ value: UInt64) {
        switch index {
        case 0: call.args.0 = value
        case 1: call.args.1 = value
        case 2: call.args.2 = value
        default: call.args.3 = value
        }
    }

    package var bytes: [UInt8] {
        var event = EventBuilder()
        event.call = call
        event.flags = hasReturned ? 0 : UInt8(AW_FLAG_NO_RETURN.rawValue)
        if let groups { event.add(.groups, groups.flatMap { rawBytes(of: $0) }) }
        if let address { event.add(.socketAddress, address) }
        return event.bytes
    }

    /// Decodes the bytes and gives the view to `body`.
    package func withView<R>(_ body: (borrowing EventView) throws -> R) throws -> R {
        let bytes = bytes
        let view = try unsafe EventView(decoding: bytes.span.bytes, earlierArguments: RawSpan())
        return try body(view)
    }
}
