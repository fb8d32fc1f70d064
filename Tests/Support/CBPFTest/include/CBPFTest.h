/* SPDX-License-Identifier: MIT */
/* Kernel programs and their types under test. Functions return 0 (or what they say) or a negative errno. */
#ifndef CBPFTEST_H
#define CBPFTEST_H

#include "selection_case.h"
#include <stddef.h>
#include <stdint.h>
#include <sys/timex.h>

struct cbpf_test;

/* Loads the programs in the object file at `path`. On an error there is no handle. */
int cbpf_test_open(const char *path, struct cbpf_test **handle);

void cbpf_test_close(struct cbpf_test *handle);

/* Writes `count` values of `size` bytes from slot `first` of an array map on. */
int cbpf_test_write(struct cbpf_test *handle, const char *map, uint32_t first, const void *values, size_t size, uint32_t count);

/* Adds up what the CPUs have in `slot` of a per-CPU array, `count` numbers each. */
int cbpf_test_sum(struct cbpf_test *handle, const char *map, uint32_t slot, uint64_t *sum, uint32_t count);

/* Runs a program once and sets what it returned. */
int cbpf_test_run(struct cbpf_test *handle, const char *program, uint32_t *result);

/* A member of a structure, as the type information of an object file says. */
struct cbpf_test_member {
	char name[32];
	uint32_t offset;
	uint32_t size;
};

/* Sets the size of structure `type` in the object file at `path` and its members; returns how many it has. */
int cbpf_test_layout(const char *path, const char *type, uint32_t *size, struct cbpf_test_member *members, uint32_t room);

/* A program of an object file: its type (enum bpf_prog_type) and instructions (struct bpf_insn) before any relocation. */
typedef void cbpf_test_program_visitor(void *context, const char *name, uint32_t type, const uint64_t *instructions, size_t count);

/* A map: its type (enum bpf_map_type), and whether it stands for a section of global data. */
typedef void cbpf_test_map_visitor(void *context, const char *name, uint32_t type, int is_global_data);

/* Shows all programs and maps in the object file at `path`; nothing is loaded. */
int cbpf_test_inspect(const char *path, cbpf_test_program_visitor *programs, cbpf_test_map_visitor *maps, void *context);

/* One system call, as it stands: libc's own functions add calls or keep answers. Returns its result, or a negative errno. */
long cbpf_test_call(long number, long a0, long a1, long a2, long a3);

#endif
