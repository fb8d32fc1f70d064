// SPDX-License-Identifier: MIT

/// The fields that generated rules have: which operators the kernel takes for each (`audit_field_valid()`, kernel/auditfilter.c), and
/// values of every class: one that events have, its neighbours, one that none has, the ends of the range, signs and names.
struct RuleFields {
    let name: String
    let operators: [String]
    let values: [String]

    private static let order = ["=", "!=", "<", "<=", ">", ">="]
    private static let all8 = order + ["&", "&="]
    private static let equality = ["=", "!="]

    /// Whether auditctl and the kernel take this together.
    func takes(_ op: String, _ value: String) -> Bool {
        // auid=unset becomes a question of its own, which has no order.
        name != "auid" || value != "unset" || Self.equality.contains(op)
    }

    private static let numbers = ["0", "1", "2", "4", "100", "577", "0x3e9", "0x7fffffff", "0x80000000", "-1", "-2", "-100"]
    private static let users = ["0", "3", "4", "root", "999", "1000", "1001", "4294967294"]
    private static let groups = ["0", "5", "6", "7", "9", "daemon", "1000", "1001"]
    private static let files = ["w/a", "w/b", "w/none", "d/x", "d", "o/z", "to-a", "d/s"]
    private static let directories = ["d", "w", "d/sub", "", "/dev", "/etc", "/usr/lib", "/usr/bin"]

    static let all: [RuleFields] =
        [
            RuleFields(name: "pid", operators: order, values: ["+0", "+1", "+2", "1", "0x7fffffff"]),
            RuleFields(name: "ppid", operators: order, values: ["+0", "+2", "1", "0"]),
            RuleFields(name: "pers", operators: all8, values: ["0", "8", "1", "0x40000"]),
            RuleFields(name: "auid", operators: order, values: ["4241", "4242", "4243", "0", "unset"]),
            RuleFields(name: "sessionid", operators: order, values: ["1", "0", "unset", "100000000"]),
            RuleFields(
                name: "exit", operators: order,
                values: ["0", "1", "3", "577", "2147483647", "-2147483648", "-1", "-ENOENT", "ENOENT", "-EACCES", "-EBADF", "-14"]),
            RuleFields(name: "success", operators: order, values: ["0", "1", "2"]),
            RuleFields(name: "devmajor", operators: order, values: ["own", "0", "1", "8"]),
            RuleFields(name: "devminor", operators: all8, values: ["own", "0", "3", "5"]),
            RuleFields(name: "inode", operators: equality, values: ["w/a", "d/x", "d", "w", "o/z", "1"]),
            RuleFields(
                name: "filetype", operators: equality, values: ["file", "dir", "character", "fifo", "link", "socket", "block"]),
            RuleFields(name: "obj_uid", operators: order, values: users),
            RuleFields(name: "obj_gid", operators: order, values: groups),
            RuleFields(name: "saddr_fam", operators: order, values: ["0", "1", "2", "9", "10", "39"]),
            RuleFields(name: "path", operators: ["="], values: files),
            RuleFields(name: "dir", operators: ["="], values: directories + ["d/", "to-d"]),
            RuleFields(name: "perm", operators: ["="], values: ["r", "w", "x", "a", "rw", "wa", "xa", "rwx", "rwxa"]),
            RuleFields(name: "exe", operators: equality, values: ["/usr/bin/true", "/bin/true", "/usr/bin/false", "/usr/bin/none", "o/p"]),
            RuleFields(name: "-C", operators: comparisons, values: [""]),
            // The operator is the permissions.
            RuleFields(name: "watch", operators: ["r", "w", "a", "x", "wa", "rwxa"], values: files + directories),
        ]
        + ["uid", "euid", "suid", "fsuid"].map { RuleFields(name: $0, operators: order, values: users) }
        + ["gid", "egid", "sgid", "fsgid"].map { RuleFields(name: $0, operators: order, values: groups) }
        + ["a0", "a1", "a2", "a3"].map { RuleFields(name: $0, operators: all8, values: numbers) }

    /// The list `task`: fields of the task that makes another one, and some that a task without a call has not.
    static let task: [RuleFields] =
        [
            RuleFields(name: "pid", operators: order, values: ["+0", "+1", "0x7fffffff"]),
            RuleFields(name: "auid", operators: order, values: ["4241", "4242", "4243", "unset"]),
            RuleFields(name: "pers", operators: all8, values: ["0", "8"]),
            RuleFields(name: "a0", operators: equality, values: ["0"]),
        ]
        + ["uid", "euid", "suid", "fsuid"].map { RuleFields(name: $0, operators: order, values: ["0", "3", "1000"]) }
        + ["gid", "egid", "sgid", "fsgid"].map { RuleFields(name: $0, operators: order, values: ["0", "6", "1000", "1001"]) }

    /// The list `exclude`: the type of a record, and the task that makes it.
    static let exclude: [RuleFields] = [
        RuleFields(
            name: "msgtype", operators: order,
            values: ["SYSCALL", "PATH", "CWD", "EXECVE", "PROCTITLE", "SOCKADDR", "MMAP", "1300", "1320", "1000"]),
        RuleFields(name: "pid", operators: order, values: ["+0", "+1", "+2"]),
        RuleFields(name: "uid", operators: order, values: ["0", "3", "1000"]),
        RuleFields(name: "gid", operators: order, values: ["0", "7", "1000"]),
        RuleFields(name: "auid", operators: order, values: ["4241", "4242", "unset"]),
        RuleFields(name: "exe", operators: equality, values: ["/usr/bin/true", "/usr/bin/none"]),
    ]

    /// The list `filesystem`: ext4, tmpfs, overlayfs, xfs, btrfs, debugfs, and none.
    static let filesystem: [RuleFields] = [
        RuleFields(
            name: "fstype", operators: equality,
            values: ["0xef53", "0x1021994", "0x794c7630", "0x58465342", "0x9123683e", "0x64626720", "7"])
    ]

    /// Of security labels, with values of the policy Tests/Kernels/labels.conf, some that it does not have, and some that are no level.
    static let labels: [RuleFields] =
        ["subj", "obj"].flatMap { side in
            [
                RuleFields(name: "\(side)_user", operators: equality, values: ["base_u", "other_u", "none_u"]),
                RuleFields(name: "\(side)_role", operators: equality, values: ["base_r", "work_r", "object_r", "none_r"]),
                RuleFields(
                    name: "\(side)_type", operators: equality,
                    values: ["kernel_t", "work_t", "job_t", "other_t", "file_t", "proc_file_t", "unlabeled_t", "none_t"]),
            ]
        }
        + ["subj_sen", "subj_clr", "obj_lev_low", "obj_lev_high"].map {
            RuleFields(
                name: $0, operators: order,
                values: ["s0", "s1", "s0:c0", "s0:c0.c3", "s0:c3", "s1:c0,c2", "s0:c9", "s1:c0.c9", "s2", "s0:c10", "s0-s1", "s0:c1,c1"])
        }

    /// All pairs that -C takes.
    private static let comparisons: [String] = [
        "uid obj_uid", "gid obj_gid", "euid obj_uid", "egid obj_gid", "auid obj_uid", "suid obj_uid", "sgid obj_gid", "fsuid obj_uid",
        "fsgid obj_gid", "uid auid", "uid euid", "uid fsuid", "uid suid", "auid fsuid", "auid suid", "auid euid", "euid suid",
        "euid fsuid", "suid fsuid", "gid egid", "gid fsgid", "gid sgid", "egid fsgid", "egid sgid", "sgid fsgid",
    ].flatMap { pair in equality.map { pair.replacing(" ", with: $0) } }
}
