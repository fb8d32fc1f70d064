// SPDX-License-Identifier: MIT
import Foundation
import Synchronization

/// Why there is no comparison.
struct HarnessError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// What must be undone however the program ends, newest first.
final class Cleanup: Sendable {
    private let steps = Mutex<[@Sendable () -> Void]>([])

    func add(_ step: @escaping @Sendable () -> Void) { steps.withLock { $0.append(step) } }

    /// Runs all steps; those who come later find nothing left to do.
    func run() {
        while let step = steps.withLock({ $0.popLast() }) { step() }
    }
}

/// Runs a program to its end.
///
/// - Returns: its standard output.
/// - Throws: when it cannot be started, or ends with another status than 0 while that is `required`.
@discardableResult
func tool(_ path: String, _ arguments: [String], required: Bool = true) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    let (output, error) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = error
    try process.run()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    let complaint = String(decoding: try error.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 || !required else {
        throw HarnessError("\(path) \(arguments.joined(separator: " ")): status \(process.terminationStatus): \(complaint)\(text)")
    }
    return text
}

/// A program that runs beside.
final class Companion {
    let process = Process()
    private let directory: URL
    private let name: String

    /// Starts `path`; what it prints goes to `NAME.out` and `NAME.err` in `directory`.
    init(_ path: String, _ arguments: [String], name: String, in directory: URL, input: Pipe? = nil, environment: [String: String]? = nil)
        throws
    {
        self.directory = directory
        self.name = name
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        if let environment { process.environment = environment }
        if let input { process.standardInput = input } else { process.standardInput = FileHandle.nullDevice }
        process.standardOutput = try Self.file(directory, name + ".out")
        process.standardError = try Self.file(directory, name + ".err")
        try process.run()
    }

    private static func file(_ directory: URL, _ name: String) throws -> FileHandle {
        let url = directory.appending(path: name)
        guard FileManager.default.createFile(atPath: url.path, contents: nil) else { throw HarnessError("cannot write \(url.path)") }
        return try FileHandle(forWritingTo: url)
    }

    var pid: pid_t { process.processIdentifier }
    var error: String { text(name + ".err") }
    var output: String { text(name + ".out") }

    private func text(_ name: String) -> String {
        (try? String(contentsOf: directory.appending(path: name), encoding: .utf8)) ?? ""
    }

    /// Waits until it ends.
    func wait(seconds: Double) throws {
        guard eventually(within: seconds, { !process.isRunning }) else {
            throw HarnessError("\(name) (pid \(pid)) does not end within \(Int(seconds)) s")
        }
    }
}

/// Whether `condition` holds within `seconds`.
func eventually(within seconds: Double, _ condition: () throws -> Bool) rethrows -> Bool {
    let end = Date(timeIntervalSinceNow: seconds)
    while try !condition() {
        guard Date() < end else { return false }
        Thread.sleep(forTimeInterval: 0.02)
    }
    return true
}

/// All bytes of a file.
func bytes(of url: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: url)) }
