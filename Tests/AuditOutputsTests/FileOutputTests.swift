// SPDX-License-Identifier: MIT
import AuditBytes
import AuditOutputs
import Foundation
import Glibc
import Testing

@Suite struct FileOutputTests {
    let directory = TemporaryDirectory()

    private func refusal(of name: String) -> OutputError? {
        do throws(OutputError) {
            _ = try FileOutput(path: directory.path(name))
            return nil
        } catch {
            return error
        }
    }

    @Test func appendsWhatIsCommittedAndNothingElse() throws {
        try directory.write("before\n", to: "log")
        let output = try FileOutput(path: directory.path("log"))
        var buffer = RecordBuffer(capacity: 4096)
        fill(&buffer, events(1...2))
        let half = Array("type=SYSCALL half".utf8)
        unsafe buffer.append(half.span.bytes)
        let outcome = output.write(buffer)
        #expect(outcome.problem == nil)
        #expect(outcome.writtenEvents == 2)
        #expect(outcome.writtenBytes == (event(1) + event(2)).utf8.count)
        #expect(directory.text("log") == "before\n" + event(1) + event(2))
    }

    @Test(arguments: [mode_t(0), 0o022, 0o777])
    func theModeIs0600UnderEveryUmask(mask: mode_t) async {
        // In a process of its own: the umask belongs to all threads.
        switch mask {
        case 0: await #expect(processExitsWith: .success) { try expectMode0600(umask: 0) }
        case 0o022: await #expect(processExitsWith: .success) { try expectMode0600(umask: 0o022) }
        default: await #expect(processExitsWith: .success) { try expectMode0600(umask: 0o777) }
        }
    }

    @Test func theModeOfAnExistingFileStays() throws {
        try directory.write("", to: "log")
        unsafe chmod(directory.path("log"), 0o640)
        _ = try FileOutput(path: directory.path("log"))
        #expect(directory.mode("log") == 0o640)
    }

    @Test func anUnfinishedLastLineIsCompletedFirst() throws {
        try directory.write("type=SYSCALL msg=audit(1.000:1): cut he", to: "log")
        let output = try FileOutput(path: directory.path("log"))
        _ = output.write(batch([event(7)]))
        _ = output.write(batch([event(8)]))
        #expect(directory.text("log") == "type=SYSCALL msg=audit(1.000:1): cut he\n" + event(7) + event(8))
    }

    @Test func aSymbolicLinkIsNotFollowed() throws {
        try directory.write("precious\n", to: "target")
        unsafe symlink(directory.path("target"), directory.path("link"))
        unsafe symlink(directory.path("nowhere"), directory.path("dangling"))
        #expect(refusal(of: "link") == .symbolicLink(path: directory.path("link")))
        #expect(refusal(of: "dangling") == .symbolicLink(path: directory.path("dangling")))
        #expect(directory.text("target") == "precious\n")
        #expect(directory.text("nowhere") == nil)
    }

    @Test(.timeLimit(.minutes(1))) func onlyRegularFilesAreTaken() {
        unsafe mkfifo(directory.path("fifo"), 0o600)
        unsafe mkdir(directory.path("sub"), 0o700)
        // A FIFO without a reader would hang an ordinary open.
        #expect(refusal(of: "fifo") == .notRegular(path: directory.path("fifo"), kind: "a FIFO"))
        #expect(refusal(of: "sub") == .notRegular(path: directory.path("sub"), kind: "a directory"))
        #expect(throws: OutputError.notRegular(path: "/dev/null", kind: "a device")) { try FileOutput(path: "/dev/null") }
    }

    @Test func aMissingDirectoryIsSaidWithItsRemedy() throws {
        let error = try #require(refusal(of: "none/log"))
        #expect(error == .cannotOpen(path: directory.path("none/log"), code: ENOENT))
        #expect("\(error)".contains("create its directory first"))
    }

    @Test func aDirectoryThatEverybodyCanChangeIsRefused() {
        unsafe mkdir(directory.path("open"), 0o700)
        unsafe chmod(directory.path("open"), 0o777)
        #expect(
            refusal(of: "open/log")
                == .unsafeDirectory(path: directory.path("open"), why: "is writable by everybody"))
        #expect(directory.text("open/log") == nil)
    }

    @Test(.enabled(if: geteuid() == 0, "needs root to give files away"))
    func aDirectoryOfAnotherUserIsRefused() {
        unsafe mkdir(directory.path("his"), 0o755)
        unsafe chown(directory.path("his"), 65534, 65534)
        #expect(refusal(of: "his/log") == .unsafeDirectory(path: directory.path("his"), why: "belongs to user 65534"))
    }

    @Test(.enabled(if: geteuid() == 0, "needs root to give files away"))
    func inASharedDirectoryOnlyOwnFilesAreTaken() throws {
        unsafe mkdir(directory.path("tmp"), 0o700)
        unsafe chmod(directory.path("tmp"), 0o1777)
        try directory.write("his\n", to: "tmp/his")
        unsafe chown(directory.path("tmp/his"), 65534, 65534)
        try directory.write("ours\n", to: "ours")
        unsafe link(directory.path("ours"), directory.path("tmp/linked"))
        #expect(refusal(of: "tmp/his") == .foreignFile(path: directory.path("tmp/his"), why: "belongs to user 65534"))
        #expect(refusal(of: "tmp/linked") == .foreignFile(path: directory.path("tmp/linked"), why: "has a second name"))
        let output = try FileOutput(path: directory.path("tmp/new"))
        _ = output.write(batch([event(1)]))
        #expect(directory.text("tmp/new") == event(1))
        // Ours from the last run.
        #expect(refusal(of: "tmp/new") == nil)
    }

    @Test func reopeningFollowsThePath() throws {
        let output = try FileOutput(path: directory.path("log"))
        _ = output.write(batch([event(1)]))
        unsafe rename(directory.path("log"), directory.path("log.old"))
        _ = output.write(batch([event(2)]))
        try output.reopen()
        _ = output.write(batch([event(3)]))
        #expect(directory.text("log.old") == event(1) + event(2))
        #expect(directory.text("log") == event(3))
    }

    @Test func afterAReopeningThatFailsTheOldFileIsWritten() throws {
        let output = try FileOutput(path: directory.path("log"))
        unsafe rename(directory.path("log"), directory.path("log.old"))
        unsafe mkdir(directory.path("log"), 0o700)
        #expect(throws: OutputError.notRegular(path: directory.path("log"), kind: "a directory")) { try output.reopen() }
        #expect(output.write(batch([event(1)])).writtenEvents == 1)
        #expect(directory.text("log.old") == event(1))
    }
}

private func expectMode0600(umask mask: mode_t) throws {
    let directory = TemporaryDirectory()
    umask(mask)
    _ = try FileOutput(path: directory.path("log"))
    precondition(directory.mode("log") == 0o600)
}
