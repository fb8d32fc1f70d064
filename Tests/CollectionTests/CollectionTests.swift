// SPDX-License-Identifier: MIT
import Foundation
import Testing

/// The built program against this machine's kernel.
///
/// The suites hang below this one, each in a file of its own: they run one after the other, as a machine's syscalls are
/// one stream and a busy neighbour would be part of what is measured.
@Suite(
    "Collection",
    .serialized,
    .enabled(if: geteuid() == 0, "collecting takes root: these tests need CAP_BPF and CAP_PERFMON")
)
enum CollectionTests {}

/// Where things are.
enum Place {
    /// The package's root, found from this file.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The program under test: `EBPF_AUDIT`, else what `swift build -c release` makes.
    static let program = ProcessInfo.processInfo.environment["EBPF_AUDIT"] ?? root + "/.build/release/ebpf-audit"

    /// Words that force a tier (`EBPF_AUDIT_TIER`) and type information (`EBPF_AUDIT_BTF`) on every collector of the tests; none lets
    /// the program choose.
    static let tierOptions = [("EBPF_AUDIT_TIER", "--tier"), ("EBPF_AUDIT_BTF", "--btf")].flatMap { name, option in
        ProcessInfo.processInfo.environment[name].map { [option, $0] } ?? []
    }

    /// One of the programs that the Makefile builds from `Tests/Workload`; without links, as the kernel names it.
    static func workload(_ name: String) -> String {
        URL(fileURLWithPath: root + "/build/workload/" + name).resolvingSymlinksInPath().path
    }

    /// `path`, or a test failure that says what to do.
    static func required(_ path: String, _ remedy: String) throws -> String {
        try #require(
            FileManager.default.isExecutableFile(atPath: path),
            "\(path) is missing: \(remedy)"
        )
        return path
    }
}

/// Something that the harness could not do; no statement about the program under test.
struct HarnessError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// A directory of a test's own, removed with its contents when the test is over.
final class Scratch {
    /// Absolute, without symbolic links, without a slash at the end.
    let path: String

    init() throws {
        let name = "/tmp/ebpf-audit-tests." + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: false)
        path = name
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of `name` in here.
    func file(_ name: String) -> String { path + "/" + name }

    /// Writes `text` into a new file, and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    /// A new directory below.
    func directory(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: file(name), withIntermediateDirectories: false)
        return file(name)
    }

    /// The bytes of a file; empty when there is none.
    func bytes(_ name: String) -> [UInt8] {
        [UInt8](FileManager.default.contents(atPath: file(name)) ?? Data())
    }

    /// The text of a file; empty when there is none.
    func text(_ name: String) -> String {
        String(decoding: bytes(name), as: UTF8.self)
    }
}

/// Waits until `condition` holds.
///
/// - Returns: whether it held within `seconds`. The limit only keeps a broken program from hanging the run.
func eventually(within seconds: Double = 30, _ condition: () throws -> Bool) rethrows -> Bool {
    let limit = Date().addingTimeInterval(seconds)
    while try !condition() {
        guard Date() < limit else { return false }
        usleep(5000)
    }
    return true
}
