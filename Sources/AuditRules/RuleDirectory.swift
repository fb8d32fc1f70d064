// SPDX-License-Identifier: MIT

/// The lines of several files in the order in which augenrules(8) writes them into one (init.d/augenrules, 3.0.9): of the lines -D
/// (without key), -b and -f the last one each, then all others, then the last -e. Without this a -D in a later file would take away the
/// rules of those before.
struct RuleDirectory {
    /// A line and where it is written.
    struct Line {
        let bytes: ArraySlice<UInt8>
        let place: RulePlace
    }

    private var deleteAll: Line?
    private var backlog: Line?
    private var failure: Line?
    private var enable: Line?
    private var others: [Line] = []

    /// Adds the lines of a file.
    mutating func add(_ bytes: [UInt8], named name: String) {
        for (number, text) in RuleWords.lines(of: bytes).enumerated() {
            let line = Line(bytes: text, place: RulePlace(file: name, line: number + 1))
            let content = text.drop(while: Self.isSpace)
            if content.first == UInt8(ascii: "#") { continue }
            if content.starts(with: "-e".utf8) {
                enable = line
            } else if content.starts(with: "-D".utf8), content.dropFirst(2).allSatisfy(Self.isSpace) {
                deleteAll = line
            } else if content.starts(with: "-f".utf8) {
                failure = line
            } else if content.starts(with: "-b".utf8) {
                backlog = line
            } else {
                others.append(line)
            }
        }
    }

    /// All lines in order.
    var lines: [Line] { [deleteAll, backlog, failure].compactMap(\.self) + others + [enable].compactMap(\.self) }

    /// Whether file name `a` comes before `b` for `ls -v`: numbers in them by their value, the rest byte by byte.
    static func precedes(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Bool {
        var a = a, b = b
        while let x = a.first, let y = b.first {
            if x.isDigit, y.isDigit {
                let m = a.prefix(while: \.isDigit), n = b.prefix(while: \.isDigit)
                let p = m.drop { $0 == UInt8(ascii: "0") }, q = n.drop { $0 == UInt8(ascii: "0") }
                if p.count != q.count { return p.count < q.count }
                if !p.elementsEqual(q) { return p.lexicographicallyPrecedes(q) }
                a = a.dropFirst(m.count)
                b = b.dropFirst(n.count)
            } else {
                if x != y { return x < y }
                a = a.dropFirst()
                b = b.dropFirst()
            }
        }
        return a.isEmpty && !b.isEmpty
    }

    /// `\s` of a regular expression.
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}
