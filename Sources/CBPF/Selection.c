/* SPDX-License-Identifier: MIT */
/* What the rules have the programs select, and which of the calls under way were selected by earlier ones. */
#include "handle.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One call for all values where the kernel can (batched updates of arrays: 5.6), else one by one. */
static int write_array(int map, uint32_t first, const void *values, size_t size, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t slot = first + i;

		if (bpf_map_update_elem(map, &slot, (const char *)values + i * size, BPF_ANY))
			return -errno;
	}
	return 0;
}

static int write_values(int map, uint32_t first, const void *values, size_t size, uint32_t count)
{
	if (!count)
		return 0;
	uint32_t *slots = malloc(count * sizeof(*slots));
	uint32_t written = count;

	if (!slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		slots[i] = first + i;
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	int error = bpf_map_update_batch(map, slots, values, &written, &options);

	free(slots);
	return error ? write_array(map, first, values, size, count) : 0;
}

int cbpf_write_index(struct cbpf *handle, uint32_t first, const struct as_index *values, uint32_t count)
{
	int error = write_values(handle->index, first, values, sizeof(*values), count);

	/* The call by which the tick count is asked for must come through to the programs. */
	for (uint32_t half = 0; !error && handle->is_staged && half < AS_GENERATIONS; half++) {
		uint32_t slot = AS_INDEX(half, AS_ABI_NATIVE, TICK_CALL);

		if (slot < first || slot - first >= count)
			continue;
		struct as_index marked = values[slot - first];

		marked.flags |= AS_INDEX_TICK;
		error = bpf_map_update_elem(handle->index, &slot, &marked, BPF_ANY) ? -errno : 0;
	}
	return error;
}

int cbpf_write_list(struct cbpf *handle, uint32_t first, const uint32_t *values, uint32_t count)
{
	return write_values(handle->list, first, values, sizeof(*values), count);
}

int cbpf_write_clauses(struct cbpf *handle, uint32_t first, const struct as_clause *values, uint32_t count)
{
	return write_values(handle->clauses, first, values, sizeof(*values), count);
}

int cbpf_write_tasks(struct cbpf *handle, uint32_t slot, const struct as_index *value)
{
	int error = bpf_map_update_elem(handle->task_rules, &slot, value, BPF_ANY) ? -errno : 0;

	if (error || !(value->flags & AS_INDEX_ENTRY) || handle->wants_tasks)
		return error;
	/* For good: tasks stay as they were judged when later rules come. */
	if (handle->is_staged) {
		handle->values.control_tasks = 1;
		error = cbpf_write_controls(handle);
	} else {
		*handle->tasks = 1;
	}
	if (!error && handle->is_attached) {
		cbpf_log_to(handle);
		error = cbpf_attach_fork(handle);
		cbpf_log_to(NULL);
	}
	handle->wants_tasks = !error;
	return error;
}

int cbpf_write_shapes(struct cbpf *handle, uint32_t first, const struct ash_shape *values, uint32_t count)
{
	return write_values(handle->shapes, first, values, sizeof(*values), count);
}

void cbpf_set_generation(struct cbpf *handle, uint32_t generation, uint32_t wanted)
{
	if (handle->is_staged) {
		handle->values.control_wanted = wanted;
		handle->values.control_generation = generation;
		cbpf_write_controls(handle); /* of an array that is there: cannot fail */
		return;
	}
	*handle->wanted = wanted;
	*handle->generation = generation;
}

/* Where member `name` is in the values of `map`, by the object's own type information; or a negative errno. */
static int value_member(struct cbpf *handle, const struct bpf_map *map, const char *name)
{
	const struct btf *btf = bpf_object__btf(handle->object);
	const struct btf_type *type = btf ? btf__type_by_id(btf, bpf_map__btf_value_type_id(map)) : NULL;

	for (int i = 0; type && btf_is_struct(type) && i < btf_vlen(type); i++) {
		const struct btf_member *member = btf_members(type) + i;

		if (!strcmp(btf__name_by_offset(btf, member->name_off), name))
			return btf_member_bit_offset(type, i) / 8;
	}
	return -ENOENT;
}

int cbpf_oldest_generation(struct cbpf *handle, uint32_t current, uint32_t *oldest)
{
	struct bpf_map *map = bpf_object__find_map_by_name(handle->object, "inflight");
	int generation = map ? value_member(handle, map, "generation") : -ENOENT;
	int flags = map ? value_member(handle, map, "flags") : -ENOENT;
	/* INFLIGHT_ENDED of bpf/maps.h: kept for the next call of its task. INFLIGHT_TRACED, INFLIGHT_SINGLE: only that tracepoint will see it end. */
	const unsigned char ended = 1 << 3, traced = 1 << 6, single = 1 << 7;
	enum cbpf_calls way = handle->call_side.way;
	/* Where it is not the tracepoint that is there for the rules in force. */
	unsigned char other = way == CBPF_CALLS_TRACED ? 0 : way == CBPF_CALLS_PERF ? traced : traced | single;
	uint64_t key, next;
	int error = 0;

	if (generation < 0 || flags < 0)
		return -ENOENT;
	size_t size = bpf_map__value_size(map);
	unsigned char *value = malloc(size);
	/* Where the call at `key` has ended meanwhile the kernel begins again with the first. */
	uint32_t left = 4 * bpf_map__max_entries(map);

	if (!value)
		return -ENOMEM;
	*oldest = current;
	for (bool has_key = false; left; left--, has_key = true, key = next) {
		if (bpf_map_get_next_key(bpf_map__fd(map), has_key ? &key : NULL, &next)) {
			error = errno == ENOENT ? 0 : -errno;
			break;
		}
		uint32_t found;

		if (bpf_map_lookup_elem(bpf_map__fd(map), &next, value) || value[flags] & ended)
			continue;
		memcpy(&found, value + generation, sizeof(found));
		if (value[flags] & other && found == current)
			found -= 1;
		/* By their distance, for numbers that have begun again. */
		if (current - found > current - *oldest)
			*oldest = found;
	}
	free(value);
	return left ? error : -EAGAIN;
}
