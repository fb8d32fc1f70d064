// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// The kernel's own audit writes the same. All workloads, and figures: `make differential`.
    @Suite("differential")
    struct DifferentialTests {
        struct Figures: Decodable {
            let kernelEvents: Int
            let ourEvents: Int
            let pairs: Int
            let identicalButPath: Int
            let identicalByName: Int
            let differences: [String: Difference]

            struct Difference: Decodable {
                let count: Int
            }

            /// Events stamped a tick early, which come in bursts (docs/fidelity.md); stamps have a suite of their own, "stream".
            var earlyStamps: Int { differences["* time value"]?.count ?? 0 }
        }

        /// The command that `make differential` is; tests are built with it.
        static let program = Place.root + "/.build/debug/Differential"

        /// The other workloads have what docs/fidelity.md says is not seen without hooks, or are long.
        @Test(
            "beside the kernel's audit: no event missed, none made up, the same records",
            arguments: ["calls", "calls_32", "int80", "addresses", "names", "execs", "thread_exec", "lifecycle-killed", "cc"])
        func sameAsTheKernels(_ workload: String) throws {
            guard try !Plugin.inUse() else { return }
            let program = try Place.required(Self.program, "build it with 'swift build --build-tests'")
            let workloads = Place.root + "/build/workload"
            let result = try runTool(
                program, ["--program", Place.program, "--workloads", workloads, "--only", workload, "--json"])
            #expect(result.end == .exit(0), "\(result.error)")
            let figures = try JSONDecoder().decode(Figures.self, from: Data(result.output.utf8))
            #expect(figures.kernelEvents > 50)
            #expect(figures.pairs == figures.kernelEvents)
            #expect(figures.pairs == figures.ourEvents)
            // The share that docs/fidelity.md promises; one in a hundred by name, for calls that failed on the way to their file.
            let early = figures.earlyStamps
            #expect(Double(figures.identicalButPath + early) >= 0.995 * Double(figures.pairs), "\(result.error)")
            #expect(Double(figures.identicalByName + early) >= 0.98 * Double(figures.pairs), "\(result.error)")
        }
    }
}
