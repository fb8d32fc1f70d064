/* SPDX-License-Identifier: MIT */
/* What a handle consists of, and what the files behind CBPF.h call of each other. */
#ifndef CBPF_HANDLE_H
#define CBPF_HANDLE_H

#include "CBPF.h"
#include "closing.h"

#include <bpf/libbpf.h>
#include <stdatomic.h>
#include <sys/syscall.h>

/* Hooks by number as in bpf/hooks.h. */
enum { HOOKS = 16, LINKS_A_HOOK = 2 };

struct perf_reader;

/* Programs that see operations of io_uring: Rings.c. */
enum { RING_LINKS_MAX = 64 };

struct ring_side {
	struct as_operations values[AS_GENERATIONS];
	struct bpf_object *object;
	struct bpf_link *links[RING_LINKS_MAX]; /* in the order in which they were attached */
	size_t link_count;
	struct cbpf_rings_report report;
	uint64_t missed; /* runs of programs that are gone that were skipped */
};

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

/* Functions of calls that hooks are on, attachments of one pair of programs to several, prototypes that such functions have, and perf's tracepoints. */
enum { CALL_FUNCTIONS_MAX = 256, CALL_NAME_MAX = 64, CALL_PAIRS = 8, CALL_CLASSES = 2, CALL_EVENTS_MAX = 32 };
/*
 * To attach to a function takes the kernel some 50 ms, and to let go of it 130 (seen on 6.1): with more functions than these tracepoints are
 * the lesser evil. All at once by kprobe.multi are no more than one.
 */
enum { CALL_TRAMPOLINES_MAX = 16 };
/* To let go of a tracepoint of perf, of which a call has two, takes the kernel some 80 ms (perf_trace_event_unreg(), seen on 6.18). */
enum { CALL_EVENTS_WANTED_MAX = CALL_EVENTS_MAX / 2 };

/* A function of the kernel that makes a call. The arrays are by ENTER and LEAVE of Calls.c. */
struct call_function {
	char name[CALL_NAME_MAX];
	int id; /* in the kernel's type information */
	bool is_typed, returns;
	bool is_wanted, is_attached;
	int class;
	int programs[2], links[2]; /* descriptors, 0 for none: CBPF_CALLS_FENTRY */
	int pair; /* which of call_side.pairs is on it, or -1: CBPF_CALLS_KPROBE */
};

/* Programs that what is on functions of one prototype can call. */
struct call_class {
	struct bpf_object *object;
	int arrays[2]; /* maps with one program each, 0 for none */
};

/* A call with tracepoints of its own: CBPF_CALLS_PERF. Its name is that of them, and may be another than the call's. */
struct call_event {
	char name[CALL_NAME_MAX];
	bool returns, is_wanted;
	int links[2], perf[2]; /* descriptors, 0 for none, of links and of what they link to */
	uint64_t closing;      /* what has been put aside for it: closing_has_closed() */
};

struct call_side {
	enum cbpf_calls way;
	bool counts_skipped; /* the kernel counts runs of perf's programs that it skips (6.7) */
	bool has_graph_probes; /* kprobes see every return: they keep where to in a stack of each task, and not in a pool */
	struct call_function functions[CALL_FUNCTIONS_MAX];
	size_t count;
	struct call_class classes[CALL_CLASSES];
	struct bpf_link *pairs[CALL_PAIRS][2];
	struct bpf_object *multi;  /* its programs, where those are not in the handle's object */
	struct call_event events[CALL_EVENTS_MAX];
	struct bpf_object *single; /* their programs, where those are not in the handle's object */
	struct bpf_object *traced; /* has the programs at tracepoints, once they have been attached */
	struct bpf_link *traced_links[2];
	uint64_t missed; /* runs of programs that are gone that were skipped */
	struct closing closing; /* links of functions and perf's events */
	char reason[256];
};

enum { PROGRAMS_MAX = 32, LOG_BYTES = 8192 };

struct cbpf {
	struct bpf_object *object;
	struct bpf_link *links[PROGRAMS_MAX];
	int programs[PROGRAMS_MAX];
	size_t program_count;
	int tick, find_clock, read_clock, place_ntp, find_label; /* programs that are run by hand and never attached, or -1 */
	int index, list, clauses, refusals, task_rules, shapes, statistics;
	bool is_attached;
	bool wants_tasks; /* rules of the list task have been written */
	struct bpf_link *fork_link; /* of the program that looks at tasks that are made, once they have */
	void *controls; /* the programs' .bss section, where these are */
	size_t controls_bytes;
	volatile uint32_t *generation, *wanted, *tasks, *hooks, *traced, *single, *label;
	volatile uint32_t *sid_cred, *sid_inode, *sid_ipc;
	const volatile char *label_name; /* AW_LABEL_MAX + 1 bytes */
	volatile uint64_t *clock_sequence, *clock_time, *stamp, *ntp;
	volatile struct aw_clock *clock_state;
	struct hook_side hook_side;
	struct call_side call_side;
	struct ring_side ring_side;
	struct cbpf_settings settings;
	const char *btf_path; /* a copy, or NULL */
	struct contexts *contexts; /* of SELinux, or NULL: Contexts.c */
	const char *contexts_lacking; /* what was missing for that, or NULL */

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

/* The addresses of `count` variables or functions of the kernel by /proc/kallsyms, 0 for those that it does not tell. Returns how many it does. */
size_t cbpf_kernel_addresses(const char *const *names, size_t count, uint64_t *addresses);
/* That of one. */
uint64_t cbpf_kernel_address(const char *name);

/* Asks for the tick count where nothing else can, see cbpf_ask(). Rare, without an effect, and with room for a cookie. */
#define TICK_CALL SYS_membarrier

/* Asks for the tick count, or with `address` for the time there, in a tier whose programs answer calls (controls.h). Returns 0 or a negative errno. */
int cbpf_ask(struct cbpf *handle, uint64_t address, struct asc_answer *answer);

/* Maps the ring of a tier that has one. Returns 0 or a negative errno. */
int cbpf_map_ring(struct cbpf *handle);

/* Attaches the program that looks at tasks that are made. Returns 0 or a negative errno. */
int cbpf_attach_fork(struct cbpf *handle);

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

/* Lets `object` use the maps of the tier. What is constant in it stays its own. */
int cbpf_share_maps(struct cbpf *handle, struct bpf_object *object);

/* Sets the constants of `object`, which is the tier's or opened like it. */
int cbpf_set_constants(struct cbpf *handle, struct bpf_object *object);

/* Of programs that come in pairs, NAME and NAME_held, one is loaded: see bpf/btf.bpf.c. */
void cbpf_choose_held(struct bpf_object *object);

/* Calls.c: whether a program is one that sees calls by tracepoints; then the steps of a handle's life, in their order. */
bool cbpf_is_traced(const char *program);
int cbpf_choose_calls(struct cbpf *handle);
int cbpf_load_calls(struct cbpf *handle);
int cbpf_attach_calls(struct cbpf *handle);
void cbpf_detach_calls(struct cbpf *handle);
void cbpf_close_calls(struct cbpf *handle);
/* Adds the runs that were skipped. */
int cbpf_calls_missed(struct cbpf *handle, uint64_t *missed);

/* Adds the runs that were skipped. */
int cbpf_rings_missed(struct cbpf *handle, uint64_t *missed);

void cbpf_hooks_detach(struct cbpf *handle);
void cbpf_hooks_close(struct cbpf *handle);
/* Adds the runs that were skipped. */
int cbpf_hooks_missed(struct cbpf *handle, uint64_t *missed);

#endif
