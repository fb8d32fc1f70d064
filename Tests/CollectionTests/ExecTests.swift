// SPDX-License-Identifier: MIT
import Testing

extension CollectionTests {
    /// execve and execveat in all forms.
    @Suite("exec")
    struct Exec {
        static func session() throws -> Session {
            try Session.run("execs", [Place.workload("target_static")]) {
                "-a always,exit -F arch=b64 -S execve -S execveat -F ppid=\($0) -k exec\n"
            }
        }

        @Test("every form of argv comes back word for word; a failed exec has its file name and no words")
        func forms() throws {
            let session = try Self.session()
            expectSame(try session.events.map { try $0.fact() }, session.truth.calls.map(\.fact))
            for call in session.truth.calls {
                let event = try #require(try session.event(of: call), "no event: \(call.fact)")
                if call.fact.exit == 0 {
                    let words = try event.words()
                    #expect(words?.count == call.words.count, "\(call.fact)")
                    #expect(words == call.words, "\(call.fact): \((words ?? []).prefix(9).map(show))")
                    #expect(try event.call().untrusted("comm") != Array("execs".utf8), "comm is the new program's")
                    // mm->exe_file, as d_path() names a file without a directory.
                    let isInMemory = session.truth.notes["memory"] == call.fact.pid
                    let program = isInMemory ? "/memfd:program (deleted)" : Place.workload("target_static")
                    #expect(try event.call().untrusted("exe") == Array(program.utf8))
                } else {
                    #expect(try event.words() == nil, "\(call.fact)")
                    #expect(try event.call().untrusted("comm") == Array("execs".utf8))
                }
            }
        }

        @Test("the file that was named is the first PATH item")
        func names() throws {
            let session = try Self.session()
            for call in session.truth.calls {
                let event = try #require(try session.event(of: call), "no event: \(call.fact)")
                // Empty with AT_EMPTY_PATH; further items are interpreters.
                let first = try event.names().first ?? []
                #expect(first == call.paths.first ?? [], "\(call.fact): \(show(first))")
                #expect(try event.names(["PARENT", "CREATE", "DELETE"]).isEmpty)
            }
        }

        @Test("EXECVE records hold at most what ausearch reads, and as the kernel splits them")
        func split() throws {
            let session = try Self.session()
            for event in session.events {
                let records = event.all("EXECVE")
                for record in records { #expect(record.length <= 8969) }
                // kernel/auditsc.c audit_log_execve_info(): 7,500 bytes of argument text each.
                let text = try (event.words() ?? []).reduce(0) { $0 + $1.count }
                #expect(records.count <= text * 2 / 3000 + 6 || records.isEmpty)
            }
        }

        @Test("exec by a thread that is not the leader")
        func thread() throws {
            let session = try Session.run("thread_exec", [Place.workload("target_static")]) {
                "-a always,exit -F arch=b64 -S execve -F ppid=\($0) -k exec\n"
            }
            #expect(session.truth.notes["status"] == 0, "the new program ran")
            expectSame(try session.events.map { try $0.fact() }, session.truth.calls.map(\.fact))
            let event = try #require(session.events.first)
            #expect(try event.words() == session.truth.calls.first?.words)
            #expect(try event.call().untrusted("comm") == Array("target_static".utf8))
        }

        @Test("the threads that an exec ends have their interrupted calls, once each")
        func threadsThatEnd() throws {
            let session = try Session.run("thread_exec", [Place.workload("target_static")]) {
                "-a always,exit -F arch=b64 -S pause -S execve -F ppid=\($0) -k exec\n"
            }
            let facts = try session.events.map { try $0.fact() }
            // The leader and three more sleep in pause() (34), or were on their way there.
            let pauses = facts.filter { $0.number == 34 }
            #expect(pauses.count <= 4)
            #expect(pauses.allSatisfy { $0.exit == -4 })
            #expect(facts.filter { $0.number == 59 }.count == 1)
        }
    }
}
