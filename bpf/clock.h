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

#ifndef TIER_STAGED

/*
 * The times for the vDSO (struct vdso_clock, vdso_data before 6.15) are by number of the clock: behind that of CLOCK_REALTIME_COARSE is
 * CLOCK_MONOTONIC_COARSE's, and so far from it that of CLOCK_TAI.
 */
#define CLOCK_TAI_DISTANCE ((11 - 5) * sizeof(struct clock_time))

static __always_inline bool clock__ntp(struct aw_clock *state)
{
	const void *offset = (const void *)control_ntp[0];

	return !offset || !(bpf_probe_read_kernel(&state->offset, sizeof(state->offset), offset) ||
			    bpf_probe_read_kernel(&state->freq, sizeof(state->freq), (const void *)control_ntp[1]) ||
			    bpf_probe_read_kernel(&state->status, sizeof(state->status), (const void *)control_ntp[2]) ||
			    bpf_probe_read_kernel(&state->tick, sizeof(state->tick), (const void *)control_ntp[3]) ||
			    bpf_probe_read_kernel(&state->adjust, sizeof(state->adjust), (const void *)control_ntp[4]));
}

/*
 * What audit tells of the clock when it is adjusted or set, in memory of 64 bytes. The clock's distance to the monotonic one and to TAI are not read
 * where the kernel works with them, but from what it writes down for the vDSO, which differs by them exactly (update_vsyscall()). Returns 0, or
 * less when it cannot be read.
 */
static __noinline int clock__state(struct aw_clock *state)
{
	const void *sequence = (const void *)control_clock_sequence;
	const void *place = (const void *)control_clock_time;
	struct clock_time realtime, monotonic;
	__u64 tai = 0; /* its seconds */
	__u32 before = 0, after = 0;

	__builtin_memset(state, 0, sizeof(*state));
	if (!clock__ntp(state))
		return -1;
	if (!sequence)
		return 0;
	for (int i = 0; i < CLOCK_TRIES; i++) {
		if (bpf_probe_read_kernel(&before, sizeof(before), sequence) ||
		    bpf_probe_read_kernel(&realtime, sizeof(realtime), place) ||
		    bpf_probe_read_kernel(&monotonic, sizeof(monotonic), place + sizeof(realtime)) ||
		    bpf_probe_read_kernel(&tai, sizeof(tai), place + CLOCK_TAI_DISTANCE) ||
		    bpf_probe_read_kernel(&after, sizeof(after), sequence))
			return -1;
		if (!(before & 1) && before == after) {
			state->seconds = monotonic.seconds - realtime.seconds;
			state->nanoseconds = monotonic.nanoseconds - realtime.nanoseconds;
			state->tai = tai - realtime.seconds;
			return 0;
		}
	}
	return -1;
}

#endif

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
