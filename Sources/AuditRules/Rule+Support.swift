// SPDX-License-Identifier: MIT

extension Rule {
    /// What of it this version cannot judge, and must not ignore; nil when there is nothing.
    var unsupported: String? {
        if list != .exit { return "the filter list \(list.name) is" }
        for test in tests {
            switch test.field {
            case .path, .dir: return "watching paths is"
            case .perm, .exe, .inode, .devmajor, .devminor, .filetype, .ownerUser, .ownerGroup:
                return "the field \(LibAudit.name(field: test.field.rawValue) ?? "") is"
            case .fieldCompare: return "comparing fields with -C is"
            default: if test.field.isLabel { return "comparing security labels is" }
            }
        }
        return nil
    }
}
