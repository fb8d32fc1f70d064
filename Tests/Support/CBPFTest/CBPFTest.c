/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "CBPFTest.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cbpf_test {
	struct bpf_object *object;
};

int cbpf_test_open(const char *path, struct cbpf_test **result)
{
	struct cbpf_test *handle = calloc(1, sizeof(*handle));

	if (!handle)
		return -ENOMEM;
	handle->object = bpf_object__open_file(path, NULL);

	int error = handle->object ? bpf_object__load(handle->object) : -errno;

	if (error) {
		cbpf_test_close(handle);
		return error;
	}
	*result = handle;
	return 0;
}

void cbpf_test_close(struct cbpf_test *handle)
{
	bpf_object__close(handle->object);
	free(handle);
}

int cbpf_test_write(struct cbpf_test *handle, const char *map, uint32_t first, const void *values, size_t size, uint32_t count)
{
	struct bpf_map *found = bpf_object__find_map_by_name(handle->object, map);

	if (!found)
		return -ENOENT;
	if (bpf_map__value_size(found) != size)
		return -EINVAL;
	if (!count)
		return 0;
	uint32_t *slots = malloc(count * sizeof(*slots));
	uint32_t written = count;

	if (!slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		slots[i] = first + i;
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	int error = bpf_map_update_batch(bpf_map__fd(found), slots, values, &written, &options) ? -errno : 0;

	free(slots);
	return error ? error : written == count ? 0 : -EIO;
}

int cbpf_test_sum(struct cbpf_test *handle, const char *map, uint32_t slot, uint64_t *sum, uint32_t count)
{
	struct bpf_map *found = bpf_object__find_map_by_name(handle->object, map);
	int cpus = libbpf_num_possible_cpus();

	if (!found)
		return -ENOENT;
	if (cpus < 0 || bpf_map__value_size(found) != count * sizeof(*sum))
		return cpus < 0 ? cpus : -EINVAL;
	uint64_t *each = calloc(cpus, count * sizeof(*each));

	if (!each)
		return -ENOMEM;
	int error = bpf_map_lookup_elem(bpf_map__fd(found), &slot, each) ? -errno : 0;

	memset(sum, 0, count * sizeof(*sum));
	for (size_t i = 0; i < (size_t)cpus * count; i++)
		sum[i % count] += each[i];
	free(each);
	return error;
}

int cbpf_test_run(struct cbpf_test *handle, const char *program, uint32_t *result)
{
	struct bpf_program *found = bpf_object__find_program_by_name(handle->object, program);

	if (!found)
		return -ENOENT;
	LIBBPF_OPTS(bpf_test_run_opts, options);
	if (bpf_prog_test_run_opts(bpf_program__fd(found), &options))
		return -errno;
	*result = options.retval;
	return 0;
}

int cbpf_test_layout(const char *path, const char *type, uint32_t *size, struct cbpf_test_member *members, uint32_t room)
{
	struct btf *btf = btf__parse(path, NULL);

	if (!btf)
		return -errno;
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);
	int count = id;

	if (id >= 0) {
		const struct btf_type *found = btf__type_by_id(btf, id);
		const struct btf_member *member = btf_members(found);

		*size = found->size;
		count = btf_vlen(found);
		for (int i = 0; i < count && i < (int)room; i++) {
			strncpy(members[i].name, btf__name_by_offset(btf, member[i].name_off), sizeof(members[i].name) - 1);
			members[i].offset = btf_member_bit_offset(found, i) / 8;
			members[i].size = btf__resolve_size(btf, member[i].type);
		}
	}
	btf__free(btf);
	return count;
}

long cbpf_test_call(long number, long a0, long a1, long a2, long a3)
{
	long result = syscall(number, a0, a1, a2, a3);

	return result == -1 ? -errno : result;
}
