// SPDX-License-Identifier: MIT
import AuditEvents
import AuditRules
import AuditSyscalls
import AuditTestSupport
import CAuditWire
import Foundation
import Testing

/// The rules file at the top of the project: what the proof of concept selected, for both tables, without its gaps.
@Suite struct ShippedRulesTests {
    static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "syscalls.rules")

    private let set: RuleSet
    private let prefilter: PrefilterModel

    init() throws {
        set = try RuleSet.load(paths: [Self.file.path])
        prefilter = PrefilterModel(MapImage(set))
    }

    private func key(_ event: EventBytes) throws -> String? {
        try event.withView { view in
            guard case .select(let rule) = Evaluator(set).decide(view, files: event.files) else { return nil }
            let passed = prefilter.accepts(view)
            #expect(passed)
            return set.keys[rule].map { String(decoding: $0, as: UTF8.self) }
        }
    }

    @Test func loadsWithoutAWarning() {
        #expect(set.warnings.isEmpty, "\(set.warnings)")
        #expect(set.rules.allSatisfy { $0.key != nil })
        #expect(set.controls.isEmpty)
        #expect(!set.wanted.contains(.groups))
    }

    /// Numbers are those of asm/unistd_64.h and unistd_32.h.
    @Test(
        arguments: [
            // x86-64, i386 (nil: not there), a0 … a2, selected
            // open and openat: O_WRONLY 1, O_RDWR 2, O_CREAT 0100, O_TRUNC 01000, O_APPEND 02000, O_CLOEXEC 02000000.
            (2, 5, [0, 0], false), (2, 5, [0, 0o2000000], false), (2, 5, [0, 0o2000], false),
            (2, 5, [0, 1], true), (2, 5, [0, 2], true), (2, 5, [0, 0o2000001], true),
            (2, 5, [0, 0o100], true), (2, 5, [0, 0o1000], true), (2, 5, [0, 0o1100], true),
            (257, 295, [3, 0, 0], false), (257, 295, [3, 3, 0o2000000], false), (257, 295, [0, 0, 1], true),
            (257, 295, [0, 0, 0o1100], true), (437, 437, [0, 0, 0], true),
            // mmap (mmap2), remap_file_pages: write and exec; mprotect: exec.
            (9, 192, [0, 0, 7], true), (9, 192, [0, 0, 6], true), (9, 192, [0, 0, 5], false), (9, 192, [0, 0, 3], false),
            (nil, 90, [0x1000], true),
            (216, 257, [0, 0, 6], true), (216, 257, [0, 0, 4], false),
            (10, 125, [0, 0, 4], true), (10, 125, [0, 0, 5], true), (10, 125, [0, 0, 3], false),
            // connect, accept, accept4, and socketcall's.
            (42, 362, [], true), (43, nil, [], true), (288, 364, [], true),
            (nil, 102, [3], true), (nil, 102, [5], true), (nil, 102, [18], true), (nil, 102, [1], false),
            (nil, 102, [11], false),
            // execve, execveat.
            (59, 11, [], true), (322, 358, [], true),
            // kill, tkill, tgkill: 9 and 19.
            (62, 37, [1, 9], true), (62, 37, [1, 19], true), (62, 37, [1, 15], false), (62, 37, [9, 0], false),
            (200, 238, [1, 9], true), (200, 238, [1, 19], true), (200, 238, [1, 18], false),
            (234, 270, [1, 9, 15], false), (234, 270, [1, 2, 9], true), (234, 270, [1, 2, 19], true),
            // truncate, ftruncate and their 64-bit forms.
            (76, 92, [], true), (77, 93, [], true), (nil, 193, [], true), (nil, 194, [], true),
            // rename, renameat, renameat2, rmdir, creat, link, linkat, unlink, unlinkat, symlink, symlinkat.
            (82, 38, [], true), (264, 302, [], true), (316, 353, [], true), (84, 40, [], true), (85, 8, [], true),
            (86, 9, [], true), (265, 303, [], true), (87, 10, [], true), (263, 301, [], true), (88, 83, [], true),
            (266, 304, [], true),
            // chmod, fchmod, fchmodat, fchmodat2, chown, fchown, lchown, fchownat, and the 32-bit owners.
            (90, 15, [], true), (91, 94, [], true), (268, 306, [], true), (452, 452, [], true), (92, 182, [], true),
            (93, 95, [], true), (94, 16, [], true), (260, 298, [], true), (nil, 212, [], true), (nil, 207, [], true),
            (nil, 198, [], true),
            // ptrace, mknod, mknodat.
            (101, 26, [], true), (133, 14, [], true), (259, 297, [], true),
            // adjtimex, clock_adjtime, settimeofday, clock_settime, clock_adjtime64, clock_settime64, stime.
            (159, 124, [], true), (305, 343, [], true), (164, 79, [], true), (227, 264, [], true), (nil, 405, [], true),
            (nil, 404, [], true), (nil, 25, [], true),
            // init_module, finit_module, delete_module, kexec_load, kexec_file_load.
            (175, 128, [], true), (313, 350, [], true), (176, 129, [], true), (246, 283, [], true), (320, nil, [], true),
            // read, write, close, getppid, futex: never.
            (0, 3, [], false), (1, 4, [], false), (3, 6, [], false), (110, 64, [], false), (202, 240, [], false),
        ] as [(UInt32?, UInt32?, [UInt64], Bool)])
    func selectsWhatItSays(_ native: UInt32?, _ compat: UInt32?, _ arguments: [UInt64], _ selected: Bool) throws {
        for (arch, number) in [(EventBytes.native, native), (EventBytes.compat, compat)] {
            guard let number else { continue }
            var event = EventBytes(arch: arch, number)
            for (index, value) in arguments.enumerated() { event.setArgument(index, value) }
            event.names = ["/etc/file"]
            event.objects = [nil]
            #expect(try (key(event) != nil) == selected, "\(arch) \(number) \(arguments)")
        }
    }

    /// `filter_path()` of the proof of concept's ebpf_telemetry.c; of two names either is enough.
    @Test(
        "calls about files are those about files that matter",
        arguments: [
            (["/etc/passwd"], true), (["/bin/x"], true), (["/boot/a/b"], true), (["/lib/x"], true), (["/lib64/x"], true),
            (["/opt/x"], true), (["/sbin/x"], true), (["/snap/x"], true), (["/usr/bin/x"], true), (["/usr/lib/x"], true),
            (["/usr/local/bin/x"], true),
            (["/usr/local/etc/x"], true), (["/usr/local/lib/x"], true), (["/usr/local/sbin/x"], true), (["/usr/local/share/x"], true),
            (["/usr/sbin/x"], true), (["/usr/share/x"], true), (["/root/.ssh/authorized_keys2"], true), (["/dev/sda1"], true),
            (["/home/x"], false), (["/etcx/y"], false), (["/usr/local/x"], false), (["/dev/tty"], false), (["/tmp/../etc/passwd"], true),
            (["/etc/../tmp/x"], false), (["x"], false), (["../etc/x"], true), (["/tmp/a", "/tmp/b"], false), (["/tmp/a", "/etc/b"], true),
        ] as [([String], Bool)])
    func files(_ names: [String], _ selected: Bool) throws {
        for (number, argument) in [(2, 1), (257, 2)] as [(UInt32, Int)] {
            var event = EventBytes(number)
            event.setArgument(argument, 1)
            event.names = names
            event.objects = names.map { _ in nil }
            event.workingDirectory = "/tmp"
            #expect(try (key(event) == "open-write") == selected)
        }
        // unlink, rename, chmod of both tables; chown32.
        for (arch, numbers) in [(EventBytes.native, [87, 82, 90]), (EventBytes.compat, [10, 38, 15, 212])] as [(UInt32, [UInt32])] {
            for number in numbers {
                var event = EventBytes(arch: arch, number)
                event.names = names
                event.objects = names.map { _ in nil }
                event.workingDirectory = "/tmp"
                #expect(try (key(event) != nil) == selected, "\(arch) \(number)")
            }
        }
        var program = EventBytes(59)
        program.names = names
        program.objects = names.map { _ in nil }
        #expect(try key(program) == "exec", "programs are all of interest")
    }

    @Test("a file whose path is not known is not left out")
    func unknownPaths() throws {
        // unlinkat(3, "x") and fchmod(3).
        var event = EventBytes(263, 3)
        event.names = ["x"]
        var files = NamedFiles()
        files.append(event.file(0, nil, isBelowWorkingDirectory: false))
        try event.withView { #expect(Evaluator(set).decide($0, files: files) != .reject) }
        #expect(try key(EventBytes(91, 3)) == "permission")
    }

    @Test func failedCallsAreSelectedToo() throws {
        var event = EventBytes(59)
        event.call.ret = -2
        #expect(try key(event) == "exec")
        event.hasReturned = false
        #expect(try key(event) == "exec")
    }
}
