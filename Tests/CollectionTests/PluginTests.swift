// SPDX-License-Identifier: MIT
import Foundation
import Testing

extension CollectionTests {
    /// The machine's own auditd starts the program as its plugin.
    @Suite("plugin")
    struct Plugin {
        static let auditd = "/sbin/auditd"
        static let auditctl = "/sbin/auditctl"

        /// An auditd with directories of its own, and the kernel's audit put back when it is over.
        final class Daemon {
            let child: Child
            let scratch: Scratch
            private var isOver = false

            /// - Parameter rules: of the plugin, not of the kernel.
            init(rules: String) throws {
                let program = try Place.required(Place.program, "build it with 'make', or name it in EBPF_AUDIT")
                let scratch = try Scratch()
                self.scratch = scratch
                let plugins = try scratch.directory("plugins.d")
                let configuration = try scratch.write(
                    "plugin.config",
                    """
                    rules = \(try scratch.write("rules", rules))
                    output = file:\(scratch.file("records"))

                    """)
                // auditd gives a plugin no environment and at most two words: a script of the test's names the files.
                let script = try scratch.write(
                    "ebpf-audit-plugin",
                    """
                    #!/bin/sh
                    exec '\(program)' "$@" --config '\(configuration)' 2>'\(scratch.file("err"))'

                    """)
                try scratch.write(
                    "plugins.d/ebpf-audit.conf",
                    """
                    active = yes
                    direction = out
                    path = \(script)
                    type = always
                    args = run --plugin
                    format = string

                    """)
                let log = try scratch.directory("log")
                try scratch.write(
                    "auditd.conf",
                    """
                    local_events = yes
                    write_logs = yes
                    log_file = \(log)/audit.log
                    log_group = root
                    log_format = ENRICHED
                    flush = INCREMENTAL_ASYNC
                    freq = 50
                    max_log_file = 8
                    num_logs = 2
                    max_log_file_action = IGNORE
                    space_left = 75
                    space_left_action = IGNORE
                    admin_space_left = 50
                    admin_space_left_action = IGNORE
                    disk_full_action = IGNORE
                    disk_error_action = IGNORE
                    name_format = NONE
                    plugin_dir = \(plugins)

                    """)
                let files = FileManager.default
                // What auditd demands of owner and mode: AUDIT plugins(5), and audisp-pconfig.c.
                for (name, mode) in [("ebpf-audit-plugin", 0o750), ("plugins.d/ebpf-audit.conf", 0o640), ("auditd.conf", 0o640)] {
                    try files.setAttributes([.posixPermissions: mode], ofItemAtPath: scratch.file(name))
                }
                child = try Child(
                    Plugin.auditd, ["-n", "-c", scratch.path], output: .file(scratch.file("auditd.out")),
                    error: .file(scratch.file("auditd.err")))
                let child = child
                let ready = eventually(within: 60) { Collector.isReady(scratch.text("err")) || !child.isRunning }
                guard ready, child.isRunning else {
                    let text = ["auditd.out", "auditd.err", "err"].map { scratch.text($0) }.joined(separator: "\n")
                    throw HarnessError("the plugin did not start: \(text)")
                }
            }

            /// The plugin's pid: auditd's one child.
            func plugin() throws -> Int {
                let list = try String(contentsOfFile: "/proc/\(child.pid)/task/\(child.pid)/children", encoding: .utf8)
                return try #require(list.split(separator: " ").compactMap { Int($0) }.first, "auditd has no child")
            }

            /// Stops auditd, as an administrator does.
            func stop() throws {
                child.signal(SIGTERM)
                try child.wait()
                restore()
            }

            /// The kernel's audit as it was: off, without rules.
            private func restore() {
                guard !isOver else { return }
                isOver = true
                for words in [["-D"], ["-e", "0"]] { _ = try? runTool(Plugin.auditctl, words) }
            }

            deinit {
                child.signal(SIGTERM)
                _ = try? child.wait(seconds: 10)
                restore()
            }
        }

        /// Whether kernel audit is somebody's already; then these tests would take it away.
        static func inUse() throws -> Bool {
            let status = try runTool(auditctl, ["-s"]).output
            // The kernel remembers the pid of an auditd that has ended until it next has something to send.
            let owner = status.split(separator: "\n").first { $0.hasPrefix("pid ") }?.dropFirst(4) ?? "0"
            let isAlive = owner != "0" && FileManager.default.fileExists(atPath: "/proc/\(owner)")
            guard status.contains("enabled 0"), !isAlive else {
                print("skipped: the kernel's audit is in use on this machine: \(status.split(separator: "\n").prefix(3))")
                return true
            }
            return false
        }

        @Test("started by auditd, it collects; stopped with auditd, it has written everything")
        func collects() throws {
            guard try !Self.inUse() else { return }
            let workload = try Workload("calls")
            let daemon = try Daemon(rules: everything(workload.pid))
            let plugin = try daemon.plugin()
            workload.release()
            let truth = try workload.finish()
            try daemon.stop()
            #expect(eventually { kill(pid_t(plugin), 0) != 0 }, "the plugin lives on without auditd")
            let events = AuditEvent.group(try AuditEvent.parse(daemon.scratch.bytes("records")))
                .filter { $0.first("SYSCALL") != nil }
            expectSame(try marked(events, pid: workload.pid), truth.calls.map(\.fact))
            let report = try Report(daemon.scratch.text("err"))
            report.expectExact()
            #expect(Int(report["written"]) == events.count)
        }

        @Test("auditd reconfigures: the plugin goes on and misses nothing")
        func reconfigures() throws {
            guard try !Self.inUse() else { return }
            let workload = try Workload("counted", ["1", "400"])
            let daemon = try Daemon(
                rules: "-a always,exit -F arch=b64 -S getppid -F pid=\(workload.pid) -k some\n")
            daemon.child.signal(SIGHUP)
            usleep(1_000_000)
            _ = try daemon.plugin()
            workload.release()
            _ = try workload.finish()
            try daemon.stop()
            let events = AuditEvent.group(try AuditEvent.parse(daemon.scratch.bytes("records")))
                .filter { $0.first("SYSCALL") != nil }
            #expect(events.count == 400)
        }

        @Test("it drains what auditd sends, and does not hold up the kernel's audit")
        func drains() throws {
            guard try !Self.inUse() else { return }
            let workload = try Workload("counted", ["2", "10"])
            let daemon = try Daemon(
                rules: "-a always,exit -F arch=b64 -S getppid -F pid=\(workload.pid) -k some\n")
            // Far more than fits into the socket between them (about 200 kB).
            let text = String(repeating: "x", count: 900)
            for _ in 0..<400 { _ = try runTool(Self.auditctl, ["-m", text]) }
            let log = daemon.scratch.file("log/audit.log")
            #expect(eventually(within: 60) { (try? Accounting.count("^type=USER ", in: log)) ?? 0 >= 400 })
            workload.release()
            _ = try workload.finish()
            try daemon.stop()
            let events = AuditEvent.group(try AuditEvent.parse(daemon.scratch.bytes("records")))
            #expect(events.filter { $0.first("SYSCALL") != nil }.count == 20)
            // Incoming records are none of ours.
            #expect(events.allSatisfy { $0.first("USER") == nil })
        }

        @Test("end of its input ends it in order, without auditd")
        func endOfInput() throws {
            let scratch = try Scratch()
            let program = try Place.required(Place.program, "build it with 'make', or name it in EBPF_AUDIT")
            let workload = try Workload("counted", ["1", "40"])
            let rules = try scratch.write(
                "rules", "-a always,exit -F arch=b64 -S getppid -F pid=\(workload.pid) -k some\n")
            // As auditd starts it: no environment at all.
            let child = try Child(
                program, ["run", "--plugin", "--rules", rules, "--output", "file:" + scratch.file("records")] + Place.tierOptions,
                environment: [:], input: .pipe, error: .file(scratch.file("err")))
            try #require(
                eventually(within: 60) { Collector.isReady(scratch.text("err")) || !child.isRunning },
                "\(scratch.text("err"))")
            workload.release()
            _ = try workload.finish()
            child.send("type=DAEMON_START msg=audit(1.000:1): op=start\n")
            child.closeInput()
            #expect(try child.wait() == .exit(0), "\(scratch.text("err"))")
            let report = try Report(scratch.text("err"))
            report.expectExact()
            #expect(report["written"] == 40)
            let events = AuditEvent.group(try AuditEvent.parse(scratch.bytes("records")))
            #expect(events.filter { $0.first("SYSCALL") != nil }.count == 40)
        }
    }
}
