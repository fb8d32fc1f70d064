/* SPDX-License-Identifier: MIT */
/*
 * Where the kernel keeps what adjtimex(2) changes (kernel/time/ntp.c), which audit tells of as it was and as it is then. adjtimex(2) itself gives
 * only the new state, and that rounded. Since 6.13 it is a structure, whose place no symbol tells without CONFIG_KALLSYMS_ALL: it is looked for
 * in the kernel's data by what adjtimex(2) says of it. Before that it is variables apart, found by name.
 */
#include "CBPF.h"
#include "handle.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

enum { VALUES = 5, ATTEMPTS = 16, FALSE_FINDS = 64 };

/* What identifies the structure: not changed by asking, and by the kernel once a second at most. */
static struct timex ask(void)
{
	struct timex state = { .modes = 0 };

	adjtimex(&state);
	return state;
}

static bool is_same(const struct timex *one, const struct timex *other)
{
	return one->constant == other->constant && one->maxerror == other->maxerror && one->status == other->status &&
	       one->freq == other->freq && one->tick == other->tick && one->tai == other->tai;
}

/* What is left of an adjtime(3). */
static long ask_adjust(void)
{
	struct timex state = { .modes = ADJ_OFFSET_SS_READ };

	adjtimex(&state);
	return state.offset;
}

/* Whether the programs read what adjtimex(2) says. */
static bool is_right(struct cbpf *handle)
{
	const int64_t ppm_scale = 1000 << 16; /* PPM_SCALE: the kernel's unit of time_freq to that of struct timex */

	for (int i = 0; i < ATTEMPTS; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, options);
		struct timex before = ask();
		long adjust = ask_adjust();

		if (bpf_prog_test_run_opts(handle->read_clock, &options))
			return false;
		struct aw_clock state;
		memcpy(&state, (const void *)handle->clock_state, sizeof(state));
		struct timex after = ask();

		if (!is_same(&before, &after) || adjust != ask_adjust())
			continue; /* a second began, or it was adjusted meanwhile */
		return state.status == after.status && state.tick == after.tick && state.adjust == adjust &&
		       llabs(state.freq - after.freq * ppm_scale) <= ppm_scale;
	}
	return false;
}

/* Has the programs take the structure to be at `address`. Returns the offset of time_constant, or -1 where there is no such structure. */
static long place(struct cbpf *handle, uint64_t address)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &address, .ctx_size_in = sizeof(address));

	return bpf_prog_test_run_opts(handle->place_ntp, &options) ? -1 : (long)options.retval - 1;
}

/* Looks for time_constant and time_maxerror as they are now, one behind the other. */
static bool find_structure(struct cbpf *handle, uint64_t offset)
{
	const uint64_t step = 8;
	uint64_t first, end, address;
	int attempts = 0, finds = 0;

	if (!cbpf_find_data(&first, &end))
		return false;
	address = first & ~(step - 1);
	while (address < end && finds < FALSE_FINDS) {
		struct timex now = ask();
		long number = cbpf_try_addresses(handle, address, step, now.constant, now.maxerror);

		if (number < 0)
			return false;
		if (number > 0) {
			address += (number - 1) * step;
			place(handle, address - offset);
			if (is_right(handle))
				return true;
			address += step;
			finds++;
			continue;
		}
		struct timex then = ask();

		if (is_same(&now, &then) || ++attempts % ATTEMPTS == 0)
			address += CBPF_CANDIDATES * step;
	}
	return false;
}

static bool find_variables(struct cbpf *handle)
{
	static const char *const names[VALUES] = { "time_offset", "time_freq", "time_status", "tick_usec", "time_adjust" };
	uint64_t found[VALUES];

	if (cbpf_kernel_addresses(names, VALUES, found) < VALUES)
		return false;
	for (int i = 0; i < VALUES; i++)
		handle->ntp[i] = found[i];
	return is_right(handle);
}

void cbpf_find_ntp(struct cbpf *handle)
{
	long offset = place(handle, 0);

	if (offset >= 0 ? !find_structure(handle, offset) : !find_variables(handle))
		handle->ntp[0] = 0;
}
