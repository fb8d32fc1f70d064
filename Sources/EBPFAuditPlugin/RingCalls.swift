// SPDX-License-Identifier: MIT
internal import AuditEvents
internal import AuditRules
internal import CAuditWire

/// A call that is under way and within which operations of io_uring have been issued.
struct RingCall {
    /// Thread, and monotonic time of the call's entry, ns.
    let thread: UInt32
    let time: UInt64
    /// What the rules have said so far.
    var state = RingState()
    /// The serial of its event, once it has a record.
    var serial: UInt32?

    init(_ event: borrowing EventView) {
        thread = event.call.tid
        time = event.header.time
    }
}

/// Such calls, by thread, from their first operation until their own events come.
struct RingCalls {
    private var calls: [UInt32: RingCall] = [:]
    /// Calls whose own event got lost, and whose thread makes no other, would stay for ever: with more than these all go.
    private static let limit = 16384

    var isEmpty: Bool { calls.isEmpty }

    /// The call that the operation `event` has been issued in, or a new one.
    func call(_ event: borrowing EventView) -> RingCall {
        if let call = calls[event.call.tid], call.time == event.header.time { return call }
        return RingCall(event)
    }

    /// Keeps `call` for what else comes of it.
    mutating func keep(_ call: RingCall) {
        if calls.count >= Self.limit { calls.removeAll(keepingCapacity: true) }
        calls[call.thread] = call
    }

    /// The call whose end `event` is, which is forgotten; nil for one without operations.
    mutating func take(_ event: borrowing EventView) -> RingCall? {
        guard let call = calls[event.call.tid] else { return nil }
        calls[event.call.tid] = nil
        return call.time == event.header.time ? call : nil
    }
}
