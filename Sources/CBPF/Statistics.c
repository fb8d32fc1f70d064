/* SPDX-License-Identifier: MIT */
/* What the programs have counted. */
#include "handle.h"
#include "perf.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Adds up the CPUs' values in `slot` of `map`, each of them `count` numbers. */
static int add_up(int map, uint32_t slot, uint64_t *sum, size_t count)
{
	int cpus = libbpf_num_possible_cpus();

	if (cpus < 0)
		return cpus;
	uint64_t *each = calloc(cpus, count * sizeof(*each));

	memset(sum, 0, count * sizeof(*sum));
	if (!each)
		return -ENOMEM;
	int error = bpf_map_lookup_elem(map, &slot, each) ? -errno : 0;

	for (size_t i = 0; !error && i < cpus * count; i++)
		sum[i % count] += each[i];
	free(each);
	return error;
}

int cbpf_refusals(struct cbpf *handle, uint32_t slot, struct as_refusals *sum)
{
	return add_up(handle->refusals, slot, (uint64_t *)sum->count, AS_REFUSALS_MAX);
}

int cbpf_clear_refusals(struct cbpf *handle, uint32_t slot)
{
	int cpus = libbpf_num_possible_cpus();

	if (cpus < 0)
		return cpus;
	struct as_refusals *each = calloc(cpus, sizeof(*each));

	if (!each)
		return -ENOMEM;
	int error = bpf_map_update_elem(handle->refusals, &slot, each, BPF_ANY) ? -errno : 0;

	free(each);
	return error;
}

int cbpf_statistics(struct cbpf *handle, struct ast_statistics *sum)
{
	int error = add_up(handle->statistics, 0, (uint64_t *)sum, sizeof(*sum) / sizeof(uint64_t));

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

	if (!error)
		error = cbpf_rings_missed(handle, missed);
	return error ? error : cbpf_hooks_missed(handle, missed);
}
