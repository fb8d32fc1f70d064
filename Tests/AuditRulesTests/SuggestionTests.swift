// SPDX-License-Identifier: MIT
import AuditRules
import Testing

/// "did you mean": slips as people make them, and what is too far off to guess.
@Suite struct SuggestionTests {
    private func messages(_ line: String) -> [String] {
        var reader = RuleReader()
        reader.read(Array(line.utf8), named: "r")
        guard case .failure(.wrong(let errors)) = Result(catching: { () throws(RulesError) in try reader.loaded() }) else { return [] }
        return errors.map(\.description)
    }

    @Test(arguments: [
        // A letter left out, put in, replaced, two exchanged.
        ("-a always,exit -S opnat", "openat"), ("-a always,exit -F arch=b64 -S unlinkatt", "unlinkat"),
        ("-a always,exit -S mkdri", "mkdir"), ("-a always,exit -S exceve", "execve"),
        ("-a always,exit -F arch=b32 -S socktcall", "socketcall"),
        ("-a always,exit -S open -F audi>=1000", "auid"), ("-a always,exit -S open -F sucess=1", "success"),
        ("-a always,exit -S open -F exit=-EACESS", "EACCES"), ("-a always,exclude -F msgtype=CDW", "CWD"),
        ("-a always,exit -F filetype=fiel", "file"), ("-a never,filesystem -F fstype=debufs", "debugfs"),
        ("-a always,exit -F arch=x86_46 -S open", "x86_64"),
        ("-a alwyas,exit -S open", "always,exit"), ("-a exit,allways -S open", "exit,always"), ("-a never,exlude", "never,exclude"),
        ("-a always,io-uring -S openat", "always,io_uring"),
    ])
    func aSlipIsNamed(_ line: String, _ meant: String) {
        let found = messages(line)
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("; did you mean \(meant)?") == true, "\(found)")
    }

    @Test(arguments: [
        "-a always,exit -S frobnicate", "-a always,exit -S open -F colour=blue", "-a always,exit -S open -F exit=-EWHATEVER",
        "-a always,exclude -F msgtype=NOPE", "-a sometimes,somewhere -S open", "-a always,exit -S x",
        // Nothing is wrong with the word itself.
        "-a always,exit -S open -F arch=b64", "-a always,exit -S open -F pid=one",
    ])
    func whatIsTooFarOffIsNotGuessed(_ line: String) {
        let found = messages(line)
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { !$0.contains("did you mean") }, "\(found)")
    }
}
