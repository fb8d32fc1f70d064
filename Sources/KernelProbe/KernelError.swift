// SPDX-License-Identifier: MIT
internal import Glibc

/// Why the kernel side could not be brought up or used.
package enum KernelError: Error, Sendable, CustomStringConvertible {
    /// BPF is not permitted to this process (EPERM, EACCES).
    case notPermitted(stage: String)
    /// No tier of this program runs on this kernel; the text says what was tried.
    case noTier(attempts: [TierAttempt])
    /// A system or libbpf call failed.
    case failed(stage: String, errno: Int32, log: String)

    /// One sentence for the operator, with the remedy where there is one.
    package var description: String {
        switch self {
        case .notPermitted(let stage):
            "\(stage): BPF is not permitted to this process; run as root (or with CAP_BPF and CAP_PERFMON), outside of containers that forbid bpf(2)"
        case .noTier(let attempts):
            "no kernel program could be started here: "
                + attempts.map { "\($0.tier): \($0.reason)" }.joined(separator: "; ")
                + "; `ebpf-audit probe` shows what this kernel offers"
        case .failed(let stage, let errno, let log):
            "\(stage) failed: \(describe(errno: errno))" + (log.isEmpty ? "" : ": \(log)")
        }
    }
}

/// One tier that was tried and refused.
package struct TierAttempt: Sendable {
    /// The tier's name.
    package let tier: String
    /// Why it did not start: the error and the verifier's last lines.
    package let reason: String
}

/// The text of an error number, as strerror(3) gives it (safe in threads since glibc 2.32).
func describe(errno: Int32) -> String {
    unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
}
