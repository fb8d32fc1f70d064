// SPDX-License-Identifier: MIT
internal import AuditRecords
internal import Glibc
internal import KernelProbe

/// What the program says of itself among the records: TRUSTED_APP, `op=ebpf-audit-…`.
struct StatusRecord {
    let operation: StaticString
    let fields: [StatusField]
    var succeeded = true

    /// Collecting begins.
    static func start(tier: Tier, calls: CallsReport, hooks: HooksReport, rules: Int) -> StatusRecord {
        StatusRecord(
            operation: "ebpf-audit-start",
            fields: [
                StatusField("version", text: Array(programVersion.utf8)), StatusField("tier", text: Array(tier.name.utf8)),
                StatusField("calls", text: Array(calls.way.utf8)), StatusField("hooks", text: Array(hooks.way.utf8)),
                StatusField("hooks-missing", UInt64(hooks.missing.count)), StatusField("rules", UInt64(rules)),
            ])
    }

    /// Other rules are in force from now on.
    static func reload(calls: CallsReport, hooks: HooksReport, rules: Int) -> StatusRecord {
        StatusRecord(
            operation: "ebpf-audit-reload",
            fields: [
                StatusField("rules", UInt64(rules)), StatusField("calls", text: Array(calls.way.utf8)),
                StatusField("hooks", text: Array(hooks.way.utf8)),
                StatusField("hooks-missing", UInt64(hooks.missing.count)),
            ])
    }

    /// New rules were to be read and could not be: `rules` earlier ones stay in force.
    static func reloadFailed(_ failure: Failure, rules: Int) -> StatusRecord {
        // One mistake tells where to look, and fits into a record.
        let reason = failure.sentence.utf8.split(separator: UInt8(ascii: "\n"), maxSplits: 1).first ?? []
        return StatusRecord(
            operation: "ebpf-audit-reload",
            fields: [StatusField("rules", UInt64(rules)), StatusField("reason", text: Array(reason.prefix(1024)))], succeeded: false)
    }

    /// Events were lost since the last record of this kind; the numbers are those since the start.
    static func loss(_ account: Account) -> StatusRecord {
        StatusRecord(operation: "ebpf-audit-lost", fields: fields(account), succeeded: false)
    }

    /// Collecting has ended.
    static func stop(_ account: Account) -> StatusRecord {
        StatusRecord(operation: "ebpf-audit-stop", fields: fields(account))
    }

    private static func fields(_ account: Account) -> [StatusField] {
        [
            StatusField("total", account.total), StatusField("filtered", account.filtered),
            StatusField("suppressed", account.suppressed), StatusField("bad", account.bad),
            StatusField("incomplete", account.incomplete), StatusField("lost", account.lostTotal),
        ] + account.lost.map { StatusField($0.name, $0.count) }
    }
}

extension ProcessIdentity {
    /// This process, as the kernel would say it of a message's sender.
    static var this: ProcessIdentity {
        ProcessIdentity(
            pid: UInt32(getpid()), uid: getuid(), auid: SelfFile.number("/proc/self/loginuid") ?? .max,
            ses: SelfFile.number("/proc/self/sessionid") ?? .max)
    }
}
