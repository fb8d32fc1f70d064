// SPDX-License-Identifier: MIT
import AuditBytes
import AuditOutputs
import Foundation
import Glibc
import Synchronization

/// An event of two records, `bytes` long where that is more than they need.
func event(_ serial: Int, bytes: Int = 0) -> String {
    let head = "msg=audit(1700000000.123:\(serial)):"
    let last = "type=EOE \(head) \n"
    let first = "type=SYSCALL \(head) arch=c000003e syscall=257 key="
    let filler = max(bytes - last.utf8.count - first.utf8.count - 1, 1)
    return first + String(repeating: "k", count: filler) + "\n" + last
}

func events(_ serials: ClosedRange<Int>, bytes: Int = 0) -> [String] { serials.map { event($0, bytes: bytes) } }

/// A batch that holds each of `events` as one.
func batch(_ events: [String]) -> RecordBuffer {
    var buffer = RecordBuffer(capacity: max(events.reduce(0) { $0 + $1.utf8.count }, 1))
    fill(&buffer, events)
    return buffer
}

func fill(_ buffer: inout RecordBuffer, _ events: [String]) {
    for event in events {
        let bytes = Array(event.utf8)
        unsafe buffer.append(bytes.span.bytes)
        buffer.commit(records: event.utf8.count { $0 == 0x0A })
    }
}

/// Submits events to a queue as one batch, waiting for a free buffer.
func submit(_ events: [String], to queue: OutputQueue) {
    while true {
        if var buffer = queue.takeFree() {
            fill(&buffer, events)
            queue.submit(buffer)
            return
        }
        usleep(200)
    }
}

/// A directory of its own that only its owner can enter, removed with all in it at the end.
final class TemporaryDirectory {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.path + "/outputs-" + UUID().uuidString
        unsafe mkdir(path, 0o700)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(_ name: String) -> String { "\(path)/\(name)" }

    /// What a file in it holds, nil when there is none.
    func text(_ name: String) -> String? { try? String(contentsOfFile: path(name), encoding: .utf8) }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: path(name), atomically: false, encoding: .utf8)
    }

    func mode(_ name: String) -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: path(name))[.posixPermissions] as? NSNumber)?.intValue
    }
}

/// A file system of 64 KiB.
final class TinyDisk {
    let directory = TemporaryDirectory()

    init?() {
        guard Self.run("mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "none", directory.path) else { return nil }
    }

    deinit { _ = Self.run("umount", "-l", directory.path) }

    func makeAppendOnly(_ name: String) -> Bool { Self.run("chattr", "+a", directory.path(name)) }

    static let isPermitted = TinyDisk() != nil
    static let permitsAppendOnly: Bool = {
        guard let disk = TinyDisk() else { return false }
        try? disk.directory.write("", to: "file")
        return disk.makeAppendOnly("file")
    }()

    private static func run(_ arguments: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

/// A pipe whose write end plays standard output.
struct TestPipe {
    let reader: Int32
    let writer: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        unsafe pipe(&ends)
        (reader, writer) = (ends[0], ends[1])
    }

    /// What can be read until all writers have closed, at most `chunk` bytes at a time.
    func readAll(chunk: Int = 65536) -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: chunk)
        while true {
            let count = unsafe read(reader, &buffer, chunk)
            guard count > 0 else { return all }
            all += buffer[..<count]
        }
    }
}

/// Runs `body` on a thread of its own; ``wait()`` gives its result.
final class Background<Value: Sendable>: Sendable {
    private let result = Mutex<Value?>(nil)
    private let done = DispatchSemaphore(value: 0)

    init(_ body: @escaping @Sendable () -> Value) {
        Thread.detachNewThread {
            let value = body()
            self.result.withLock { $0 = value }
            self.done.signal()
        }
    }

    func wait() -> Value? {
        done.wait()
        return result.withLock { $0 }
    }
}

/// Collects what an output thread reports.
final class Changes: Sendable {
    private let list = Mutex<[OutputState]>([])
    var states: [OutputState] { list.withLock { $0 } }
    func note(_ state: OutputState) { list.withLock { $0.append(state) } }
}

/// Whether a descriptor has something to read now.
func isReadable(_ descriptor: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&entry, 1, 0) == 1
}
