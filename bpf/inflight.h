/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the sections of a call are between entry and exit: inline while they are short, else in inflight_long. */
#ifndef EBPF_AUDIT_INFLIGHT_H
#define EBPF_AUDIT_INFLIGHT_H

#include "maps.h"
#include "read.h"
#include "tier.h"

/* Sections of most calls take no more. */
#define INFLIGHT_SHORT 64

#ifdef TIER_STAGED

/* One place is as good as another, so the search begins at random. Half of them are free: 16 in a row are taken once in 65,536 times. */
#define INFLIGHT_TRIES 16

/*
 * Finds a place of inflight_long that is free and takes it. The hash of owners makes sure that only one CPU gets it. Returns its number
 * plus one, or 0.
 */
static __always_inline __u32 inflight__take(__u64 key)
{
	__u32 first = bpf_get_prandom_u32();

	TIER_LOOP
	for (int i = 0; i < INFLIGHT_TRIES; i++) {
		/* 97 apart, so that neighbours who began at the same place do not follow each other. */
		__u32 place = (first + 97 * i) & (INFLIGHT_LONG_MAX - 1);

		if (!bpf_map_update_elem(&inflight_owners, &place, &key, BPF_NOEXIST))
			return place + 1;
	}
	return 0;
}

static __always_inline int inflight__keep_long(struct inflight *call, __u64 key, const struct entry_memory *entry)
{
	__u32 place = call->place ? call->place : inflight__take(key);

	if (!place)
		return -1;
	call->place = place;
	place -= 1;
	struct inflight_long *kept = bpf_map_lookup_elem(&inflight_long, &place);

	if (!kept)
		return -1;
	bpf_probe_read_kernel(kept->sections, MASKED(entry->call.used, 16383), entry->sections);
	return 0;
}

static __always_inline const void *inflight__long(const struct inflight *call, __u64 key)
{
	__u32 place = call->place - 1;

	return bpf_map_lookup_elem(&inflight_long, &place);
}

static __always_inline void inflight__drop_long(struct inflight *call, __u64 key)
{
	__u32 place = call->place - 1;

	bpf_map_delete_elem(&inflight_owners, &place);
}

static __always_inline void inflight__succeed(struct inflight *before, struct inflight *call, __u64 key)
{
	if (before->flags & INFLIGHT_LONG)
		inflight__drop_long(before, key);
}

#else

/* Keeps the sections of `entry` for `call`, a call of task `key`. Returns 0, or less when there is no room. */
static __always_inline int inflight__keep_long(struct inflight *call, __u64 key, const struct entry_memory *entry)
{
	return bpf_map_update_elem(&inflight_long, &key, entry->sections, BPF_ANY);
}

/* The sections that have been kept, or NULL. */
static __always_inline const void *inflight__long(const struct inflight *call, __u64 key)
{
	return bpf_map_lookup_elem(&inflight_long, &key);
}

/* Gives their room back. */
static __always_inline void inflight__drop_long(struct inflight *call, __u64 key)
{
	bpf_map_delete_elem(&inflight_long, &key);
}

/* `call` takes the place of `before`: what that one has kept goes. */
static __always_inline void inflight__succeed(struct inflight *before, struct inflight *call, __u64 key)
{
	if (!(call->flags & INFLIGHT_LONG))
		inflight__drop_long(call, key);
}

#endif

#endif
