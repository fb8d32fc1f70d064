// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// The ten defects of the proof of concept that came before this program: none comes back.
    ///
    /// The suites of each subject say more; here each defect has its own short test, so that a failure names it.
    @Suite("defects of the predecessor")
    struct Predecessor {
        static func names(_ calls: String) throws -> Session {
            try Session.run("names") { "-a always,exit -F arch=b64 -S \(calls) -F pid=\($0) -k names\n" }
        }

        @Test("1: calls with two names show both, and no other process's")
        func bothNames() throws {
            let session = try Self.names("rename,renameat,renameat2,link,linkat,symlink,symlinkat")
            var seen: Set<Int> = []
            for call in session.truth.calls where [82, 264, 316, 86, 265, 88, 266].contains(call.fact.number) {
                guard call.paths.count == 2, call.fact.exit == 0 else { continue }
                let event = try #require(try session.event(of: call), "no event: \(call.fact)")
                #expect(try Set(event.names()) == Set(call.paths), "\(call.fact)")
                seen.insert(call.fact.number)
            }
            #expect(seen.count == 7, "the workload does all of them")
        }

        @Test("2: three digits of milliseconds, wall time, and lines in order")
        func stamps() throws {
            let before = Int(Date().timeIntervalSince1970) - 1
            let session = try Session.run("counted", ["8", "2000"]) {
                "-a always,exit -F arch=b64 -S getppid -F pid=\($0) -k count\n"
            }
            let after = Int(Date().timeIntervalSince1970)
            // AuditRecord takes three digits only.
            let records = try session.collector.records()
            #expect(records.allSatisfy { $0.id.seconds >= before && $0.id.seconds <= after })
            let serials = records.map(\.id.serial)
            #expect(serials == serials.sorted())
            // Eight threads on several CPUs: a fraction without its zeros would be found among so many.
            #expect(Set(records.map(\.id.milliseconds)).count > 1)
        }

        @Test("3: a quote and a newline forge nothing; borders of words and empty words are kept")
        func escaping() throws {
            let session = try Exec.session()
            let hostile = session.truth.calls.filter { call in
                call.fact.exit == 0 && call.words.contains { $0.isEmpty || $0.contains(0x0a) || $0.contains(0x22) }
            }
            #expect(hostile.count >= 3)
            for call in hostile {
                let event = try #require(try session.event(of: call), "no event: \(call.fact)")
                #expect(try event.words() == call.words)
            }
            #expect(session.events.count == session.truth.calls.count)
        }

        @Test("4: a failed exec has its file name; long arguments are whole")
        func failedExec() throws {
            let session = try Exec.session()
            for call in session.truth.calls where call.fact.exit != 0 {
                let event = try #require(try session.event(of: call), "no event: \(call.fact)")
                #expect(try event.names() == call.paths, "\(call.fact)")
            }
            let longest = session.truth.calls.filter { $0.fact.exit == 0 && $0.words.contains { $0.count > 100_000 } }
            #expect(longest.count == 2)
            for call in longest {
                let event = try #require(try session.event(of: call), "no event: \(call.fact)")
                #expect(try event.words() == call.words)
            }
        }

        @Test("5: a path is what the call began with, not what stands there at its end")
        func race() throws {
            let session = try Session.run("race") {
                "-a always,exit -F arch=b64 -S unlink -F pid=\($0) -F a1<4096 -k race\n"
            }
            let invented = try session.events.filter { event in
                try event.fact().exit == 0 && event.names().contains { $0.starts(with: Array("ghost".utf8)) }
            }
            #expect(try #require(session.truth.notes["won"]) > 0)
            #expect(invented.isEmpty, "\(invented.count) of \(session.events.count)")
        }

        @Test("6: names and directories are the caller's, in another root too")
        func root() throws {
            let session = try Self.names("chdir,chroot,unlink")
            let inRoot = session.truth.calls.filter { $0.directory == Array("/".utf8) }
            #expect(inRoot.count == 2)
            for call in inRoot {
                let event = try #require(try session.event(of: call), "no event: \(call.fact)")
                try expectNames(event, call)
            }
        }

        @Test("7: deep paths are whole; a program without a file says so")
        func deepPaths() throws {
            let session = try Self.names("openat,unlink")
            let deep = session.truth.calls.filter { $0.paths.first?.count == 4095 && $0.fact.exit ?? -1 >= 0 }
            #expect(deep.count == 2)
            for call in deep {
                let event = try #require(try session.event(of: call), "no event: \(call.fact)")
                #expect(try event.names() == call.paths)
            }
            let execs = try Exec.session()
            let memory = try execs.events.filter { try $0.fact().pid == execs.truth.notes["memory"] }
            #expect(try memory.map { try $0.call().untrusted("exe") } == [Array("/memfd:program (deleted)".utf8)])
        }

        @Test("8: 32-bit calls are read with their own table")
        func table() throws {
            let session = try Session.run("calls_32", rules: everything)
            let pipes = session.truth.calls.filter { $0.fact.number == 42 }
            #expect(pipes.count == 1)
            let event = try #require(try session.event(of: pipes[0]), "no event of pipe")
            #expect(try event.call().need("arch") == "40000003")
            #expect(event.first("SOCKADDR") == nil, "pipe is not connect")
        }

        @Test("9: nothing of what was missed is missing")
        func missed() throws {
            let thread = try Session.run("thread_exec", [Place.workload("target_static")]) {
                "-a always,exit -F arch=b64 -S execve -F ppid=\($0) -k exec\n"
            }
            #expect(thread.events.count == 1, "exec by a thread that is not the leader")
            // openat2, fchmodat2 and file_getattr are numbers above 335.
            let session = try Session.run("names") { pid in
                "-a always,exit -F arch=b64 -S open,openat,openat2,unlink,unlinkat,452,468 -F pid=\(pid) -k missed\n"
            }
            let numbers = try Set(session.events.map { try $0.fact().number })
            #expect(numbers.isSuperset(of: [437, 452]))
            let up = session.truth.calls.filter { $0.paths == [Array("../etc/f".utf8)] }
            #expect(up.count == 1)
            let event = try #require(try session.event(of: up[0]), "no event of the unlink of ../etc/f")
            #expect(try event.names() == up[0].paths)
            let relative = session.truth.calls.filter { $0.fact.number == 257 && $0.fact.arguments[0] == 0 }
            #expect(relative.count == 1)
            #expect(try session.event(of: relative[0])?.names() == relative[0].paths, "openat(0, …)")
            let addresses = try Session.run("addresses") {
                "-a always,exit -F arch=b64 -S bind,connect -F pid=\($0) -F saddr_fam=1 -k unix\n"
            }
            let local = addresses.truth.calls.filter { [42, 49].contains($0.fact.number) && $0.addresses.first?.first == 1 }
            #expect(local.count >= 5)
            // Other calls of the workload with such addresses are no part of its truth.
            for call in local {
                let event = try #require(try addresses.event(of: call), "no event: \(call.fact)")
                #expect(try event.all("SOCKADDR").map { try AuditRecord.hex($0.need("saddr")) } == call.addresses)
            }
        }

        @Test("9: opening with O_RDONLY|O_CREAT|O_TRUNC is in the shipped rules' reach")
        func truncating() throws {
            // The workload's files are in none of the directories that the shipped rules are about.
            let rules = try String(contentsOfFile: Place.root + "/syscalls.rules", encoding: .utf8).split(separator: "\n")
                .filter { !$0.contains("x-path") }.joined(separator: "\n")
            // Only the rules about this workload, in their order, narrowed to it.
            let workload = try Workload("names")
            let collector = try Collector(
                rules: "-a never,exit -F arch=b64 -S all -F pid!=\(workload.pid)\n" + rules)
            workload.release()
            let truth = try workload.finish()
            try collector.stop()
            let facts = try Set(collector.events().map { try $0.fact() })
            let opened = truth.calls.map(\.fact).filter { $0.arguments.contains(0x240) && [2, 257].contains($0.number) }
            #expect(opened.count == 2)
            for fact in opened { #expect(facts.contains(fact), "no event: \(fact)") }
        }

        @Test("10: a missing file stops the start; SIGTERM brings the totals, with -q too")
        func ending() throws {
            let scratch = try Scratch()
            let result = try Failures.run(["run", "--rules", scratch.file("none")])
            #expect(result.end == .exit(Failures.noInput))
            let workload = try Workload("counted", ["1", "100"])
            let collector = try Collector(
                rules: Program.rules(workload.pid), options: ["-q"], outputs: [])
            workload.release()
            _ = try workload.finish()
            #expect(try collector.stop(SIGTERM)["total"] == 100)
        }
    }
}
