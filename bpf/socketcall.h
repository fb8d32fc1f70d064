/* SPDX-License-Identifier: GPL-2.0-only */
/* SOCKETCALL: the socket calls of 32-bit programs under one number. */
#ifndef EBPF_AUDIT_SOCKETCALL_H
#define EBPF_AUDIT_SOCKETCALL_H

#include "inflight.h"
#include "user_memory.h"

/* nargs[] of net/socket.c, in words: how many arguments each call of socketcall() takes. */
static __always_inline __u32 socketcall__arguments(__u32 call)
{
	switch (call) {
	case 1: case 3: case 2: case 5: case 6: case 7: return 3;
	case 4: case 13: return 2;
	case 8: case 9: case 10: case 18: case 20: return 4;
	case 11: case 12: return 6;
	case 14: case 15: case 19: return 5;
	case 16: case 17: return 3;
	}
	return 0;
}

/* What the arguments of a call inside mean, as SyscallShapes.swift has it for those that have numbers of their own. */
static __always_inline void socketcall__shape(struct ash_shape *shape, __u32 call)
{
	shape->address_arg = 1;
	switch (call) {
	case 3: /* connect */
		shape->flags |= ASH_ADDRESS_FIRST;
		/* fall through */
	case 2: /* bind */
		shape->address = ASH_ADDRESS_IN;
		break;
	case 5: case 6: case 7: case 18: /* accept, getsockname, getpeername, accept4 */
		shape->address = ASH_ADDRESS_OUT;
		break;
	case 8: /* socketpair */
		shape->flags |= ASH_FD_PAIR;
		shape->pair_arg = 3;
		break;
	case 11: /* sendto */
		shape->address = ASH_ADDRESS_IN;
		shape->address_arg = 4;
		break;
	case 12: /* recvfrom */
		shape->address = ASH_ADDRESS_OUT;
		shape->address_arg = 4;
		break;
	case 16: /* sendmsg */
		shape->address = ASH_ADDRESS_MSG_IN;
		break;
	case 17: /* recvmsg */
		shape->address = ASH_ADDRESS_MSG_OUT;
		break;
	}
}

static __always_inline void entry__socketcall(struct entry_memory *entry)
{
	__u32 count = socketcall__arguments(entry->call.args[0]);
	struct aw_section *head = entry__room(entry, 6 * 4);

	if (!head || !count || bpf_probe_read_user(head + 1, MASKED(count * 4, 31), (void *)entry->call.args[1]))
		return;
	entry__section(entry, head, AW_SECTION_SPECIAL, AW_SPECIAL_SOCKETCALL, 0, count * 4);
	/* From here on it has the shape of the call inside. */
	socketcall__shape(&entry->call.shape, entry->call.args[0]);
	entry__address(entry);
}

#endif
