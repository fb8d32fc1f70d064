// SPDX-License-Identifier: MIT

/// Why an output lost events.
package enum LossReason: Sendable, CaseIterable {
    /// No space, quota or permitted file size left.
    case full
    /// The reader has gone.
    case closed
    /// Any other failed write, a syslog daemon that is absent or does not keep up among them.
    case error
    /// The output did not take them in the time given for the end.
    case stalled
}

/// What one output did since the start.
package struct OutputCounters: Sendable, Equatable {
    /// The output's name, as in ``OutputDestination/name``.
    package let output: String
    /// Events written whole.
    package internal(set) var writtenEvents = 0
    /// Bytes of them.
    package internal(set) var writtenBytes = 0
    /// Events lost, of which parts may have gone out.
    package internal(set) var lost = LostEvents()

    init(output: String) { self.output = output }
}

/// Lost events by reason.
package struct LostEvents: Sendable, Equatable {
    package internal(set) var full = 0
    package internal(set) var closed = 0
    package internal(set) var error = 0
    package internal(set) var stalled = 0

    /// All of them.
    package var total: Int { full + closed + error + stalled }

    package internal(set) subscript(reason: LossReason) -> Int {
        get {
            switch reason {
            case .full: full
            case .closed: closed
            case .error: error
            case .stalled: stalled
            }
        }
        set {
            switch reason {
            case .full: full = newValue
            case .closed: closed = newValue
            case .error: error = newValue
            case .stalled: stalled = newValue
            }
        }
    }
}

/// What became of one batch at one output.
package struct WriteOutcome: Equatable, Sendable {
    /// Events written whole.
    package let writtenEvents: Int
    /// Bytes of them.
    package let writtenBytes: Int
    /// The batch's other events.
    package let lostEvents: Int
    /// Why events were lost, or what else went wrong; nil when all is well.
    package let problem: OutputError?
}
