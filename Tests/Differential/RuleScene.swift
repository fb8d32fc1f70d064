// SPDX-License-Identifier: MIT
import Foundation

/// What rules and events of ``RuleSets`` are about: files, and the process that makes the events.
struct RuleScene {
    /// The login uid that the events have, and nobody else.
    static let auid = Session.auid

    let directory: URL
    /// The process whose children make the events.
    let leader: Int

    /// Makes the files that Tests/Workload/rule_events.c works with, in `directory`, which is made, too.
    static func make(_ directory: URL) throws {
        let files = FileManager.default
        try? files.removeItem(at: directory)
        for name in ["w", "d/sub", "o"] {
            try files.createDirectory(at: directory.appending(path: name), withIntermediateDirectories: true)
        }
        for name in ["w/a", "w/b", "d/x", "d/sub/y", "o/z"] {
            try Data("\(name)\n".utf8).write(to: directory.appending(path: name))
        }
        // A program with two names.
        try files.copyItem(atPath: "/usr/bin/true", toPath: directory.appending(path: "o/p").path)
        try files.linkItem(at: directory.appending(path: "o/p"), to: directory.appending(path: "w/q"))
        for (link, target) in [("to-d", "d"), ("to-a", "w/a")] {
            try files.createSymbolicLink(atPath: directory.appending(path: link).path, withDestinationPath: target)
        }
    }

    func path(_ name: String) -> String { name.hasPrefix("/") ? name : directory.path + (name.isEmpty ? "" : "/" + name) }

    func inode(_ name: String) throws -> UInt64 { try attribute(name, .systemFileNumber) }

    /// The device of the files, as stat(2) shows it (makedev(3)).
    func device() throws -> (major: UInt64, minor: UInt64) {
        let number = try attribute("d", .systemNumber)
        return (number >> 8 & 0xfff, number & 0xff | number >> 12 & 0xfff00)
    }

    private func attribute(_ name: String, _ key: FileAttributeKey) throws -> UInt64 {
        guard let number = try FileManager.default.attributesOfItem(atPath: path(name))[key] as? NSNumber else {
            throw HarnessError("no \(key.rawValue) of \(name)")
        }
        return number.uint64Value
    }
}
