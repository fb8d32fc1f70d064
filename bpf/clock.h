/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The coarse real-time clock, which audit stamps events with (ktime_get_coarse_real_ts64() in __audit_syscall_entry()). No helper gives it to
 * tracing programs, but the kernel writes it down for the vDSO at every tick, in the same update as its own copy (update_vsyscall(),
 * called by timekeeping_update()). User space finds out where (Sources/CBPF/Clock.c).
 */
#ifndef EBPF_AUDIT_CLOCK_H
#define EBPF_AUDIT_CLOCK_H

#include "maps.h"

/* struct vdso_timestamp (include/vdso/datapage.h). Before 5.3 x86 has the same pair under other names. */
struct clock_time {
	__u64 seconds, nanoseconds;
};

/* Addresses that one run of find_clock() looks at. */
#define CLOCK_CANDIDATES 512

/* Readings until one does not meet with an update, which takes less than a microsecond. */
#ifdef TIER_STAGED
#define CLOCK_TRIES 4
#else
#define CLOCK_TRIES 32
#endif

/*
 * Reads the clock: nanoseconds since the epoch, or 0 where it cannot be read. The sequence count is odd during an update and another one
 * after it (vdso_write_begin(), include/vdso/helpers.h).
 */
TIER_FUNCTION __u64 clock__read(void)
{
	const void *sequence = (const void *)CONTROL(control_clock_sequence);
	const void *place = (const void *)CONTROL(control_clock_time);
	struct clock_time time;
	__u32 before = 0, after = 0;

	if (!sequence)
		return 0;
	TIER_LOOP
	for (int i = 0; i < CLOCK_TRIES; i++) {
		if (bpf_probe_read_kernel(&before, sizeof(before), sequence) || bpf_probe_read_kernel(&time, sizeof(time), place) ||
		    bpf_probe_read_kernel(&after, sizeof(after), sequence))
			return 0;
		if (!(before & 1) && before == after)
			return time.seconds * 1000000000 + time.nanoseconds;
	}
	return 0;
}

/* What the clock shows. While its count is the same it need not be read again, which leaves one look at the kernel's memory to most calls. */
static __always_inline __u64 clock__stamp(struct entry_memory *entry)
{
	const void *sequence = (const void *)CONTROL(control_clock_sequence);
	__u32 now = 0;

	if (!sequence || bpf_probe_read_kernel(&now, sizeof(now), sequence))
		return 0;
	if (now != entry->clock_sequence || !entry->clock_stamp) {
		/* An odd count, or one that has gone on meanwhile, does not come again. */
		entry->clock_stamp = clock__read();
		entry->clock_sequence = now;
	}
	return entry->clock_stamp;
}

#endif
