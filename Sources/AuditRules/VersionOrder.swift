// SPDX-License-Identifier: MIT

/// The order of `ls -v` among names that do not begin with a dot (GNU coreutils manual, "Version sort ordering"): runs of digits
/// count as numbers, letters come before other characters, `~` before the end, and suffixes such as `.rules` matter last.
enum VersionOrder {
    /// Whether `left` comes before `right`.
    static func precedes(_ left: String, _ right: String) -> Bool {
        let (a, b) = (Array(left.utf8), Array(right.utf8))
        let stems = compare(a[..<stemEnd(a)], b[..<stemEnd(b)])
        if stems != 0 { return stems < 0 }
        let whole = compare(a[...], b[...])
        return whole != 0 ? whole < 0 : a.lexicographicallyPrecedes(b)
    }

    /// Where the suffix begins: the longest end of the form `(\.[A-Za-z~][A-Za-z0-9~]*)*`.
    private static func stemEnd(_ name: [UInt8]) -> Int {
        var end = name.count
        while let dot = name[..<end].lastIndex(of: UInt8(ascii: ".")), dot + 1 < end, dot > 0,
            isLetter(name[dot + 1]) || name[dot + 1] == UInt8(ascii: "~"),
            name[(dot + 1)..<end].allSatisfy({ isLetter($0) || $0.isDigit || $0 == UInt8(ascii: "~") })
        {
            end = dot
        }
        return end
    }

    private static func compare(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
        var (a, b) = (left, right)
        while !a.isEmpty || !b.isEmpty {
            // Characters up to the next digit, one by one; the end of a name counts as 0, as digits do.
            while a.first.map({ !$0.isDigit }) == true || b.first.map({ !$0.isDigit }) == true {
                let difference = weight(a.first) - weight(b.first)
                if difference != 0 { return difference }
                a = a.dropFirst()
                b = b.dropFirst()
            }
            a = a.drop { $0 == UInt8(ascii: "0") }
            b = b.drop { $0 == UInt8(ascii: "0") }
            let (first, second) = (a.prefix { $0.isDigit }, b.prefix { $0.isDigit })
            if first.count != second.count { return first.count - second.count }
            if let place = zip(first, second).first(where: { $0 != $1 }) { return Int(place.0) - Int(place.1) }
            a = a.dropFirst(first.count)
            b = b.dropFirst(second.count)
        }
        return 0
    }

    private static func weight(_ byte: UInt8?) -> Int {
        // The end comes behind ~ and before all others.
        guard let byte else { return -1 }
        if byte.isDigit { return 0 }
        if byte == UInt8(ascii: "~") { return -2 }
        return isLetter(byte) ? Int(byte) : Int(byte) + 256
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z") }
}
