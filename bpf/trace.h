/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace: what path hooks note of a call under way, beside its entry in `inflight`. The stages begin and end it, the programs of
 * hooks.h fill it. Nothing here is touched unless hooks are attached (control_hooks).
 */
#ifndef EBPF_AUDIT_TRACE_H
#define EBPF_AUDIT_TRACE_H

#include "record.h"

/* The longest step: a child of the longest name. */
#define TRACE_STEP_MAX (sizeof(struct aw_section) + sizeof(struct aw_step_child) + AW_STEP_TEXT_MAX + 1)
#define TRACE_STEPS 2048 /* a power of two; a step begins below it and may reach beyond */

_Static_assert(TRACE_STEPS + TRACE_STEP_MAX <= AW_STEPS_MAX, "steps fit their bound");

/* Functions that hooks are on, and calls within each other of one that are told apart: an overlay's and those below it. */
#define TRACE_FUNCTIONS 16
#define TRACE_DEPTH 2

/* What a look-up of open() has come to, noted when the kernel lets go of it: fs/namei.c terminate_walk(). */
struct trace_walk {
	bool is_reached;       /* the directory of the last part was found */
	bool is_found;         /* and the file itself */
	bool is_parent_told;   /* audit has been told of the directory */
	bool is_noted;         /* steps say so much already, see hook__within_open() */
	__u8 last_length;
	__u8 ancestors;        /* of the file, or of the directory when the file was not found */
	struct aw_object file;
	struct aw_object directory;
	__u64 ancestor[AW_ANCESTORS_MAX + 1];
	__u8 last[AW_STEP_TEXT_MAX + 1]; /* the last part, when the file was not found */
};

/* A path that is to be noted, as far up as has been gone: hook_path.h. */
struct trace_path {
	__u64 dentry;
	__u64 vfsmount;
	__u64 root_dentry;
	__u64 root_vfsmount;
	__u32 length; /* of the text so far */
	bool is_whole;
};

struct trace {
	__u64 args[6];
	__u64 texts[6];         /* where getname() has put the text of argument n */
	__u64 open_name;        /* struct filename of the open under way, or 0 */
	__u64 rename_old;       /* dentries and directory of a rename under way, until the old one may go */
	__u64 rename_new;
	__u64 rename_directory;
	struct trace_path path;
	__u32 open_flag;        /* of struct open_flags */
	__u32 intent;
	__u16 used;             /* bytes of steps */
	__u8 names;             /* AW_STEP_NAME steps so far */
	__u8 read;              /* bit n: argument n has been read */
	__u8 paths;             /* of the call's shape */
	__u8 groups;            /* enum ash_hooks that the call needs */
	bool is_active;         /* the call is under way */
	bool is_cut;            /* a step found no room */
	bool has_ancestors;     /* all files so far have their directories with them */
	bool has_paths;         /* what names lead to has its path with it */
	bool is_path_cut;       /* one of these is longer than what is noted */
	__u8 depth[TRACE_FUNCTIONS]; /* calls under way of a function that a pair of kprobes is on, see hooks_kprobe.bpf.c */
	__u64 saved[TRACE_FUNCTIONS][TRACE_DEPTH][2]; /* their arguments */
	struct trace_walk walk;
	__u8 steps[TRACE_STEPS + TRACE_STEP_MAX];
};

/*
 * By address of the task_struct, kept from call to call: making and removing an entry costs more than all of a call's steps. What has
 * not been used for long makes room. User space sets the number of entries before loading, to 1 where there are no hooks.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct trace);
} traces SEC(".maps");

/* Whether all hooks that a call of this shape needs are attached. */
static __always_inline __u32 trace__groups(const struct ash_shape *shape)
{
	__u32 groups = shape->flags >> ASH_HOOKS_SHIFT & ASH_HOOKS_PATH;

	return groups & ~HOOKS_ATTACHED ? 0 : groups;
}

/* The call of `task` begins. `blank` is memory of any content that the first entry is made of. */
static __always_inline void trace__begin(__u64 task, const struct inflight *call, const void *blank)
{
	__u32 groups = trace__groups(&call->shape);

	if (!groups)
		return;
	struct trace *trace = bpf_map_lookup_elem(&traces, &task);

	if (!trace) {
		bpf_map_update_elem(&traces, &task, blank, BPF_NOEXIST);
		trace = bpf_map_lookup_elem(&traces, &task);
		if (!trace)
			return;
	}
	__builtin_memcpy(trace->args, call->args, sizeof(trace->args));
	__builtin_memset(trace->texts, 0, sizeof(trace->texts));
	trace->open_name = 0;
	trace->rename_old = 0;
	trace->used = 0;
	trace->names = 0;
	trace->read = 0;
	trace->paths = call->shape.paths;
	trace->groups = groups;
	trace->is_cut = false;
	trace->has_ancestors = control_wanted & ASC_WANTED_ANCESTORS;
	trace->has_paths = control_wanted & ASC_WANTED_PATHS;
	trace->is_path_cut = false;
	__builtin_memset(trace->depth, 0, sizeof(trace->depth));
	trace->is_active = true;
}

/* The call ends: its steps become sections of the record. Returns whether audit has taken a name, and with it the working directory. */
static __always_inline bool trace__end(struct record_memory *record, __u64 task, const struct inflight *call)
{
	if (!trace__groups(&call->shape))
		return false;
	struct trace *trace = bpf_map_lookup_elem(&traces, &task);

	if (!trace || !trace->is_active)
		return false;
	__u32 used = trace->used;

	trace->is_active = false;
	if (trace->is_path_cut)
		record__incomplete(record);
	if (trace->is_cut || used > AW_STEPS_MAX || !RECORD_ROOM(record, AW_STEPS_MAX)) {
		record__incomplete(record);
		return false;
	}
	bpf_probe_read_kernel(&record->data[record->used & (AW_RECORD_MAX - 1)], used & 4095, trace->steps);
	record->used += used;
	record->flags |= AW_FLAG_STEPS | (trace->has_ancestors ? AW_FLAG_ANCESTORS : 0);
	if (HOOKS_ATTACHED & HOOKS_READ)
		record->flags |= AW_FLAG_STEPS_READ;
	return used;
}

/* The trace of the running task's call, or NULL. */
static __always_inline struct trace *trace__current(void)
{
	__u64 task = bpf_get_current_task();
	struct trace *trace = bpf_map_lookup_elem(&traces, &task);

	return trace && trace->is_active ? trace : NULL;
}

/* Room for a step; NULL, and the trace is cut, when there is none. Complete it with trace__step(). */
static __always_inline struct aw_section *trace__room(struct trace *trace)
{
	__u32 used = trace->used;

	if (trace->is_cut || used >= TRACE_STEPS) {
		trace->is_cut = true;
		return NULL;
	}
	return (void *)&trace->steps[MASKED(used, TRACE_STEPS - 1)];
}

static __always_inline void trace__step(struct trace *trace, struct aw_section *head, __u8 kind, __u8 flags, __u32 length)
{
	head->tag = AW_SECTION_STEP;
	head->detail = kind;
	head->flags = flags;
	head->length = length;
	trace->used += sizeof(*head) + AW_ALIGN(length);
}

#endif
