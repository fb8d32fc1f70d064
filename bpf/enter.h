/* SPDX-License-Identifier: GPL-2.0-only */
/* A call begins: whether rules may select it, what its arguments point to, and the memory of it until it ends. */
#ifndef EBPF_AUDIT_ENTER_H
#define EBPF_AUDIT_ENTER_H

#include "clock.h"
#include "inflight.h"
#ifndef TIER_STAGED
#include "path.h"
#endif
#include "select.h"
#include "special.h"
#include "tasks.h"
#ifndef TIER_STAGED
#include "trace.h"
#endif
#include "user_memory.h"

static __always_inline bool stage__is_own(__u32 tgid)
{
#ifdef TIER_STAGED
	struct asc_controls *values = memory_of(&controls, 0);
	struct asc_answer *answered = memory_of(&answer, 0);

	return values && answered &&
	       (tgid == values->setting_self_tgid || tgid == answered->self_tgid ||
		(values->setting_excluded_tgid && tgid == values->setting_excluded_tgid));
#else
	return tgid == setting_self_tgid || tgid == control_self_tgid ||
	       (setting_excluded_tgid && tgid == setting_excluded_tgid);
#endif
}

#ifndef TIER_STAGED

/* Appends the working directory as it is now, for calls that may change it. */
static __always_inline void entry__directory(struct entry_memory *entry, struct task_struct *task)
{
	entry__walked(entry, AW_SECTION_CWD, path__walked(PATH_OF_DIRECTORY, PROGRAM_ENTER));
}

#endif

/* The file that the call is about to act on, as it is before that: audit_file() comes before the change. */
static __always_inline void entry__descriptor(struct entry_memory *entry, struct task_struct *task)
{
	__u32 descriptor = entry->call.shape.fd_arg == 0 ? entry->call.args[0] : entry->call.args[1];

	entry__object(entry, task__file(task, descriptor), AW_ROLE_DESCRIPTOR);
}

#ifdef TIER_STAGED

/* Stores the call under its task. Returns 0 or less. */
static __always_inline long entry__store(struct entry_memory *entry, __u64 task, struct ast_statistics *statistics)
{
	/* Before 4.18 a value has to come from the stack (d71962f3e627). */
	struct inflight copy;

	if (!(entry->call.flags & INFLIGHT_LONG))
		__builtin_memcpy(entry->call.sections, entry->sections, INFLIGHT_INLINE);
	copy = entry->call;

	long error = bpf_map_update_elem(&inflight, &task, &copy, BPF_NOEXIST);

	if (error == -17 /* EEXIST */) {
		struct inflight *before = bpf_map_lookup_elem(&inflight, &task);

		/* The call before this one has never been seen to end, or could not be removed then. */
		if (before && !(before->flags & INFLIGHT_ENDED)) {
			statistics->generated++;
			statistics->lost_orphaned++;
		}
		if (before)
			inflight__succeed(before, &entry->call, task);
		error = bpf_map_update_elem(&inflight, &task, &copy, BPF_ANY);
	}
	return error;
}

#else

static __always_inline long entry__store(struct entry_memory *entry, __u64 task, struct ast_statistics *statistics)
{
	struct inflight *call = bpf_map_lookup_elem(&inflight, &task);

	if (!call) {
		__builtin_memcpy(entry->call.sections, entry->sections, INFLIGHT_INLINE);

		long error = bpf_map_update_elem(&inflight, &task, &entry->call, BPF_NOEXIST);

		if (!error)
			__sync_fetch_and_add(&inflight_entries, 1);
		return error;
	}
	if (!(call->flags & INFLIGHT_ENDED)) {
		/* It has never been seen to end. */
		statistics->generated++;
		statistics->lost_orphaned++;
		inflight__succeed(call, &entry->call, task);
	}
	/* A signal that comes meanwhile looks at it, so the flags say last that it is a call. */
	__u8 flags = entry->call.flags;

	entry->call.flags = INFLIGHT_ENDED;
	__builtin_memcpy(call, &entry->call, offsetof(struct inflight, sections));
	if (entry->call.used <= INFLIGHT_SHORT)
		__builtin_memcpy(call->sections, entry->sections, INFLIGHT_SHORT);
	else
		__builtin_memcpy(call->sections, entry->sections, INFLIGHT_INLINE);
	barrier();
	entry->call.flags = flags;
	call->flags = flags;
	return 0;
}

#endif

/* Stores the call under its task: short sections inline, long ones beside. Counts what finds no room. */
static __always_inline void entry__remember(struct entry_memory *entry, __u64 task)
{
	struct ast_statistics *statistics = statistics_of_cpu();

	if (!statistics)
		return;
	entry->call.place = 0;
	/* As late as can be: audit reads the clock right behind this tracepoint. */
	entry->call.stamp = clock__stamp(entry);
	if (entry->call.used > INFLIGHT_INLINE) {
		entry->call.flags |= INFLIGHT_LONG;
		if (inflight__keep_long(&entry->call, task, entry)) {
			statistics->generated++;
			statistics->lost_inflight++;
			return;
		}
	}
	if (entry__store(entry, task, statistics)) {
		statistics->generated++;
		statistics->lost_inflight++;
		if (entry->call.flags & INFLIGHT_LONG)
			inflight__drop_long(&entry->call, task);
	}
}

#ifdef TIER_STAGED

static __always_inline __u64 enter__jiffies(void)
{
	__u64 jiffies = 0;

	/*
	 * Known when loading: the verifier does not look at a branch that is not taken, and then removes it. The helper came in 5.6 (5576b991e9c1),
	 * for programs of networking; tracing may call it since 5.9 ("bpf: Allow tracing programs to use bpf_jiffies64() helper"), as
	 * get_task_stack, which tells such kernels. RHEL 8.3 has the first alone.
	 */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_task_stack))
		return bpf_jiffies64();
	/* Else from the kernel's own variable. Without either the clock's ticks are not known, and times up to one tick off. */
	const void *address = (const void *)CONTROL(jiffies_address);

	if (address)
		bpf_probe_read_kernel(&jiffies, sizeof(jiffies), address);
	return jiffies;
}

/* The collector asks for the tick count, which tells this side who the collector is, whatever pid namespace it lives in. */
static __always_inline void enter__answer(const __u64 args[6], __u32 tgid)
{
	struct asc_controls *values = memory_of(&controls, 0);
	struct asc_answer *answered = memory_of(&answer, 0);

	if (!values || !answered || !values->cookie || args[5] != values->cookie)
		return;
	if (args[4]) {
		struct clock_time time = {};

		bpf_probe_read_kernel(&time, sizeof(time), (const void *)args[4]);
		answered->seconds = time.seconds;
		answered->nanoseconds = time.nanoseconds;
		answered->stamp = clock__read();
	} else {
		answered->self_tgid = tgid;
		answered->jiffies = enter__jiffies();
	}
	answered->count += 1;
}

#else

static __always_inline __u64 enter__jiffies(void)
{
	return bpf_jiffies64();
}

static __always_inline void enter__answer(const __u64 args[6], __u32 tgid)
{
}

#endif

/* Calls that are noted though no clause may select them. */
#ifdef TIER_STAGED
#define ENTER_ANYWAY AS_INDEX_UNCONDITIONAL
#else
#define ENTER_ANYWAY (AS_INDEX_UNCONDITIONAL | AS_INDEX_RING)
#endif

/*
 * Where a call that is to be remembered has its numbers now, or NULL for another one. Its arguments are in `regs`, or where there are none
 * in `copied`, as syscall_get_arguments() gives them.
 */
static __always_inline struct entry_memory *enter__select(struct task_struct *task, struct pt_regs *regs, const __u64 *copied,
							  long nr)
{
	struct call_id id;
	__u32 generation = CONTROL(control_generation);

	compat__identify(task, nr, &id);
	if (id.nr >= AS_SYSCALLS)
		return NULL;
	struct as_index *index = select__index(generation, id.abi, id.nr);

	if (!index || !(index->flags & (AS_INDEX_ENTRY | AS_INDEX_TICK)))
		return NULL;
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	__u32 mark = tasks__mark(task);
	/* While tasks may be marked every call comes by here. */
	bool is_out = mark == AS_TASK_NEVER || (!mark && !index->count && !(index->flags & ENTER_ANYWAY));

	if (!(index->flags & AS_INDEX_TICK) && (is_out || stage__is_own(tgid)))
		return NULL;

	struct entry_memory *entry = memory_of(&entry_memory, 0);
	struct working_memory *memory = memory_of(&working_memory, PROGRAM_ENTER);

	if (!entry || !memory)
		return NULL;
	struct inflight *call = &entry->call;

	if (copied)
		compat__copied_arguments(copied, id.abi, call->args, call->upper);
	else
		compat__arguments(regs, id.abi, call->args, call->upper);
	if (index->flags & AS_INDEX_TICK) {
		enter__answer(call->args, tgid);
		if (!(index->flags & AS_INDEX_ENTRY) || is_out || stage__is_own(tgid))
			return NULL;
	}
	__u8 flags = 0;

	if (mark) {
		flags = INFLIGHT_CERTAIN;
	} else if (!(index->flags & AS_INDEX_UNCONDITIONAL)) {
		memory->facts.known = 1U << AS_FIELD_A0 | 1U << AS_FIELD_A1 | 1U << AS_FIELD_A2 | 1U << AS_FIELD_A3 |
				      1U << AS_FIELD_PID;
		memory->facts.value[AS_FIELD_A0] = call->args[0];
		memory->facts.value[AS_FIELD_A1] = call->args[1];
		memory->facts.value[AS_FIELD_A2] = call->args[2];
		memory->facts.value[AS_FIELD_A3] = call->args[3];
		memory->facts.value[AS_FIELD_PID] = tgid;

		/* What is noted anyway is judged once more at its end. */
		int outcome = select__range(index, generation, PROGRAM_ENTER, !(index->flags & ENTER_ANYWAY));

		if (outcome == CLAUSE_NO && !(index->flags & ENTER_ANYWAY))
			return NULL;
		if (outcome == CLAUSE_YES)
			flags = INFLIGHT_CERTAIN;
	}

	call->time = bpf_ktime_get_ns();
	call->jiffies = enter__jiffies();
	call->nr = id.nr;
	call->arch = id.arch;
	call->generation = generation;
	call->used = 0;
	call->flags = flags;
	call->unread = 0;

	__u32 slot = id.abi * AS_SYSCALLS + id.nr;
	struct ash_shape *shape = bpf_map_lookup_elem(&shapes, &slot);

	if (!shape)
		return NULL;
	call->shape = *shape;
	return entry;
}

/*
 * What the arguments point to. Of an exec instead the credentials of who calls it, so that they are found again at its end: the program's name is what the kernel
 * has read of it (exec.h), or where the call fails read then. After fork() it is most often not in memory yet, and finding that out costs two microseconds.
 */
static __always_inline void enter__user_memory(struct entry_memory *entry, struct task_struct *task)
{
	if (entry->call.shape.special == ASH_SPECIAL_EXEC) {
		entry__credentials(entry, task);
		entry->call.unread = entry->call.shape.paths & ((entry->call.args[0] ? 1 : 0) | (entry->call.args[1] ? 2 : 0));
	} else if (entry->call.shape.paths) {
		entry__path(entry, 0);
		entry__path(entry, 1);
		entry__path(entry, 2);
		entry__path(entry, 3);
		entry__path(entry, 4);
		entry__path(entry, 5);
	}
	if (entry->call.shape.address)
		entry__address(entry);
}

#ifndef TIER_STAGED

/*
 * The task has made its call and the kernel has not yet acted on it. `flags` are of enum inflight_flags. No function of its own: the stacks of functions that call each
 * other add up, each rounded up to 32 bytes, and kernels before 6.13 permit 512 (MAX_BPF_STACK, check_max_stack_depth()).
 */
static __always_inline int stage__enter(struct task_struct *task, struct pt_regs *regs, const __u64 *copied, long nr, __u8 flags)
{
	if (!select__is_named(task, nr, AS_INDEX_ENTRY | AS_INDEX_TICK))
		return 0;
	struct entry_memory *entry = enter__select(task, regs, copied, nr);

	if (!entry)
		return 0;
	const struct ash_shape *shape = &entry->call.shape;

	entry->call.flags |= flags;
	enter__user_memory(entry, task);
	if (shape->flags & ASH_MOVES)
		entry__directory(entry, task);
	if (shape->fd_arg != ASH_NO_ARGUMENT)
		entry__descriptor(entry, task);
	if (shape->special == ASH_SPECIAL_EXIT)
		entry__ending(entry, task);
	else if (special__is_clock(shape->special))
		entry__clock(entry);
	else if (shape->special)
		entry__special(0);
	entry__remember(entry, (__u64)task);
	if (HOOKS_ATTACHED)
		trace__begin((__u64)task, &entry->call, entry->sections);
	return 0;
}

#endif

#endif
