/* SPDX-License-Identifier: MIT */
/* What a handle consists of, for CBPF.c and Hooks.c. */
#ifndef CBPF_HANDLE_H
#define CBPF_HANDLE_H

#include "CBPF.h"

#include <bpf/libbpf.h>
#include <stdatomic.h>

/* Hooks by number as in bpf/hooks.h. */
enum { HOOKS = 16, LINKS_A_HOOK = 2 };

struct perf_reader;

/* What the kernel's type information says of a hook's function. */
struct signature {
	const char *name; /* NULL: it has no such function */
	uint8_t arity;
	bool is_pointer;
};

struct hook_side {
	bool is_looked_up; /* signatures are */
	struct signature signatures[HOOKS];
	uint32_t refused[HOOKS]; /* enum cbpf_hook_ways that the kernel has refused: it will do so again */
	struct bpf_object *objects[HOOKS]; /* that a hook's programs are in; hooks share them */
	struct bpf_link *links[HOOKS][LINKS_A_HOOK];
	int programs[HOOKS][LINKS_A_HOOK]; /* descriptors, 0 for none */
	uint64_t missed; /* runs of detached programs that were skipped */
	struct cbpf_hook hooks[HOOKS];
};

enum { PROGRAMS_MAX = 32, LOG_BYTES = 8192 };

struct cbpf {
	struct bpf_object *object;
	struct bpf_link *links[PROGRAMS_MAX];
	int programs[PROGRAMS_MAX];
	size_t program_count;
	int tick, find_clock, read_clock, place_ntp, find_label; /* programs that are run by hand and never attached, or -1 */
	int index, list, clauses, task_rules, shapes, statistics;
	bool is_attached;
	bool wants_tasks; /* rules of the list task have been written */
	struct bpf_link *fork_link; /* of the program that looks at tasks that are made, once they have */
	void *controls; /* the programs' .bss section, where these are */
	size_t controls_bytes;
	volatile uint32_t *generation, *wanted, *tasks, *hooks, *label;
	const volatile char *label_name; /* AW_LABEL_MAX + 1 bytes */
	volatile uint64_t *clock_sequence, *clock_time, *stamp, *ntp;
	volatile struct aw_clock *clock_state;
	struct hook_side hook_side;

	/* Tiers without global data and ring buffer: see bpf/staged.h. */
	bool is_staged;
	int control_map, answer_map;
	struct asc_controls values;
	struct perf_reader *perf;
	uint64_t wakeup_bytes;
	uint64_t lost; /* events that were sent and did not arrive, the most that has been seen */

	/* The ring, mapped as Documentation/bpf/ringbuf.rst lays it out: consumer page, producer page, data twice. */
	int ring;
	size_t ring_bytes;
	_Atomic unsigned long *consumer;
	_Atomic unsigned long *producer;
	const unsigned char *data;
	unsigned long taken, before; /* positions behind the record taken last, and before it */

	char log[LOG_BYTES];
};

/* Sends libbpf's messages of this thread to the handle's log; NULL ends that. */
void cbpf_log_to(struct cbpf *handle);

/* Finds the map of section `section` and where in its value the global variable `name` is; NULL when there is none. */
struct bpf_map *cbpf_find_variable(struct bpf_object *object, const char *section, const char *name, uint32_t *offset);

/* Where global variable `name` is in the bytes that its section's map begins with. For use before loading. */
void *cbpf_setting(struct bpf_object *object, const char *name);

/* The address of a variable or function of the kernel by /proc/kallsyms, or 0. */
uint64_t cbpf_kernel_address(const char *name);

/* Asks for the tick count, or with `address` for the time there, in a tier whose programs answer calls (controls.h). Returns 0 or a negative errno. */
int cbpf_ask(struct cbpf *handle, uint64_t address, struct asc_answer *answer);

/* Writes the controls of such a tier. */
int cbpf_write_controls(struct cbpf *handle);

/*
 * Finds the coarse clock in the kernel's memory and has the programs read it. Where it is not found they do not, and that is no error. In staged
 * tiers while the programs are attached.
 */
void cbpf_find_clock(struct cbpf *handle);

/* Finds what adjtimex(2) changes in the kernel's memory and has the programs read it. The same holds; not in staged tiers. */
void cbpf_find_ntp(struct cbpf *handle);

/* Where the kernel has its data: from the first of its variables to the last. */
bool cbpf_find_data(uint64_t *first, uint64_t *end);

/* CLOCK_CANDIDATES of bpf/clock.h. */
enum { CBPF_CANDIDATES = 512 };

/*
 * Looks at up to CBPF_CANDIDATES addresses, `step` apart. Returns the number of the one where the words `one` and `other` are found, from 1 on, 0, or
 * a negative errno.
 */
long cbpf_try_addresses(struct cbpf *handle, uint64_t address, uint64_t step, uint64_t one, uint64_t other);

/*
 * Finds where AppArmor has the label of a task and has the programs send it. Where there is no AppArmor, or the place is not found, they do not,
 * and that is no error.
 */
void cbpf_find_label(struct cbpf *handle);

void cbpf_hooks_detach(struct cbpf *handle);
void cbpf_hooks_close(struct cbpf *handle);
/* Adds the runs that were skipped. */
int cbpf_hooks_missed(struct cbpf *handle, uint64_t *missed);

#endif
