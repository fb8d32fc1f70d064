// SPDX-License-Identifier: MIT
import Testing

extension CollectionTests {
    /// `x-path` is about what a call acts on, not about what it calls it.
    @Suite("real paths")
    struct RealPaths {
        /// What the collector's first record says, or nil.
        private func value(_ name: String, _ session: Session) throws -> String? {
            try session.collector.records().first { $0.type == "TRUSTED_APP" }?.field(name)
        }

        @Test(
            "by descriptors, links and directories: x-path selects what the call acts on, whichever way hooks are attached",
            arguments: ["=", "!="], ["auto", "kprobe"])
        func selected(_ op: String, _ hooks: String) throws {
            let session = try Session.run("real_paths", configuration: "hooks = \(hooks)\n") {
                "-a always,exit -F arch=b64 -S all -F pid=\($0) -F x-path\(op)*/keys/authorized_keys -k keys\n"
            }
            guard try value("tier", session) == "\"btf\"" else {
                print("skipped: the tiers for kernels before 5.8 tell no paths")
                return
            }
            let isHooked = try value("hooks", session) != "\"none\""
            // A hook that a kernel with others refuses is a mistake of ours.
            if isHooked { #expect(try value("hooks-missing", session) == "0", "\(session.collector.error)") }
            if !isHooked { print("without path hooks: paths of files that a call has no descriptor of are not known") }
            var counts: [String: Int] = [:]
            for call in session.truth.calls {
                let when = String(decoding: try #require(call.paths.first), as: UTF8.self)
                counts[when, default: 0] += 1
                let isOf: Bool
                switch when {
                case "always": isOf = true
                case "never": isOf = false
                case "hooked", "cut": isOf = isHooked
                case "unhooked": isOf = !isHooked
                default: throw HarnessError("truth: \(when)")
                }
                let isSelected = try session.event(of: call) != nil
                #expect(isSelected == (isOf == (op == "=")), "\(isHooked ? "hooks" : "no hooks"), \(when): \(call.fact)")
            }
            #expect(counts == ["always": 10, "never": 6, "hooked": 10, "unhooked": 1, "cut": 1])
        }
    }
}
