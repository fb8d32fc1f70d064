// SPDX-License-Identifier: MIT
/* What the kernel programs need to know: the members that they name, by their own type information. */
#include "get_offsets.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const unsigned char tp[] = {
#embed "tp.bpf.o"
};

static const unsigned char raw_tp[] = {
#embed "raw_tp.bpf.o"
};

static const unsigned char btf[] = {
#embed "btf.bpf.o"
};

/* Together they name all that any programs do. */
static const struct {
	const unsigned char *bytes;
	size_t size;
} programs[] = { { tp, sizeof(tp) }, { raw_tp, sizeof(raw_tp) }, { btf, sizeof(btf) } };

/* struct btf_ext_header and what follows it (Documentation/bpf/btf.rst), as far as relocations of types. */
struct ext_header {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t header_length;
	uint32_t function_offset, function_length, line_offset, line_length, relocation_offset, relocation_length;
};

struct relocation {
	uint32_t instruction, type, access, kind;
};

struct wanted_structure *wanted_structure(struct wanted *wanted, const char *name)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (!strcmp(wanted->structures[i].name, name))
			return &wanted->structures[i];
	return NULL;
}

void wanted_tell(struct wanted_structure *structure, const char *member, uint32_t offset)
{
	for (size_t i = 0; i < structure->count; i++) {
		if (strcmp(structure->members[i].name, member) || structure->members[i].is_known)
			continue;
		structure->members[i].is_known = true;
		structure->members[i].offset = offset;
	}
}

static int add_member(struct wanted_structure *structure, const struct btf *types, const char *name, uint32_t type)
{
	for (size_t i = 0; i < structure->count; i++) {
		struct wanted_member *member = &structure->members[i];

		if (strcmp(member->name, name))
			continue;
		/* Two views of a structure that name the same member (idr.idr_rt), which then is not of the same type everywhere. */
		if (member->types == types && member->type != type && !member->other)
			member->other = type;
		return 0;
	}
	if (structure->count == sizeof(structure->members) / sizeof(structure->members[0]))
		return -E2BIG;
	structure->members[structure->count++] = (struct wanted_member){ .name = name, .types = types, .type = type };
	return 0;
}

void wanted_tell_value(struct wanted *wanted, const char *name, uint32_t value)
{
	for (size_t i = 0; i < wanted->value_count; i++) {
		if (strcmp(wanted->values[i].name, name) || wanted->values[i].is_known)
			continue;
		wanted->values[i].is_known = true;
		wanted->values[i].value = value;
	}
}

/* Takes up the value with number `index` of an enumeration. */
static int add_value(struct wanted *wanted, const struct btf *types, const struct btf_type *type, unsigned index)
{
	if (index >= btf_vlen(type))
		return -EINVAL;
	const char *name = btf__name_by_offset(types, btf_enum(type)[index].name_off);

	for (size_t i = 0; i < wanted->value_count; i++)
		if (!strcmp(wanted->values[i].name, name))
			return 0;
	if (wanted->value_count == sizeof(wanted->values) / sizeof(wanted->values[0]))
		return -E2BIG;
	wanted->values[wanted->value_count++] =
		(struct wanted_value){ .enumeration = btf__name_by_offset(types, type->name_off), .name = name };
	return 0;
}

/* Takes up a structure and those that are parts of it. */
static int add_structure(struct wanted *wanted, const struct btf *types, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(types, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type) || btf_is_array(type))) {
		id = btf_is_array(type) ? btf_array(type)->type : type->type;
		type = btf__type_by_id(types, id);
	}
	if (!type || !btf_is_struct(type))
		return 0;
	const char *given = btf__name_by_offset(types, type->name_off);
	const char *flavour = strstr(given, "___");
	char *name = flavour ? strndup(given, flavour - given) : strdup(given);

	if (!name)
		return -ENOMEM;
	if (!*name) {
		/* kuid_t and the like: structures without a name are written as they are. */
		free(name);
		return 0;
	}
	struct wanted_structure *structure = wanted_structure(wanted, name);

	if (structure) {
		free(name);
	} else {
		if (wanted->count == sizeof(wanted->structures) / sizeof(wanted->structures[0]))
			return -E2BIG;
		structure = &wanted->structures[wanted->count++];
		structure->name = name;
	}
	const struct btf_member *members = btf_members(type);

	for (int i = 0; i < btf_vlen(type); i++) {
		int error = add_member(structure, types, btf__name_by_offset(types, members[i].name_off), members[i].type);

		if (!error)
			error = add_structure(wanted, types, members[i].type);
		if (error)
			return error;
	}
	return 0;
}

static int add_relocated(struct wanted *wanted, const struct btf *types, const unsigned char *data, size_t size)
{
	struct ext_header header;

	if (size < sizeof(header))
		return -EINVAL;
	memcpy(&header, data, sizeof(header));
	const unsigned char *at = data + header.header_length + header.relocation_offset;
	const unsigned char *end = at + header.relocation_length;
	uint32_t record = 0;

	if (header.relocation_length < 4 || end > data + size)
		return -EINVAL;
	memcpy(&record, at, sizeof(record));
	if (record < sizeof(struct relocation))
		return -EINVAL;
	for (at += 4; at + 8 <= end;) {
		uint32_t count;

		memcpy(&count, at + 4, sizeof(count)); /* behind the name of the section */
		for (at += 8; count && at + record <= end; count--, at += record) {
			struct relocation one;

			memcpy(&one, at, sizeof(one));
			const struct btf_type *type = btf__type_by_id(types, one.type);
			const char *access = btf__str_by_offset(types, one.access);
			int error = type && access && btf_is_enum(type) ? add_value(wanted, types, type, strtoul(access, NULL, 10)) :
									add_structure(wanted, types, one.type);

			if (error)
				return error;
		}
	}
	return 0;
}

static int add_object(struct wanted *wanted, const unsigned char *bytes, size_t size)
{
	/* libelf takes memory that it may write to; nothing is written. */
	Elf *elf = elf_memory((char *)(uintptr_t)bytes, size);
	int error = elf ? -ENOENT : -EINVAL;
	size_t names;
	Elf_Scn *section = NULL;
	Elf_Data *types = NULL, *ext = NULL;

	if (elf && !elf_getshdrstrndx(elf, &names)) {
		while ((section = elf_nextscn(elf, section))) {
			GElf_Shdr head;
			const char *name = gelf_getshdr(section, &head) ? elf_strptr(elf, names, head.sh_name) : NULL;

			if (name && !strcmp(name, BTF_ELF_SEC))
				types = elf_rawdata(section, NULL);
			if (name && !strcmp(name, BTF_EXT_ELF_SEC))
				ext = elf_rawdata(section, NULL);
		}
	}
	if (types && ext) {
		/* Kept to the end: names of members point into it. */
		struct btf *parsed = btf__new(types->d_buf, types->d_size);

		error = parsed ? add_relocated(wanted, parsed, ext->d_buf, ext->d_size) : -errno;
	}
	elf_end(elf);
	return error;
}

int wanted_find(struct wanted *wanted)
{
	int error = 0;

	memset(wanted, 0, sizeof(*wanted));
	elf_version(EV_CURRENT);
	for (size_t i = 0; !error && i < sizeof(programs) / sizeof(programs[0]); i++)
		error = add_object(wanted, programs[i].bytes, programs[i].size);
	return error;
}

/* --- writing --- */

struct writer {
	const struct wanted *wanted;
	struct btf *to;
	int numbers[80]; /* of the wanted structures in what is written, or 0 */
	int pointer;
};

static int write_structure(struct writer *writer, size_t index);

/* The type of a member, simple as it may be: a pointer is one to nothing in particular. */
static int write_type(struct writer *writer, const struct btf *from, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(from, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type))) {
		id = type->type;
		type = btf__type_by_id(from, id);
	}
	if (!type)
		return -EINVAL;
	if (btf_is_ptr(type)) {
		if (!writer->pointer)
			writer->pointer = btf__add_ptr(writer->to, 0);
		return writer->pointer;
	}
	if (btf_is_int(type))
		return btf__add_int(writer->to, btf__name_by_offset(from, type->name_off), type->size, btf_int_encoding(type));
	if (btf_is_array(type)) {
		const struct btf_array *array = btf_array(type);
		int element = write_type(writer, from, array->type), number = btf__add_int(writer->to, "int", 4, BTF_INT_SIGNED);

		return element < 0 ? element : number < 0 ? number : btf__add_array(writer->to, number, element, array->nelems);
	}
	if (!btf_is_struct(type))
		return -EINVAL;
	const char *name = btf__name_by_offset(from, type->name_off);

	if (*name) {
		const char *flavour = strstr(name, "___");

		for (size_t i = 0; i < writer->wanted->count; i++) {
			const char *known = writer->wanted->structures[i].name;

			if (!strncmp(name, known, flavour ? (size_t)(flavour - name) : strlen(name)) &&
			    strlen(known) == (flavour ? (size_t)(flavour - name) : strlen(name)))
				return write_structure(writer, i);
		}
		return -ENOENT;
	}
	/* Members first: a structure is filled right after it is added. */
	int members[8];

	if (btf_vlen(type) > 8)
		return -E2BIG;
	for (int i = 0; i < btf_vlen(type); i++) {
		members[i] = write_type(writer, from, btf_members(type)[i].type);
		if (members[i] < 0)
			return members[i];
	}
	int written = btf__add_struct(writer->to, NULL, type->size);

	for (int i = 0; written >= 0 && i < btf_vlen(type); i++) {
		int error = btf__add_field(writer->to, btf__name_by_offset(from, btf_members(type)[i].name_off), members[i],
					   btf_member_bit_offset(type, i), 0);

		if (error)
			return error;
	}
	return written;
}

static int write_structure(struct writer *writer, size_t index)
{
	const struct wanted_structure *structure = &writer->wanted->structures[index];
	int types[48];

	if (writer->numbers[index])
		return writer->numbers[index];
	if (!structure->is_known)
		return -ENOENT;
	for (size_t i = 0; i < structure->count; i++) {
		types[i] = structure->members[i].is_known ? write_type(writer, structure->members[i].types, structure->members[i].type) : 0;
		if (types[i] == -ENOENT && structure->members[i].other)
			types[i] = write_type(writer, structure->members[i].types, structure->members[i].other);
		/* Part of a structure that this kernel does not have. */
		if (types[i] == -ENOENT)
			types[i] = 0;
		if (types[i] < 0)
			return types[i];
	}
	int written = btf__add_struct(writer->to, structure->name, structure->size);

	for (size_t i = 0; written >= 0 && i < structure->count; i++) {
		if (!types[i])
			continue;
		int error = btf__add_field(writer->to, structure->members[i].name, types[i], structure->members[i].offset * 8, 0);

		if (error)
			return error;
	}
	writer->numbers[index] = written;
	return written;
}

int wanted_write(const struct wanted *wanted, const char *path)
{
	struct writer writer = { .wanted = wanted, .to = btf__new_empty() };
	int error = writer.to ? 0 : -errno;

	for (size_t i = 0; !error && i < wanted->count; i++) {
		int number = wanted->structures[i].is_known ? write_structure(&writer, i) : 0;

		error = number < 0 ? number : 0;
	}
	for (size_t i = 0; !error && i < wanted->value_count; i++) {
		const struct wanted_value *value = &wanted->values[i];

		if (!value->is_known)
			continue;
		int number = btf__add_enum(writer.to, value->enumeration, 4);

		error = number < 0 ? number : btf__add_enum_value(writer.to, value->name, value->value);
	}
	uint32_t size = 0;
	const void *data = error ? NULL : btf__raw_data(writer.to, &size);
	FILE *file = data ? fopen(path, "we") : NULL;

	if (!error && !file)
		error = -errno;
	if (file && fwrite(data, 1, size, file) != size)
		error = -EIO;
	if (file && fclose(file))
		error = -errno;
	btf__free(writer.to);
	return error;
}
