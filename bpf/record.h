/* SPDX-License-Identifier: GPL-2.0-only */
/* Building a record and sending it: the only code that writes to the ring, and the place where sent and lost are counted. */
#ifndef EBPF_AUDIT_RECORD_H
#define EBPF_AUDIT_RECORD_H

#include "kernel_compat.h"
#include "maps.h"

/*
 * Room for one section of at most `most` bytes (a constant), its head included in the check. The comparison with a
 * constant is what bounds the offset for the verifier; record_memory is twice as large as a record may be.
 */
#define RECORD_ROOM(record, most) ((record)->used <= AW_RECORD_MAX - (most) - (__u32)sizeof(struct aw_section))

static __always_inline void record__incomplete(struct record_memory *record)
{
	record->flags |= AW_FLAG_INCOMPLETE;
}

/* Where the bytes of the next section go. Call after RECORD_ROOM. */
#define RECORD_NEXT(record) ((__u8 *)BEHIND((record)->data, (record)->used & (AW_RECORD_MAX - 1)) + sizeof(struct aw_section))

/* Completes the section whose bytes are at RECORD_NEXT; a negative `length` is an errno and stands for no bytes. */
static __always_inline void record__section(struct record_memory *record, __u16 tag, __u8 detail, __u8 flags, __s32 length)
{
	__u32 at = record->used & (AW_RECORD_MAX - 1);
	struct aw_section *head = BEHIND(record->data, at);

	head->tag = tag;
	head->detail = detail;
	head->flags = flags;
	head->length = length;
	if (length < 0 || (flags & AW_CUT))
		record__incomplete(record);
	record->used = at + sizeof(*head) + AW_ALIGN(length > 0 ? (__u32)length : 0);
}

/* A section without bytes that says why. */
static __always_inline void record__missing(struct record_memory *record, __u16 tag, __u8 detail, __s32 error)
{
	if (RECORD_ROOM(record, 0))
		record__section(record, tag, detail, 0, error);
	else
		record__incomplete(record);
}

/* CPU and count of the event under way: every event takes one, also one that is lost then, so that gaps tell of losses. */
static __always_inline __u64 record__sequence(void)
{
	__u64 *count = memory_of(&sequence, 0);

	if (!count)
		return 0;
	*count += 1;
	return (__u64)bpf_get_smp_processor_id() << AW_SEQUENCE_CPU_SHIFT | (*count & ((1ULL << AW_SEQUENCE_CPU_SHIFT) - 1));
}

#ifdef TIER_STAGED

/*
 * A number behind the record of a call, by which user space merges the CPUs' buffers. It is greater than that of every such record which was
 * sent before this one was begun, by whichever CPU, so that what follows from another event comes behind it. A clock does not tell that: two
 * CPUs' clocks differ, and on machines without a better one than the tick (clocksource refined-jiffies) all that happens within a tick has one
 * time. Two CPUs that send at once may get the same number: additions that return what was there came in 5.12 (5ffa25502b5a).
 */
static __always_inline void record__order(struct record_memory *record, __u32 size)
{
	__u32 slot = 0;
	__u64 *count = bpf_map_lookup_elem(&order, &slot);
	__u64 *at = BEHIND(record->data, size);

	if (!count)
		return;
	__sync_fetch_and_add(count, 1);
	*at = *(volatile __u64 *)count;
}

/* Before 5.1 (56201969114a) this returns 0 also when there was no room: user space counts what arrives and takes the rest for lost. */
static __always_inline int record__output(void *ctx, struct record_memory *record, __u16 type, __u32 size)
{
	size = MASKED(size, 2 * AW_RECORD_MAX - 1);
	if (type == AW_TYPE_SYSCALL) {
		record__order(record, size);
		size += sizeof(__u64);
	}
	return bpf_perf_event_output(ctx, &ring, BPF_F_CURRENT_CPU, (void *)record->data, size);
}

#else

/*
 * Wakes the reader only when enough is waiting to be worth it: it looks by itself at intervals, so less than that waits no longer than
 * one of them.
 */
static __always_inline int record__output(void *ctx, const struct record_memory *record, __u16 type, __u32 size)
{
	__u64 waiting = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	__u64 flags = waiting < setting_wakeup_bytes && waiting + size >= setting_wakeup_bytes ? BPF_RB_FORCE_WAKEUP :
											  BPF_RB_NO_WAKEUP;

	return bpf_ringbuf_output(&ring, (void *)record->data, MASKED(size, 2 * AW_RECORD_MAX - 1), flags);
}

#endif

/* Sends what is in `record`; `ctx` is the program's own and counts in staged tiers only. Returns 0, or less when the ring is full. */
static __always_inline int record__send(void *ctx, struct record_memory *record, __u16 type, __u64 time, __u64 sequence)
{
	struct aw_header *header = (void *)record->data;
	struct ast_statistics *statistics = statistics_of_cpu();
	__u32 size = record->used;

	if (!statistics || size > AW_RECORD_MAX || size < sizeof(*header))
		return -1;
	header->size = size;
	header->type = type;
	header->version = AW_VERSION;
	header->flags = record->flags;
	header->time = time;
	header->sequence = sequence;

	int error = record__output(ctx, record, type, size);

	if (!error)
		statistics->bytes += size;
	return error;
}

#endif
