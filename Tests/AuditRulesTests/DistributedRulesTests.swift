// SPDX-License-Identifier: MIT
import AuditRules
import Foundation
import Testing

/// The rules files that come with the audit package: right lines, written by others.
@Suite struct DistributedRulesTests {
    private static let directory = URL(filePath: "/usr/share/doc/auditd/examples/rules")

    private static let files: [URL] = {
        let all = (try? FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)) ?? []
        return all.filter { $0.pathExtension == "rules" }.sorted { $0.path < $1.path }
    }()

    @Test(.enabled(if: !files.isEmpty, "no rules files in \(directory.path): the package auditd is not installed"))
    func everyLineIsTakenOrSaidToComeLater() throws {
        var taken = 0
        for file in Self.files {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                do {
                    _ = try RuleSet.compile(Array(line.utf8), named: file.lastPathComponent)
                    taken += 1
                } catch .wrong(let diagnostics) {
                    for diagnostic in diagnostics {
                        switch diagnostic.fault {
                        case .notSupportedYet: break
                        // Users and directories of packages that may not be installed.
                        case .unknownUser, .noSuchPath: break
                        default: Issue.record("\(diagnostic)")
                        }
                    }
                }
            }
        }
        #expect(taken > 50)
    }
}
