// SPDX-License-Identifier: MIT
internal import ArgumentParser
internal import Glibc

/// The program `ebpf-audit`.
@main
struct EBPFAudit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ebpf-audit",
        abstract: "Collects Linux system calls with eBPF and writes them as Linux Audit records.",
        discussion: """
            EXAMPLES
              Show what the rules select, until Ctrl-C:
                ebpf-audit run --rules syscalls.rules
              Collect into a file for ausearch, for one minute:
                ebpf-audit run --rules syscalls.rules --output file:/var/log/ebpf-audit/audit.log --for 60
                ausearch -if /var/log/ebpf-audit/audit.log -i
              Keep what the kernel side sends, and make records of it later:
                ebpf-audit run --rules syscalls.rules -q --capture calls.capture --for 60
                ebpf-audit replay --rules syscalls.rules calls.capture
              Look for mistakes in a rules file (needs neither root nor a kernel):
                ebpf-audit rules check syscalls.rules
              Say what this kernel offers:
                ebpf-audit probe
            """,
        version: programVersion,
        subcommands: [RunCommand.self, ReplayCommand.self, RulesCommand.self, ProbeCommand.self]
    )
}

/// This program's version, in the sense of semver.org.
let programVersion = "0.1.0"
