// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// Fields of rules that audit does not have.
    @Suite("x- fields")
    struct ExtensionFields {
        @Test("what is beyond a rule's rate is counted, and decided upon")
        func rate() throws {
            let workload = try Workload("counted", ["2", "3000"])
            let collector = try Collector(
                rules: "-a always,exit -F arch=b64 -S getppid -F pid=\(workload.pid) -F x-rate=10 -k few\n"
                    + "-a always,exit -F arch=b64 -S getppid -F pid=\(workload.pid) -k none\n")
            workload.release()
            _ = try workload.finish()
            // Checks that total = written + filtered + suppressed + bad + lost.
            let report = try collector.stop()
            #expect(report["total"] == 6000)
            #expect(report["written"] >= 10)
            #expect(report["suppressed"] == 6000 - report["written"])
            #expect(report["suppressed"] > 0, "6,000 calls take less than 600 seconds")
            for event in try collector.events() { #expect(try event.call().need("key") == "\"few\"") }
        }

        @Test("the parent of the workload is this program", arguments: [("=", 100), ("!=", 0)] as [(String, UInt64)])
        func parent(_ op: String, _ written: UInt64) throws {
            let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let workload = try Workload("counted", ["1", "100"])
            let collector = try Collector(
                rules: "-a always,exit -F arch=b64 -S getppid -F pid=\(workload.pid) -F x-parent-exe\(op)\(own) -F x-comm=counted "
                    + "-F x-exe=*/counted -F x-proctitle=*counted* -k some\n")
            workload.release()
            _ = try workload.finish()
            #expect(try collector.stop()["written"] == written)
        }
    }
}
