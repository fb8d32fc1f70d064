// SPDX-License-Identifier: MIT
import AuditOutputs
import Testing

@Suite struct OutputSpecTests {
    @Test func theThreeForms() throws {
        #expect(try OutputSpec.parse("stdout") == .stdout)
        #expect(try OutputSpec.parse("syslog") == .syslog)
        #expect(try OutputSpec.parse("file:/var/log/a b.log") == .file(path: "/var/log/a b.log"))
        #expect(try OutputSpec.parse("file:relative") == .file(path: "relative"))
        #expect(try OutputSpec.parse("file:file:x") == .file(path: "file:x"))
    }

    @Test(arguments: ["", "Stdout", "stdout ", "stderr", "file", "file:", "file:/var/log/", "/var/log/x", "syslog:", "-"])
    func anythingElseIsAnErrorThatShowsTheRightForm(text: String) throws {
        let error = try #require(throws: OutputError.self) { _ = try OutputSpec.parse(text) }
        #expect("\(error)".contains("file:PATH"))
        #expect("\(error)".contains("'\(text)'"))
    }

    @Test func aPathWithANULIsAnError() {
        #expect(throws: OutputError.self) { try OutputSpec.parse("file:/tmp/a\0b") }
    }

    @Test(arguments: ["file:.", "file:..", "file:/"])
    func pathsThatNameNoFileAreErrorsAtTheLatestWhenOpened(text: String) {
        #expect(throws: OutputError.self) { _ = try OutputSpec.parse(text).open() }
    }
}
