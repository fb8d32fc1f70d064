// SPDX-License-Identifier: MIT
import Foundation

extension Figures {
    /// One line: the figures.
    var summary: String {
        "events kernel \(kernelEvents) ours \(ourEvents) paired \(pairs)  recall \(Self.share(recall))"
            + "  precision \(Self.share(precision))  identical \(Self.percent(identicalShare))"
            + "  by name \(Self.percent(identicalByNameShare))  but for PATH \(Self.percent(identicalButPathShare))"
    }

    /// The tables.
    ///
    /// - Parameters:
    ///   - width: bytes of an example line that are shown.
    ///   - examples: the greatest number of system calls that an example is shown of.
    func tables(width: Int, examples: Int) -> String {
        var text = ""
        for (title, rows) in [
            ("in the kernel's log only", onlyKernel), ("in our log only", onlyOurs),
            ("differences: record, field, kind", differences),
        ] {
            text += Self.table(title, rows, width: width, examples: examples)
        }
        let worst = calls.filter { $0.value[0] != $0.value[1] }.sorted {
            ($1.value[0] - $1.value[1], $0.key) < ($0.value[0] - $0.value[1], $1.key)
        }
        if !worst.isEmpty {
            text += "\nnot identical, by system call (of all)\n  "
            text += worst.map { "\($0.key) \($0.value[0] - $0.value[1])/\($0.value[0])" }.joined(separator: ", ") + "\n"
        }
        text += "\nallowed differences\n"
        for allowance in Allowance.allCases {
            text += "\(Self.number(allowed[allowance.rawValue] ?? 0))  \(allowance.rawValue): \(allowance.reason)\n"
        }
        return text
    }

    private static func table(_ title: String, _ rows: [String: Row], width: Int, examples: Int) -> String {
        guard !rows.isEmpty else { return "" }
        var text = "\n\(title)\n"
        for (name, row) in rows.sorted(by: { ($1.value.count, $0.key) < ($0.value.count, $1.key) }) {
            let calls = row.calls.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            text += "\(number(row.count))  \(name)"
            if calls.count > 1 || calls.first?.key != name {
                text += "   [" + calls.prefix(8).map { "\($0.key) \($0.value)" }.joined(separator: ", ")
                text += calls.count > 8 ? ", … \(calls.count) calls]" : "]"
            }
            text += "\n"
            for (call, _) in calls.prefix(examples) {
                guard let example = row.examples[call] else { continue }
                if !example.kernel.isEmpty { text += "           kernel: \(cut(example.kernel, width))\n" }
                if !example.ours.isEmpty { text += "           ours:   \(cut(example.ours, width))\n" }
            }
        }
        return text
    }

    private static func cut(_ text: String, _ width: Int) -> String {
        text.utf8.count > width ? text.prefix(width) + "…" : text
    }

    private static func number(_ value: Int) -> String {
        String(repeating: " ", count: max(0, 9 - "\(value)".count)) + "\(value)"
    }

    /// Rounded down: 1.0000 means all.
    private static func share(_ value: Double) -> String { String(format: "%.4f", (value * 10000).rounded(.down) / 10000) }
    private static func percent(_ value: Double) -> String { String(format: "%.2f %%", (value * 10000).rounded(.down) / 100) }
}
