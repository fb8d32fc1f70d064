// SPDX-License-Identifier: MIT
import Glibc

/// The capabilities that the running kernel knows.
package enum KernelCapabilities {
    /// One bit for each: `CAP_FULL_SET`. What 41 of them make when the kernel does not tell (/proc/sys/kernel/cap_last_cap, 3.2).
    package static func all() -> UInt64 {
        let unknown: UInt64 = 1 << 41 - 1
        let descriptor = unsafe open("/proc/sys/kernel/cap_last_cap", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return unknown }
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 8)
        let count = unsafe text.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        let digits = text.prefix(max(0, count)).prefix { (0x30...0x39).contains($0) }
        guard (1...2).contains(digits.count) else { return unknown }
        let last = digits.reduce(0) { $0 * 10 + Int($1) - 0x30 }
        return last < 63 ? 1 << UInt64(last + 1) - 1 : .max
    }
}
