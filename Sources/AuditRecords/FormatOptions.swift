// SPDX-License-Identifier: MIT
package import AuditSyscalls

/// How records are written.
package struct FormatOptions: Sendable {
    /// The name in front of every record (`node=`), 1 ... 255 plain bytes; nil for none.
    package var node: [UInt8]?
    /// End every event with an EOE record. auditd sends it to plugins and sockets, and leaves it out of log files.
    package var endOfEvent: Bool
    /// Add auditd's interpreted fields behind the byte 0x1D (`log_format = ENRICHED`, auditd.conf(5)).
    package var enriched: Bool
    /// The first event's serial; its upper bit is always taken as set, see docs/decisions/0001-serials.md.
    package var serialBase: UInt32
    /// What the path arguments of calls are.
    package var pathUses: PathUseTable
    /// All capabilities that the running kernel has (`CAP_FULL_SET`): a process with all of them is not reported to gain some by an
    /// exec. 38 up to Linux 5.7, 41 since 5.9; see `KernelCapabilities`.
    package var allCapabilities: UInt64
    /// Look at files of this machine for what an event does not tell of them: an exec's loader and capabilities, a refused file. Off for
    /// events of another time or machine, whose files are not these.
    package var looksAtFiles = true

    /// Options; the defaults are those of a stream without node name.
    package init(
        node: [UInt8]? = nil, endOfEvent: Bool = true, enriched: Bool = false, serialBase: UInt32 = 0x8000_0000,
        pathUses: PathUseTable = PathUseTable(), allCapabilities: UInt64 = 1 << 41 - 1
    ) {
        self.node = node
        self.endOfEvent = endOfEvent
        self.enriched = enriched
        self.serialBase = serialBase
        self.pathUses = pathUses
        self.allCapabilities = allCapabilities
    }
}

/// Why records cannot be written as asked.
package enum FormatError: Error, Equatable {
    /// The node name is empty, longer than 255 bytes, or has a byte that would break or forge a record: a blank, a quote,
    /// a control character or one above 0x7e.
    case node
}
