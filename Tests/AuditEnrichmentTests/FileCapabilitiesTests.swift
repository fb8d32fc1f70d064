// SPDX-License-Identifier: MIT
import AuditEnrichment
import Foundation
import Testing

/// `security.capability` (struct vfs_ns_cap_data, linux/capability.h; capabilities(7)).
@Suite struct FileCapabilitiesTests {
    /// Words of the attribute, lower byte first.
    private static func words(_ words: UInt32...) -> [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32($0 * 8)) } }
    }

    @Test func versionTwo() throws {
        let read = try #require(FileCapabilities(attribute: Self.words(0x0200_0001, 0x0000_2400, 0x8000_0000, 0x100, 3)))
        #expect(read.version == 2)
        #expect(read.isEffective)
        #expect(read.permitted == 0x100_0000_2400)
        #expect(read.inheritable == 0x3_8000_0000)
        #expect(read.rootID == 0)
    }

    @Test func versionThree() throws {
        let read = try #require(FileCapabilities(attribute: Self.words(0x0300_0000, 1, 2, 3, 4, 100_000)))
        #expect(read.version == 3)
        #expect(!read.isEffective)
        #expect(read.permitted == 0x3_0000_0001)
        #expect(read.inheritable == 0x4_0000_0002)
        #expect(read.rootID == 100_000)
    }

    @Test func versionOne() throws {
        let read = try #require(FileCapabilities(attribute: Self.words(0x0100_0001, 0x2000, 1)))
        #expect(read.version == 1)
        #expect(read.isEffective)
        #expect(read.permitted == 0x2000)
        #expect(read.inheritable == 1)
    }

    /// get_vfs_caps_from_disk() takes each version in its own size only.
    @Test func otherBytesAreNone() {
        for version: UInt32 in [0, 1, 2, 3, 4, 0xff] {
            for count in 0...40 {
                var bytes = [UInt8](repeating: 0, count: count)
                if count >= 4 { bytes[3] = UInt8(version) }
                let isOne = [1: 12, 2: 20, 3: 24][version] == count
                #expect((FileCapabilities(attribute: bytes) != nil) == isOne, "version \(version), \(count) bytes")
            }
        }
    }

    @Test func ofAFile() throws {
        let files = try TestFiles()
        defer { files.remove() }
        let path = try files.write("program", Array("#!/bin/sh\n".utf8))
        #expect(try TestFiles.look(path) == ProgramFacts())
        guard TestFiles.setCapabilities(path, Self.words(0x0200_0001, 0x2000, 0, 0, 0)) else { return }
        let facts = try TestFiles.look(path)
        #expect(facts.loader == nil)
        #expect(facts.capabilities?.permitted == 0x2000)
        #expect(facts.capabilities?.isEffective == true)
        guard TestFiles.setCapabilities(path, Self.words(0x0300_0000, 0, 0x400, 0, 0, 1000)) else { return }
        #expect(try TestFiles.look(path).capabilities?.rootID == 1000)
        #expect(try TestFiles.look(path).capabilities?.version == 3)
    }

    /// setcap(8) writes, getcap(8) reads: cap_net_raw is 13, cap_sys_admin 21, cap_bpf 39.
    @Test func ofAFileThatSetcapMade() throws {
        let files = try TestFiles()
        defer { files.remove() }
        let path = try files.write("program", [0])
        guard let setcap = ["/usr/sbin/setcap", "/sbin/setcap"].first(where: FileManager.default.fileExists(atPath:)) else {
            print("skipped: no setcap on this machine")
            return
        }
        _ = try TestFiles.run(setcap, ["cap_net_raw,cap_bpf=p cap_sys_admin=i", path])
        guard let read = try TestFiles.look(path).capabilities else {
            print("skipped: setcap cannot set capabilities here")
            return
        }
        #expect(read.permitted == 1 << 13 | 1 << 39)
        #expect(read.inheritable == 1 << 21)
        #expect(!read.isEffective)
        _ = try TestFiles.run(setcap, ["cap_net_raw=ep", path])
        #expect(try TestFiles.look(path).capabilities?.isEffective == true)
        _ = try TestFiles.run(setcap, ["-r", path])
        #expect(try TestFiles.look(path).capabilities == nil)
    }

    /// `CapBnd:` of the first process has every capability that the kernel knows (unless it is in a container).
    @Test func allThatTheKernelHas() throws {
        let last = try String(contentsOfFile: "/proc/sys/kernel/cap_last_cap", encoding: .utf8)
        let count = try #require(Int(last.trimmingCharacters(in: .whitespacesAndNewlines))) + 1
        #expect(KernelCapabilities.all().nonzeroBitCount == count)
        #expect(KernelCapabilities.all().leadingZeroBitCount == 64 - count)
        #expect((38...63).contains(count))
    }
}
