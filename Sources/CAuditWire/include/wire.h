/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The wire: what one event looks like in the ring buffer and in a capture file.
 *
 *     aw_header                         every record
 *     aw_syscall                        AW_TYPE_SYSCALL and AW_TYPE_OPERATION
 *     aw_operation                      AW_TYPE_OPERATION only
 *     { aw_section, bytes, padding }*   until aw_header.size is used up
 *
 * All integers are in the byte order of the machine that wrote them. Every record and every section starts at a
 * multiple of eight. Values of the enumerations are never reused. A section that could not be read carries a
 * negative errno in place of a length, so that "not there" and "could not be had" stay different things.
 */
#ifndef AUDIT_WIRE_H
#define AUDIT_WIRE_H

#ifdef __bpf__
/* bpf/kernel_types.h declares the __u8 … __s64 types without a libc. */
#else
#include <linux/types.h>
#endif

#define AW_VERSION 3

enum aw_type {
	/* One system call: aw_syscall and its sections. */
	AW_TYPE_SYSCALL = 1,
	/*
	 * Argument text of an execve that does not fit into its event. Fragments come before the event they belong
	 * to, on the same CPU and with the same sequence, and hold the text in order; the event's own AW_SECTION_ARGV
	 * is the end of it. Payload: one AW_SECTION_ARGV section.
	 */
	AW_TYPE_ARGV = 2,
	/*
	 * One issue of an operation of io_uring that the kernel's audit has a record for (URINGOP): aw_syscall, aw_operation and sections. With
	 * AW_FLAG_WITHIN nr, arch, args, generation, stamp, jiffies and aw_header.time are those of the call that it was issued in, whose own
	 * event comes behind it; without, they are its own, and nr, arch and args are 0. `ret` is what the issue returned.
	 */
	AW_TYPE_OPERATION = 3,
};

enum aw_header_flags {
	/* The task died in the call: no success and no exit value (kernel: __audit_free). Of an operation: what it returned is not known. */
	AW_FLAG_NO_RETURN = 1 << 0,
	/* Something that belongs to the event could not be read or was cut; the section concerned says what. */
	AW_FLAG_INCOMPLETE = 1 << 1,
	/* Path hooks were at work: the event's steps are all that the kernel had for its audit, except what aw_step_kind says. */
	AW_FLAG_STEPS = 1 << 2,
	/* With AW_FLAG_STEPS: every name that the call read is among the steps. Without it, what was read follows from the call. */
	AW_FLAG_STEPS_READ = 1 << 3,
	/* Argument text went ahead (AW_TYPE_ARGV): the `detail` of the event's own AW_SECTION_ARGV is the number of its fragments modulo 256. */
	AW_FLAG_AHEAD = 1 << 4,
	/* With AW_FLAG_STEPS: the directories of every file that a name has led to are among the steps (AW_STEP_ANCESTORS). */
	AW_FLAG_ANCESTORS = 1 << 5,
	/* An operation was issued within a call of the same task that is under way (kernel: AUDIT_CTX_SYSCALL). */
	AW_FLAG_WITHIN = 1 << 6,
};

struct aw_header {
	__u32 size;     /* of the whole record, header included; a multiple of 8 */
	__u16 type;     /* enum aw_type */
	__u8 version;   /* AW_VERSION */
	__u8 flags;     /* enum aw_header_flags */
	__u64 time;     /* entry of the call, CLOCK_MONOTONIC, nanoseconds */
	__u64 sequence; /* CPU in the upper 16 bits, count of events of that CPU below: a gap is a lost event */
};

#define AW_SEQUENCE_CPU_SHIFT 48

struct aw_syscall {
	/* At entry, the first four as audit shows them: whole registers, also those of a 32-bit call by a 64-bit program. */
	__u64 args[6];
	__s64 ret;     /* at exit; ERESTART* already turned into -EINTR as audit does; 0 with AW_FLAG_NO_RETURN */
	__u64 start;   /* start of the process (tgid), CLOCK_BOOTTIME nanoseconds: with pid a key that is never reused */
	/*
	 * What audit stamps the event with: the coarse real-time clock at entry, nanoseconds since the epoch. 0 where the kernel side could not
	 * read it; `jiffies` has to do then.
	 */
	__u64 stamp;
	__u32 arch;    /* AUDIT_ARCH_* at entry */
	__u32 nr;      /* number in that architecture's table */
	__u32 generation; /* of the rule set that let the call through the prefilter */
	__u32 personality;
	__u32 pid;  /* tgid, initial namespace */
	__u32 tid;  /* thread, initial namespace */
	__u32 ppid; /* tgid of real_parent, initial namespace */
	__u32 auid; /* login uid, (u32)-1 when unset */
	__u32 ses;  /* session, (u32)-1 when unset */
	__u32 uid;
	__u32 gid;
	__u32 euid;
	__u32 suid;
	__u32 fsuid;
	__u32 egid;
	__u32 sgid;
	__u32 fsgid;
	/*
	 * Low bits of the tick count at entry. The coarse clock moves with the tick, and tracing programs may not ask for it
	 * (bpf_ktime_get_coarse_ns() is refused to them since 5.16, 5e0bc3082e2e): without `stamp` the reader maps ticks to it.
	 */
	__u32 jiffies;
	char comm[16]; /* ends at the first NUL or after 16 bytes */
};

struct aw_operation {
	__u32 number; /* enum io_uring_op of linux/io_uring.h, below AS_OPERATIONS */
	__u32 reserved;
};

enum aw_tag {
	/* tty->name of the process without NUL; no section when there is no tty. */
	AW_SECTION_TTY = 1,
	/* Path of the executable as d_path() prints it, " (deleted)" included. No section for a kernel thread. */
	AW_SECTION_EXE = 2,
	/* Working directory at the call's first path look-up, as d_path() prints it. */
	AW_SECTION_CWD = 3,
	/* Up to 128 bytes of the command line, NULs between words kept (kernel: get_cmdline()). */
	AW_SECTION_PROCTITLE = 4,
	/* Argument words of a successful execve, each with its NUL (mm->arg_start up to arg_end). */
	AW_SECTION_ARGV = 5,
	/* A path string that argument `detail` points to, without NUL. At most 4095 bytes. */
	AW_SECTION_PATHNAME = 6,
	/* The socket address that the call gave or received, as many bytes as the kernel's audit would print. */
	AW_SECTION_SOCKADDR = 7,
	/* struct aw_object: a file that the call acted on; `detail` is enum aw_role. */
	AW_SECTION_OBJECT = 8,
	/* __u32 supplementary groups in the kernel's (sorted) order; only when a rule asks for them. */
	AW_SECTION_GROUPS = 9,
	/* Two __s32: the descriptors that pipe, pipe2 or socketpair made. */
	AW_SECTION_FD_PAIR = 10,
	/* What a record of its own tells of the call; `detail` is enum aw_special. */
	AW_SECTION_SPECIAL = 12,
	/* struct aw_target: a process that the call signals or traces, in the kernel's order of finding them; `detail` is enum aw_target_detail. */
	AW_SECTION_TARGET = 13,
	/* struct aw_mmap: what mmap's flags and descriptor were (MMAP record). */
	AW_SECTION_MMAP = 11,
	/* What the kernel found out for its audit on the way, by path hooks; `detail` is enum aw_step_kind. In order, one behind the other. */
	AW_SECTION_STEP = 14,
	/*
	 * A name of the task's security label at exit, without NUL; `detail` is enum aw_label. Only where AppArmor labels tasks. In the order of
	 * the label's profiles, that of a profile's namespace before the profile's.
	 */
	AW_SECTION_LABEL = 15,
	/*
	 * __u64 numbers of inodes: the object's whose enum aw_role is `detail`, then its directory's, and so on up to the root of its file system.
	 * Only when a rule asks; none where there are more than AW_ANCESTORS_MAX directories. Of what the steps tell there are none here.
	 */
	AW_SECTION_ANCESTORS = 16,
	/*
	 * Path of the object whose enum aw_role is `detail`, as d_path() prints it, but without " (deleted)". Only when a rule asks; none of files
	 * that have never had a name (memfd and the like).
	 */
	AW_SECTION_OBJECT_PATH = 17,
	/*
	 * __u32 number of the rule of the list task with `always` that matched when the task was made: the kernel's audit writes all calls of such
	 * a task. Rules have numbers from 0 on, in the order in which they are tried, and those that come later in a run the next ones.
	 */
	AW_SECTION_TASK = 18,
	/* __u32: the task's SELinux security identifier at exit. Only where SELinux labels tasks. */
	AW_SECTION_SUBJECT = 24,
	/*
	 * struct aw_context, then its text, without NUL: what one of the event's security identifiers stands for. The kernel side knows the numbers only; user
	 * space adds these behind all other sections, before anything else is done with the event. None of an identifier whose text could not be had.
	 */
	AW_SECTION_CONTEXT = 25,
};

enum aw_section_flags {
	/* The value is longer than what is here. */
	AW_CUT = 1 << 0,
	/* Read at exit, because the page was not present at entry: the caller may have changed it meanwhile. */
	AW_LATE = 1 << 1,
};

struct aw_section {
	__u16 tag;    /* enum aw_tag */
	__u8 detail;  /* argument index, enum aw_role, number of fragments, or 0 */
	__u8 flags;   /* enum aw_section_flags */
	__s32 length; /* bytes that follow, not counting the padding up to a multiple of 8; or -errno, and none follow */
};

/* What an AW_SECTION_OBJECT is to its call. */
enum aw_role {
	/* The file behind the descriptor that the call returned. */
	AW_ROLE_RESULT = 1,
	/* The directory that this file is in. */
	AW_ROLE_RESULT_PARENT = 2,
	/* The file behind a descriptor argument on which the call acts (kernel: audit_file()). */
	AW_ROLE_DESCRIPTOR = 3,
	/* The program file of a successful exec (mm->exe_file). */
	AW_ROLE_EXECUTABLE = 4,
	/* The program file that the task runs when the call ends; only when a rule asks. */
	AW_ROLE_PROGRAM = 5,
	/*
	 * + n: the directory behind descriptor argument n, at which the relative name in argument n + 1 begins. Of AW_SECTION_OBJECT_PATH only; where
	 * the argument before a name is no descriptor of a directory but of something else, it is that one's path.
	 */
	AW_ROLE_DIRECTORY = 16,
};

enum aw_object_flags {
	/* The call created the file (FMODE_CREATED). */
	AW_OBJECT_CREATED = 1 << 0,
	/* There is no file (yet); the other members are 0. */
	AW_OBJECT_ABSENT = 1 << 1,
};

struct aw_object {
	__u64 inode;
	__u32 dev_major; /* of the file system */
	__u32 dev_minor;
	__u32 rdev_major; /* of a device node, else 0 */
	__u32 rdev_minor;
	__u16 mode;  /* type and permissions */
	__u16 flags; /* enum aw_object_flags */
	__u32 uid;   /* owner, initial namespace */
	__u32 gid;
	__u32 sid; /* SELinux security identifier, 0 where that is not known or there is none */
};

/*
 * What the kernel calls its audit for. A descriptor's file (audit_file()) and the hidden parent of a message queue are not among the
 * steps: the former is an AW_ROLE_DESCRIPTOR, the latter nobody sees.
 */
enum aw_step_kind {
	/* struct aw_step_read: getname() has read a name that is an argument. */
	AW_STEP_READ = 1,
	/* The text of a name that is no argument, without NUL: getname_kernel(). It gets the next number from AW_STEP_NAMES on. */
	AW_STEP_NAME = 2,
	/* struct aw_step_file, with AW_STEP_ANCESTORS more behind it: audit_inode(), a name has led to a file. */
	AW_STEP_FILE = 3,
	/* struct aw_step_child, then the child's name in its directory: audit_inode_child(), before or after it was made ... */
	AW_STEP_CREATE = 4,
	/* ... or before it is removed. */
	AW_STEP_DELETE = 5,
	/*
	 * struct aw_step_path, then the path of a file or directory that a name has led to, seen from the task's root: its parts, the last one first,
	 * each with a '/' behind it; none for the root. Only when a rule asks. AW_CUT: there are more above. Files that are made or removed have
	 * their directory's path only. It is no part of audit's list.
	 */
	AW_STEP_PATH = 6,
};

struct aw_step_read {
	__u32 name; /* argument index */
	__u32 reserved;
};

/* The first number of a name that is no argument. */
#define AW_STEP_NAMES 8
/* A file that was found without a name. */
#define AW_STEP_NO_NAME 255

enum aw_step_file_flags {
	AW_STEP_PARENT = 1 << 0, /* AUDIT_INODE_PARENT: it is the directory that the name's last part is in */
	/* __u64 numbers of inodes follow: of its directory, of that directory's, and so on up to the root of its file system. */
	AW_STEP_ANCESTORS = 1 << 1,
};

/* Directories above a file that are told; a file with more has none told. */
#define AW_ANCESTORS_MAX 31

struct aw_step_file {
	struct aw_object file;
	__u32 name;  /* argument index, AW_STEP_NAMES + n for the n-th AW_STEP_NAME, or AW_STEP_NO_NAME */
	__u32 flags; /* enum aw_step_file_flags */
};

struct aw_step_child {
	struct aw_object parent;
	struct aw_object child; /* AW_OBJECT_ABSENT before it is made */
};

struct aw_step_path {
	__u64 inode; /* of the file, by which it is found among the others */
	__u32 dev_major; /* of the file system */
	__u32 dev_minor;
};

/* Bytes of the text of an AW_STEP_PATH. */
#define AW_STEP_PATH_MAX 511

/* Of the name of a child (NAME_MAX) or of one that is no argument; a longer one is cut. */
#define AW_STEP_TEXT_MAX 255
/* Steps of one event, heads included. Where they find no room there are none, and the event is incomplete. */
#define AW_STEPS_MAX 2560

struct aw_mmap {
	__s32 fd;
	__u32 flags;
};

/* What an AW_SECTION_SPECIAL holds. */
enum aw_special {
	AW_SPECIAL_OPENAT2 = 1,       /* struct aw_openat2 */
	AW_SPECIAL_CAPSET = 2,        /* struct aw_credentials: the new ones */
	AW_SPECIAL_KERN_MODULE = 3,   /* the name, without NUL */
	AW_SPECIAL_MQ_OPEN = 4,       /* struct aw_mq_attr, zeros when none was given */
	AW_SPECIAL_MQ_SEND = 5,       /* struct aw_timespec, zeros when none was given */
	AW_SPECIAL_MQ_NOTIFY = 6,     /* __s64 signal number, 0 when none was given */
	AW_SPECIAL_MQ_GETSETATTR = 7, /* struct aw_mq_attr */
	AW_SPECIAL_IPC = 8,           /* struct aw_ipc */
	AW_SPECIAL_IPC_SET_PERM = 9,  /* struct aw_ipc_set */
	AW_SPECIAL_SOCKETCALL = 10,   /* __u32 arguments of the call inside */
	AW_SPECIAL_BPF = 11,          /* __u64 id of the program that was loaded */
	AW_SPECIAL_MQ_RECEIVE = 12,   /* struct aw_timespec, zeros when none was given */
	AW_SPECIAL_OLD_CREDENTIALS = 13, /* struct aw_credentials: before an exec */
	AW_SPECIAL_NEW_CREDENTIALS = 14, /* struct aw_credentials: after it, when it succeeded and they are others */
	AW_SPECIAL_OLD_CLOCK = 15,    /* struct aw_clock: before a call that sets or adjusts the clock */
	AW_SPECIAL_NEW_CLOCK = 16,    /* struct aw_clock: after it, when it succeeded */
	AW_SPECIAL_SAME_CREDENTIALS = 17, /* struct aw_credentials: before an exec that succeeded, and after it; in place of the other two */
};

struct aw_openat2 {
	__u64 flags, mode, resolve; /* struct open_how as given */
};

struct aw_credentials {
	__u64 inheritable, permitted, effective, ambient; /* capability sets */
	__u32 uid, euid;
	__u32 securebits;
	__u32 reserved;
};

struct aw_mq_attr {
	__s64 flags, maxmsg, msgsize, curmsgs;
};

struct aw_timespec {
	__s64 seconds, nanoseconds;
};

struct aw_ipc {
	__u32 uid, gid, mode; /* of the object, before the call changes it */
	__u32 sid; /* SELinux security identifier, or 0 */
};

struct aw_ipc_set {
	__u64 qbytes;
	__u32 uid, gid, mode, reserved; /* as given */
};

/* The real-time clock's state as the kernel keeps it. What the kernel side cannot find is 0, before and after the call. */
struct aw_clock {
	/* kernel/time/ntp.c: time_offset, time_freq (both scaled as there, by 2^32), tick_usec, time_adjust and time_status. */
	__s64 offset, freq, tick, adjust;
	/* wall_to_monotonic: the monotonic clock less this one. Only setting the clock changes it, by as much as the clock. */
	__s64 seconds, nanoseconds;
	__s32 status;
	__s32 tai;   /* tai_offset */
	__u32 modes; /* AW_SPECIAL_NEW_CLOCK of adjtimex, clock_adjtime: what to change (struct timex), else 0 */
	__u32 reserved;
};

enum aw_label {
	AW_LABEL_PROFILE = 1,   /* aa_profile.base.hname */
	AW_LABEL_NAMESPACE = 2, /* aa_ns.base.hname of the next profile; none for profiles in the first namespace */
};

/* Of one name; a longer one is cut. */
#define AW_LABEL_MAX 1023
/* Profiles of one label; more are left out and the event marked incomplete. */
#define AW_LABELS_MAX 8

struct aw_context {
	__u32 sid; /* security identifier; 0 for what the kernel compares in place of that of a file that is not there */
	__u32 reserved;
};

/* Text of a context; a longer one is left out. */
#define AW_CONTEXT_MAX 2047

enum aw_target_detail {
	AW_TARGET_LABEL_SHARED = 1, /* it has the security label of the caller */
};

struct aw_target {
	__u32 pid;  /* tgid, initial namespace */
	__u32 auid;
	__u32 uid;
	__u32 ses;
	char comm[16]; /* ends at the first NUL or after 16 bytes */
	__u32 sid; /* SELinux security identifier, or 0 */
	__u32 reserved;
};

/* More targets than these are left out and the event marked incomplete (kill of a large group). */
#define AW_TARGETS_MAX 256

#define AW_ALIGN(n) (((n) + 7u) & ~7u)

/*
 * The largest record in the ring: header, call and sections. Argument text beyond it travels in AW_TYPE_ARGV records
 * of at most the same size.
 */
#define AW_RECORD_MAX 32768

#define AW_PATH_MAX 4096    /* PATH_MAX: bytes of one path, its NUL included */
#define AW_PROCTITLE_MAX 128 /* MAX_PROCTITLE_AUDIT_LEN, kernel/audit.h */
#define AW_SOCKADDR_MAX 128 /* sizeof(struct sockaddr_storage) */

_Static_assert(sizeof(struct aw_header) == 24, "aw_header");
_Static_assert(sizeof(struct aw_syscall) == 160, "aw_syscall");
_Static_assert(sizeof(struct aw_operation) == 8, "aw_operation");
_Static_assert(sizeof(struct aw_section) == 8, "aw_section");
_Static_assert(sizeof(struct aw_object) == 40, "aw_object");
_Static_assert(sizeof(struct aw_credentials) == 48, "aw_credentials");
_Static_assert(sizeof(struct aw_mq_attr) == 32, "aw_mq_attr");
_Static_assert(sizeof(struct aw_ipc_set) == 24, "aw_ipc_set");
_Static_assert(sizeof(struct aw_clock) == 64, "aw_clock");
_Static_assert(sizeof(struct aw_target) == 40, "aw_target");
_Static_assert(sizeof(struct aw_step_file) == 48, "aw_step_file");
_Static_assert(sizeof(struct aw_step_child) == 80, "aw_step_child");
_Static_assert(sizeof(struct aw_step_path) == 16, "aw_step_path");
_Static_assert((AW_RECORD_MAX & (AW_RECORD_MAX - 1)) == 0, "AW_RECORD_MAX is used as a mask");
_Static_assert((AW_PATH_MAX & (AW_PATH_MAX - 1)) == 0, "AW_PATH_MAX is used as a mask");

#endif
