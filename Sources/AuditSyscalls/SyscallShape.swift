// SPDX-License-Identifier: MIT

/// What a path argument is to its call: decides the record's `nametype=` when the kernel's own answer is not at hand.
package enum PathUse: UInt8, Sendable {
    /// Looked up: NORMAL.
    case lookup
    /// Made by the call: CREATE.
    case create
    /// Removed by the call: DELETE.
    case delete
    /// Only read as text (the target of symlink): UNKNOWN, as audit leaves every name that no look-up touched.
    case text
}
