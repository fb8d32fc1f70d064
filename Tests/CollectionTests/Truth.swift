// SPDX-License-Identifier: MIT
import Foundation
import Testing

/// One system call: what a workload did, or what an event says.
struct CallFact: Hashable, CustomStringConvertible {
    var pid: Int
    var arch: UInt32
    var number: Int
    var arguments: [UInt64]
    /// Nil when the call never returned.
    var exit: Int64?

    var description: String {
        let list = arguments.map { String($0, radix: 16) }.joined(separator: " ")
        return "pid \(pid) arch \(String(arch, radix: 16)) syscall \(number) (\(list)) = \(exit.map(String.init) ?? "-")"
    }

    /// The marker calls of `workload.h`.
    static let mark: UInt64 = 0x6d61_726b

    /// Which marker it is, if it is one.
    var marker: UInt64? {
        let isGetppid = arch == Arch.i386 ? number == 64 : number == 110
        return isGetppid && arguments[0] == Self.mark ? arguments[1] : nil
    }
}

/// AUDIT_ARCH_* of linux/audit.h.
enum Arch {
    static let x86: UInt32 = 0xc000_003e
    static let i386: UInt32 = 0x4000_0003
}

/// What a workload printed about itself; the format stands in `Tests/Workload/workload.h`.
struct Truth {
    struct Call {
        var fact: CallFact
        var paths: [[UInt8]] = []
        var addresses: [[UInt8]] = []
        var words: [[UInt8]] = []
        var directory: [UInt8]?
    }

    private(set) var calls: [Call] = []
    private(set) var notes: [String: Int] = [:]

    init(_ text: String) throws {
        var ended = false
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            let last = calls.count - 1
            switch (words[0], words.count) {
            case ("waiting", 1): break
            case ("end", 1): ended = true
            case ("call", 10):
                guard let pid = Int(words[1]), let arch = UInt32(words[3], radix: 16), let number = Int(words[4]) else {
                    throw HarnessError("truth: \(line)")
                }
                let arguments = words[5...8].compactMap { UInt64($0, radix: 16) }
                calls.append(
                    Call(
                        fact: CallFact(
                            pid: pid, arch: arch, number: number, arguments: arguments, exit: Int64(words[9]))))
            case ("note", 3): notes[words[1]] = Int(words[2])
            case ("path", 2) where last >= 0: calls[last].paths.append(try Self.bytes(words[1]))
            case ("addr", 2) where last >= 0: calls[last].addresses.append(try Self.bytes(words[1]))
            case ("word", 2) where last >= 0: calls[last].words.append(try Self.bytes(words[1]))
            case ("cwd", 2) where last >= 0: calls[last].directory = try Self.bytes(words[1])
            default: throw HarnessError("truth: \(line)")
            }
        }
        guard ended else { throw HarnessError("the workload did not finish: \(text.suffix(200))") }
    }

    private static func bytes(_ text: String) throws -> [UInt8] {
        text == "-" ? [] : try AuditRecord.hex(text)
    }
}

/// A workload that waits for its start.
final class Workload {
    let child: Child
    private let scratch: Scratch

    var pid: Int { Int(child.pid) }
    /// The directory that it works in.
    let directory: String

    /// Starts `name`, and returns when it waits.
    init(_ name: String, _ arguments: [String] = []) throws {
        let path = try Place.required(Place.workload(name), "build it with 'make workload'")
        scratch = try Scratch()
        directory = try scratch.directory("work")
        child = try Child(
            path, [directory] + arguments, input: .pipe, output: .file(scratch.file("truth")),
            error: .file(scratch.file("err")))
        let waits = eventually { scratch.text("truth").hasPrefix("waiting\n") || !child.isRunning }
        guard waits, child.isRunning else { throw HarnessError("\(name) did not start: \(scratch.text("err"))") }
    }

    /// Lets it act.
    func release() { child.send("\n") }

    /// Waits for its end, and returns what it did.
    func finish(seconds: Double = 120) throws -> Truth {
        let end = try child.wait(seconds: seconds)
        guard end == .exit(0) else { throw HarnessError("\(child.name): \(end) \(scratch.text("err"))") }
        return try Truth(scratch.text("truth"))
    }
}
