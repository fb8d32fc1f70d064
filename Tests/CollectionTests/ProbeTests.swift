// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// `ebpf-audit probe --json` for programs that read it.
    @Suite("probe")
    struct Probe {
        @Test("one JSON object: kernel, features and the tier that is taken")
        func json() throws {
            let program = try Place.required(Place.program, "build it with 'make', or name it in EBPF_AUDIT")
            let result = try runTool(program, ["probe", "--json"])
            #expect(result.end == .exit(0), "\(result.error)")
            #expect(result.error.isEmpty)
            let parsed = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
            let object = try #require(parsed)
            #expect(Set(object.keys) == ["kernel", "machine", "libbpf", "features", "hooks", "calls", "tier", "refused", "error"])
            let release = try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
            #expect(object["kernel"] as? String == release.trimmingCharacters(in: .newlines))
            #expect(object["error"] is NSNull)
            let features = try #require(object["features"] as? [[String: Any]])
            for feature in features {
                #expect(Set(feature.keys) == ["name", "available", "errno", "purpose"])
                #expect(feature["available"] is Bool || feature["available"] is NSNull)
                #expect(feature["errno"] is Int)
            }
            let names = features.compactMap { $0["name"] as? String }
            #expect(Set(names).count == names.count)
            // This machine's kernel has all that the first tier needs, or the other tests of collecting could not run.
            #expect(object["tier"] as? String == "btf")
            #expect((object["refused"] as? [Any])?.isEmpty == true)
            for needed in ["btf", "btf_tracepoint", "ring_buffer"] {
                let feature = features.first { $0["name"] as? String == needed }
                #expect(feature?["available"] as? Bool == true, "\(needed)")
            }
            // Hooks are attached in a way that the kernel has been found to permit, all by the same, or not at all.
            let hooks = try #require(object["hooks"] as? [String: Any])
            let way = try #require(hooks["way"] as? String)
            #expect(["none", "fentry", "kprobe", "fentry+kprobe"].contains(way))
            for part in way.split(separator: "+") where part != "none" {
                #expect(features.first { $0["name"] as? String == String(part) }?["available"] as? Bool == true)
            }
            let list = try #require(hooks["list"] as? [[String: Any]])
            #expect(!list.isEmpty)
            for hook in list { #expect(Set(hook.keys) == ["function", "attached", "answer"]) }
            if way == "none" { #expect(list.allSatisfy { $0["attached"] as? Bool == false }) }
            // How calls are seen: by a way that is there, or with the reason why not.
            let calls = try #require(object["calls"] as? [String: Any])
            let callWay = try #require(calls["way"] as? String)
            switch callWay {
            case "perf": #expect(features.first { $0["name"] as? String == "fentry" }?["available"] as? Bool == false)
            case "fentry", "kprobe": #expect(features.first { $0["name"] as? String == callWay }?["available"] as? Bool == true)
            case "tracepoints": #expect((calls["reason"] as? String)?.isEmpty == false)
            default: Issue.record("calls are seen by \(callWay)")
            }
            // The human form says the same.
            let text = try runTool(program, ["probe"]).output
            for name in names { #expect(text.contains("  \(name): ")) }
            #expect(text.contains("tier btf: taken"))
            #expect(text.contains(": \(callWay)"))
            #expect(text.contains("path hooks: \(way)\n"))
        }
    }
}
