// SPDX-License-Identifier: MIT
import Glibc
import Testing

extension CollectionTests {
    /// Every call exactly once, in order, under its own number and architecture.
    @Suite("calls")
    struct Calls {
        @Test("300 different calls: none missing, none twice, none added, in order")
        func everyCall() throws {
            let session = try Session.run("calls", rules: everything)
            let truth = session.truth.calls.map(\.fact)
            #expect(Set(truth.map(\.number)).count >= 60, "the workload is what the issue asks for")
            expectSame(try marked(session.events, pid: session.pid), truth)
            for event in session.events {
                #expect(try event.call().need("key") == "\"workload\"")
                #expect(try event.call().need("ppid") == "\(getpid())")
            }
        }

        @Test("what was under way when collecting began is no event")
        func nothingBeforeTheFirst() throws {
            let session = try Session.run("calls", rules: everything)
            let first = try session.events.map { try $0.fact() }.first { $0.pid == session.pid }
            // The workload waits in read() when the program attaches; its first whole call is the marker.
            #expect(first?.marker == 1)
        }

        @Test("serials rise in file order, and no event's records are torn apart")
        func order() throws {
            let session = try Session.run("calls", rules: everything)
            let records = try session.collector.records()
            let serials = records.map(\.id.serial)
            #expect(serials == serials.sorted())
            #expect(Set(session.events.map(\.id.serial)).count == session.events.count)
        }

        @Test("a 32-bit program's calls have arch 40000003 and numbers of the i386 table")
        func compat() throws {
            let session = try Session.run("calls_32", rules: everything)
            let truth = session.truth.calls.map(\.fact)
            expectSame(try marked(session.events, pid: session.pid), truth)
            #expect(truth.allSatisfy { $0.arch == Arch.i386 })
        }

        @Test("int 0x80 in a 64-bit program is a 32-bit call; an x32 number is never misread")
        func int80() throws {
            let session = try Session.run("int80", rules: everything)
            // The kernel's own audit prints whole registers here; the call is in their lower halves.
            func low(_ facts: [CallFact]) -> [CallFact] {
                facts.map { fact in
                    var fact = fact
                    if fact.arch == Arch.i386 { fact.arguments = fact.arguments.map { $0 & 0xffff_ffff } }
                    return fact
                }
            }
            // Calls with the x32 bit are not in the truth: audit's masks end at 2048, so no rule can select them.
            expectSame(low(try marked(session.events, pid: session.pid)), session.truth.calls.map(\.fact))
            #expect(session.truth.notes["x32"] != nil)
        }

        @Test("arch=b64 alone leaves the 32-bit calls out, arch=b32 the others", arguments: ["b64", "b32"])
        func oneTable(arch: String) throws {
            let session = try Session.run("int80") {
                "-a always,exit -F arch=\(arch) -S all -F pid=\($0) -k one\n"
            }
            let wanted = arch == "b64" ? Arch.x86 : Arch.i386
            let seen = try session.events.map { try $0.fact() }.filter { $0.pid == session.pid }
            #expect(seen.allSatisfy { $0.arch == wanted })
            let truth = session.truth.calls.map(\.fact).filter { $0.arch == wanted }
            #expect(seen.count >= truth.count)
            #expect(Set(seen.map(\.number)).isSuperset(of: truth.map(\.number)))
        }

        @Test("a rule's filters choose as the kernel's do")
        func filters() throws {
            let session = try Session.run("calls") { pid in
                """
                -a never,exit -F arch=b64 -S getuid -F pid=\(pid)
                -a always,exit -F arch=b64 -S getuid -S getpid -S gettid -F pid=\(pid) -k numbers
                -a always,exit -F arch=b64 -S unlink,rmdir,lchown,faccessat -F pid=\(pid) -F exit=-ENOENT -k missing
                -a always,exit -F arch=b64 -S openat -F pid=\(pid) -F a2&03 -k writing
                -a always,exit -F arch=b64 -S kill -F pid=\(pid) -F a1=9 -k killing

                """
            }
            let truth = session.truth.calls.map(\.fact).filter { fact in
                switch fact.number {
                case 39, 186: true  // getpid, gettid
                case 87, 84, 94, 269: fact.exit == -2  // unlink, rmdir, lchown, faccessat
                case 257: fact.arguments[2] & 3 != 0  // openat
                default: false
                }
            }
            // The program's start-up and end make calls too; none of them is among these but openat for reading.
            expectSame(try session.events.map { try $0.fact() }, truth)
            #expect(truth.count >= 4)
            let keys = try session.events.map { try $0.call().need("key") }
            #expect(Set(keys) == ["\"numbers\"", "\"missing\"", "\"writing\""])
        }
    }
}
