// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// Generated rules select the same events as in the kernel. All of them, over 5,000: `make differential-rules`.
    @Suite("rules differential")
    struct RuleDifferentialTests {
        @Test("beside the kernel's audit: the same events by the same rules", arguments: [0, 5, 13])
        func sameSelection(_ set: Int) throws {
            guard try !Plugin.inUse() else { return }
            let program = try Place.required(DifferentialTests.program, "build it with 'swift build --build-tests'")
            let result = try runTool(
                program,
                ["rules", "--first", "\(set)", "--sets", "1", "--program", Place.program, "--workloads", Place.root + "/build/workload"])
            #expect(result.end == .exit(0), "\(result.output)\(result.error)")
            #expect(result.output.contains("1 sets, 50 rules"))
        }
    }
}
