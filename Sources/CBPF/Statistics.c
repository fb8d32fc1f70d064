/* SPDX-License-Identifier: MIT */
/* What the programs have counted. */
#include "handle.h"
#include "perf.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int cbpf_statistics(struct cbpf *handle, struct ast_statistics *sum)
{
	int cpus = libbpf_num_possible_cpus();

	if (cpus < 0)
		return cpus;
	struct ast_statistics *each = calloc(cpus, sizeof(*each));
	uint32_t slot = 0;

	memset(sum, 0, sizeof(*sum));
	if (!each)
		return -ENOMEM;
	int error = bpf_map_lookup_elem(handle->statistics, &slot, each) ? -errno : 0;

	for (int i = 0; !error && i < cpus; i++) {
		const uint64_t *from = (const uint64_t *)&each[i];
		uint64_t *to = (uint64_t *)sum;

		for (size_t field = 0; field < sizeof(*sum) / sizeof(*to); field++)
			to[field] += from[field];
	}
	free(each);
	/*
	 * What has been sent and has not arrived is lost, also where the kernel does not tell the programs (before 5.1). While
	 * they run this may be behind; once they are detached it is exact.
	 */
	if (!error && handle->is_staged) {
		uint64_t arrived = perf_arrived(handle->perf);

		if (sum->sent > arrived && sum->sent - arrived > handle->lost)
			handle->lost = sum->sent - arrived;
		sum->sent -= handle->lost;
		sum->lost_ring += handle->lost;
	}
	return error;
}

int cbpf_missed(struct cbpf *handle, uint64_t *missed)
{
	*missed = 0;
	for (size_t i = 0; i < handle->program_count; i++) {
		struct bpf_prog_info info = {};
		uint32_t length = sizeof(info);

		if (bpf_obj_get_info_by_fd(handle->programs[i], &info, &length))
			return -errno;
		*missed += info.recursion_misses;
	}
	int error = cbpf_calls_missed(handle, missed);

	return error ? error : cbpf_hooks_missed(handle, missed);
}
