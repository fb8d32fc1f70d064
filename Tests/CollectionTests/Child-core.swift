// SPDX-License-Identifier: MIT
import Foundation

/// A child process with files or pipes for its three descriptors.
///
/// Foundation's Process hands an extra descriptor to its children and learns of their end by its closing, so that a
/// grandchild that lives on hides it. Here an end is an end, and signals and descriptors are as in a shell.
final class Child {
    /// What a descriptor of the child is.
    enum Stream {
        /// `/dev/null`.
        case null
        /// A file: read from its start, or made anew.
        case file(String)
        /// The child's end of a pipe; ours is ``Child/input`` or ``Child/output``.
        case pipe
    }

    /// How it ended.
    enum End: Equatable, CustomStringConvertible {
        case exit(Int32)
        case signal(Int32)

        var description: String {
            switch self {
            case .exit(let code): "exit \(code)"
            case .signal(let number): "signal \(number)"
            }
        }
    }

    let pid: pid_t
    /// The first word, for messages.
    let name: String
    /// Our end of its standard input, or -1.
    private(set) var input: Int32 = -1
    /// Our end of its standard output, or -1.
    private(set) var output: Int32 = -1
    private(set) var end: End?

    /// Starts `path` with `arguments`, all signals at their defaults.
    ///
    /// - Parameter environment: the whole environment; nil hands on ours.
    init(
        _ path: String,
        _ arguments: [String] = [],
        environment: [String: String]? = nil,
        input: Stream = .null,
        output: Stream = .null,
        error: Stream = .null
    ) throws {
        name = path
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        var theirs: [Int32] = []
        defer { theirs.forEach { close($0) } }
        for (number, stream) in [(Int32(0), input), (1, output), (2, error)] {
            let flags = number == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC
            switch stream {
            case .null:
                unsafe posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
            case .file(let file):
                unsafe posix_spawn_file_actions_addopen(&actions, number, file, flags, 0o644)
            case .pipe:
                var pair: [Int32] = [-1, -1]
                guard unsafe pipe(&pair) == 0 else { throw HarnessError("pipe: errno \(errno)") }
                pair.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
                let (ours, other) = number == 0 ? (pair[1], pair[0]) : (pair[0], pair[1])
                theirs.append(other)
                unsafe posix_spawn_file_actions_adddup2(&actions, other, number)
                if number == 0 { self.input = ours } else { self.output = ours }
            }
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        var none = sigset_t()
        unsafe sigfillset(&all)
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        let words = unsafe ([path] + arguments).map { unsafe strdup($0) }
        let settings = unsafe (environment ?? ProcessInfo.processInfo.environment).map { unsafe strdup("\($0)=\($1)") }
        defer {
            unsafe (words + settings).forEach { word in unsafe free(word) }
        }
        var started: pid_t = 0
        let result = unsafe posix_spawn(&started, path, &actions, &attributes, words + [nil], settings + [nil])
        pid = started
        guard result == 0 else {
            throw HarnessError("cannot start \(path): errno \(result)")
        }
    }

    /// A test that leaves early must not leave a process behind.
    deinit {
        closeInput()
        closeOutput()
        guard end == nil, pid > 0 else { return }
        kill(pid, SIGKILL)
        _ = waitpid(pid, nil, 0)
    }

    /// Whether it has not ended yet.
    var isRunning: Bool {
        poll()
        return end == nil
    }

    func signal(_ number: Int32) {
        if isRunning { kill(pid, number) }
    }

    /// Writes `text` to its standard input.
    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(input, $0.baseAddress, $0.count) }
    }

    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    func closeOutput() {
        if output >= 0 { close(output) }
        output = -1
    }

    /// Reads its standard output up to the end, or `limit` bytes.
    func read(limit: Int = .max) -> [UInt8] {
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while all.count < limit {
            let wanted = min(part.count, limit - all.count)
            let count = unsafe part.withUnsafeMutableBytes { unsafe Glibc.read(output, $0.baseAddress, wanted) }
            guard count > 0 else { break }
            all += part[..<count]
        }
        return all
    }

    /// Waits for the end; a child that takes longer than `seconds` is killed, and that is an error.
    @discardableResult
    func wait(seconds: Double = 60) throws -> End {
        if eventually(within: seconds, { !isRunning }), let end { return end }
        kill(pid, SIGKILL)
        throw HarnessError("\(name) did not end within \(seconds) s")
    }

    private func poll() {
        guard end == nil else { return }
        var status: Int32 = 0
        guard unsafe waitpid(pid, &status, WNOHANG) == pid else { return }
        end = status & 0x7f == 0 ? .exit(status >> 8 & 0xff) : .signal(status & 0x7f)
    }
}

/// What a tool printed and how it ended.
struct ToolResult {
    let end: Child.End
    let output: String
    let error: String
}

/// Runs a tool of the machine to its end.
func runTool(
    _ path: String, _ arguments: [String], input: Child.Stream = .null, environment: [String: String]? = nil
) throws -> ToolResult {
    let scratch = try Scratch()
    let child = try Child(
        path, arguments, environment: environment, input: input,
        output: .file(scratch.file("out")), error: .file(scratch.file("err")))
    let end = try child.wait(seconds: 120)
    return ToolResult(end: end, output: scratch.text("out"), error: scratch.text("err"))
}
