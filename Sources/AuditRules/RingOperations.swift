// SPDX-License-Identifier: MIT
internal import AuditSyscalls

/// The operations of io_uring as -S names them on the list `io_uring`.
enum RingOperations {
    static func name(_ number: Int) -> String? { UInt32(exactly: number).flatMap(RingOperationNames.name).map(String.init(describing:)) }

    /// The operations that a word of -S means: a name, `all`, or a number; nil when it is none.
    static func mask(_ word: [UInt8]) -> SyscallMask? {
        var mask = SyscallMask()
        if word.elementsEqual("all".utf8) {
            for operation in RingOperationNames.names { mask.insert(operation.number) }
            return mask
        }
        let found = RingOperationNames.names.first { String(describing: $0.name).utf8.elementsEqual(word) }?.number
        guard let number = found ?? (word.first?.isDigit == true ? RuleNumber.leading(word).flatMap { Int(exactly: $0) } : nil),
            number < SyscallMask.classes
        else { return nil }
        mask.insert(number)
        return mask
    }
}
