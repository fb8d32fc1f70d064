// SPDX-License-Identifier: MIT
import AuditBytes
import AuditEvents

extension RecordFormatter {
    /// Argument text in one EXECVE record: MAX_EXECVE_AUDIT_LEN, kernel/auditsc.c.
    static let argumentLimit = 7500
    /// What the kernel holds free for an argument's name: its `abuf`.
    private static let nameRoom = 96
    /// A record with less room than this (and ``nameRoom``) is ended before the next argument.
    private static let leastRoom = 8
    /// MAX_ARG_STRLEN, linux/binfmts.h.
    private static let wordLimit = 131_072

    /// EXECVE, as `audit_log_execve_info()` of kernel/auditsc.c cuts it.
    ///
    /// A record holds about 7,500 bytes of arguments. A word of 7,500 bytes or more is hexadecimal throughout and comes in
    /// pieces, `aN_len=` its digits; any word that does not fit into what is left of its record comes in pieces too. A record that
    /// continues begins with a second blank, as in the kernel.
    func writeArguments(
        _ event: borrowing EventView, index: SectionIndex, line: inout RecordLine, into buffer: inout RecordBuffer
    ) {
        let text = ArgumentText(event, index: index)
        let words = text.words
        beginLine("type=EXECVE ", line: &line, into: &buffer)
        buffer.append("argc=")
        buffer.appendDecimal(UInt32(truncatingIfNeeded: words))
        var left = Self.argumentLimit
        var start = 0
        for word in 0..<words {
            let end = text.end(from: start)
            writeWord(word, of: text, at: start..<end, left: &left, line: &line, into: &buffer)
            start = end + 1
        }
        endLine(&line, into: &buffer)
    }

    /// Writes one word. The variables are those of the kernel's loop: `read` is what it has copied from the process, at
    /// most 7,500 bytes ahead of `written`.
    private func writeWord(
        _ number: Int, of text: borrowing ArgumentText, at word: Range<Int>, left: inout Int, line: inout RecordLine,
        into buffer: inout RecordBuffer
    ) {
        let length = word.count
        var read = 0
        var written = 0
        var isEncoded = false
        var wantsMore = true
        var piece = 0
        var announced = min(length, Self.wordLimit)
        var size = 0
        repeat {
            if wantsMore {
                let room = Self.argumentLimit - (read - written)
                let got = min(length - read, room)
                if length - read >= room {
                    isEncoded = true
                    announced *= 2
                } else {
                    wantsMore = false
                    if !isEncoded { isEncoded = !text.isPlain(word.lowerBound + read..<word.lowerBound + read + got) }
                    if announced < Self.argumentLimit { announced = isEncoded ? got * 2 : got }
                }
                read += got
                size = isEncoded ? (read - written) * 2 : read - written + 2
            }
            if Self.nameRoom + Self.leastRoom > left {
                left = Self.argumentLimit
                endLine(&line, into: &buffer)
                beginLine("type=EXECVE ", line: &line, into: &buffer)
            }
            let before = buffer.count
            appendName(
                number, piece: &piece, isWhole: !wantsMore && piece == 0 && size + Self.nameRoom <= left,
                announced: announced, into: &buffer)
            left -= buffer.count - before
            var count = read - written
            let from = word.lowerBound + written
            if isEncoded {
                if size > left { count = left / 2 }
                text.appendHex(from..<from + count, into: &buffer)
                left -= count * 2
                size -= count * 2
            } else {
                if size > left { count = left - 2 }
                text.appendQuoted(from..<from + count, into: &buffer)
                left -= count + 2
                size -= count
            }
            written += count
        } while wantsMore || written < read
    }

    private func appendName(
        _ number: Int, piece: inout Int, isWhole: Bool, announced: Int, into buffer: inout RecordBuffer
    ) {
        if !isWhole, piece == 0 {
            buffer.append(" a")
            buffer.appendDecimal(UInt32(truncatingIfNeeded: number))
            buffer.append("_len=")
            buffer.appendDecimal(UInt64(announced))
        }
        buffer.append(" a")
        buffer.appendDecimal(UInt32(truncatingIfNeeded: number))
        if !isWhole {
            buffer.append(UInt8(ascii: "["))
            buffer.appendDecimal(UInt32(truncatingIfNeeded: piece))
            buffer.append(UInt8(ascii: "]"))
            piece += 1
        }
        buffer.append(UInt8(ascii: "="))
    }
}
