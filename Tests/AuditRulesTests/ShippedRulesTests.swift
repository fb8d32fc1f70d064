// SPDX-License-Identifier: MIT
import AuditRules
import AuditSyscalls
import CAuditWire
import Foundation
import Testing

/// The rules file at the top of the project.
@Suite struct ShippedRulesTests {
    static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "syscalls.rules")

    @Test func loadsWithoutAWarning() throws {
        let set = try RuleSet.load(paths: [Self.file.path])
        #expect(set.warnings.isEmpty, "\(set.warnings)")
        #expect(set.rules.allSatisfy { $0.key != nil })
        #expect(!set.needsGroups)
    }
}
