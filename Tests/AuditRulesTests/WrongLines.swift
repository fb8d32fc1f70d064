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
        // Lists and their fields.
        WrongLine("-S open -a task,always", 12, "task,always", .syscallForTaskList),
        WrongLine("-a task,always -S open", 19, "open", .syscallOnList("task")),
        WrongLine("-a never,user -S open", 18, "open", .syscallOnList("user")),
        WrongLine("-a always,exclude -S open", 22, "open", .syscallOnList("exclude")),
        WrongLine("-a never,filesystem -S open", 24, "open", .syscallOnList("filesystem")),
        WrongLine("-a task,always -F exit=0", 19, "exit=0", .exitListOnly),
        WrongLine("-a task,always -F ppid=1", 19, "ppid=1", .exitListOnly),
        WrongLine("-a task,always -F path=/etc/passwd", 19, "path=/etc/passwd", .exitListOnly),
        WrongLine("-a task,always -F sessionid=1", 19, "sessionid=1", .sessionList),
        WrongLine("-a task,always -C uid!=euid", 19, "uid!=euid", .exitListOnly),
        WrongLine("-a exclude,always -F msgtype=NOPE", 22, "msgtype=NOPE", .unknownMessageType),
        WrongLine("-a exclude,always -F success=1", 22, "success=1", .excludeListFields),
        WrongLine("-a exclude,always -F exe=/bin/ls -k x", 37, "x", .excludeListFields),
        WrongLine("-a never,filesystem -F fstype=nofs", 24, "fstype=nofs", .unknownFileSystem),
        WrongLine("-a never,filesystem -F fstype>debugfs", 24, "fstype>debugfs", .equalOrNotOnly),
        WrongLine(
            "-a never,filesystem -F uid=0", 24, "uid=0", .kernelRefuses("other fields than fstype on the filesystem list")),
        WrongLine("-d always,exit -S open", 1, "-d", .noSuchRule),
        WrongLine("-W /etc/passwd", 1, "-W", .noSuchRule),
        // Watches and permissions.
        WrongLine("-w etc/passwd", 4, "etc/passwd", .pathNotAbsolute),
        WrongLine("-a always,exit -w /etc/passwd", 19, "/etc/passwd", .watchWithList),
        WrongLine("-w /" + String(repeating: "x", count: 256), 4, "/" + String(repeating: "x", count: 256), .baseNameTooLong),
        WrongLine("-w /no-such-directory/x", 4, "/no-such-directory/x", .noSuchPath),
        WrongLine("-w /etc/passwd -p z", 19, "z", .permissionUnknown("z")),
        WrongLine("-w /etc/passwd -p rwxar", 19, "rwxar", .permissionTooLong),
        WrongLine("-p wa", 4, "wa", .permissionNeedsWatch),
        WrongLine("-a always,exit -p wa", 19, "wa", .permissionNeedsField),
        WrongLine("-w /etc/passwd -F dir=/etc", 19, "dir=/etc", .kernelRefuses("a second path, dir or inode in one rule")),
        WrongLine("-w /etc/passwd -F arch=b64", 19, "arch=b64", .archAfterSyscall),
        WrongLine("-a always,exit -F path=passwd", 19, "path=passwd", .kernelRefuses("a path that does not begin with /")),
        WrongLine("-a always,exit -F path!=/etc/passwd", 19, "path!=/etc/passwd", .operatorRefused("!=")),
        WrongLine(
            "-a always,exit -F path=/etc/", 19, "path=/etc/",
            .kernelRefuses("a path that ends in /; use dir= for a directory")),
        WrongLine("-a always,exit -F dir=/no-such-directory", 19, "dir=/no-such-directory", .noSuchPath),
        WrongLine("-a always,exit -F perm=q", 19, "perm=q", .permissionLetters),
        WrongLine("-a always,exit -F perm!=r", 19, "perm!=r", .equalOnly),
        WrongLine("-a always,exit -F perm=rwxaa", 19, "perm=rwxaa", .stringTooLong),
        WrongLine("-a always,exit -F filetype=folder", 19, "filetype=folder", .unknownFileType),
        WrongLine("-a always,exit -F filetype>file", 19, "filetype>file", .operatorRefused(">")),
        WrongLine("-a always,exit -F inode>5", 19, "inode>5", .equalOrNotOnly),
        WrongLine("-a always,exit -F inode=x", 19, "inode=x", .notNumber),
        WrongLine("-a always,exit -F devmajor=sda", 19, "devmajor=sda", .notNumber),
        WrongLine("-a always,exit -F devmajor&8", 19, "devmajor&8", .operatorRefused("&")),
        WrongLine("-a always,exit -F obj_uid=-1", 19, "obj_uid=-1", .identityRefused),
        WrongLine("-a always,exit -F exe>/bin/ls", 19, "exe>/bin/ls", .equalOrNotOnly),
        WrongLine("-a always,exit -F exe=ls", 19, "exe=ls", .kernelRefuses("a path that does not begin with /")),
        WrongLine(
            "-a always,exit -F exe=/bin/ls -F exe=/bin/cat", 34, "exe=/bin/cat",
            .kernelRefuses("a second exe in one rule")),
        WrongLine("-a always,exit -F exe=/no-such-directory/x", 19, "exe=/no-such-directory/x", .noSuchPath),
        WrongLine("-a always,exit -F subj_user>root", 19, "subj_user>root", .operatorRefused(">")),
        // -C.
        WrongLine("-a always,exit -C uid", 19, "uid", .equalOrNotOnly),
        WrongLine("-a always,exit -C =uid", 19, "=uid", .compareFieldMissing),
        WrongLine("-a always,exit -C uid=", 19, "uid=", .compareValueMissing),
        WrongLine("-a always,exit -C uid=gid", 19, "uid=gid", .compareIncompatible),
        WrongLine("-a always,exit -C uid=uid", 19, "uid=uid", .compareIncompatible),
        WrongLine("-a always,exit -C nope=uid", 19, "nope=uid", .compareFieldUnknown),
        WrongLine("-a always,exit -C uid=0", 19, "uid=0", .compareValueUnknown),
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
        // auditctl reads 0.
        WrongLine("-a always,exit -S open -F sessionid=last", 27, "sessionid=last", .notNumber),
        WrongLine("-a always,exit -S connect -F saddr_fam=inet", 30, "saddr_fam=inet", .notNumber),
    ]

    /// Language of a later auditctl than the one that is taken for the measure.
    static let later: [WrongLine] = [
        WrongLine("-a always,io_uring -S openat,nope", 30, "nope", .unknownRingOperation),
        WrongLine("-a always,io_uring -F path=/etc/passwd", 23, "path=/etc/passwd", .exitListOnly),
    ]
}
