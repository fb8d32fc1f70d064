/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Shape: what the arguments of a system call mean, for those that take more than numbers. User space fills an array
 * indexed by ABI and number; the kernel programs read from it what to fetch and when.
 */
#ifndef AUDIT_SHAPE_H
#define AUDIT_SHAPE_H

#include "wire.h"

enum ash_flags {
	/* The call returns a descriptor of a file worth describing (open family). */
	ASH_RESULT_FD = 1 << 0,
	/* execve, execveat. */
	ASH_EXEC = 1 << 1,
	/* The call may change the working directory or root: note the old one at entry. */
	ASH_MOVES = 1 << 2,
	/* pipe, pipe2, socketpair: args[pair_arg] points to two descriptors. */
	ASH_FD_PAIR = 1 << 3,
	/* mmap, mmap2: fd is args[4], flags args[3]. */
	ASH_MMAP = 1 << 4,
	/* The working directory belongs to the event: the call looks up a path, or acts on an open file by audit_file(). */
	ASH_CWD = 1 << 5,
	/* The address is read before the descriptor is found not to be a socket (connect: __sys_connect(), net/socket.c). */
	ASH_ADDRESS_FIRST = 1 << 6,
	/* From here on: enum ash_hooks, which the call needs. */
	ASH_HOOKS_SHIFT = 8,
};

/* Groups of hooks: what the rules' calls need decides which are attached. */
enum ash_hooks {
	ASH_HOOK_LOOK = 1 << 0,    /* looks up names of files */
	ASH_HOOK_CHANGE = 1 << 1,  /* makes, removes or renames files */
	ASH_HOOK_OPEN = 1 << 2,    /* opens files by name */
	ASH_HOOK_SIGNAL = 1 << 3,  /* signals processes */
	ASH_HOOKS = 0xf,
	ASH_HOOKS_PATH = ASH_HOOK_LOOK | ASH_HOOK_CHANGE | ASH_HOOK_OPEN,
};

enum ash_address {
	ASH_ADDRESS_NONE = 0,
	/* args[address_arg] points to an address of args[address_arg + 1] bytes: connect, bind, sendto. Read at entry. */
	ASH_ADDRESS_IN = 1,
	/* args[address_arg] receives an address, args[address_arg + 1] points to its length: accept, recvfrom. Read at exit. */
	ASH_ADDRESS_OUT = 2,
	/* args[1] is a struct msghdr whose msg_name is given: sendmsg. Read at entry. */
	ASH_ADDRESS_MSG_IN = 3,
	/* args[1] is a struct msghdr whose msg_name is received: recvmsg. Read at exit. */
	ASH_ADDRESS_MSG_OUT = 4,
};

#define ASH_NO_ARGUMENT 0xff

/* What else a call brings along for a record of its own (struct aw_… of the same name in wire.h). */
enum ash_special {
	ASH_SPECIAL_NONE = 0,
	ASH_SPECIAL_OPENAT2 = 1,       /* args[2]: struct open_how of args[3] bytes */
	ASH_SPECIAL_CAPSET = 2,        /* the new credentials */
	ASH_SPECIAL_DELETE_MODULE = 3, /* args[0]: name */
	ASH_SPECIAL_MQ_OPEN = 4,       /* args[3]: struct mq_attr or NULL */
	ASH_SPECIAL_MQ_SEND = 5,       /* args[4]: struct timespec or NULL, in the width of the ABI's long */
	ASH_SPECIAL_MQ_RECEIVE = 6,
	ASH_SPECIAL_MQ_NOTIFY = 7,     /* args[1]: struct sigevent or NULL */
	ASH_SPECIAL_MQ_GETSETATTR = 8, /* args[1]: struct mq_attr or NULL */
	ASH_SPECIAL_SIGNAL_PROCESS = 9,  /* kill: args[0] is a process, a group or all */
	ASH_SPECIAL_SIGNAL_THREAD = 10,  /* tkill, rt_sigqueueinfo: args[0] is a thread or process */
	ASH_SPECIAL_SIGNAL_THREAD_OF = 11, /* tgkill, rt_tgsigqueueinfo: args[1] is a thread */
	ASH_SPECIAL_PTRACE = 12,       /* args[1] is a thread, when args[0] is PTRACE_ATTACH or PTRACE_SEIZE */
	ASH_SPECIAL_SOCKETCALL = 13,   /* args[0]: call, args[1]: its arguments */
	ASH_SPECIAL_BPF = 14,          /* args[0] is BPF_PROG_LOAD: the program behind the result */
	ASH_SPECIAL_SEM = 15,          /* args[0]: id of a semaphore set, a message queue, a shared memory segment */
	ASH_SPECIAL_MSG = 16,
	ASH_SPECIAL_SHM = 17,
	ASH_SPECIAL_SEM_CONTROL = 18,  /* semctl: args[0]: id, args[2]: command, args[3]: its argument */
	ASH_SPECIAL_MSG_CONTROL = 19,  /* msgctl, shmctl: args[0]: id, args[1]: command, args[2]: its argument */
	ASH_SPECIAL_SHM_CONTROL = 20,
	ASH_SPECIAL_MQ_SEND_64 = 21,    /* the same with 64-bit times, whatever the ABI */
	ASH_SPECIAL_MQ_RECEIVE_64 = 22,
	ASH_SPECIAL_IPC = 24,          /* ipc(): args[0]: call, args[1]: id, the rest by call */
	ASH_SPECIAL_OLD_MMAP = 25,     /* args[0]: the six arguments of mmap */
	ASH_SPECIAL_EXEC = 23,         /* the credentials before and after */
	ASH_SPECIAL_EXIT = 27,         /* exit, exit_group: program and title, where the task's death is seen without its memory */
	ASH_SPECIAL_SIGNAL_DESCRIPTOR = 26, /* pidfd_send_signal: targets are seen by a hook only */
	ASH_SPECIAL_CLOCK_SET = 28,     /* settimeofday, clock_settime, stime: the clock before and after */
	ASH_SPECIAL_ADJTIMEX = 29,      /* the same; args[0]: struct timex */
	ASH_SPECIAL_CLOCK_ADJTIME = 30, /* the same; args[0]: clock, args[1]: struct timex */
};

struct ash_shape {
	__u16 flags;       /* enum ash_flags */
	__u8 paths;        /* bit n: args[n] is a path string */
	__u8 address;      /* enum ash_address */
	__u8 address_arg;  /* argument index, or ASH_NO_ARGUMENT */
	__u8 fd_arg;       /* descriptor that audit_file() describes, or ASH_NO_ARGUMENT */
	__u8 pair_arg;     /* ASH_FD_PAIR only */
	__u8 special;      /* enum ash_special */
};

_Static_assert(sizeof(struct ash_shape) == 8, "ash_shape");

#endif
