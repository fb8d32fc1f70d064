import CAuditWire
// SPDX-License-Identifier: MIT
import CBPFTest
import Foundation
import KernelProbe
import Testing

/// The kernel side on this machine's kernel.
///
/// The suites hang below this one, each in a file of its own: they run one after the other, as what they load sees all of
/// the machine's system calls.
@Suite(
    "KernelProbe", .serialized,
    .enabled(if: geteuid() == 0, "loading kernel programs takes root: these tests need CAP_BPF and CAP_PERFMON"))
enum KernelProbeTests {}

/// A file that the Makefile builds below `build/`, or a test failure that says what to do.
func builtFile(_ name: String, by target: String) throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let path = root.appending(path: "build").appending(path: name).path
    try #require(FileManager.default.isReadableFile(atPath: path), "\(path) is missing: run 'make \(target)'")
    return path
}

/// A test's own call to libbpf that failed.
struct CallError: Error {
    let what: String
    let errno: Int32

    static func check(_ result: Int32, _ what: String) throws {
        if result < 0 { throw CallError(what: what, errno: -result) }
    }
}
