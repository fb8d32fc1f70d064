// SPDX-License-Identifier: MIT
internal import CLinux
internal import Glibc

/// How `ebpf-audit rules reload` asks a running program to read its rules anew, and gets the outcome: by signals that carry a
/// number (sigqueue(3)), SIGHUP there and SIGUSR1 back. Nothing has to be left in the file system for it.
enum ReloadRequest {
    /// SI_QUEUE: sent by sigqueue(3), so that the number is the sender's own.
    static let queued: Int32 = -1
    /// Marks a SIGHUP whose sender waits for an answer.
    static let mark: Int32 = 0x65627066

    /// Answers process `asker` with an exit status, 0 for success. Only where that is this program, too: the process may have
    /// ended meanwhile, and its number gone to another that does not expect the signal.
    static func answer(_ asker: Int32, _ status: Int32) {
        guard name(ofProgramOf: asker) == name(ofProgramOf: getpid()) else { return }
        _ = send(SIGUSR1, to: asker, number: status)
    }

    /// Asks process `pid`, and waits for its answer.
    ///
    /// - Returns: an exit status, 0 for success, or nil when none came in time.
    /// - Throws: ``Failure`` when the process cannot be asked.
    static func ask(_ pid: Int32, seconds: Int) throws(Failure) -> Int32? {
        var answers = sigset_t()
        unsafe sigemptyset(&answers)
        unsafe sigaddset(&answers, SIGUSR1)
        _ = unsafe pthread_sigmask(SIG_BLOCK, &answers, nil)
        guard send(SIGHUP, to: pid, number: mark) else {
            let reason = unsafe String(cString: strerror(errno))
            throw Failure("process \(pid) cannot be told: \(reason)", errno == EPERM ? .permission : .unavailable)
        }
        var limit = timespec(tv_sec: seconds, tv_nsec: 0)
        while true {
            var info = unsafe siginfo_t()
            guard unsafe sigtimedwait(&answers, &info, &limit) == SIGUSR1 else {
                if errno == EINTR { continue }
                return nil
            }
            guard unsafe info.si_code == queued, unsafe info._sifields._rt.si_pid == pid else { continue }
            return unsafe info._sifields._rt.si_sigval.sival_int
        }
    }

    private static func send(_ signal: Int32, to pid: Int32, number: Int32) -> Bool {
        unsafe sigqueue(pid, signal, sigval(sival_int: number)) == 0
    }

    /// Processes that run this program's `run`, this one not among them.
    static func collectors() -> [Int32] {
        guard let own = name(ofProgramOf: getpid()), let directory = unsafe opendir("/proc") else { return [] }
        defer { unsafe closedir(directory) }
        var found: [Int32] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard let pid = Int32(name), pid != getpid(), Self.name(ofProgramOf: pid) == own else { continue }
            let words = SelfFile.bytes("/proc/\(pid)/cmdline", limit: 4096).split(separator: 0, omittingEmptySubsequences: false)
            if words.count > 1, words[1].elementsEqual("run".utf8) { found.append(pid) }
        }
        return found.sorted()
    }

    /// The last part of the path of a process's program; the program may have been replaced by a newer one.
    private static func name(ofProgramOf pid: Int32) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink("/proc/\(pid)/exe", &buffer, buffer.count)
        guard count > 0 else { return nil }
        let path = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let deleted = " (deleted)"
        return path.split(separator: "/").last.map { String($0.hasSuffix(deleted) ? $0.dropLast(deleted.count) : $0) }
    }
}
