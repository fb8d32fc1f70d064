// SPDX-License-Identifier: MIT
package import AuditBytes
import Glibc

/// Names of users and groups, remembered.
///
/// A bounded table in which a number has one place; another number with the same place displaces it. A name is asked for again
/// after ``lifetime``, so that a changed account shows. Asking goes through the C library's name service and may take
/// long where that reaches over a network; a remembered name costs no allocation.
package struct AccountNames: ~Copyable {
    /// How long a name is believed, nanoseconds.
    package static let lifetime: UInt64 = 60_000_000_000
    /// Bytes of one name as it is remembered: quotes and 63 bytes, or as many as hexadecimal digits. auparse prints at most
    /// 63 bytes of a name (`print_uid()`, auparse/interpret.c, 3.0.9).
    private static let nameRoom = 128

    private struct Place {
        var id: UInt32 = 0
        /// 0 for an empty place.
        var length: UInt8 = 0
        var isGroup = false
        var time: UInt64 = 0
    }

    private var places: [Place]
    /// ``nameRoom`` bytes for each place.
    private var text: [UInt8]
    /// What the C library puts an account's strings into; sysconf(_SC_GETPW_R_SIZE_MAX) is 1024, groups may be long.
    private var scratch: [CChar]
    /// A name being encoded.
    private var encoded = RecordBuffer(capacity: Self.nameRoom)

    /// A table of `capacity` places, made a power of two.
    package init(capacity: Int) {
        let count = max(1, min(capacity, 1 << 16).nextPowerOfTwo)
        places = Array(repeating: Place(), count: count)
        text = Array(repeating: 0, count: count * Self.nameRoom)
        scratch = Array(repeating: 0, count: 65536)
    }

    /// Forgets every name.
    package mutating func removeAll() {
        for at in places.indices { places[at] = Place() }
    }

    /// Appends the name of user `id` as auditd writes it: `"name"`, hexadecimal digits when it is not plain, `"unset"` for
    /// (u32)-1, `"unknown(NUMBER)"` for one without account.
    ///
    /// - Parameters:
    ///   - id: the user.
    ///   - now: the time, nanoseconds of any clock that goes forward; decides how old a remembered name is.
    ///   - buffer: gets the name.
    package mutating func appendUser(_ id: UInt32, now: UInt64, into buffer: inout RecordBuffer) {
        append(id, isGroup: false, now: now, into: &buffer)
    }

    /// Appends the name of group `id`; see ``appendUser(_:now:into:)``.
    package mutating func appendGroup(_ id: UInt32, now: UInt64, into buffer: inout RecordBuffer) {
        append(id, isGroup: true, now: now, into: &buffer)
    }

    private mutating func append(_ id: UInt32, isGroup: Bool, now: UInt64, into buffer: inout RecordBuffer) {
        // auparse does not ask for these two.
        if id == 0 { return buffer.append("\"root\"") }
        if id == UInt32.max { return buffer.append("\"unset\"") }
        let hash = (id &* 0x9e37_79b1) >> 8 ^ (isGroup ? 1 : 0)
        let at = Int(hash) & (places.count - 1)
        let place = places[at]
        let isKnown =
            place.length > 0 && place.id == id && place.isGroup == isGroup && now >= place.time
            && now - place.time < Self.lifetime
        if !isKnown { learn(id, isGroup: isGroup, now: now, at: at) }
        let start = at * Self.nameRoom
        buffer.append(text.span.extracting(start..<start + Int(places[at].length)))
    }

    private mutating func learn(_ id: UInt32, isGroup: Bool, now: UInt64, at: Int) {
        encoded.removeAll()
        let isFound = isGroup ? askGroup(id) : askUser(id)
        if !isFound || encoded.count == 0 {
            encoded.removeAll()
            encoded.append("\"unknown(")
            encoded.appendDecimal(Int32(bitPattern: id))
            encoded.append(")\"")
        }
        let length = min(encoded.count, Self.nameRoom)
        for offset in 0..<length {
            let byte = unsafe encoded.bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
            text[at * Self.nameRoom + offset] = byte
        }
        places[at] = Place(id: id, length: UInt8(length), isGroup: isGroup, time: now)
    }

    private mutating func askUser(_ id: UInt32) -> Bool {
        var account = unsafe passwd()
        var result: UnsafeMutablePointer<passwd>?
        let error = unsafe getpwuid_r(id, &account, &scratch, scratch.count, &result)
        guard error == 0, unsafe result != nil, let name = unsafe account.pw_name else { return false }
        unsafe encode(name)
        return true
    }

    private mutating func askGroup(_ id: UInt32) -> Bool {
        var account = unsafe group()
        var result: UnsafeMutablePointer<group>?
        let error = unsafe getgrgid_r(id, &account, &scratch, scratch.count, &result)
        guard error == 0, unsafe result != nil, let name = unsafe account.gr_name else { return false }
        unsafe encode(name)
        return true
    }

    private mutating func encode(_ name: UnsafePointer<CChar>) {
        let length = unsafe min(strlen(name), 63)
        unsafe encoded.appendUntrusted(RawSpan(_unsafeStart: name, byteCount: length))
    }
}

extension Int {
    /// The smallest power of two that is not smaller.
    fileprivate var nextPowerOfTwo: Int { self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
