// SPDX-License-Identifier: MIT
import Testing

/// Text of bytes, for messages.
func show(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes.prefix(60), as: UTF8.self).debugDescription
    return bytes.count > 60 ? "\(text)… (\(bytes.count) bytes)" : text
}

/// The order and shape that readers rely on (kernel/auditsc.c audit_log_exit(); ausearch and auparse sources).
func expectForm(_ event: AuditEvent, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let order = ["SYSCALL", "", "EXECVE", "MMAP", "FD_PAIR", "SOCKADDR", "CWD", "PATH", "PROCTITLE", "EOE"]
    // Records that only some kernels or later versions have stand directly behind SYSCALL.
    let places = event.records.map { order.firstIndex(of: $0.type) ?? 1 }
    #expect(places == places.sorted(), "order of \(event.records.map(\.type))", sourceLocation: sourceLocation)
    for once in ["SYSCALL", "CWD", "PROCTITLE", "EOE"] {
        #expect(event.all(once).count <= 1, "\(once) in \(event.id)", sourceLocation: sourceLocation)
    }
    // auparse closes an event at PROCTITLE, auoms at EOE.
    #expect(event.first("PROCTITLE") != nil, "no PROCTITLE in \(event.id)", sourceLocation: sourceLocation)
    // ausearch reads lines into 8,970 bytes.
    for record in event.records where record.length > 8969 {
        Issue.record("a line of \(record.length) bytes in \(event.id)", sourceLocation: sourceLocation)
    }
    let names = try event.call().fields().map(\.name)
    let returned = names.contains("exit")
    let expected =
        ["arch", "syscall"] + (names.contains("per") ? ["per"] : []) + (returned ? ["success", "exit"] : [])
        + ["a0", "a1", "a2", "a3", "items", "ppid", "pid", "auid", "uid", "gid", "euid", "suid", "fsuid", "egid", "sgid"]
        + ["fsgid", "tty", "ses", "comm", "exe"] + (names.contains("subj") ? ["subj"] : []) + ["key"]
    #expect(names == expected, "fields of SYSCALL", sourceLocation: sourceLocation)
    let paths = event.all("PATH")
    // The kernel counts hidden names too, and does not print them.
    let items = try #require(Int(try event.call().need("items")))
    let numbers = try paths.map { try #require(Int(try $0.need("item"))) }
    #expect(numbers == Set(numbers).sorted(), "PATH items of \(event.id)", sourceLocation: sourceLocation)
    #expect(numbers.allSatisfy { $0 < items }, "items=\(items) of \(event.id)", sourceLocation: sourceLocation)
}

/// Both lists are equal, or the differences are named.
func expectSame(_ seen: [CallFact], _ truth: [CallFact], sourceLocation: SourceLocation = #_sourceLocation) {
    guard seen != truth else { return }
    var text = ""
    for change in seen.difference(from: truth).prefix(20) {
        switch change {
        case .insert(let at, let fact, _): text += "\n  event \(at) not in truth: \(fact)"
        case .remove(let at, let fact, _): text += "\n  call \(at) without event: \(fact)"
        }
    }
    Issue.record("\(seen.count) events, \(truth.count) calls:\(text)", sourceLocation: sourceLocation)
}

/// Events of `pid` from the first marker to the second.
func marked(_ events: [AuditEvent], pid: Int) throws -> [CallFact] {
    let facts = try events.map { try $0.fact() }.filter { $0.pid == pid }
    let first = try #require(facts.firstIndex { $0.marker == 1 }, "the first marker call has no event")
    let last = try #require(facts.lastIndex { $0.marker == 2 }, "the last marker call has no event")
    return Array(facts[first...last])
}

/// The names of an event are those that the call was given.
///
/// A call that succeeded names each of them outside of PARENT items. One that failed may have got no further than a
/// parent (the kernel's audit then reports that one only). Nothing else may stand there.
func expectNames(_ event: AuditEvent, _ call: Truth.Call, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let seen = try event.names()
    let given = Set(call.paths)
    let succeeded = (call.fact.exit ?? 0) >= 0
    let parents = try event.names(["PARENT"])
    if succeeded {
        #expect(
            Set(seen) == given, "\(call.fact) has \(seen.map(show)), was given \(call.paths.map(show))",
            sourceLocation: sourceLocation)
    } else {
        #expect(
            Set(seen).isSubset(of: given), "\(call.fact) has \(seen.map(show)), was given \(call.paths.map(show))",
            sourceLocation: sourceLocation)
        // A call that this kernel does not have (ENOSYS) reads no names, and one that was given a bad address may stop at it
        // (EFAULT): before 5.15 linkat() looked at the old name's file before it read the new name (fs/namei.c do_linkat()).
        let mayHaveNone = [-38, -14].contains(call.fact.exit)
        #expect(
            given.isEmpty || !seen.isEmpty || !parents.isEmpty || mayHaveNone, "\(call.fact) has no name at all",
            sourceLocation: sourceLocation)
    }
    let directory = try event.first("CWD").flatMap { try $0.untrusted("cwd") }
    let allowed = Set(
        given.compactMap { name in name.lastIndex(of: UInt8(ascii: "/")).map { Array(name[...$0]) } }
            + [directory].compactMap { $0 })
    #expect(
        Set(parents).isSubset(of: allowed), "\(call.fact) has parents \(parents.map(show))",
        sourceLocation: sourceLocation)
    if let expected = call.directory {
        let seen = directory ?? []
        #expect(
            seen == expected, "\(call.fact) began in \(show(expected)), not \(show(seen))",
            sourceLocation: sourceLocation)
    }
}
