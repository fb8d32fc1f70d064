// SPDX-License-Identifier: MIT
package import AuditBytes
import Glibc

/// A socket address in words, as auparse 3.0.9 interprets `saddr=` (`print_sockaddr()`, auparse/interpret.c).
package enum SocketAddressText {
    /// Appends the words for `address`, a sockaddr of at most 128 bytes: `{ saddr_fam=inet laddr=… lport=… }`.
    ///
    /// The path of a unix socket that is not plain is written as hexadecimal digits. auditd writes it as it is, and
    /// so lets it end the record. Amateur radio, IPX, ATM and X.25 addresses are called unsupported.
    package static func append(_ address: RawSpan, into buffer: inout RecordBuffer) {
        var storage = sockaddr_storage()
        let length = min(address.byteCount, MemoryLayout<sockaddr_storage>.size)
        unsafe withUnsafeMutableBytes(of: &storage) { target in
            unsafe address.extracting(first: length).withUnsafeBytes { unsafe target.copyMemory(from: $0) }
        }
        let family = Int(storage.ss_family)
        guard family > 0, family < families.count, families[family].utf8CodeUnitCount > 0 else {
            buffer.append("unknown-family(")
            buffer.appendDecimal(UInt32(family))
            buffer.append(")")
            return
        }
        buffer.append("{ saddr_fam=")
        buffer.append(families[family])
        switch Int32(family) {
        case AF_UNIX where length < 4, AF_INET where length < MemoryLayout<sockaddr_in>.size:
            buffer.append(" sockaddr len too short }")
        case AF_INET6 where length < MemoryLayout<sockaddr_in6>.size:
            buffer.append(" sockaddr6 len too short }")
        case AF_NETLINK where length < 12:
            buffer.append(" len too short }")
        case AF_UNIX: appendPath(address.extracting(first: length).extracting(droppingFirst: 2), into: &buffer)
        case AF_INET: appendHost(&storage, length: MemoryLayout<sockaddr_in>.size, into: &buffer)
        case AF_INET6: appendHost(&storage, length: MemoryLayout<sockaddr_in6>.size, into: &buffer)
        case AF_NETLINK:
            // struct sockaddr_nl: family, padding, port id.
            buffer.append(" nlnk-fam=16 nlnk-pid=")
            buffer.appendDecimal(unsafe address.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self))
            buffer.append(" }")
        default:
            buffer.append(" (unsupported) }")
        }
    }

    /// A path up to its NUL, or an abstract name behind its leading NUL; at most 108 bytes.
    private static func appendPath(_ path: RawSpan, into buffer: inout RecordBuffer) {
        unsafe path.withUnsafeBytes { bytes in
            let start = unsafe bytes.first == 0 ? 1 : 0
            var end = start
            while end < bytes.count, end - start < 108, unsafe bytes[end] != 0 { end += 1 }
            let name = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            buffer.append(" path=")
            if PlainText.isPlain(name) { buffer.append(name) } else { buffer.appendUppercaseHex(name) }
            buffer.append(" }")
        }
    }

    private static func appendHost(
        _ storage: inout sockaddr_storage, length: Int, into buffer: inout RecordBuffer
    ) {
        unsafe withUnsafeBytes(of: &storage) { address in
            unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024 + 32) { text in
                guard let host = text.baseAddress, let address = address.baseAddress else { return }
                let port = unsafe host + 1024
                let error = unsafe getnameinfo(
                    address.assumingMemoryBound(to: sockaddr.self), socklen_t(length), host, 1024, port, 32,
                    NI_NUMERICHOST | NI_NUMERICSERV)
                guard error == 0 else {
                    buffer.append(" (error resolving addr) }")
                    return
                }
                buffer.append(" laddr=")
                buffer.append(unsafe RawSpan(_unsafeStart: host, byteCount: strlen(host)))
                buffer.append(" lport=")
                buffer.append(unsafe RawSpan(_unsafeStart: port, byteCount: strlen(port)))
                buffer.append(" }")
            }
        }
    }

    /// Families by number, as auparse names them (auparse/famtab.h); empty for one that it does not know.
    private static let families: [StaticString] = [
        "", "local", "inet", "ax25", "ipx", "appletalk", "netrom", "bridge", "atmpvc", "x25", "inet6", "rose", "decnet",
        "netbeui", "security", "key", "netlink", "packet", "ash", "econet", "atmsvc", "rds", "sna", "irda", "pppox",
        "wanpipe", "llc", "", "", "can", "tipc", "bluetooth", "iucv", "rxrpc", "isdn", "phonet", "ieee802154", "caif",
        "alg", "nfc", "vsock", "kcm", "qipcrtr", "smc", "xdp",
    ]
}
