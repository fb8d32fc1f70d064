/* SPDX-License-Identifier: MIT */
/* What the programs answer at once: the tick count, and the time of the coarse clock. */
#include "handle.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <unistd.h>

/* By a call that does nothing, which the programs know by its cookie. */
int cbpf_ask(struct cbpf *handle, uint64_t address, struct asc_answer *answer)
{
	struct asc_answer before;
	uint32_t slot = 0;

	if (bpf_map_lookup_elem(handle->answer_map, &slot, &before))
		return -errno;
	syscall(TICK_CALL, MEMBARRIER_CMD_QUERY, 0, 0, 0, address, handle->values.cookie);
	if (bpf_map_lookup_elem(handle->answer_map, &slot, answer))
		return -errno;
	return answer->count == before.count ? -EAGAIN : 0;
}

int cbpf_ticks(struct cbpf *handle, uint32_t *ticks)
{
	if (handle->is_staged) {
		struct asc_answer answer;
		int error = cbpf_ask(handle, 0, &answer);

		*ticks = error ? 0 : answer.jiffies;
		return error ? error : answer.jiffies ? 0 : -ENOENT;
	}
	LIBBPF_OPTS(bpf_test_run_opts, options);

	if (bpf_prog_test_run_opts(handle->tick, &options))
		return -errno;
	*ticks = options.retval;
	return 0;
}

int cbpf_stamp(struct cbpf *handle, uint64_t *stamp)
{
	if (handle->is_staged) {
		struct asc_answer answer;
		int error = handle->values.control_clock_time ?
				    cbpf_ask(handle, handle->values.control_clock_time, &answer) : -ENODATA;

		*stamp = error ? 0 : answer.stamp;
		return error ? error : answer.stamp ? 0 : -ENODATA;
	}
	LIBBPF_OPTS(bpf_test_run_opts, options);

	if (bpf_prog_test_run_opts(handle->read_clock, &options))
		return -errno;
	*stamp = *handle->stamp;
	return *stamp ? 0 : -ENODATA;
}
