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
	/* mmap family with an MMAP record: fd is args[4], flags args[3]. */
	ASH_MMAP = 1 << 4,
	/* The working directory belongs to the event: the call looks up a path, or acts on an open file by audit_file(). */
	ASH_CWD = 1 << 5,
	/* The address is read before the descriptor is found not to be a socket (connect: __sys_connect(), net/socket.c). */
	ASH_ADDRESS_FIRST = 1 << 6,
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

struct ash_shape {
	__u16 flags;       /* enum ash_flags */
	__u8 paths;        /* bit n: args[n] is a path string */
	__u8 address;      /* enum ash_address */
	__u8 address_arg;  /* argument index, or ASH_NO_ARGUMENT */
	__u8 fd_arg;       /* descriptor that audit_file() describes, or ASH_NO_ARGUMENT */
	__u8 pair_arg;     /* ASH_FD_PAIR only */
	__u8 reserved;
};

_Static_assert(sizeof(struct ash_shape) == 8, "ash_shape");

#endif
