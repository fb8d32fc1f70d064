// SPDX-License-Identifier: MIT
import CAuditWire
import Glibc

/// What the kernel side would tell of the file at `path`; nil where there is none.
func fileObject(_ path: String) -> aw_object? {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return nil }
    var object = aw_object()
    object.inode = UInt64(status.st_ino)
    // The temporary directory's device fits the old form of a number.
    object.dev_major = UInt32(status.st_dev >> 8 & 0xfff)
    object.dev_minor = UInt32(status.st_dev & 0xff)
    object.mode = UInt16(status.st_mode)
    return object
}
