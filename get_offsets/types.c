// SPDX-License-Identifier: MIT
/* Source: the kernel's type information. */
#include "get_offsets.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

/* Tells the members of a structure or union, and those of parts without a name as if they were its own. */
static void tell_members(struct wanted_structure *structure, const struct btf *types, const struct btf_type *type, uint32_t base)
{
	for (int i = 0; i < btf_vlen(type); i++) {
		const char *name = btf__name_by_offset(types, btf_members(type)[i].name_off);
		uint32_t offset = base + btf_member_bit_offset(type, i) / 8;

		if (*name) {
			wanted_tell(structure, name, offset);
			continue;
		}
		int id = btf__resolve_type(types, btf_members(type)[i].type);
		const struct btf_type *part = id < 0 ? NULL : btf__type_by_id(types, id);

		if (part && btf_is_composite(part))
			tell_members(structure, types, part, offset);
	}
}

int types_tell(struct wanted *wanted, const char *path)
{
	struct btf *types = btf__parse(path, NULL);
	int known = 0;

	if (!types)
		return -errno;
	for (size_t i = 0; i < wanted->count; i++) {
		struct wanted_structure *structure = &wanted->structures[i];
		int id = btf__find_by_name_kind(types, structure->name, BTF_KIND_STRUCT);

		if (id < 0)
			continue;
		const struct btf_type *type = btf__type_by_id(types, id);

		if (!structure->is_known)
			structure->size = type->size;
		structure->is_known = true;
		tell_members(structure, types, type, 0);
		known++;
	}
	for (size_t i = 0; i < wanted->value_count; i++) {
		int id = btf__find_by_name_kind(types, wanted->values[i].enumeration, BTF_KIND_ENUM);
		const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(types, id);

		for (int value = 0; type && value < btf_vlen(type); value++)
			wanted_tell_value(wanted, btf__name_by_offset(types, btf_enum(type)[value].name_off), btf_enum(type)[value].val);
	}
	btf__free(types);
	return known;
}
