/* SPDX-License-Identifier: MIT */
/* Parts of get-offsets: where structures of a kernel have their members, from several sources, as BTF and as text. */
#ifndef GET_OFFSETS_H
#define GET_OFFSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btf;

/* --- what the kernel programs need to know (wanted.c) --- */

struct wanted_member {
	const char *name;
	const struct btf *types; /* the type information of the program that names it */
	uint32_t type;       /* there */
	uint32_t other;      /* what it is on kernels that have no such type, or 0 */
	bool is_known;       /* some source has told where it is */
	uint32_t offset;     /* bytes from the start of its structure */
};

struct wanted_structure {
	const char *name;    /* without what follows "___" */
	bool is_known;
	uint32_t size;
	size_t count;
	struct wanted_member members[48];
};

/* A value of an enumeration: a program asks whether the kernel has it. */
struct wanted_value {
	const char *enumeration, *name;
	bool is_known;
	uint32_t value;
};

struct wanted {
	size_t count;
	struct wanted_structure structures[80];
	size_t value_count;
	struct wanted_value values[8];
};

/* Finds out from the built-in programs. Returns 0 or a negative errno. */
int wanted_find(struct wanted *wanted);

struct wanted_structure *wanted_structure(struct wanted *wanted, const char *name);

/* Notes where a member is. Later sources do not change what an earlier one has told. */
void wanted_tell(struct wanted_structure *structure, const char *member, uint32_t offset);

/* Notes that a value exists. */
void wanted_tell_value(struct wanted *wanted, const char *name, uint32_t value);

/* Writes what is known in the form that libbpf takes as btf_custom_path. */
int wanted_write(const struct wanted *wanted, const char *path);

/* --- sources: each tells what it knows, and returns how many structures it knew, or a negative errno --- */

/* Type information: /sys/kernel/btf/vmlinux, or an ELF file with a section of it (types.c). */
int types_tell(struct wanted *wanted, const char *path);

/* An ELF file with DWARF 4 or 5 (dwarf.c). */
int dwarf_tell(struct wanted *wanted, const char *path);

/* Kernel headers below `directory`, by compiling a file that includes them, and reading what the compiler says of it (headers.c). */
int headers_tell(struct wanted *wanted, const char *directory);

/* A configuration file of the old tool (configuration.c). */
int configuration_tell(struct wanted *wanted, const char *path);

/* Prints what is known in the form of such a file. */
void configuration_print(const struct wanted *wanted);

/* --- check (check.c) --- */

/*
 * Has the running kernel read this process by the type information at `path` and compares with what the process knows of
 * itself. Returns 0 when all is right, 1 when something is not (and says what), or a negative errno when it could not be tried.
 */
int check_running(const char *path);

#endif
