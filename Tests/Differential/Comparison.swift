// SPDX-License-Identifier: MIT

/// One way in which two events of the same call differ.
struct Difference: Sendable {
    /// How a field, or a whole record, differs.
    enum Kind: String, Sendable, Codable {
        case value, missing, extra, order
    }

    /// Record type; `*` for the event as a whole.
    let record: String
    /// Field name; for the record as a whole `-`, or what a PATH is to its call.
    let field: String
    let kind: Kind
    /// What the kernel wrote: a record, or where that is missing the event's SYSCALL.
    let kernel: String
    /// What we wrote, likewise.
    let ours: String
}

/// Compares two events of the same call.
enum Comparison {
    /// All differences, in order of the records.
    static func differences(kernel: Event, ours: Event) -> [Difference] {
        var result: [Difference] = []
        if kernel.stamp != ours.stamp {
            result.append(
                Difference(
                    record: "*", field: "time", kind: .value, kernel: kernel.head?.text ?? "", ours: ours.head?.text ?? ""))
        }
        for step in align(kernel.records, ours.records) {
            switch step {
            case (let one?, let other?): result += differences(one, other)
            case (let one?, nil):
                result.append(
                    Difference(
                        record: one.type, field: part(one), kind: .missing, kernel: one.text, ours: ours.head?.text ?? ""))
            case (nil, let other?):
                result.append(
                    Difference(
                        record: other.type, field: part(other), kind: .extra, kernel: kernel.head?.text ?? "", ours: other.text))
            case (nil, nil): break
            }
        }
        return result
    }

    /// What stands for a whole record in the table: which of the PATH records of a call it is.
    private static func part(_ record: Record) -> String {
        record.type == "PATH" ? record["nametype"] ?? "-" : "-"
    }

    /// Field by field, in order.
    private static func differences(_ kernel: Record, _ ours: Record) -> [Difference] {
        guard kernel.fields != ours.fields else { return [] }
        func difference(_ field: String, _ kind: Difference.Kind) -> Difference {
            Difference(record: kernel.type, field: field, kind: kind, kernel: kernel.text, ours: ours.text)
        }
        let names = kernel.fields.map(\.name)
        let otherNames = ours.fields.map(\.name)
        var result: [Difference] = []
        if names == otherNames {
            for (one, other) in zip(kernel.fields, ours.fields) where one != other {
                result.append(difference(one.name, .value))
            }
            return result
        }
        // What is missing together is one difference: PATH has no inode, dev, mode … of a file that is not known.
        for (kind, list) in [
            (Difference.Kind.missing, names.filter { !otherNames.contains($0) }),
            (.extra, otherNames.filter { !names.contains($0) }),
        ] where !list.isEmpty {
            result.append(difference(list.joined(separator: ","), kind))
        }
        for field in kernel.fields {
            guard let other = ours[field.name], let value = kernel[field.name], other != value else { continue }
            result.append(difference(field.name, .value))
        }
        if result.isEmpty { result.append(difference("-", .order)) }
        return result
    }

    /// Puts records side by side so that as many as possible stand beside one of their type, and among those as many
    /// fields as possible beside an equal one.
    private static func align(_ kernel: [Record], _ ours: [Record]) -> [(Record?, Record?)] {
        if kernel.count == ours.count, zip(kernel, ours).allSatisfy({ $0.type == $1.type && $0.fields == $1.fields }) {
            return zip(kernel, ours).map { ($0, $1) }
        }
        func gain(_ one: Record, _ other: Record) -> Int {
            guard one.type == other.type else { return 0 }
            let named = one.fields.count { !$0.name.isEmpty && other[$0.name] == $0.value }
            // A PATH is told by what it is of, not by its place among the others.
            let same = one.type == "PATH" ? ["name", "nametype"].count { one[$0] == other[$0] } * 100 : 0
            return 1000 + named + same
        }
        let width = ours.count + 1
        var best = [Int](repeating: 0, count: (kernel.count + 1) * width)
        for row in stride(from: kernel.count - 1, through: 0, by: -1) {
            for column in stride(from: ours.count - 1, through: 0, by: -1) {
                let both = gain(kernel[row], ours[column])
                best[row * width + column] = max(
                    both > 0 ? both + best[(row + 1) * width + column + 1] : 0,
                    best[(row + 1) * width + column], best[row * width + column + 1])
            }
        }
        var result: [(Record?, Record?)] = []
        var (row, column) = (0, 0)
        while row < kernel.count || column < ours.count {
            if row < kernel.count, column < ours.count {
                let both = gain(kernel[row], ours[column])
                if both > 0, best[row * width + column] == both + best[(row + 1) * width + column + 1] {
                    result.append((kernel[row], ours[column]))
                    row += 1
                    column += 1
                    continue
                }
            }
            if column >= ours.count || (row < kernel.count && best[row * width + column] == best[(row + 1) * width + column]) {
                result.append((kernel[row], nil))
                row += 1
            } else {
                result.append((nil, ours[column]))
                column += 1
            }
        }
        return result
    }
}
