// SPDX-License-Identifier: MIT
import AuditRules
import Foundation
import Glibc
import Testing

/// Our verdict on a line against that of the real `auditctl -R`, which loads rules into this machine's kernel.
///
/// Only where that disturbs nobody: as root, while audit is switched off and has no rules. What is loaded is removed.
@Suite(.serialized, .enabled(if: Auditctl.obstacle == nil, Comment(rawValue: Auditctl.obstacle ?? "")))
struct AuditctlVerdictTests {
    /// Right lines, some of them odd.
    private static let accepted = [
        "-a always,exit -S open",
        "-aalways,exit -Sopen -kx",
        "-a exit,always -S OPEN",
        "-A never,exit -F arch=b32 -S open -F PID=1",
        "  -a always,exit -F arch=b64 -S open,close,,3 -F a0&=3 -k a -k b",
        "-a always,exit -F auid!=unset -F uid=root -F gid!=root -S all -k x",
        "-a always,exit -F arch!=b64 -F arch=i686 -F arch=c000003e -S 5",
        "-a always,exit -S open -S all -F exit=-EPERM -F exit=EPERM -F exit!=-22",
        "-a always,exit -F pid=1 -F ppid=0x10 -F pers&8 -F success=5 -F saddr_fam=10",
        "-a always,exit -F sessionid=unset -F sessionid>=3 -F sessionid!=-1",
        "-a always,exit -S 2031 -F a0=-1 -F a1<017 -F a2>0x1f -F a3&3",
        "-a always,exit -S 5abc -F a0=3xyz",
        "-a always,exit -S , -F pid=1",
        "-a always,exit -F uid=-2",
        "-a always,exit -S open -F key=a=b",
        "-a always,exit -F key=x -S open",
        "-a always,exit -S open -F key=",
        "-a always,exit -S open -F key!=x",
        "-a always,exit -S open -k a\\ b",
        "-a always,exit -S open -k a>b",
        "-S open -a always,exit -k x",
        "-a exit,possible -S open",
        "-a always,exit -S open --",
        "-a always,exit -S open -k " + String(repeating: "k", count: 256),
        "-a always,exit" + String(repeating: " -F a0=1", count: 63),
        "-a always,exit -S open -k x\r",
        "# comment",
        "   ",
        "-D",
        "-D -k x",
        "-i",
        "-c",
        "-i -b 8192",
        "-a always,exit -F field_compare=26",
    ]

    @Test func refusesWhatAuditctlRefuses() throws {
        let lines = WrongLine.refusedByAuditctl.map(\.text)
        #expect(lines.count >= 60)
        for line in lines {
            #expect(try !Auditctl.accepts(line), "auditctl takes: \(line)")
            #expect(!acceptedHere(line), "taken here: \(line)")
        }
    }

    @Test func acceptsWhatAuditctlAccepts() throws {
        for line in Self.accepted {
            #expect(try Auditctl.accepts(line), "auditctl refuses: \(line)")
            #expect(acceptedHere(line), "refused here: \(line)")
        }
    }

    @Test func knownDifferencesAreStillThere() throws {
        for line in WrongLine.refusedHereOnly.map(\.text) {
            #expect(try Auditctl.accepts(line), "auditctl refuses it now, so it is no difference: \(line)")
        }
    }

    @Test func duplicatesAreRefusedLikewise() throws {
        let repeated = "-a always,exit -S open -k x\n-a exit,always -S 2 -k x"
        #expect(try !Auditctl.accepts(repeated))
        #expect(!acceptedHere(repeated))
        let behind = "-A always,exit -S open -k x\n-a exit,always -S 2 -k x"
        #expect(try !Auditctl.accepts(behind))
        #expect(!acceptedHere(behind))
        let prepended = "-a always,exit -S open -k x\n-A exit,always -S 2 -k x\n-A always,exit -S open -k x"
        #expect(try Auditctl.accepts(prepended))
        #expect(acceptedHere(prepended))
    }

    @Test func shippedRulesLoadButForExtensions() throws {
        let lines = try String(contentsOf: ShippedRulesTests.file, encoding: .utf8).split(separator: "\n")
        let (own, common) = (lines.filter { $0.contains(" -F x-") }, lines.filter { !$0.contains(" -F x-") })
        #expect(try Auditctl.accepts(common.joined(separator: "\n")))
        #expect(own.count == 2)
        for line in own { #expect(try !Auditctl.accepts(String(line)), "a legal line is not ours to give a meaning") }
    }

    private func acceptedHere(_ text: String) -> Bool {
        var reader = RuleReader()
        reader.read(Array((text + "\n").utf8), named: "test.rules")
        return (try? reader.loaded()) != nil && !reader.hasFailed
    }
}

/// The machine's auditctl.
enum Auditctl {
    /// Why it cannot be asked, or nil.
    static let obstacle: String? = {
        if geteuid() != 0 { return "not root: auditctl cannot load rules" }
        guard let status = try? run(["-s"]) else { return "auditctl is not installed" }
        guard status.code == 0 else { return "auditctl -s fails: \(status.output)" }
        if !status.output.contains("enabled 0\n") { return "audit is enabled on this machine: its rules are left alone" }
        guard let rules = try? run(["-l"]), rules.output == "No rules\n" else {
            return "audit rules are loaded on this machine: they are left alone"
        }
        return nil
    }()

    /// Whether `auditctl -R` loads a file with `text`. The rules are removed again.
    static func accepts(_ text: String) throws -> Bool {
        let file = FileManager.default.temporaryDirectory.appending(path: "auditctl-verdict-\(getpid()).rules")
        try Data((text + "\n").utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let result = try run(["-R", file.path])
        _ = try run(["-D"])
        return result.code == 0
    }

    /// Whether `auditctl -R` loads a file with `text`, and what `auditctl -l` lists then. The rules are removed again.
    static func listing(of text: String) throws -> (accepted: Bool, listing: String) {
        let file = FileManager.default.temporaryDirectory.appending(path: "auditctl-listing-\(getpid()).rules")
        try Data((text + "\n").utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let result = try run(["-R", file.path])
        let listing = try run(["-l"]).output
        _ = try run(["-D"])
        return (result.code == 0, listing)
    }

    static func run(_ arguments: [String]) throws -> (code: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/sbin/auditctl")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
