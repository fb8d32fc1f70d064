/* SPDX-License-Identifier: GPL-2.0-only */
/* MQ_*: what calls on POSIX message queues are given, by 64-bit callers and by 32-bit ones (`narrow`). */
#ifndef EBPF_AUDIT_MQUEUE_H
#define EBPF_AUDIT_MQUEUE_H

#include "inflight.h"

static __always_inline void entry__timespec(struct entry_memory *entry, __u8 kind, __u64 address, bool narrow)
{
	struct aw_section *head = entry__room(entry, sizeof(struct aw_timespec));

	if (!head)
		return;
	struct aw_timespec *value = (void *)(head + 1);

	value->seconds = value->nanoseconds = 0;
	if (address && narrow) {
		__s32 pair[2];

		if (bpf_probe_read_user(pair, sizeof(pair), (void *)address))
			return;
		value->seconds = pair[0];
		value->nanoseconds = pair[1];
	} else if (address && bpf_probe_read_user(value, sizeof(*value), (void *)address)) {
		return;
	}
	entry__section(entry, head, AW_SECTION_SPECIAL, kind, 0, sizeof(*value));
}

static __always_inline void entry__mq_attr(struct entry_memory *entry, __u8 kind, __u64 address, bool narrow)
{
	struct aw_section *head = entry__room(entry, sizeof(struct aw_mq_attr));

	if (!head)
		return;
	struct aw_mq_attr *value = (void *)(head + 1);

	__builtin_memset(value, 0, sizeof(*value));
	if (address && narrow) {
		__s32 words[4];

		if (bpf_probe_read_user(words, sizeof(words), (void *)address))
			return;
		value->flags = words[0];
		value->maxmsg = words[1];
		value->msgsize = words[2];
		value->curmsgs = words[3];
	} else if (address && bpf_probe_read_user(value, sizeof(*value), (void *)address)) {
		return;
	}
	entry__section(entry, head, AW_SECTION_SPECIAL, kind, 0, sizeof(*value));
}

#endif
