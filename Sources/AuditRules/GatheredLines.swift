// SPDX-License-Identifier: MIT

/// The lines of several files put together as augenrules(8) does (3.0.9): the last -D without a key first, then the last -b and -f,
/// all others as they are, and the last -e at the end. Each line keeps its place, for messages.
struct GatheredLines {
    typealias Line = (text: ArraySlice<UInt8>, place: RulePlace)

    private var deleteAll: Line?
    private var backlog: Line?
    private var failure: Line?
    private var rest: [Line] = []
    private var enable: Line?

    /// Adds the lines of a file that contains `bytes`.
    mutating func add(_ bytes: [UInt8], named name: String) {
        for (number, text) in RuleWords.lines(of: bytes).enumerated() {
            let line: Line = (text, RulePlace(file: name, line: number + 1))
            let begin = text.drop(while: Self.isSpace)
            switch String(decoding: begin.prefix(2), as: UTF8.self) {
            case "-e": enable = line
            case "-f": failure = line
            case "-b": backlog = line
            case "-D" where begin.dropFirst(2).allSatisfy(Self.isSpace): deleteAll = line
            default: rest.append(line)
            }
        }
    }

    /// All lines in the order in which auditctl sees them.
    var ordered: [Line] { [deleteAll, backlog, failure].compactMap(\.self) + rest + [enable].compactMap(\.self) }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (9...13).contains(byte) }
}
