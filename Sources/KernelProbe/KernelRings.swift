// SPDX-License-Identifier: MIT

/// How operations of io_uring are seen.
package struct RingsReport: Sendable, Equatable {
    /// Where the kernel side looks.
    package enum Way: Sendable {
        /// Nowhere: rules of the list `io_uring` have no effect.
        case none
        /// On the function that issues operations, by trampoline or by kprobe.
        case fentry, kprobe
        /// At the tracepoints where operations are handed in and on, which do not know what comes of them.
        case tracepoints
    }

    package let way: Way
    /// The kernel's function or tracepoint, or "".
    package let place: String
    /// What was refused before, or why there is none, or "".
    package let reason: String

    package init(way: Way, place: String, reason: String) {
        self.way = way
        self.place = place
        self.reason = reason
    }

    /// One sentence for the operator; nil where operations are seen with their results.
    package var shortcoming: String? {
        switch way {
        case .fentry, .kprobe: nil
        case .none: "operations of io_uring are not seen (\(reason)): rules of the list io_uring have no effect"
        case .tracepoints:
            "this kernel permits no hook on the function that issues operations of io_uring\(reason.isEmpty ? "" : " (\(reason))"): URINGOP records have no success= and exit="
        }
    }
}
