// SPDX-License-Identifier: MIT
internal import CAuditWire

/// What events carry beyond what their records need, because a rule asks for it: `enum asc_wanted` of controls.h.
package struct WantedParts: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Supplementary groups.
    package static let groups = WantedParts(rawValue: ASC_WANTED_GROUPS.rawValue)
    /// Device and inode of the program that the task runs.
    package static let program = WantedParts(rawValue: ASC_WANTED_PROGRAM.rawValue)
    /// The directories that files are in, by inode, up to the root of their file system.
    package static let ancestors = WantedParts(rawValue: ASC_WANTED_ANCESTORS.rawValue)
    /// The paths of files that the call has a descriptor of, and of the program that it runs.
    package static let paths = WantedParts(rawValue: ASC_WANTED_PATHS.rawValue)
    /// What SELinux takes for the label of a file that is not there.
    package static let unlabeled = WantedParts(rawValue: ASC_WANTED_UNLABELED.rawValue)
}
