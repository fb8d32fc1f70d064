// SPDX-License-Identifier: MIT
import CBPFTest
import Foundation
import Testing

/// A FIFO whose readers wait in open(2) until there is a writer.
final class Fifo: @unchecked Sendable {
    /// The name's bytes, with their NUL.
    let name: [UInt8]
    /// open(2) of x86-64; libc's open() is openat(2).
    private static let openNumber = 2
    private let directory: String
    private var writer: Int32 = -1

    /// - Parameter nameLength: bytes of the name that is opened: "/tmp/./././…".
    init(nameLength: Int) throws {
        directory = "/tmp/" + UUID().uuidString.prefix(6)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        let path = directory + "/fifo"
        try #require(unsafe mkfifo(path, 0o600) == 0)
        let padding = nameLength - path.utf8.count
        name = Array((directory + "/" + String(repeating: "./", count: max(0, padding / 2)) + "fifo").utf8) + [0]
    }

    deinit {
        if writer >= 0 { close(writer) }
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Selects the calls of ``open()`` by this process.
    var rule: String { "-a always,exit -F arch=b64 -S open -F pid=\(getpid()) -F a2=\(KernelProbeTests.Accounting.mark)" }

    /// Opens it for reading, by open(2) with a mark as its third argument, and closes it.
    func open() {
        let descriptor = unsafe name.withUnsafeBytes { bytes in
            cbpf_test_call(
                Self.openNumber, Int(bitPattern: bytes.baseAddress), Int(O_RDONLY), KernelProbeTests.Accounting.mark, 0)
        }
        if descriptor >= 0 { close(Int32(descriptor)) }
    }

    /// Lets the readers through, those that are waiting and those to come.
    func release() {
        writer = unsafe Glibc.open(directory + "/fifo", O_RDWR)
    }
}

/// A thread that opens a FIFO, and then makes one call that counts.
final class Blocked: @unchecked Sendable {
    private static let gettidNumber = 186
    private let ended = DispatchSemaphore(value: 0)
    private let lock = NSLock()
    private var thread = 0

    init(_ fifo: Fifo) {
        let own = Thread { [self] in
            lock.withLock { self.thread = cbpf_test_call(Self.gettidNumber, 0, 0, 0, 0) }
            fifo.open()
            KernelProbeTests.Accounting.call(0..<1)
            ended.signal()
        }
        own.stackSize = 1 << 17
        own.start()
    }

    /// Whether the thread has come to wait in open(2), by /proc/PID/task/TID/syscall (proc(5)). The limit only keeps a broken
    /// program from hanging the run.
    func waitUntilInside() -> Bool {
        for _ in 0..<6000 {
            let thread = lock.withLock { self.thread }
            let text = thread == 0 ? nil : try? String(contentsOfFile: "/proc/self/task/\(thread)/syscall", encoding: .utf8)
            if let text, text.hasPrefix("2 0x") { return true }
            usleep(2000)
        }
        return false
    }

    func wait() { ended.wait() }
}
