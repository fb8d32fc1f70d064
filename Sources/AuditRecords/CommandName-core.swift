// SPDX-License-Identifier: MIT
import AuditBytes
import CAuditWire

extension RecordBuffer {
    /// Appends the command name of a call as an untrusted string: up to its first NUL, at most 16 bytes.
    @inline(__always)
    mutating func appendCommand(of call: aw_syscall) {
        unsafe withUnsafeBytes(of: call.comm) { bytes in
            var length = 0
            while length < bytes.count, unsafe bytes[length] != 0 { length += 1 }
            appendUntrusted(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[..<length])))
        }
    }
}
