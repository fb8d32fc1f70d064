// SPDX-License-Identifier: MIT
import AuditRules
import Testing

/// A line that must not be accepted, and what must be said about it.
struct WrongLine: CustomTestStringConvertible {
    let text: String
    let column: Int
    let word: String
    let fault: RuleFault

    init(_ text: String, _ column: Int, _ word: String, _ fault: RuleFault) {
        self.text = text
        self.column = column
        self.word = word
        self.fault = fault
    }

    var testDescription: String { text }

    /// Lines that auditctl refuses as well; ``AuditctlVerdictTests`` asks it.
    static let refusedByAuditctl: [WrongLine] = [
        // Words.
        WrongLine("always,exit", 1, "always,exit", .parameterWithoutOption),
        WrongLine("-a always,exit -S open # why", 24, "#", .parameterWithoutOption),
        WrongLine("-a always,exit -S open open", 24, "open", .parameterWithoutOption),
        WrongLine("-a always,exit -S open -", 24, "-", .parameterWithoutOption),
        WrongLine("-a always,exit -S open -- -k x", 27, "-k", .parameterWithoutOption),
        WrongLine("-a\talways,exit -S open", 3, "\talways,exit", .badKeyword(option: "-a")),
        WrongLine("-z", 1, "-z", .unknownOption),
        WrongLine("-a always,exit -S open -Z", 24, "-Z", .unknownOption),
        WrongLine("--nonsense", 1, "--nonsense", .unknownOption),
        WrongLine("--reset", 1, "--reset", .unknownOption),
        WrongLine("-a", 1, "-a", .argumentMissing(option: "-a")),
        WrongLine("-a always,exit -S", 16, "-S", .argumentMissing(option: "-S")),
        WrongLine("-a always,exit -F", 16, "-F", .argumentMissing(option: "-F")),
        WrongLine("-a always,exit -S open -k", 24, "-k", .argumentMissing(option: "-k")),
        WrongLine("-h", 1, "-h", .usage),
        // Lists and actions.
        WrongLine("-a always", 4, "always", .badKeyword(option: "-a")),
        WrongLine("-a exit", 4, "exit", .badKeyword(option: "-a")),
        WrongLine("-a always,exit,", 4, "always,exit,", .badKeyword(option: "-a")),
        WrongLine("-a always,", 4, "always,", .badKeyword(option: "-a")),
        WrongLine("-a always,always", 4, "always,always", .badKeyword(option: "-a")),
        WrongLine("-a exit,exit", 4, "exit,exit", .badKeyword(option: "-a")),
        WrongLine("-a always,entry -S open", 4, "always,entry", .badKeyword(option: "-a")),
        WrongLine("-a Always,exit -S open", 4, "Always,exit", .badKeyword(option: "-a")),
        WrongLine("-A sometimes,exit -S open", 4, "sometimes,exit", .badKeyword(option: "-A")),
        WrongLine("-a possible,exit -S open", 4, "possible,exit", .badKeyword(option: "-a")),
        WrongLine("-a always,exit -S open -a never,exit", 27, "never,exit", .secondList),
        WrongLine("-F pid=1 -a always,exit -S open", 4, "pid=1", .listMissing),
        WrongLine("-S open", 4, "open", .listMissingForSyscall),
        WrongLine("-S open -k x", 12, "x", .keyNeedsSelector),
        // Calls.
        WrongLine("-a always,exit -S opne", 19, "opne", .unknownSyscall(machine: "x86_64")),
        WrongLine("-a always,exit -F arch=b64 -S open,opne,close", 36, "opne", .unknownSyscall(machine: "x86_64")),
        WrongLine("-a always,exit -F arch=b64 -S socketcall", 31, "socketcall", .unknownSyscall(machine: "x86_64")),
        WrongLine("-a always,exit -F arch=b32 -S arch_prctl_x", 31, "arch_prctl_x", .unknownSyscall(machine: "i386")),
        WrongLine("-a always,exit -S 2048", 19, "2048", .unknownSyscall(machine: "x86_64")),
        WrongLine("-a always,exit -S -1", 19, "-1", .unknownSyscall(machine: "x86_64")),
        WrongLine("-a always,exit -S 'open'", 19, "'open'", .unknownSyscall(machine: "x86_64")),
        // Fields.
        WrongLine("-a always,exit -S open -F pid", 27, "pid", .operatorMissing),
        WrongLine("-a always,exit -S open -F =1", 27, "=1", .fieldNameMissing),
        WrongLine("-a always,exit -S open -F pid=", 27, "pid=", .valueMissing),
        WrongLine("-a always,exit -S open -F auid>=", 27, "auid>=", .valueMissing),
        WrongLine("-a always,exit -S open -F pidd=1", 27, "pidd=1", .unknownField),
        WrongLine("-a always,exit -S open -F 'auid>=1000'", 27, "'auid>=1000'", .unknownField),
        WrongLine("-a always,exit -S open -F a4=1", 27, "a4=1", .unknownField),
        WrongLine("-a always,exit -S open -F auid >=1000", 27, "auid", .operatorMissing),
        WrongLine("-a always,exit -S open -F a0==1", 27, "a0==1", .notNumber),
        WrongLine("-a always,exit -S open -F pid=x", 27, "pid=x", .notNumber),
        WrongLine("-a always,exit -S open -F pid=-1", 27, "pid=-1", .notNumber),
        WrongLine("-a always,exit -S open -F ppid=init", 27, "ppid=init", .notNumber),
        WrongLine("-a always,exit -S open -F pers=linux", 27, "pers=linux", .notNumber),
        WrongLine("-a always,exit -S open -F success=yes", 27, "success=yes", .notNumber),
        WrongLine("-a always,exit -S open -F a0=O_RDONLY", 27, "a0=O_RDONLY", .notNumber),
        WrongLine("-a always,exit -S open -F a1=-x", 27, "a1=-x", .notNumber),
        WrongLine("-a always,exit -S open -F exit=EWHATEVER", 27, "exit=EWHATEVER", .unknownErrno),
        WrongLine("-a always,exit -S open -F exit=-", 27, "exit=-", .unknownErrno),
        WrongLine("-a always,exit -S open -F uid=no-such-user", 27, "uid=no-such-user", .unknownUser),
        WrongLine("-a always,exit -S open -F auid=-", 27, "auid=-", .unknownUser),
        WrongLine("-a always,exit -S open -F egid=no-such-group", 27, "egid=no-such-group", .unknownGroup),
        WrongLine("-a always,exit -S open -F gid=-1", 27, "gid=-1", .unknownGroup),
        WrongLine("-a always,exit -S open -F saddr_fam=46", 27, "saddr_fam=46", .valueTooBig),
        WrongLine("-a always,exit -S open -F saddr_fam=-1", 27, "saddr_fam=-1", .valueTooBig),
        WrongLine("-a always,exit -F arch=b65 -S open", 19, "arch=b65", .unknownArch),
        WrongLine("-a always,exit -F arch=40000003 -S open", 19, "arch=40000003", .unknownArch),
        WrongLine("-a always,exit -F arch=sparc -S open", 19, "arch=sparc", .unknownArch),
        WrongLine("-a always,exit -F arch>b64 -S open", 19, "arch>b64", .equalOrNotOnly),
        WrongLine("-a always,exit -F arch&=b64 -S open", 19, "arch&=b64", .equalOrNotOnly),
        WrongLine("-a always,exit -S open -F arch=b64", 27, "arch=b64", .archAfterSyscall),
        WrongLine("-a always,exit -S open -F msgtype=1300", 27, "msgtype=1300", .messageTypeList),
        WrongLine("-a always,exit -S open -F fstype=debugfs", 27, "fstype=debugfs", .wrongList),
        // What libaudit takes and the kernel refuses.
        WrongLine("-a always,exit -S open -F uid&1", 27, "uid&1", .operatorRefused("&")),
        WrongLine("-a always,exit -S open -F pid&=1", 27, "pid&=1", .operatorRefused("&=")),
        WrongLine("-a always,exit -S open -F exit&=1", 27, "exit&=1", .operatorRefused("&=")),
        WrongLine("-a always,exit -S open -F success&1", 27, "success&1", .operatorRefused("&")),
        WrongLine("-a always,exit -S open -F sessionid&1", 27, "sessionid&1", .operatorRefused("&")),
        WrongLine("-a always,exit -S open -F saddr_fam&2", 27, "saddr_fam&2", .operatorRefused("&")),
        WrongLine("-a always,exit -S open -F uid=unset", 27, "uid=unset", .identityRefused),
        WrongLine("-a always,exit -S open -F euid=-1", 27, "euid=-1", .identityRefused),
        WrongLine("-a always,exit -S open -F gid=4294967295", 27, "gid=4294967295", .identityRefused),
        WrongLine("-a always,exit -S open -F auid>=unset", 27, "auid>=unset", .identityRefused),
        // Keys.
        WrongLine("-a always,exit -k x -S open", 19, "x", .keyNeedsSelector),
        WrongLine("-a always,exit -F pid=1 -k x", 28, "x", .keyNeedsSelector),
        WrongLine("-a always,exit -F pid=1 -F key=x", 32, "x", .keyNeedsSelector),
        WrongLine("-a always,exit -S open -F key>x", 27, "key>x", .operatorRefused(">")),
        WrongLine("-a always,exit -S open -k a!=b", 27, "a!=b", .unknownField),
        WrongLine("-a always,exit -S open -F key=a -F key!=b", 31, "a", .secondKey),
        WrongLine(
            "-a always,exit -S open -k " + String(repeating: "k", count: 257), 27, String(repeating: "k", count: 257),
            .keyTooLong(limit: 256)),
        WrongLine(
            "-a always,exit -S open -k " + String(repeating: "k", count: 200) + " -k "
                + String(repeating: "j", count: 56), 231, String(repeating: "j", count: 56), .keyTooLong(limit: 256)),
        WrongLine(
            "-a always,exit" + String(repeating: " -F a0=1", count: 64), 523, "a0=1", .tooManyFields(limit: 63)),
        // Control lines.
        WrongLine("-e 3", 4, "3", .notOneOf(subject: "Enable", expected: "0, 1, or 2")),
        WrongLine("-e yes", 4, "yes", .notOneOf(subject: "Enable", expected: "0, 1, or 2")),
        WrongLine("-f 3", 4, "3", .notOneOf(subject: "Failure", expected: "0, 1, or 2")),
        WrongLine("-b lots", 4, "lots", .controlNotNumber(subject: "backlog")),
        WrongLine("-b -1", 4, "-1", .controlNotNumber(subject: "backlog")),
        WrongLine("-b 99999999999999999999", 4, "99999999999999999999", .controlTooBig(subject: "backlog")),
        WrongLine("-r fast", 4, "fast", .controlNotNumber(subject: "rate")),
        WrongLine("--backlog_wait_time long", 21, "long", .controlNotNumber(subject: "backlog_wait_time")),
        WrongLine("-D now", 4, "now", .wrongOptionCount(subject: "Delete all")),
        WrongLine("-D -S open", 4, "-S", .onlyOption("the -k option is")),
        WrongLine("-R /etc/audit/audit.rules", 4, "/etc/audit/audit.rules", .nestedFile),
        WrongLine("-q /mnt", 4, "/mnt", .badEquivalent),
        WrongLine("--signal KILL", 10, "KILL", .badSignal),
    ]

    /// Lines that auditctl does not refuse, or not with its exit code, and this program does.
    static let refusedHereOnly: [WrongLine] = [
        // auditctl complains, and goes on because it has seen the -i.
        WrongLine("-i -b 8192", 4, "-b", .parameterWithoutOption),
        WrongLine("-ic", 1, "-i", .parameterWithoutOption),
        // auditctl reads 0.
        WrongLine("-a always,exit -S open -F sessionid=last", 27, "sessionid=last", .notNumber),
        WrongLine("-a always,exit -S connect -F saddr_fam=inet", 30, "saddr_fam=inet", .notNumber),
    ]

    /// Legal language of a later version.
    static let notYet: [WrongLine] = [
        WrongLine("-w /etc/passwd -p wa -k x", 1, "-w", .notSupportedYet("watching paths with -w is")),
        WrongLine("-W /etc/passwd", 1, "-W", .notSupportedYet("watching paths with -W is")),
        WrongLine("-a always,exit -p wa", 16, "-p", .notSupportedYet("watching paths with -p is")),
        WrongLine("-d always,exit -S open", 1, "-d", .notSupportedYet("deleting rules with -d is")),
        WrongLine("-a always,exit -C uid!=euid", 16, "-C", .notSupportedYet("comparing fields with -C is")),
        WrongLine("-a task,always", 4, "task,always", .notSupportedYet("the filter list task is")),
        WrongLine("-a never,user -F uid=0", 4, "never,user", .notSupportedYet("the filter list user is")),
        WrongLine("-a exclude,always -F msgtype=CWD", 4, "exclude,always", .notSupportedYet("the filter list exclude is")),
        WrongLine("-a never,filesystem -F fstype=debugfs", 4, "never,filesystem", .notSupportedYet("the filter list filesystem is")),
        WrongLine("-a always,io_uring -S openat", 4, "always,io_uring", .notSupportedYet("the filter list io_uring is")),
        WrongLine("-a always,exit -F path=/etc/passwd -F perm=wa -k x", 19, "path=/etc/passwd", .notSupportedYet("the field path is")),
        WrongLine("-a always,exit -S open -F dir=/etc", 27, "dir=/etc", .notSupportedYet("the field dir is")),
        WrongLine("-a always,exit -S open -F perm=r", 27, "perm=r", .notSupportedYet("the field perm is")),
        WrongLine("-a always,exit -S open -F exe=/bin/ls", 27, "exe=/bin/ls", .notSupportedYet("the field exe is")),
        WrongLine("-a always,exit -S open -F inode=1", 27, "inode=1", .notSupportedYet("the field inode is")),
        WrongLine("-a always,exit -S open -F devmajor=8", 27, "devmajor=8", .notSupportedYet("the field devmajor is")),
        WrongLine("-a always,exit -S open -F devminor=1", 27, "devminor=1", .notSupportedYet("the field devminor is")),
        WrongLine("-a always,exit -S open -F filetype=file", 27, "filetype=file", .notSupportedYet("the field filetype is")),
        WrongLine("-a always,exit -S open -F subj_type=x_t", 27, "subj_type=x_t", .notSupportedYet("the field subj_type is")),
        WrongLine("-a always,exit -S open -F obj_user=x_u", 27, "obj_user=x_u", .notSupportedYet("the field obj_user is")),
        WrongLine("-a always,exit -S open -F obj_uid=0", 27, "obj_uid=0", .notSupportedYet("the field obj_uid is")),
        WrongLine("-a always,exit -S 2047", 19, "2047", .notSupportedYet("the kernel's syscall classes (numbers 2032 to 2047) are")),
    ]
}
