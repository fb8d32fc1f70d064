// SPDX-License-Identifier: MIT
import CAuditWire
import KernelProbe
import Testing

/// What is said of path hooks.
@Suite struct HooksReportTests {
    static func report(
        _ wanted: HookGroups, _ complete: HookGroups, _ hooks: [(String, HookReport.State)]
    ) -> HooksReport {
        HooksReport(
            wanted: wanted, complete: complete, hooks: hooks.map { HookReport(function: $0.0, state: $0.1) })
    }

    @Test func allIsThere() {
        let report = Self.report([.look], [.look], [("filename_lookup", .fentry), ("do_filp_open", .unneeded)])
        #expect(report.way == "fentry")
        #expect(report.missing.isEmpty)
        #expect(report.shortcoming == nil)
    }

    @Test func nothingIsPermitted() throws {
        let report = Self.report([.look, .open], [], [("filename_lookup", .refused("no")), ("do_filp_open", .lacking)])
        #expect(report.way == "none")
        #expect(report.missing.map(\.function) == ["filename_lookup", "do_filp_open"])
        #expect(try #require(report.shortcoming).contains("no path hooks"))
    }

    /// One that is missing is named, and whose calls it concerns.
    @Test func oneIsMissing() throws {
        let report = Self.report(
            .all, [.look, .signal], [("filename_lookup", .fentry), ("d_lookup", .kprobe), ("vfs_mkdir", .lacking)])
        #expect(report.way == "fentry+kprobe")
        let sentence = try #require(report.shortcoming)
        #expect(sentence.contains("vfs_mkdir"))
        #expect(sentence.contains("change or open"))
        #expect(!sentence.contains("filename_lookup"))
    }

    /// Rules whose calls need no hooks: nothing is attached and nothing to complain of.
    @Test func nothingIsWanted() {
        let report = Self.report([], [], [("filename_lookup", .unneeded)])
        #expect(report.way == "none")
        #expect(report.shortcoming == nil)
    }

    @Test func groupsOfShapes() {
        var shape = ash_shape()
        shape.flags = UInt16((ASH_HOOK_OPEN.rawValue | ASH_HOOK_SIGNAL.rawValue) << ASH_HOOKS_SHIFT.rawValue)
        #expect(HookGroups(needsOf: shape) == [.open, .signal])
        #expect(HookGroups(needsOf: shape).names == ["open", "signal"])
        #expect(HookGroups(needsOf: ash_shape()).isEmpty)
    }
}

extension KernelProbeTests {
    /// Attaching on this machine's kernel, whatever it permits.
    @Suite("hooks")
    struct Hooks {
        @Test("what is not wanted is not attached; what this kernel refuses harms nothing")
        func attaching() throws {
            var settings = KernelSettings(selfProcess: 0)
            settings.traces = 64
            let kernel = try KernelSide(tier: Tier.all[0], settings: settings)
            let none = kernel.attachHooks([], ways: .available())
            #expect(none.complete.isEmpty && none.missing.isEmpty && none.way == "none")
            let forbidden = kernel.attachHooks(.all, ways: [])
            #expect(forbidden.complete.isEmpty && forbidden.way == "none" && !forbidden.missing.isEmpty)
            try kernel.attach()
            try kernel.detach()
        }
    }
}
