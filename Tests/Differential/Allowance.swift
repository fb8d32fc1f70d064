// SPDX-License-Identifier: MIT

/// What may differ between the kernel's records and ours, and why. Nothing else may: see docs/fidelity.md.
enum Allowance: String, CaseIterable, Sendable {
    /// Kernel and program number their events each for itself (docs/decisions/0001-serials.md).
    case serial
    /// auditd leaves EOE records out of its log file (it sends them to plugins only); we write them unless told otherwise.
    case endOfEvent = "eoe"
    /// Some records end in a blank (MQ_GETSETATTR, EOE), which auditd cuts off in its log (format_raw(), auditd-event.c).
    case trailingBlank = "trailing-blank"
    /// Kernels keep the first title that they write for a task until it ends, so that it is stale after an exec (audit_log_proctitle(),
    /// kernel/auditsc.c). 5.16 to 6.0 do not (from 12c5e81d3fd0 to c3f3ea8af44d "audit: free audit_proctitle only on task exit", which 6.0.3
    /// took over). We write what the title is.
    case titleCache = "proctitle-cache"
    /// Kernels before 5.16 have no OPENAT2 record (571e5c0efcb2 "audit: add OPENAT2 record to list "how" info").
    case openat2
    /// Before 5.11 the working directory is noted with a name that is read from the caller only (audit_getname()), since then with every
    /// file, also of a descriptor (audit_alloc_name(); 6d915476e67d "audit: trigger accompanying records when no rules present").
    case directoryOfDescriptor = "cwd-of-descriptor"
    /// Before 6.14 audit does not know the file that mkdir() or rmdir() is about again by a name that ends in a slash, and lists it and its
    /// directory anew, without a name (e92eebb0d611 "audit: fix suffixed '/' filename matching").
    case slash = "slash-at-end"
    /// Audit reads the coarse clock right behind the tracepoint at which we do. On an emulated processor that is long enough for ticks to come
    /// in between, and late ones come at once: ours is the earlier stamp then. Where the clock cannot be read (7.3) we stamp by the count of
    /// ticks, and then clock and count are brought up to date by different amounts. Only where the machine is said to be emulated.
    case lateTick = "late-tick"

    var reason: String {
        switch self {
        case .serial: "each source numbers its own events"
        case .endOfEvent: "auditd leaves EOE out of its log files"
        case .trailingBlank: "auditd cuts the blank off that a record ends with"
        case .titleCache: "the kernel keeps a task's first title until it ends; ours is the present one"
        case .openat2: "before 5.16 the kernel has no OPENAT2 record"
        case .directoryOfDescriptor: "before 5.11 the kernel has no CWD of calls that name no file"
        case .slash: "before 6.14 the kernel lists anew what mkdir and rmdir name with a slash at the end"
        case .lateTick: "emulated ticks come late: stamps up to two ticks apart"
        }
    }
}

/// Where logs come from, as far as it decides what may differ.
struct Origin {
    /// The kernel's version; nil when it is not known.
    let version: (major: Int, minor: Int)?
    /// The machine was emulated: its ticks come late.
    let isEmulated: Bool

    /// - Parameter release: as `uname -r` has it.
    init(release: String, isEmulated: Bool) {
        let numbers = release.split(separator: ".").prefix(2).compactMap { Int($0) }
        version = numbers.count == 2 ? (numbers[0], numbers[1]) : nil
        self.isEmulated = isEmulated
    }

    /// Whether the kernel is older than `major`.`minor`; false when its version is not known.
    func isBefore(_ major: Int, _ minor: Int) -> Bool { version.map { $0 < (major, minor) } ?? false }
}
