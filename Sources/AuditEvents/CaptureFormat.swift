// SPDX-License-Identifier: MIT
package import CAuditWire

/// The head of a capture file, `acap_header` in `capture.h`.
package struct CaptureHeader: Sendable, Equatable {
    /// Bytes that it has in a file of this version.
    package static let byteCount = MemoryLayout<acap_header>.size
    /// The longest that a later version's may be: more is no header.
    package static let byteLimit = 4096

    /// `AUDIT_ARCH_*` of the machine's 64-bit calls.
    package var machine: UInt32
    /// The kernel's version, major in the bits from 16 on, minor in those from 8 on; 0 when it is not known.
    package var kernel: UInt32
    /// Every capability that the kernel has.
    package var capabilities: UInt64
    /// Length of a tick, ns.
    package var tick: UInt64
    /// The boot's id, 16 bytes.
    package var boot: [UInt8]

    /// A header; of `boot` the first 16 bytes count.
    package init(machine: UInt32, kernel: UInt32 = 0, capabilities: UInt64, tick: UInt64, boot: [UInt8]) {
        self.machine = machine
        self.kernel = kernel
        self.capabilities = capabilities
        self.tick = tick
        self.boot = Array((boot + [UInt8](repeating: 0, count: 16)).prefix(16))
    }

    /// Reads the header at the start of `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: a file's beginning; ``byteLimit`` bytes of it always suffice.
    ///   - size: gets the header's length: where the first record begins.
    /// - Throws: ``CaptureError`` when this is no capture, or not one that this program can read.
    package init(decoding bytes: RawSpan, size: inout Int) throws(CaptureError) {
        let reader = WireReader(bytes)
        for (offset, expected) in Self.magic.enumerated() {
            guard (try? reader.load(at: offset, as: UInt8.self)) == expected else { throw .notCapture }
        }
        guard let raw = try? reader.load(at: 0, as: acap_header.self) else { throw .truncated(at: UInt64(bytes.byteCount)) }
        // The version first: what else there is depends on it. Another byte order makes it a strange number.
        guard raw.version == UInt16(ACAP_VERSION) else { throw .version(raw.version) }
        guard raw.wire == UInt8(AW_VERSION) else { throw .wire(raw.wire) }
        guard raw.size >= UInt32(Self.byteCount), raw.size <= UInt32(Self.byteLimit), raw.size % 8 == 0 else {
            throw .header(size: raw.size)
        }
        guard Int(raw.size) <= bytes.byteCount else { throw .truncated(at: UInt64(bytes.byteCount)) }
        guard raw.tick > 0, raw.tick <= 1_000_000_000 else { throw .tick(raw.tick) }
        size = Int(raw.size)
        let bootOffset = MemoryLayout<acap_header>.offset(of: \.boot) ?? 0
        self.init(
            machine: raw.arch, kernel: raw.kernel, capabilities: raw.capabilities, tick: raw.tick,
            boot: (0..<16).map { (try? reader.load(at: bootOffset + $0, as: UInt8.self)) ?? 0 })
    }

    /// The bytes of a file's beginning.
    package var encoded: [UInt8] {
        Self.magic + nativeBytes(UInt32(Self.byteCount)) + nativeBytes(UInt16(ACAP_VERSION)) + [UInt8(AW_VERSION), 0]
            + nativeBytes(machine) + nativeBytes(kernel) + nativeBytes(capabilities) + nativeBytes(tick) + boot
    }

    /// `ACAP_MAGIC`.
    static let magic: [UInt8] = [0x89] + Array("EBPA\r\n\0".utf8)
}

/// The bytes of a number in this machine's order.
func nativeBytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    (0..<MemoryLayout<T>.size).map { UInt8(truncatingIfNeeded: T(littleEndian: value) >> T(8 * $0)) }
}

/// How ticks, monotonic and real time relate at some moment.
package struct ClockReading: Equatable, Sendable {
    /// Real time less monotonic time, ns.
    package var offset: Int64
    /// Coarse monotonic time of a tick, ns.
    package var time: UInt64
    /// Low bits of the tick count at ``time``, nil where it could not be asked.
    package var ticks: UInt32?

    package init(offset: Int64, time: UInt64, ticks: UInt32?) {
        self.offset = offset
        self.time = time
        self.ticks = ticks
    }
}

/// What stands between the records of a capture file.
package enum CaptureNote: Equatable, Sendable {
    /// The clocks were looked at.
    case clock(ClockReading)
    /// The next event has this serial.
    case serial(UInt32)
    /// A note of a later version.
    case unknown

    /// Whether a record's type (`aw_header.type`) says that it is a note.
    package static func isNote(_ type: UInt16) -> Bool { type >= UInt16(ACAP_TYPE_NOTE) }

    /// Reads the note `record`, whose head has been read as `header`.
    ///
    /// - Throws: ``WireError/outOfBounds`` when it is too short for what it says it is.
    package init(decoding record: RawSpan, header: aw_header) throws(WireError) {
        let reader = WireReader(record)
        let start = MemoryLayout<aw_header>.size
        switch UInt32(header.type) {
        case ACAP_TYPE_CLOCK.rawValue:
            let clock = try reader.load(at: start, as: acap_clock.self)
            self = .clock(
                ClockReading(offset: clock.offset, time: clock.time, ticks: clock.has_ticks != 0 ? clock.ticks : nil))
        case ACAP_TYPE_SERIAL.rawValue: self = .serial(try reader.load(at: start, as: acap_serial.self).serial)
        default: self = .unknown
        }
    }

    /// The bytes of the note in a file; none for ``unknown``.
    package var encoded: [UInt8] {
        switch self {
        case .clock(let reading):
            Self.head(ACAP_TYPE_CLOCK, MemoryLayout<acap_clock>.size) + nativeBytes(reading.offset) + nativeBytes(reading.time)
                + nativeBytes(reading.ticks ?? 0) + nativeBytes(UInt32(reading.ticks == nil ? 0 : 1))
        case .serial(let serial):
            Self.head(ACAP_TYPE_SERIAL, MemoryLayout<acap_serial>.size) + nativeBytes(serial) + nativeBytes(UInt32(0))
        case .unknown: []
        }
    }

    private static func head(_ type: acap_type, _ size: Int) -> [UInt8] {
        nativeBytes(UInt32(MemoryLayout<aw_header>.size + size)) + nativeBytes(UInt16(truncatingIfNeeded: type.rawValue))
            + [UInt8(AW_VERSION), 0] + nativeBytes(UInt64(0)) + nativeBytes(UInt64(0))
    }
}

/// Finding the records in a file's bytes.
package enum CaptureFraming {
    /// The head of the record at `offset`, whose bytes are all there; nil when the bytes end before it does.
    ///
    /// - Throws: ``WireError`` when there can be no record.
    package static func head(in bytes: RawSpan, at offset: Int) throws(WireError) -> aw_header? {
        guard let header = try? WireReader(bytes).load(at: offset, as: aw_header.self) else { return nil }
        guard header.version == UInt8(AW_VERSION) else { throw .version(header.version) }
        guard header.size >= UInt32(MemoryLayout<aw_header>.size), header.size <= UInt32(AW_RECORD_MAX), header.size % 8 == 0
        else { throw .size(header.size) }
        return Int(header.size) <= bytes.byteCount - offset ? header : nil
    }
}

/// Why a file is not a capture that can be read.
package enum CaptureError: Error, Equatable, CustomStringConvertible {
    /// It does not begin as a capture does.
    case notCapture
    /// `acap_header.version` is not the one known here.
    case version(UInt16)
    /// `acap_header.wire` is not the one known here.
    case wire(UInt8)
    /// The header's length cannot be.
    case header(size: UInt32)
    /// The length of a tick cannot be, ns.
    case tick(UInt64)
    /// It was made on a machine of another kind: its `AUDIT_ARCH_*`, and this machine's.
    case machine(UInt32, here: UInt32)
    /// It ends in the middle of the header or a record; the offset is where it ends.
    case truncated(at: UInt64)
    /// The event at this offset comes before the first reading of the clocks.
    case noClock(at: UInt64)
    /// The record that begins at this offset is none.
    case record(at: UInt64, WireError)

    /// What is wrong, where, and what to do about it.
    package var description: String {
        switch self {
        case .notCapture: "byte 0: this is no capture file; make one with `ebpf-audit run --capture FILE`"
        case .version(let version):
            "byte 12: a capture of version \(version), and this program reads version \(ACAP_VERSION); replay it with the program that made it"
        case .wire(let version):
            "byte 14: events of wire version \(version), and this program reads version \(AW_VERSION); replay it with the program that made it"
        case .header(let size):
            "byte 8: a header of \(size) bytes cannot be; the file is damaged, copy or capture it again"
        case .tick(let tick): "byte 32: a tick of \(tick) ns cannot be; the file is damaged, copy or capture it again"
        case .machine(let machine, let here):
            "byte 16: captured on a machine of architecture \(String(machine, radix: 16)), and this one is \(String(here, radix: 16)); replay it on one of that kind"
        case .truncated(let offset):
            "byte \(offset): the file ends within a record; what was before it has been written, copy the file again for the rest"
        case .noClock(let offset):
            "byte \(offset): an event before the first reading of the clocks; the file is damaged, copy or capture it again"
        case .record(let offset, let error):
            "byte \(offset): \(error.sentence); what was before it has been written, copy or capture the file again for the rest"
        }
    }
}

extension WireError {
    /// What is wrong, as a part of a sentence.
    package var sentence: String {
        switch self {
        case .outOfBounds: "a record is shorter than its content"
        case .version(let version): "a record of wire version \(version)"
        case .size(let size): "a record of \(size) bytes"
        case .type(let type): "a record of type \(type)"
        case .operation(let number): "an operation of number \(number)"
        case .section(let tag, let length): "a section of tag \(tag) and length \(length)"
        }
    }
}
