// SPDX-License-Identifier: MIT
import Testing

extension CollectionTests {
    /// File names and socket addresses: exactly what the caller gave.
    @Suite("names")
    struct Names {
        @Test("file names of every kind, in every place of a call, and the directory that the call began in")
        func files() throws {
            let session = try Session.run("names", rules: everything)
            let marks = session.truth.calls.filter { $0.fact.marker != nil }
            #expect(marks.count == 2)
            var remaining = session.events
            for call in session.truth.calls {
                // Some calls come twice: take them in order.
                let place = try #require(
                    try remaining.firstIndex { try $0.fact() == call.fact }, "no event: \(call.fact)")
                try expectNames(remaining.remove(at: place), call)
            }
        }

        @Test("nobody forges a record: as many events as calls, whatever the names say")
        func forgery() throws {
            let session = try Session.run("names") {
                "-a always,exit -F arch=b64 -S openat,chmod,rename -F pid=\($0) -k names\n"
            }
            let wanted: Set = [257, 90, 82]
            expectSame(
                try session.events.map { try $0.fact() },
                session.truth.calls.map(\.fact).filter { wanted.contains($0.number) })
            // Had the newline in a name ended a line, a record of the year 1970 would stand here.
            #expect(session.events.allSatisfy { $0.id.seconds > 1_700_000_000 })
        }

        @Test("socket addresses of every family, given and received")
        func addresses() throws {
            let session = try Session.run("addresses", rules: everything)
            if session.truth.notes["no-vsock"] != nil {
                print("skipped: this kernel has no AF_VSOCK, so no vsock address was connected to")
            }
            var refusing = false
            for call in session.truth.calls {
                if let marker = call.fact.marker {
                    refusing = marker == 3
                    continue
                }
                let event = try #require(try session.event(of: call), "no event: \(call.fact)")
                let seen = try event.all("SOCKADDR").map { try AuditRecord.hex($0.need("saddr")) }
                #expect(
                    seen == call.addresses,
                    "\(refusing ? "refused: " : "")\(call.fact): \(seen), truth \(call.addresses)")
            }
        }
    }
}
