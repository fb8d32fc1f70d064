// SPDX-License-Identifier: MIT
internal import AuditSyscalls
package import CAuditWire

/// Ways to see calls other than by tracepoints with a program that every call of every task passes.
package struct CallWays: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// By trampolines on the calls' functions (5.5), where the kernel cannot be preempted in them.
    package static let fentry = CallWays(rawValue: 1 << 0)
    /// By kprobes on them that see every return (6.14).
    package static let kprobe = CallWays(rawValue: 1 << 1)
    /// By the tracepoints that perf has for each call (programs at them read registers from 5.15 on), where rules select no calls of 32-bit programs.
    package static let perf = CallWays(rawValue: 1 << 2)
    package static let all: CallWays = [.fentry, .kprobe, .perf]
}

/// The calls that rules select, as hooks on their functions need them.
package struct SelectedCalls: Sendable {
    /// With more calls than these there are tracepoints: a hook takes the kernel milliseconds to attach.
    package static let limit = 64

    /// For `cbpf_want_calls()`, or nil where hooks are out of the question.
    let text: String?
    /// Ways that the configuration permits.
    let ways: CallWays
    /// Why there is no text.
    let reason: String?

    /// - Parameters:
    ///   - index: `AS_ABIS * AS_SYSCALLS` entries.
    ///   - ways: none of them: tracepoints, whatever the rules.
    package init(index: [as_index], ways: CallWays) {
        self.ways = ways
        let places = index.indices.filter { index[$0].flags & UInt16(AS_INDEX_ENTRY.rawValue) != 0 }
        guard !ways.isEmpty else {
            (text, reason) = (nil, nil)
            return
        }
        guard !places.isEmpty, places.count <= Self.limit else {
            (text, reason) = (nil, "the rules select \(places.count) calls, and hooks are for 1 to \(Self.limit)")
            return
        }
        var lines: [String] = []
        for place in places {
            let number = UInt32(place % Int(AS_SYSCALLS))
            guard let abi = SyscallABI(rawValue: UInt32(place / Int(AS_SYSCALLS))),
                let names = SyscallFunctions.names(number: number, abi: abi)
            else {
                (text, reason) = (nil, "call \(number) has no function that is known")
                return
            }
            let marks = (SyscallFunctions.returns(number: number, abi: abi) ? "" : "!") + (abi == .compat ? "~" : "")
            lines.append(marks + names.joined(separator: " "))
        }
        (text, reason) = (lines.joined(separator: "\n"), nil)
    }
}

/// How calls are seen.
package struct CallsReport: Sendable {
    /// "tracepoints", "fentry", "kprobe" or "perf".
    package let way: String
    /// Functions, or calls, that hooks are on.
    package let functions: Int
    /// Why it is tracepoints, where something else was asked for, or "".
    package let reason: String

    package init(way: String, functions: Int, reason: String) {
        self.way = way
        self.functions = functions
        self.reason = reason
    }

    /// "fentry, on 3 functions", "perf, on 2 calls", or "tracepoints: the rules select 90 calls, …".
    package var answer: String {
        functions > 0 ? "\(way), on \(functions) \(way == "perf" ? "calls" : "functions")" : way + (reason.isEmpty ? "" : ": \(reason)")
    }
}
