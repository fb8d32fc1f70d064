// SPDX-License-Identifier: MIT
internal import Glibc

/// The version of the kernel that runs, on which it depends what some rules mean.
package struct KernelRelease: Comparable, Sendable {
    package let major: Int
    package let minor: Int

    package init(major: Int, minor: Int) { (self.major, self.minor) = (major, minor) }

    /// That of uname(2); zeros where it does not begin with numbers.
    package static let current: KernelRelease = {
        var name = utsname()
        guard unsafe uname(&name) == 0 else { return KernelRelease(major: 0, minor: 0) }
        let text = unsafe withUnsafeBytes(of: name.release) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let numbers = text.split { !$0.isNumber }.prefix(2).map { Int($0) ?? 0 }
        return KernelRelease(major: numbers.first ?? 0, minor: numbers.count > 1 ? numbers[1] : 0)
    }()

    package static func < (left: KernelRelease, right: KernelRelease) -> Bool { (left.major, left.minor) < (right.major, right.minor) }
}
