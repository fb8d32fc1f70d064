// SPDX-License-Identifier: MIT
import AuditEnrichment
import AuditEvents
import Testing

@Suite struct FileSystemsTests {
    /// The first line is the example of proc_pid_mountinfo(5).
    @Test func mountsAreRead() {
        let text = """
            36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
            56 23 0:13 / /sys/kernel/tracing rw,relatime - tracefs none rw
            57 23 0:13 / /mnt/again rw shared:7 master:8 - tracefs none rw
            58 23 0:14 / /mnt/with\\040blank rw - cgroup2 cgroup2 rw
            59 23 0:15 / /mnt/other rw - nothing-known none rw
            """
        #expect(
            FileSystems.parse(Array(text.utf8)) == [
                FileSystemDevice(major: 98, minor: 0, magic: 0xef53), FileSystemDevice(major: 0, minor: 13, magic: 0x7472_6163),
                FileSystemDevice(major: 0, minor: 14, magic: 0x6367_7270),
            ])
    }

    @Test(arguments: [
        "", "\n\n", "36 35", "36 35 98:0 / / rw -", "36 35 98:0 / / rw - ", "a b c d e f - ext4", "1 2 3:4:5 / / rw - ext4 x rw",
    ])
    func anythingElseIsNoFileSystem(_ text: String) {
        #expect(FileSystems.parse(Array(text.utf8)).isEmpty)
    }

    /// /proc is there wherever tests run, and its device is that of its files.
    @Test func thisMachinesAreKnown() {
        var systems = FileSystems()
        let hasProc = systems.devices.contains { $0.magic == 0x9fa0 }
        #expect(hasProc)
        // Nothing has been mounted meanwhile, or something has: both are answers.
        let before = systems.devices
        if !systems.refresh() {
            let after = systems.devices
            #expect(before == after)
        }
    }
}
