// SPDX-License-Identifier: MIT
/*
 * Source: an ELF file with DWARF 4 or 5. Reads no more than structures, their members and where these are; numbers of sections, forms and tags
 * are those of the standard (https://dwarfstd.org, 7.5 and 7.6).
 */
#include "get_offsets.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TAG_MEMBER = 0x0d, TAG_ENUMERATOR = 0x28, TAG_STRUCTURE = 0x13, TAG_UNION = 0x17, TAG_CONST = 0x26, TAG_VOLATILE = 0x35, TAG_TYPEDEF = 0x16,
	AT_NAME = 0x03, AT_CONSTANT = 0x1c, AT_SIZE = 0x0b, AT_DECLARATION = 0x3c, AT_LOCATION = 0x38, AT_TYPE = 0x49, AT_BIT_OFFSET = 0x6b,
};

struct bytes {
	const unsigned char *data;
	size_t size;
};

struct abbreviation {
	uint64_t tag;
	bool has_children;
	const unsigned char *attributes; /* in the section: pairs of name and form, up to two zeros */
};

struct file {
	int descriptor;
	Elf *elf;
	struct bytes info, abbrev, strings, line_strings, offsets;
};

/* A unit of compilation. */
struct unit {
	const struct file *file;
	size_t start, end; /* in the section */
	int version;
	uint8_t address_size, offset_size;
	size_t string_base; /* of DW_FORM_strx in .debug_str_offsets */
	struct abbreviation *abbreviations;
	size_t abbreviation_count;
};

/* What is wanted of an entry. */
struct entry {
	uint64_t tag;
	bool has_children, is_declaration;
	const char *name;
	uint64_t size, location, constant, type; /* type: in the section, or 0 */
};

/* A place in a section; reading beyond its end gives zeros and stays there. */
struct cursor {
	struct bytes in;
	size_t at;
};

static uint64_t number(struct cursor *cursor, size_t size)
{
	uint64_t value = 0;

	if (size > 8 || cursor->at + size > cursor->in.size) {
		cursor->at = cursor->in.size;
		return 0;
	}
	memcpy(&value, cursor->in.data + cursor->at, size); /* little-endian, as the machines that this runs on */
	cursor->at += size;
	return value;
}

static uint64_t variable(struct cursor *cursor)
{
	uint64_t value = 0;

	for (int shift = 0; cursor->at < cursor->in.size; shift += 7) {
		unsigned char byte = cursor->in.data[cursor->at++];

		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	return value;
}

static void skip(struct cursor *cursor, uint64_t size)
{
	cursor->at = size > cursor->in.size - cursor->at ? cursor->in.size : cursor->at + size;
}

static const char *string_at(struct bytes in, uint64_t at)
{
	return at < in.size && memchr(in.data + at, 0, in.size - at) ? (const char *)in.data + at : "";
}

static const char *string_here(struct cursor *cursor)
{
	const char *text = string_at(cursor->in, cursor->at);

	skip(cursor, strlen(text) + 1);
	return text;
}

static const char *string_indexed(const struct unit *unit, uint64_t index)
{
	struct cursor cursor = { unit->file->offsets, 0 };

	skip(&cursor, unit->string_base + index * unit->offset_size);
	return string_at(unit->file->strings, number(&cursor, unit->offset_size));
}

/* Reads or skips a value. Returns false for a form that is not known, after which nothing can be read. */
static bool value(const struct unit *unit, struct cursor *cursor, uint64_t form, uint64_t *value, const char **text)
{
	*value = 0;
	*text = NULL;
	switch (form) {
	case 0x01: *value = number(cursor, unit->address_size); return true; /* addr */
	case 0x03: skip(cursor, number(cursor, 2)); return true; /* block2 */
	case 0x04: skip(cursor, number(cursor, 4)); return true; /* block4 */
	case 0x05: *value = number(cursor, 2); return true; /* data2 */
	case 0x06: *value = number(cursor, 4); return true; /* data4 */
	case 0x07: *value = number(cursor, 8); return true; /* data8 */
	case 0x08: *text = string_here(cursor); return true; /* string */
	case 0x09: case 0x18: skip(cursor, variable(cursor)); return true; /* block, exprloc */
	case 0x0a: skip(cursor, number(cursor, 1)); return true; /* block1 */
	case 0x0b: case 0x0c: *value = number(cursor, 1); return true; /* data1, flag */
	case 0x0d: case 0x0f: *value = variable(cursor); return true; /* sdata, udata */
	case 0x0e: *text = string_at(unit->file->strings, number(cursor, unit->offset_size)); return true; /* strp */
	case 0x1f: *text = string_at(unit->file->line_strings, number(cursor, unit->offset_size)); return true; /* line_strp */
	case 0x10: *value = number(cursor, unit->version > 2 ? unit->offset_size : unit->address_size); return true; /* ref_addr */
	case 0x11: *value = unit->start + number(cursor, 1); return true; /* ref1 */
	case 0x12: *value = unit->start + number(cursor, 2); return true; /* ref2 */
	case 0x13: *value = unit->start + number(cursor, 4); return true; /* ref4 */
	case 0x14: *value = unit->start + number(cursor, 8); return true; /* ref8 */
	case 0x15: *value = unit->start + variable(cursor); return true; /* ref_udata */
	case 0x17: *value = number(cursor, unit->offset_size); return true; /* sec_offset */
	case 0x19: *value = 1; return true; /* flag_present */
	case 0x1a: *text = string_indexed(unit, variable(cursor)); return true; /* strx */
	case 0x25: *text = string_indexed(unit, number(cursor, 1)); return true; /* strx1 */
	case 0x26: *text = string_indexed(unit, number(cursor, 2)); return true; /* strx2 */
	case 0x27: *text = string_indexed(unit, number(cursor, 3)); return true; /* strx3 */
	case 0x28: *text = string_indexed(unit, number(cursor, 4)); return true; /* strx4 */
	case 0x1b: case 0x22: case 0x23: variable(cursor); return true; /* addrx, loclistx, rnglistx */
	case 0x29: case 0x2a: case 0x2b: case 0x2c: skip(cursor, form == 0x2b ? 3 : form == 0x2c ? 4 : form - 0x28); return true; /* addrx1 … */
	case 0x1e: skip(cursor, 16); return true; /* data16 */
	case 0x20: skip(cursor, 8); return true; /* ref_sig8 */
	case 0x21: return true; /* implicit_const: read with the form */
	}
	return false;
}

/* The next entry at the cursor; tag 0 ends a list of children. Returns false when it cannot be read. */
static bool next_entry(const struct unit *unit, struct cursor *cursor, struct entry *entry)
{
	uint64_t code = variable(cursor);

	memset(entry, 0, sizeof(*entry));
	if (!code)
		return true;
	if (code >= unit->abbreviation_count || !unit->abbreviations[code].attributes)
		return false;
	const struct abbreviation *abbreviation = &unit->abbreviations[code];
	struct cursor list = { unit->file->abbrev, abbreviation->attributes - unit->file->abbrev.data };

	entry->tag = abbreviation->tag;
	entry->has_children = abbreviation->has_children;
	for (;;) {
		uint64_t name = variable(&list), form = variable(&list), implicit = form == 0x21 ? variable(&list) : 0, number;
		const char *text;

		if (!name && !form)
			return true;
		if (!value(unit, cursor, form, &number, &text))
			return false;
		if (form == 0x21)
			number = implicit;
		switch (name) {
		case AT_NAME: entry->name = text; break;
		case AT_SIZE: entry->size = number; break;
		case AT_DECLARATION: entry->is_declaration = number; break;
		case AT_LOCATION: entry->location = number; break;
		case AT_BIT_OFFSET: entry->location = number / 8; break;
		case AT_TYPE: entry->type = number; break;
		case AT_CONSTANT: entry->constant = number; break;
		}
	}
}

/* Goes behind the children of an entry. */
static bool skip_children(const struct unit *unit, struct cursor *cursor)
{
	for (int depth = 1; depth;) {
		struct entry entry;

		if (cursor->at >= unit->end || !next_entry(unit, cursor, &entry))
			return false;
		depth += !entry.tag ? -1 : entry.has_children ? 1 : 0;
	}
	return true;
}

static bool tell_members(const struct unit *unit, struct wanted_structure *structure, struct cursor *cursor, uint64_t base, int depth);

/* A member without a name: what is in it counts as a member of the whole. */
static bool tell_part(const struct unit *unit, struct wanted_structure *structure, uint64_t type, uint64_t base, int depth)
{
	for (int i = 0; i < 8; i++) {
		struct cursor cursor = { { unit->file->info.data, unit->end }, type };
		struct entry entry;

		if (type < unit->start || type >= unit->end || !next_entry(unit, &cursor, &entry))
			return true;
		if (entry.tag == TAG_STRUCTURE || entry.tag == TAG_UNION)
			return !entry.has_children || tell_members(unit, structure, &cursor, base, depth);
		if (entry.tag != TAG_CONST && entry.tag != TAG_VOLATILE && entry.tag != TAG_TYPEDEF)
			return true;
		type = entry.type;
	}
	return true;
}

static bool tell_members(const struct unit *unit, struct wanted_structure *structure, struct cursor *cursor, uint64_t base, int depth)
{
	for (;;) {
		struct entry entry;

		if (cursor->at >= unit->end || !next_entry(unit, cursor, &entry))
			return false;
		if (!entry.tag)
			return true;
		if (entry.has_children && !skip_children(unit, cursor))
			return false;
		if (entry.tag != TAG_MEMBER)
			continue;
		if (entry.name && *entry.name)
			wanted_tell(structure, entry.name, base + entry.location);
		else if (depth < 8 && !tell_part(unit, structure, entry.type, base + entry.location, depth + 1))
			return false;
	}
}

static int read_abbreviations(struct unit *unit, uint64_t at)
{
	struct cursor cursor = { unit->file->abbrev, 0 };

	skip(&cursor, at);
	while (cursor.at < cursor.in.size) {
		uint64_t code = variable(&cursor);

		if (!code)
			break;
		if (code > 1 << 20)
			return -EINVAL;
		if (code >= unit->abbreviation_count) {
			size_t count = 2 * code + 16;
			void *grown = realloc(unit->abbreviations, count * sizeof(*unit->abbreviations));

			if (!grown)
				return -ENOMEM;
			unit->abbreviations = grown;
			memset(unit->abbreviations + unit->abbreviation_count, 0,
			       (count - unit->abbreviation_count) * sizeof(*unit->abbreviations));
			unit->abbreviation_count = count;
		}
		struct abbreviation *one = &unit->abbreviations[code];

		one->tag = variable(&cursor);
		one->has_children = number(&cursor, 1);
		one->attributes = cursor.in.data + cursor.at;
		for (;;) {
			uint64_t name = variable(&cursor), form = variable(&cursor);

			if (form == 0x21)
				variable(&cursor);
			if ((!name && !form) || cursor.at >= cursor.in.size)
				break;
		}
	}
	return 0;
}

/* Looks through a unit for structures that are wanted and not known yet. Returns how many it told of. */
static int tell_unit(struct wanted *wanted, const struct unit *unit, size_t first)
{
	struct cursor cursor = { { unit->file->info.data, unit->end }, first };
	int known = 0;

	while (cursor.at < unit->end) {
		struct entry entry;

		if (!next_entry(unit, &cursor, &entry))
			return -EINVAL;
		if (entry.tag == TAG_ENUMERATOR && entry.name)
			wanted_tell_value(wanted, entry.name, entry.constant);
		if (entry.tag != TAG_STRUCTURE || entry.is_declaration || !entry.name || !entry.has_children)
			continue;
		struct wanted_structure *structure = wanted_structure(wanted, entry.name);

		if (!structure || structure->is_known)
			continue;
		/* A copy of the cursor: the walk over all entries goes on through the members, among which structures may be. */
		struct cursor members = cursor;

		structure->is_known = true;
		structure->size = entry.size;
		known++;
		if (!tell_members(unit, structure, &members, 0, 0))
			return -EINVAL;
	}
	return known;
}

static int tell_file(struct wanted *wanted, const struct file *file)
{
	struct cursor cursor = { file->info, 0 };
	int known = 0;

	while (cursor.at + 4 < file->info.size) {
		struct unit unit = { .file = file, .start = cursor.at, .offset_size = 4, .address_size = 8 };
		uint64_t length = number(&cursor, 4), abbreviations;

		if (length == 0xffffffff) {
			length = number(&cursor, 8);
			unit.offset_size = 8;
		}
		unit.end = cursor.at + length;
		if (length > file->info.size - cursor.at)
			return -EINVAL;
		unit.version = number(&cursor, 2);
		uint8_t type = 1; /* DW_UT_compile */

		if (unit.version >= 5) {
			type = number(&cursor, 1);
			unit.address_size = number(&cursor, 1);
			abbreviations = number(&cursor, unit.offset_size);
			if (type == 4 || type == 5) /* skeleton and split units: an identity */
				skip(&cursor, 8);
			/* DW_AT_str_offsets_base is this for all that gcc and clang write: behind the head of the only table. */
			unit.string_base = 8;
		} else {
			abbreviations = number(&cursor, unit.offset_size);
			unit.address_size = number(&cursor, 1);
		}
		int told = unit.version < 2 || unit.version > 5 ? -EINVAL : read_abbreviations(&unit, abbreviations);

		if (!told && type == 1)
			told = tell_unit(wanted, &unit, cursor.at);
		free(unit.abbreviations);
		if (told < 0)
			return told;
		known += told;
		cursor.at = unit.end;
	}
	return known;
}

static struct bytes section_bytes(Elf_Scn *section, const GElf_Shdr *head)
{
	if (head->sh_flags & SHF_COMPRESSED)
		elf_compress(section, 0, 0);
	Elf_Data *data = elf_rawdata(section, NULL);

	return data ? (struct bytes){ data->d_buf, data->d_size } : (struct bytes){};
}

int dwarf_tell(struct wanted *wanted, const char *path)
{
	struct file file = { .descriptor = open(path, O_RDONLY | O_CLOEXEC) };
	size_t names;
	Elf_Scn *section = NULL;
	int result = -EINVAL;

	if (file.descriptor < 0)
		return -errno;
	elf_version(EV_CURRENT);
	file.elf = elf_begin(file.descriptor, ELF_C_READ_MMAP_PRIVATE, NULL);
	if (file.elf && elf_kind(file.elf) == ELF_K_ELF && !elf_getshdrstrndx(file.elf, &names)) {
		while ((section = elf_nextscn(file.elf, section))) {
			GElf_Shdr head;
			const char *name = gelf_getshdr(section, &head) ? elf_strptr(file.elf, names, head.sh_name) : "";

			if (!name)
				continue;
			if (!strcmp(name, ".debug_info"))
				file.info = section_bytes(section, &head);
			else if (!strcmp(name, ".debug_abbrev"))
				file.abbrev = section_bytes(section, &head);
			else if (!strcmp(name, ".debug_str"))
				file.strings = section_bytes(section, &head);
			else if (!strcmp(name, ".debug_line_str"))
				file.line_strings = section_bytes(section, &head);
			else if (!strcmp(name, ".debug_str_offsets"))
				file.offsets = section_bytes(section, &head);
		}
		result = file.info.size && file.abbrev.size ? tell_file(wanted, &file) : -ENOENT;
	}
	elf_end(file.elf);
	close(file.descriptor);
	return result;
}
