/* SPDX-License-Identifier: MIT */
/*
 * The kernel side behind one opaque handle: the only code that knows libbpf. Functions return 0 (or what they say) or a
 * negative errno. A handle is used by one thread at a time.
 */
#ifndef CBPF_H
#define CBPF_H

#include <CAuditWire.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cbpf;

/* The kernel programs that are built in, best first. */
enum cbpf_tier {
	CBPF_TIER_BTF = 0,        /* 5.8 and later: BTF raw tracepoints, ring buffer */
	CBPF_TIER_RAW_TP = 1,     /* 5.3 to 5.7: raw tracepoints, perf buffers */
	CBPF_TIER_RAW_TP_NOLOOPS = 2, /* 5.2: without loops */
	CBPF_TIER_RAW_TP_SUB4096 = 3, /* 4.17 to 5.1: in programs of at most 4096 instructions */
	CBPF_TIER_TP = 4,         /* 4.15 and 4.16: by tracepoints */
	CBPF_TIERS = 5,
};

struct cbpf_settings {
	uint32_t self_tgid;     /* the collector itself, never collected */
	uint32_t excluded_tgid; /* one more process to leave out, or 0 */
	uint32_t ring_bytes;    /* a power of two and a multiple of the page size */
	uint32_t inflight;      /* calls that can be under way at a time */
	uint64_t wakeup_bytes;  /* waiting bytes that wake the reader */
	uint32_t traces;        /* tasks whose path hooks are remembered at a time; 0 or 1 where there are to be no hooks */
};

/* The name by which --tier and the documents call a tier, or NULL. */
const char *cbpf_tier_name(enum cbpf_tier tier);

/*
 * Opens the programs of a tier and applies the settings. `btf_path` is a file with type information to use in place of the kernel's own, or
 * NULL. Nothing is in the kernel yet.
 */
int cbpf_open(enum cbpf_tier tier, const struct cbpf_settings *settings, const char *btf_path, struct cbpf **handle);

/* Creates the maps and has the kernel verify the programs. On an error cbpf_log() says what the kernel said. */
int cbpf_load(struct cbpf *handle);

/* By what calls are seen, in tier `btf`; the others have tracepoints. */
enum cbpf_calls {
	CBPF_CALLS_TRACED = 0, /* tracepoints that every call passes */
	CBPF_CALLS_FENTRY,     /* trampolines on the functions of the calls */
	CBPF_CALLS_KPROBE,     /* kprobes on them, one program for all (kprobe.multi) */
	CBPF_CALLS_PERF,       /* the tracepoints that perf has for each call */
};

enum cbpf_call_ways {
	CBPF_CALLS_BY_FENTRY = 1 << 0,
	CBPF_CALLS_BY_KPROBE = 1 << 1,
	CBPF_CALLS_BY_PERF = 1 << 2,
};

struct cbpf_calls_report {
	enum cbpf_calls way;
	uint32_t functions; /* or calls, that hooks are on */
	char reason[256];   /* why it is tracepoints, where something else was asked for; else empty */
};

/*
 * Says which calls rules select, between cbpf_open() and cbpf_load() or at any time once attached: then before these rules come into force. `calls`
 * has a line for each, of the names that its function may have in the kernel, at most four, with blanks between them; before them `!` where it never
 * returns, and `~` where it is for 32-bit programs, for which the kernel may have no calls. NULL, or no way in `ways` (enum cbpf_call_ways): tracepoints,
 * which are taken also where hooks cannot be had or would miss something. Returns an error when not even those can be had; then all stays as it was.
 */
int cbpf_want_calls(struct cbpf *handle, const char *calls, uint32_t ways);

/* The rules are in force: only hooks see calls begin, where there are hooks. */
void cbpf_begin_calls(struct cbpf *handle);

/* No call of earlier rules is under way (cbpf_oldest_generation()): what was there for them goes. */
void cbpf_settle_calls(struct cbpf *handle);

void cbpf_calls(const struct cbpf *handle, struct cbpf_calls_report *report);

/* What became of a hook. */
enum cbpf_hook_state {
	CBPF_HOOK_UNNEEDED = 0, /* no call that was asked for goes through it */
	CBPF_HOOK_FENTRY,       /* attached by trampoline */
	CBPF_HOOK_KPROBE,       /* attached by breakpoint */
	CBPF_HOOK_LACKING,      /* this kernel has no such function, or no way is permitted */
	CBPF_HOOK_REFUSED,      /* the kernel refuses it: see error */
};

struct cbpf_hook {
	const char *function;       /* the kernel's, by the name that it has in this kernel when that is known */
	enum cbpf_hook_state state;
	int error;                  /* a positive errno, with CBPF_HOOK_REFUSED */
	char reason[512];           /* the end of what libbpf and the verifier said to it */
};

/* Ways to attach hooks, in the order in which they are tried. */
enum cbpf_hook_ways {
	CBPF_HOOKS_FENTRY = 1 << 0,
	CBPF_HOOKS_KPROBE = 1 << 1,
};

/*
 * Attaches the path hooks that calls of these groups (enum ash_hooks) need, and detaches others; those that are needed and there stay as
 * they are. Returns the groups that are complete; a hook that cannot be had makes its groups incomplete and is no error. The calls of an
 * incomplete group are told without hooks, and so are those that were under way when a hook of theirs came.
 */
uint32_t cbpf_attach_hooks(struct cbpf *handle, uint32_t groups, uint32_t ways);

/* Hooks there are, and what became of one. */
uint32_t cbpf_hook_count(void);
const struct cbpf_hook *cbpf_hook(const struct cbpf *handle, uint32_t number);

/* By what operations of io_uring are seen, in tier `btf`; the others do not see them. */
enum cbpf_rings {
	CBPF_RINGS_NONE = 0,
	CBPF_RINGS_FENTRY,      /* a trampoline on the function that issues them */
	CBPF_RINGS_KPROBE,      /* kprobes on it, or on the functions that issue one kind each */
	CBPF_RINGS_TRACEPOINTS, /* what hands them in and on: without results */
};

struct cbpf_rings_report {
	enum cbpf_rings way;
	char function[64]; /* or tracepoint */
	char reason[256];  /* what was refused before that, or why there is none; else empty */
};

/* Writes the operations that rules name, `slot` being the generation modulo AS_GENERATIONS. Before that generation comes into force. */
int cbpf_write_operations(struct cbpf *handle, uint32_t slot, const struct as_operations *value);

/*
 * Loads and attaches what sees operations of io_uring, if it is not there, and says how. `ways` are of enum cbpf_hook_ways; without them, or where the
 * kernel has or permits none, there are tracepoints. Where not even those can be had operations are not seen, which is no error.
 */
void cbpf_attach_rings(struct cbpf *handle, uint32_t ways, struct cbpf_rings_report *report);

/* Takes it away. */
void cbpf_detach_rings(struct cbpf *handle);

/* Starts the programs. */
int cbpf_attach(struct cbpf *handle);

/* Stops the programs; what is in the ring stays readable. Returns once no program is running any more. */
int cbpf_detach(struct cbpf *handle);

/* Detaches and frees everything. */
void cbpf_close(struct cbpf *handle);

/* Writes `count` values from slot `first` on. */
int cbpf_write_index(struct cbpf *handle, uint32_t first, const struct as_index *values, uint32_t count);
int cbpf_write_list(struct cbpf *handle, uint32_t first, const uint32_t *values, uint32_t count);
int cbpf_write_clauses(struct cbpf *handle, uint32_t first, const struct as_clause *values, uint32_t count);
/* Writes the entry of the list task, `slot` being the generation modulo AS_GENERATIONS. The first that has rules attaches what looks at them. */
int cbpf_write_tasks(struct cbpf *handle, uint32_t slot, const struct as_index *value);
int cbpf_write_shapes(struct cbpf *handle, uint32_t first, const struct ash_shape *values, uint32_t count);

/*
 * Puts a written generation into force, with what events are to carry (enum asc_wanted). Calls that have begun keep the generation that
 * they began under. Its slots are those of the generation before the last one, which programs may still read: call cbpf_wait_for_programs()
 * after one change and before writing for the next.
 */
void cbpf_set_generation(struct cbpf *handle, uint32_t generation, uint32_t wanted);

/* Waits until all programs have ended that are running at the time of the call. From any thread. */
void cbpf_wait_for_programs(void);

/*
 * The oldest generation under which a call has begun that is still under way, one that hooks will not see end counting as of the one before;
 * `current` when there is none. -EAGAIN when calls begin and
 * end so fast that it cannot be told. Sees every call once programs that began before the last cbpf_set_generation() have ended.
 */
int cbpf_oldest_generation(struct cbpf *handle, uint32_t current, uint32_t *oldest);

/* Adds up what the clauses of generation `slot`, modulo AS_GENERATIONS, have rejected, and begins with it anew from 0. */
int cbpf_refusals(struct cbpf *handle, uint32_t slot, struct as_refusals *sum);
int cbpf_clear_refusals(struct cbpf *handle, uint32_t slot);

/* Adds up the CPUs' statistics. */
int cbpf_statistics(struct cbpf *handle, struct ast_statistics *sum);

/* Runs of the programs that the kernel skipped because one was under way on the same CPU (bpf_prog_info, 5.12). */
int cbpf_missed(struct cbpf *handle, uint64_t *missed);

/*
 * The low bits of the kernel's tick count now: by a program run by hand (5.10, 963ec27a1062), else by a call that the attached programs
 * answer. -EAGAIN when they are not attached.
 */
int cbpf_ticks(struct cbpf *handle, uint32_t *ticks);

/*
 * What the kernel side would stamp an event with now: CLOCK_REALTIME_COARSE, nanoseconds. -ENODATA where it cannot read that clock; else as
 * cbpf_ticks(). Once cbpf_attach() has found the clock.
 */
int cbpf_stamp(struct cbpf *handle, uint64_t *stamp);

/* A descriptor that polls readable when the kernel side asks for a wake-up. */
int cbpf_ring_descriptor(const struct cbpf *handle);

/*
 * The oldest record in the ring that has not been taken yet. Returns 1 and sets *bytes and *size, 0 when there is none (or
 * the next one is still being written). The bytes stay valid until the next call or cbpf_ring_release().
 */
int cbpf_ring_next(struct cbpf *handle, const void **bytes, uint32_t *size);

/*
 * Where SELinux is at work and what its labels say cannot be told, what was missing for that; else NULL. Once the programs are attached.
 */
const char *cbpf_contexts_lacking(const struct cbpf *handle);

/* Whose labels events have. Once the programs are attached. */
enum cbpf_labels {
	CBPF_LABELS_NONE = 0, /* no module labels tasks, or its labels are not known here */
	CBPF_LABELS_APPARMOR,
	CBPF_LABELS_SELINUX,
};
enum cbpf_labels cbpf_labels(const struct cbpf *handle);

/* What the names in a context are of. */
enum cbpf_name {
	CBPF_NAME_USER = 0,
	CBPF_NAME_ROLE,
	CBPF_NAME_TYPE,
	CBPF_NAME_SENSITIVITY,
	CBPF_NAME_CATEGORY,
	CBPF_NAMES,
};

/*
 * Whether the policy in force has `name`: 1, and `canonical` of `size` bytes gets what contexts have for it, which differs for a type's other names; or 0. A negative
 * errno where SELinux is not at work, has no policy yet, or that cannot be told.
 */
int cbpf_context_name(struct cbpf *handle, enum cbpf_name kind, const char *name, char *canonical, size_t size);

/* A number that changes with the policy; 0 where SELinux is not at work or that is not told. */
uint32_t cbpf_policy(const struct cbpf *handle);

/* Makes the record taken last the next one again. */
void cbpf_ring_back(struct cbpf *handle);

/* Gives the room of all records taken so far back to the kernel. */
void cbpf_ring_release(struct cbpf *handle);

/* The last lines that libbpf or the kernel's verifier printed. Valid until the next call. */
const char *cbpf_log(const struct cbpf *handle);

/* Version of libbpf, as "1.1". */
const char *cbpf_library_version(void);

/* What a kernel offers, tried and not guessed from its version. 1, 0, or a negative errno when it could not be tried. */
enum cbpf_feature {
	CBPF_FEATURE_BTF = 0,          /* /sys/kernel/btf/vmlinux */
	CBPF_FEATURE_RAW_TRACEPOINT,   /* BPF_PROG_TYPE_RAW_TRACEPOINT */
	CBPF_FEATURE_BTF_TRACEPOINT,   /* BPF_TRACE_RAW_TP on sys_enter */
	CBPF_FEATURE_FENTRY,           /* BPF_TRACE_FENTRY, attached to security_file_open() for a moment */
	CBPF_FEATURE_KPROBE,           /* kprobes by perf_event_open(2) */
	CBPF_FEATURE_RING_BUFFER,      /* BPF_MAP_TYPE_RINGBUF */
	CBPF_FEATURE_LOOP,             /* bpf_loop() */
	CBPF_FEATURE_PREEMPTIBLE,      /* programs at tracepoints can be preempted, and those of system calls may sleep */
};

int cbpf_probe(enum cbpf_feature feature);

#endif
