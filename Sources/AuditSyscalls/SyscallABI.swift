// SPDX-License-Identifier: MIT

/// A system-call table of the machine.
package enum SyscallABI: UInt32, CaseIterable, Sendable {
    /// The 64-bit table: `AS_ABI_NATIVE`.
    case native = 0
    /// The 32-bit table: `AS_ABI_COMPAT`.
    case compat = 1
}
