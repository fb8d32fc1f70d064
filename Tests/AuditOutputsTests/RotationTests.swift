// SPDX-License-Identifier: MIT
import AuditBytes
import AuditOutputs
import Foundation
import Glibc
import Testing

@Suite struct RotationTests {
    let directory = TemporaryDirectory()

    /// Events of 1,000 bytes, files of at most 4,500: four events each, and the newest three files stay.
    @Test func filesMoveOnAndTheOldestGoes() throws {
        let rotation = try FileOutput.Rotation(maximumBytes: 4500, files: 3)
        let output = try FileOutput(path: directory.path("log"), rotation: rotation)
        for serial in 1...14 { #expect(output.write(batch([event(serial, bytes: 1000)])).problem == nil) }
        #expect(directory.text("log") == events(13...14, bytes: 1000).joined())
        #expect(directory.text("log.1") == events(9...12, bytes: 1000).joined())
        #expect(directory.text("log.2") == events(5...8, bytes: 1000).joined())
        #expect(directory.text("log.3") == nil)
        #expect(directory.mode("log") == 0o600)
        #expect(directory.mode("log.1") == 0o600)
    }

    @Test func whatWasInTheFileBeforeCounts() throws {
        try directory.write(String(repeating: "x", count: 4000) + "\n", to: "log")
        let output = try FileOutput(path: directory.path("log"), rotation: .init(maximumBytes: 4500, files: 2))
        _ = output.write(batch([event(1, bytes: 1000)]))
        #expect(directory.text("log") == event(1, bytes: 1000))
        #expect(directory.text("log.1")?.utf8.count == 4001)
    }

    @Test func whatAReopenedFileHoldsCountsToo() throws {
        let output = try FileOutput(path: directory.path("log"), rotation: .init(maximumBytes: 4500, files: 2))
        try directory.write(String(repeating: "x", count: 4000) + "\n", to: "next")
        unsafe rename(directory.path("next"), directory.path("log"))
        try output.reopen()
        _ = output.write(batch([event(1, bytes: 1000)]))
        #expect(directory.text("log") == event(1, bytes: 1000))
        #expect(directory.text("log.1")?.utf8.count == 4001)
    }

    @Test func aBatchIsNeverSplit() throws {
        let output = try FileOutput(path: directory.path("log"), rotation: .init(maximumBytes: 4500, files: 2))
        _ = output.write(batch(events(1...9, bytes: 1000)))
        _ = output.write(batch([event(10, bytes: 1000)]))
        #expect(directory.text("log.1") == events(1...9, bytes: 1000).joined())
        #expect(directory.text("log") == event(10, bytes: 1000))
    }

    @Test func whereNothingCanBeRenamedWritingGoesOn() throws {
        unsafe mkdir(directory.path("log.1"), 0o700)
        try directory.write("", to: "log.1/in the way")
        let output = try FileOutput(path: directory.path("log"), rotation: .init(maximumBytes: 4096, files: 2))
        var problems: [Int: OutputError] = [:]
        for serial in 1...9 {
            let outcome = output.write(batch([event(serial, bytes: 1000)]))
            #expect(outcome.writtenEvents == 1)
            #expect(outcome.lostEvents == 0)
            problems[serial] = outcome.problem
        }
        #expect(directory.text("log") == events(1...9, bytes: 1000).joined())
        // Tried at 4,000 + 1,000 bytes, and not again before 4,096 more.
        #expect(problems.keys.sorted() == [5, 9])
        #expect(problems[5]?.description.contains("cannot rotate") == true)
    }

    @Test func aFileThatWasCutMeanwhileIsNotRotated() throws {
        let output = try FileOutput(path: directory.path("log"), rotation: .init(maximumBytes: 4500, files: 2))
        _ = output.write(batch(events(1...4, bytes: 1000)))
        unsafe truncate(directory.path("log"), 0)
        _ = output.write(batch([event(5, bytes: 1000)]))
        #expect(directory.text("log") == event(5, bytes: 1000))
        #expect(directory.text("log.1") == nil)
    }

    @Test(arguments: [(4095, 2), (4096, 1), (4096, 1000), (-1, 5)])
    func limitsAreChecked(bytes: Int, files: Int) {
        #expect(throws: OutputError.self) { try FileOutput.Rotation(maximumBytes: bytes, files: files) }
    }
}
