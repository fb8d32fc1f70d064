// SPDX-License-Identifier: MIT
package import AuditEvents
import Glibc

/// The file systems that are mounted where this process sees them, and of a type that is known here.
package struct FileSystems: ~Copyable {
    /// Stays open: the kernel tells by it when mounts change (proc_pid_mountinfo(5)).
    private let descriptor: Int32
    /// Each once.
    package private(set) var devices: [FileSystemDevice] = []

    /// Looks at /proc/self/mountinfo. Without it no file system is known.
    package init() {
        descriptor = unsafe open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)
        if descriptor >= 0 { read() }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Looks again if mounts have changed, and says whether they have.
    package mutating func refresh() -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLPRI), revents: 0)
        guard descriptor >= 0, unsafe Glibc.poll(&poll, 1, 0) > 0 else { return false }
        read()
        return true
    }

    private mutating func read() {
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        lseek(descriptor, 0, SEEK_SET)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            text += chunk.prefix(count)
        }
        devices = Self.parse(text)
    }

    /// The devices in the text of a mountinfo: `ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAG…] - TYPE SOURCE OPTIONS`.
    package static func parse(_ text: [UInt8]) -> [FileSystemDevice] {
        var devices: [FileSystemDevice] = []
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count > 6, let mark = words.dropFirst(6).firstIndex(where: { $0.elementsEqual("-".utf8) }),
                mark + 1 < words.count, let magic = magics[String(decoding: words[mark + 1], as: UTF8.self)]
            else { continue }
            let numbers = words[2].split(separator: UInt8(ascii: ":")).map { UInt32(String(decoding: $0, as: UTF8.self)) }
            guard numbers.count == 2, let major = numbers[0], let minor = numbers[1] else { continue }
            let device = FileSystemDevice(major: major, minor: minor, magic: magic)
            if !devices.contains(device) { devices.append(device) }
        }
        return devices
    }

    /// linux/magic.h by the names of the types. Asking statfs(2) instead may wait for a server.
    private static let magics: [String: UInt32] = [
        "9p": 0x0102_1997, "autofs": 0x0187, "binfmt_misc": 0x4249_4e4d, "bpf": 0xcafe_4a11, "btrfs": 0x9123_683e, "cgroup": 0x0027_e0eb,
        "cgroup2": 0x6367_7270, "configfs": 0x6265_6570, "debugfs": 0x6462_6720, "devpts": 0x1cd1, "devtmpfs": 0x0102_1994,
        "efivarfs": 0xde5e_81e4, "erofs": 0xe0f5_e1e2, "exfat": 0x2011_bab0, "ext2": 0xef53, "ext3": 0xef53, "ext4": 0xef53,
        "f2fs": 0xf2f5_2010, "fuse": 0x6573_5546, "fuseblk": 0x6573_5546, "hugetlbfs": 0x9584_58f6, "iso9660": 0x9660,
        "mqueue": 0x1980_0202, "msdos": 0x4d44, "nfs": 0x6969, "nfs4": 0x6969, "nsfs": 0x6e73_6673, "overlay": 0x794c_7630,
        "proc": 0x9fa0, "pstore": 0x6165_676c, "ramfs": 0x8584_58f6, "resctrl": 0x0765_5821, "securityfs": 0x7363_6673,
        "selinuxfs": 0xf97c_ff8c, "smackfs": 0x4341_5d53, "squashfs": 0x7371_7368, "sysfs": 0x6265_6572, "tmpfs": 0x0102_1994,
        "tracefs": 0x7472_6163, "vfat": 0x4d44, "virtiofs": 0x6573_5546, "xfs": 0x5846_5342,
    ]
}
