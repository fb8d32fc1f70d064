// SPDX-License-Identifier: MIT
import AuditRules
import AuditTestSupport
import Glibc
import Testing

/// Patterns of `x-` fields, held against fnmatch(3), whose `*` takes a slash, too, when it is not told otherwise.
@Suite struct GlobTests {
    /// What a rule with `pattern` makes of `texts`.
    private func matches(_ pattern: String, _ texts: [String]) throws -> [Bool] {
        let evaluator = Evaluator(
            try RuleSet.compile(Array("-a always,exit -F arch=b64 -S 1 -F x-exe=\(pattern)\n".utf8), named: "test.rules"))
        var event = EventBytes(1)
        return try texts.map { text in
            event.executable = text
            return try event.withView { evaluator.decide($0) != .reject }
        }
    }

    @Test(arguments: [
        ("/usr/bin/true", "/usr/bin/true", true), ("/usr/bin/*", "/usr/bin/true", true), ("/usr/*", "/usr/bin/true", true),
        ("*/true", "/usr/bin/true", true), ("*", "/x", true), ("/usr/bin/tru", "/usr/bin/true", false),
        ("/usr/bin/true?", "/usr/bin/true", false),
        ("/a?c", "/abc", true), ("/a[b-d]c", "/acc", true), ("/a[!b-d]c", "/acc", false), ("/a[]]", "/a]", true), ("/a[*]", "/a*", true),
        ("/a[*]", "/ab", false), ("*a*a*a*b", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaa", false), ("/**b", "/ab", true), ("*é", "/é", true),
    ])
    func examples(_ pattern: String, _ text: String, _ expected: Bool) throws {
        #expect(try matches(pattern, [text]) == [expected])
    }

    @Test func asFnmatch() throws {
        var random = Random(seed: 7)
        let parts = ["*", "?", "a", "b", "/", "[ab]", "[!a]", "[a-c]", "ab"]
        let letters = ["a", "b", "c", "/"]
        var matching = 0
        for _ in 0..<300 {
            let pattern = "/" + (0..<Int.random(in: 0...6, using: &random)).map { _ in parts.randomElement(using: &random)! }.joined()
            let texts = (0..<40).map { _ in
                "/" + (0..<Int.random(in: 0...6, using: &random)).map { _ in letters.randomElement(using: &random)! }.joined()
            }
            let expected = texts.map { unsafe fnmatch(pattern, $0, 0) == 0 }
            #expect(try matches(pattern, texts) == expected, "\(pattern) \(texts)")
            matching += expected.count { $0 }
        }
        #expect(matching > 300 && matching < 11_000)
    }
}
