// SPDX-License-Identifier: MIT

extension Rule {
    /// What of it this version cannot judge, and must not ignore; nil when there is nothing.
    var unsupported: String? {
        // No program but the kernel sees the records that programs send to it.
        if list != .exit, list != .user { return "the filter list \(list.name) is" }
        return nil
    }
}
