// SPDX-License-Identifier: MIT
import Foundation

/// In what the two sides may select differently, each a line of docs/rules.md.
enum RuleAllowance: String, CaseIterable {
    /// Without path hooks nothing but the name is known of files that were not opened.
    case unknownFacts = "facts-without-hooks"
    /// Without path hooks `dir=` compares names where the file is not known.
    case directoryByName = "dir-by-name"
    /// Without path hooks a name is compared where the file is not known.
    case pathByName = "path-by-name"
    /// Without path hooks the list `filesystem` does not know what file system a file is on that was not opened.
    case hiddenByName = "filesystem-by-name"
    /// With path hooks `dir=` finds files by their directories that the list `filesystem` hides.
    case hiddenButInDirectory = "dir-of-hidden"
    /// Kernels before 5.16 compare the address of an earlier call, when a call has none.
    case earlierAddress = "earlier-address"

    var reason: String {
        switch self {
        case .unknownFacts: "without path hooks the owner, type, inode and device of files that are not opened are unknown"
        case .directoryByName:
            "without path hooks names below a directory are compared: not found through links and descriptors, nor the loader of a program"
        case .earlierAddress: "this kernel compares saddr_fam= with the address of an earlier call of the task, when a call has none"
        case .hiddenByName: "without path hooks the list filesystem hides only files that were opened or acted on by a descriptor"
        case .hiddenButInDirectory: "with path hooks the list filesystem does not hide files from dir="
        case .pathByName: "without path hooks the name is compared: not found through links and descriptors"
        }
    }
}

extension RuleRun {
    /// What permits `difference`, or nil: with path hooks nothing that rules say of files does.
    func allowance(_ difference: RuleComparison.Difference) -> RuleAllowance? {
        // 12c5e81d3fd0 made audit_reset_context() of it.
        let keepsAddresses = release.compare("5.16", options: .numeric) == .orderedAscending
        if keepsAddresses, suspects(difference).contains(where: { $0.tests.contains { $0.field == "saddr_fam" } }) {
            return .earlierAddress
        }
        if hasHooks, lines.contains(where: { $0.kind == .filesystemNever }),
            suspects(difference).contains(where: { $0.tests.contains { $0.field == "dir" } })
        {
            return .hiddenButInDirectory
        }
        guard !hasHooks, let event = difference.event, event.records.contains(where: { $0.type == "PATH" }) else { return nil }
        if lines.contains(where: { $0.kind == .filesystemNever }), suspects(difference).contains(where: { !$0.tests.isEmpty }) {
            return .hiddenByName
        }
        for line in suspects(difference) {
            for test in line.tests {
                switch test.field {
                case "inode", "devmajor", "devminor", "filetype", "obj_uid", "obj_gid":
                    return .unknownFacts
                case "-C" where test.op.contains("obj_"): return .unknownFacts
                case "dir": return .directoryByName
                case "watch" where RuleScene.isDirectory(test.value): return .directoryByName
                case "path", "watch":
                    return .pathByName
                default: break
                }
            }
        }
        return nil
    }

    /// The rules of which one must have been judged differently: that which comes first of the two that selected the event; and where
    /// one side has not selected it, also those before that would have refused it.
    private func suspects(_ difference: RuleComparison.Difference) -> [RuleGenerator.Line] {
        let tried = lines.filter(\.isFirst).reversed() + lines.filter { !$0.isFirst }
        let places = [difference.kernel?.key, difference.ours?.key].map { key in
            key?.split(separator: " ").first.flatMap { key in tried.firstIndex { $0.text.hasSuffix("-k \(key)") } }
        }
        guard let place = places.compactMap({ $0 }).min() else { return [] }
        let refusing = places.contains(nil) ? tried[..<place].filter(\.isNever) : []
        return [tried[place]] + refusing
    }
}

extension RuleGenerator.Line {
    /// It is put before the others.
    fileprivate var isFirst: Bool { kind == .alwaysFirst || kind == .neverFirst }
    fileprivate var isNever: Bool { kind == .never || kind == .neverFirst }
}

extension RuleScene {
    /// Whether a watch on it is one on a directory.
    static func isDirectory(_ name: String) -> Bool { ["d", "w", "d/sub", "", "/dev", "/etc", "/usr/lib", "/usr/bin"].contains(name) }
}
