// SPDX-License-Identifier: MIT
import AuditEnrichment
import CLinux
import Foundation
import Testing

/// A directory of files for one test.
struct TestFiles {
    let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appendingPathComponent("enrich-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

    /// Writes a file in place, so that it stays the same file.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = URL(fileURLWithPath: path(name))
        if FileManager.default.fileExists(atPath: file.path) {
            let handle = try FileHandle(forWritingTo: file)
            try handle.truncate(atOffset: 0)
            try handle.write(contentsOf: Data(bytes))
            try handle.close()
        } else {
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
        }
        return file.path
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path(name), withDestinationPath: target)
    }

    func remove() { try? FileManager.default.removeItem(at: directory) }

    /// What stat(2) says of a file.
    static func facts(_ path: String) throws -> FileFacts {
        var status = stat()
        try #require(unsafe stat(path, &status) == 0, "\(path)")
        var facts = FileFacts()
        facts.inode = UInt64(status.st_ino)
        // The layout of dev_t: makedev(3), sysmacros.h.
        facts.deviceMajor = UInt32(status.st_dev >> 8 & 0xfff)
        facts.deviceMinor = UInt32(status.st_dev & 0xff | status.st_dev >> 12 & 0xfff00)
        facts.nodeMajor = UInt32(status.st_rdev >> 8 & 0xfff)
        facts.nodeMinor = UInt32(status.st_rdev & 0xff | status.st_rdev >> 12 & 0xfff00)
        facts.mode = status.st_mode
        facts.user = status.st_uid
        facts.group = status.st_gid
        return facts
    }

    /// What a fresh look at the program at `path` tells.
    static func look(_ path: String, process: UInt32 = UInt32(getpid()), facts: FileFacts? = nil) throws -> ProgramFacts {
        var files = ProgramFiles()
        return files.program(try facts ?? Self.facts(path), path: Array(path.utf8), process: process, now: 1)
    }

    /// Sets `security.capability`; false where that is not permitted (then it says so).
    static func setCapabilities(_ path: String, _ bytes: [UInt8]) -> Bool {
        let result = unsafe setxattr(path, "security.capability", bytes, bytes.count, 0)
        if result != 0 { print("skipped: capabilities of a file cannot be set here: errno \(errno)") }
        return result == 0
    }

    /// Runs a program and gives its output.
    static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ["LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }
}
