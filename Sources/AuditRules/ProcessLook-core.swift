// SPDX-License-Identifier: MIT
internal import Glibc

/// Looks at running processes in /proc, for rules about a process's parents. Nothing is known of one that has ended.
struct ProcessLook {
    /// Ancestors that are looked at; deeper trees are cut.
    static let depth = 32

    private static let capacity = 4096
    private var buffer = InlineArray<4096, UInt8>(repeating: 0)

    /// Byte `at` of what ``program(of:)`` has found.
    func byte(_ at: Int) -> UInt8 { buffer[at] }

    /// Reads which program `process` runs (proc(5), `/proc/PID/exe`). Returns the length of its path, 0 when it is not known.
    mutating func program(of process: UInt32) -> Int {
        let path = Self.path(process, [0x2f, 0x65, 0x78, 0x65])
        var span = buffer.mutableSpan
        return unsafe span.withUnsafeMutableBytes { bytes in
            unsafe path.span.withUnsafeBufferPointer { path in
                guard let name = path.baseAddress, let room = bytes.baseAddress else { return 0 }
                return max(0, unsafe readlink(name, room.assumingMemoryBound(to: CChar.self), Self.capacity))
            }
        }
    }

    /// The parent of `process`, 0 when there is none or it is not known (proc(5), the fourth field of `/proc/PID/stat`).
    mutating func parent(of process: UInt32) -> UInt32 {
        let path = Self.path(process, [0x2f, 0x73, 0x74, 0x61, 0x74])
        let file = unsafe path.span.withUnsafeBufferPointer { path in
            guard let name = path.baseAddress else { return Int32(-1) }
            return unsafe open(name, O_RDONLY | O_CLOEXEC)
        }
        guard file >= 0 else { return 0 }
        defer { close(file) }
        var span = buffer.mutableSpan
        let count = unsafe span.withUnsafeMutableBytes { bytes in unsafe read(file, bytes.baseAddress, 512) }
        // The name in parentheses may hold anything, parentheses too.
        guard var at = (0..<max(0, count)).last(where: { buffer[$0] == UInt8(ascii: ")") }) else { return 0 }
        at += 4
        var parent: UInt32 = 0
        while at < count, buffer[at] >= 0x30, buffer[at] <= 0x39 {
            parent = parent &* 10 &+ UInt32(buffer[at] - 0x30)
            at += 1
        }
        return parent
    }

    /// `/proc/PID` and `rest`, with a NUL.
    private static func path(_ process: UInt32, _ rest: [UInt8]) -> InlineArray<32, CChar> {
        var path = InlineArray<32, CChar>(repeating: 0)
        let root: InlineArray<6, UInt8> = [0x2f, 0x70, 0x72, 0x6f, 0x63, 0x2f]
        var at = 0
        while at < 6 {
            path[at] = CChar(bitPattern: root[at])
            at += 1
        }
        var divisor: UInt32 = 1
        while process / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            path[at] = CChar(bitPattern: UInt8(0x30 + process / divisor % 10))
            at += 1
            divisor /= 10
        }
        for byte in rest {
            path[at] = CChar(bitPattern: byte)
            at += 1
        }
        return path
    }
}
