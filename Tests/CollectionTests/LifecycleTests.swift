// SPDX-License-Identifier: MIT
import Glibc
import Testing

extension CollectionTests {
    /// Calls that do not simply return.
    @Suite("life cycle")
    struct Lifecycle {
        /// Events of the calls that the workload's truth has, itself and its children.
        static func run(_ what: String, _ calls: String) throws -> (seen: [CallFact], session: Session) {
            let session = try Session.run("lifecycle", [what]) { pid in
                """
                -a always,exit -F arch=b64 -S \(calls) -F pid=\(pid) -k life
                -a always,exit -F arch=b64 -S \(calls) -F ppid=\(pid) -k life

                """
            }
            return (try session.events.map { try $0.fact() }, session)
        }

        @Test("exit and exit_group: an event without success and exit")
        func exit() throws {
            let (seen, session) = try Self.run("exit", "exit,exit_group,getppid")
            var truth = session.truth.calls.map(\.fact)
            // The workload's own end follows; it says nothing about that.
            let last = try #require(seen.last)
            #expect(last.pid == session.pid && last.number == 231 && last.exit == nil)
            truth.append(last)
            expectSame(seen, truth)
        }

        @Test("killed while it sleeps in a call: the call ends with EINTR, once")
        func killed() throws {
            let (seen, session) = try Self.run("killed", "nanosleep,read,getppid")
            let children = Set(session.truth.calls.map(\.fact.pid)).subtracting([session.pid])
            #expect(children.count == 2)
            expectSame(
                seen.filter { children.contains($0.pid) },
                session.truth.calls.map(\.fact).filter { children.contains($0.pid) })
        }

        @Test("fork, vfork, clone, clone3: the child does not report its parent's call again")
        func fork() throws {
            let (seen, session) = try Self.run("fork", "fork,vfork,clone,clone3,getppid")
            expectSame(seen, session.truth.calls.map(\.fact))
        }

        @Test("interrupted calls say EINTR; one that the kernel restarts is two")
        func signals() throws {
            let (seen, session) = try Self.run("signal", "nanosleep,read,getppid")
            let truth = session.truth.calls.map(\.fact)
            // Reads that empty the pipe in between are not part of the truth; theirs have no fourth argument.
            expectSame(seen.filter { $0.number != 0 || $0.arguments[3] != 0 }, truth)
        }

        @Test("stopped and continued: nanosleep ends, restart_syscall sleeps the rest")
        func stopped() throws {
            let (seen, session) = try Self.run("stopped", "nanosleep,restart_syscall")
            let child = try #require(session.truth.calls.map(\.fact.pid).first { $0 != session.pid })
            // Its parent sleeps by clock_nanosleep meanwhile.
            expectSame(
                seen.filter { $0.pid == child },
                session.truth.calls.map(\.fact).filter { $0.pid == child })
        }

        @Test("100 threads at once: every call of each exactly once")
        func threads() throws {
            let (threads, calls) = (100, 100)
            let session = try Session.run("counted", ["\(threads)", "\(calls)"]) {
                "-a always,exit -F arch=b64 -S getppid -F pid=\($0) -k count\n"
            }
            let facts = try session.events.map { try $0.fact() }
            #expect(facts.count == threads * calls)
            let pairs = Set(facts.map { [$0.arguments[1], $0.arguments[2]] })
            #expect(pairs.count == threads * calls)
            #expect(facts.allSatisfy { $0.exit == Int64(getpid()) && $0.arguments[0] == CallFact.mark + 1 })
            // Within a thread calls keep their order.
            for thread in 0..<threads {
                let list = facts.filter { $0.arguments[1] == thread }.map { $0.arguments[2] }
                #expect(list == list.sorted())
            }
            #expect(session.report["total"] == UInt64(threads * calls))
        }

        @Test("a name that changes while the call runs: what the kernel took stands in the record")
        func race() throws {
            let session = try Session.run("race") {
                "-a always,exit -F arch=b64 -S unlink -F pid=\($0) -F a1<4096 -k race\n"
            }
            expectSame(try session.events.map { try $0.fact() }, session.truth.calls.map(\.fact))
            #expect(try #require(session.truth.notes["won"]) > 0, "no name changed during its call: nothing was tested")
            // The second argument counts the calls.
            let calls = Dictionary(session.truth.calls.map { ($0.fact.arguments[1], $0) }) { first, _ in first }
            var wrong: [String] = []
            for event in session.events {
                let fact = try event.fact()
                guard let call = calls[fact.arguments[1]] else { continue }
                let names = try event.names()
                // One that failed may have found either name gone; the kernel itself then names only the parent.
                let right = fact.exit == 0 ? names == [call.paths[0]] : Set(names).isSubset(of: call.paths)
                if !right { wrong.append("\(fact): \(names.map(show))") }
            }
            #expect(wrong.isEmpty, "\(wrong.count) wrong names, such as \(wrong.prefix(3))")
        }
    }
}
