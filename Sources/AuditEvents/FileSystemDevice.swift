// SPDX-License-Identifier: MIT

/// A mounted file system: the device that its files have, and of which type it is.
package struct FileSystemDevice: Sendable, Equatable {
    package let major: UInt32
    package let minor: UInt32
    /// `s_magic` of its super block (linux/magic.h), which statfs(2) tells, too.
    package let magic: UInt32

    package init(major: UInt32, minor: UInt32, magic: UInt32) {
        self.major = major
        self.minor = minor
        self.magic = magic
    }
}
