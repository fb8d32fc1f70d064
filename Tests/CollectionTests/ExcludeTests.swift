// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// The list `exclude`, as `audit_filter()` of kernel/auditfilter.c has it.
    @Suite("excluded records")
    struct Exclude {
        @Test("types of records are left out, and whole events of a process; serials have no gap")
        func excluded() throws {
            let first = try Workload("counted", ["2", "50"])
            let second = try Workload("counted", ["2", "60"])
            let third = try Workload("counted", ["1", "70"])
            let collector = try Collector(
                rules: """
                    -a always,exclude -F msgtype=PROCTITLE
                    -a never,exclude -F pid=\(second.pid)
                    -a always,exclude -F pid=\(third.pid) -F msgtype=SYSCALL
                    -a always,exit -F arch=b64 -S getppid -F pid=\(first.pid) -k some
                    -a always,exit -F arch=b64 -S getppid -F pid=\(second.pid) -k none
                    -a always,exit -F arch=b64 -S getppid -F pid=\(third.pid) -k none

                    """)
            for workload in [first, second, third] {
                workload.release()
                _ = try workload.finish()
            }
            let report = try collector.stop()
            #expect(report["written"] == 100)
            #expect(report["filtered"] == 2 * 60 + 70)
            let records = try collector.records()
            let events = AuditEvent.group(records).filter { $0.first("TRUSTED_APP") == nil }
            #expect(events.count == 100)
            #expect(events.allSatisfy { $0.records.map(\.type) == ["SYSCALL", "EOE"] })
            for event in events { #expect(try event.call().need("pid") == "\(first.pid)") }
            let serials = Set(records.map(\.id.serial))
            let range = try #require(serials.min())...(try #require(serials.max()))
            #expect(range.count == serials.count)
        }
    }
}
