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
    static func start(tier: Tier, hooks: HooksReport, rules: Int) -> StatusRecord {
        StatusRecord(
            operation: "ebpf-audit-start",
            fields: [
                StatusField("version", text: Array(programVersion.utf8)), StatusField("tier", text: Array(tier.name.utf8)),
                StatusField("hooks", text: Array(hooks.way.utf8)),
                StatusField("hooks-missing", UInt64(hooks.missing.count)), StatusField("rules", UInt64(rules)),
            ])
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
            StatusField("total", account.total), StatusField("filtered", account.filtered), StatusField("bad", account.bad),
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
