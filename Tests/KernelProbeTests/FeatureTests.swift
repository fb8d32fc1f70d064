// SPDX-License-Identifier: MIT
import Foundation
import KernelProbe
import Testing

extension KernelProbeTests {
    /// What the probe says, against bpftool and the machine.
    @Suite("features")
    struct Features {
        /// `bpftool feature probe kernel`, as JSON.
        static func bpftool() throws -> [String: Any] {
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(filePath: "/usr/sbin/bpftool")
            process.arguments = ["-j", "feature", "probe", "kernel"]
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            let data = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        }

        static func ours() -> [String: Bool?] {
            Dictionary(uniqueKeysWithValues: KernelFeatures().features.map { ($0.name, $0.available) })
        }

        @Test("the answers are bpftool's, where it asks the same")
        func peers() throws {
            guard FileManager.default.isExecutableFile(atPath: "/usr/sbin/bpftool") else {
                print("skipped: /usr/sbin/bpftool, the peer of this test, is not on this machine")
                return
            }
            let peer = try Self.bpftool()
            let programs = try #require(peer["program_types"] as? [String: Bool])
            let maps = try #require(peer["map_types"] as? [String: Bool])
            let ours = Self.ours()
            #expect(ours["raw_tracepoint"] == .some(programs["have_raw_tracepoint_prog_type"]))
            #expect(ours["ring_buffer"] == .some(maps["have_ringbuf_map_type"]))
            let helpers = try #require(peer["helpers"] as? [String: [String]])
            let list = try #require(helpers["raw_tracepoint_available_helpers"])
            #expect(ours["loop"] == list.contains("bpf_loop"))
        }

        @Test("the answers are what the machine's files say")
        func files() throws {
            let ours = Self.ours()
            #expect(ours["btf"] == FileManager.default.fileExists(atPath: "/sys/kernel/btf/vmlinux"))
            #expect(
                ours["kprobe"] == FileManager.default.fileExists(atPath: "/sys/bus/event_source/devices/kprobe/type"))
            let features = KernelFeatures()
            let release = try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
            #expect(features.release + "\n" == release)
            #expect(features.features.allSatisfy { $0.available != nil || $0.errno > 0 })
        }

        @Test("the first tier that the kernel accepts is taken; a forced one alone is tried")
        func choice() throws {
            var attempts: [TierAttempt] = []
            let settings = KernelSettings(selfProcess: 0)
            let kernel = try TierChoice.load(settings: settings, only: nil, attempts: &attempts)
            let taken = kernel.tier
            #expect(Tier.all.prefix(attempts.count).map(\.name) == attempts.map(\.tier))
            #expect(taken == Tier.all[attempts.count])
            // A kernel with these two runs the first tier.
            let ours = Self.ours()
            if ours["btf_tracepoint"] == true, ours["ring_buffer"] == true { #expect(taken.name == "btf") }
        }

        @Test("a tier that is refused is an attempt with its reason, and without any other the sentence names it")
        func refusal() throws {
            var attempts: [TierAttempt] = []
            var settings = KernelSettings(selfProcess: 0)
            settings.ringBytes = 12345
            do {
                _ = try TierChoice.load(settings: settings, only: Tier(named: "btf"), attempts: &attempts)
                Issue.record("a ring of 12345 bytes was taken")
            } catch {
                guard case KernelError.noTier(let tried) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(tried.map(\.tier) == ["btf"])
                #expect(error.description.contains("btf"))
                #expect(error.description.contains("ebpf-audit probe"))
                #expect(error.description.contains("Invalid argument"))
            }
        }
    }
}
