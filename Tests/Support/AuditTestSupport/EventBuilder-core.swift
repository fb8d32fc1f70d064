// SPDX-License-Identifier: MIT
package import AuditEvents
package import CAuditWire

/// Puts together the wire bytes of one event, as the kernel programs would.
package struct EventBuilder {
    package var call = aw_syscall()
    package var flags: UInt8 = 0
    package var time: UInt64 = 1
    package var sequence: UInt64 = 1
    /// It is an issue of this operation of io_uring.
    package var operation: UInt32?
    private var sections: [UInt8] = []

    package init() {
        call.arch = 0xC000_003E
        call.auid = UInt32.max
        call.ses = UInt32.max
        setCommand("cat")
    }

    package mutating func setCommand(_ text: String) {
        setCommand(Array(text.utf8))
    }

    package mutating func setCommand(_ bytes: [UInt8]) {
        unsafe withUnsafeMutableBytes(of: &call.comm) { comm in
            for at in 0..<comm.count { unsafe comm[at] = at < bytes.count ? bytes[at] : 0 }
        }
    }

    package mutating func add(_ tag: SectionTag, detail: UInt8 = 0, flags: UInt8 = 0, _ bytes: [UInt8]) {
        let head = aw_section(tag: tag.rawValue, detail: detail, flags: flags, length: Int32(bytes.count))
        sections += rawBytes(of: head) + bytes
        while sections.count % 8 != 0 { sections.append(0) }
    }

    package mutating func add(_ tag: SectionTag, detail: UInt8 = 0, _ text: String) {
        add(tag, detail: detail, Array(text.utf8))
    }

    package mutating func add(_ tag: SectionTag, detail: UInt8 = 0, errno: Int32) {
        sections += rawBytes(of: aw_section(tag: tag.rawValue, detail: detail, flags: 0, length: -errno))
    }

    package mutating func add(_ object: aw_object, as role: aw_role) {
        add(.object, detail: UInt8(role.rawValue), rawBytes(of: object))
    }

    /// The whole record.
    package var bytes: [UInt8] {
        let own = operation.map { rawBytes(of: aw_operation(number: $0, reserved: 0)) } ?? []
        let size = MemoryLayout<aw_header>.size + MemoryLayout<aw_syscall>.size + own.count + sections.count
        let type = operation == nil ? AW_TYPE_SYSCALL : AW_TYPE_OPERATION
        let header = aw_header(
            size: UInt32(size), type: UInt16(type.rawValue), version: UInt8(AW_VERSION), flags: flags,
            time: time, sequence: sequence)
        return rawBytes(of: header) + rawBytes(of: call) + own + sections
    }
}

/// The bytes of a plain C value.
package func rawBytes<T: BitwiseCopyable>(of value: T) -> [UInt8] {
    unsafe withUnsafeBytes(of: value) { unsafe Array($0) }
}
