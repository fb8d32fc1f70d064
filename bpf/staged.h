/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs of the staged tiers. A call goes through them by tail calls, of which the kernel permits 32 in a row (MAX_TAIL_CALL_CNT,
 * include/linux/bpf.h; 33 since 5.16):
 *
 *     sys_enter ─► memory ─► walk × n ─► special ─► members × n ─► remember
 *     sched_process_fork ─► groups × n ─► judge × n
 *     sys_exit, sched_process_exit ─► fragments × n ─► facts ─► sections ─► special ─► exe × n ─► directory × n ─► process
 *
 * Each leaves out what the call at hand does not need. What they hand on is in the working memory of the CPU: tracepoints run with preemption
 * off on all kernels that these tiers are for.
 */
#ifndef EBPF_AUDIT_STAGED_H
#define EBPF_AUDIT_STAGED_H

#include "exec.h"

/* Four single stages, 9 rounds of fragments and two walks, with one to spare. */
#define PATH_ROUNDS     9
#define FRAGMENT_ROUNDS 9
#define FRAGMENT_STEPS  ((ARGUMENTS_MAX / ARGUMENTS_IN_FRAGMENT + FRAGMENT_ROUNDS) / FRAGMENT_ROUNDS)
#define GROUP_STEPS     16
#define GROUP_ROUNDS    (AW_TARGETS_MAX / GROUP_STEPS)

_Static_assert(5 + FRAGMENT_ROUNDS + 2 * PATH_ROUNDS <= 32, "tail calls of a call that ends");
_Static_assert(2 + AS_TASK_GROUPS_MAX + AS_RANGE_MAX / CLAUSES_TRIED <= 32, "tail calls of a task that is made");
_Static_assert(4 + PATH_ROUNDS + GROUP_ROUNDS <= 32, "tail calls of a call that begins");

enum stage {
	ENTER_MEMORY,
	ENTER_WALK,
	ENTER_SPECIAL,
	ENTER_MEMBERS,
	ENTER_REMEMBER,
	LEAVE_FRAGMENTS,
	LEAVE_FACTS,
	LEAVE_SECTIONS,
	LEAVE_SPECIAL,
	LEAVE_EXE,
	LEAVE_DIRECTORY,
	LEAVE_PROCESS,
	MADE_GROUPS,
	MADE_JUDGE,
	STAGES,
};

int enter_memory(void *ctx);
int enter_walk(void *ctx);
int enter_special(void *ctx);
int enter_members(void *ctx);
int enter_remember(void *ctx);
int leave_fragments(void *ctx);
int leave_facts(void *ctx);
int leave_sections(void *ctx);
int leave_special(void *ctx);
int leave_exe(void *ctx);
int leave_directory(void *ctx);
int leave_process(void *ctx);
int made_groups(void *ctx);
int made_judge(void *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, STAGES);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} stages SEC(".maps") = {
	.values = {
		[ENTER_MEMORY] = (void *)&enter_memory,
		[ENTER_WALK] = (void *)&enter_walk,
		[ENTER_SPECIAL] = (void *)&enter_special,
		[ENTER_MEMBERS] = (void *)&enter_members,
		[ENTER_REMEMBER] = (void *)&enter_remember,
		[LEAVE_FRAGMENTS] = (void *)&leave_fragments,
		[LEAVE_FACTS] = (void *)&leave_facts,
		[LEAVE_SECTIONS] = (void *)&leave_sections,
		[LEAVE_SPECIAL] = (void *)&leave_special,
		[LEAVE_EXE] = (void *)&leave_exe,
		[LEAVE_DIRECTORY] = (void *)&leave_directory,
		[LEAVE_PROCESS] = (void *)&leave_process,
		[MADE_GROUPS] = (void *)&made_groups,
		[MADE_JUDGE] = (void *)&made_judge,
	},
};

/* One round up a path. Returns 1 when another one is needed. */
static __always_inline int staged__walk(struct working_memory *memory)
{
	TIER_LOOP
	for (int i = 0; i < PATH_STEPS; i++)
		if (!path__up(&memory->walk))
			return 0;
	memory->rounds += 1;
	if (memory->rounds < PATH_ROUNDS)
		return 1;
	memory->walk.error = ENAMETOOLONG;
	return 0;
}

/* --- a call begins --- */

/* Whether the call is the last that the task's memory, and with it the program's file, can be seen in: entry__ending(). */
static __always_inline bool enter__ends(const struct entry_memory *entry)
{
	return entry->call.shape.special == ASH_SPECIAL_EXIT && !compat__dies_with_memory();
}

/* The first stage from `stage` on that the call needs. */
static __always_inline __u32 enter__next(const struct entry_memory *entry, __u32 stage)
{
	const struct ash_shape *shape = &entry->call.shape;

	if (stage <= ENTER_MEMORY && (shape->paths || shape->address))
		return ENTER_MEMORY;
	if (stage <= ENTER_WALK && (shape->flags & ASH_MOVES || enter__ends(entry)))
		return ENTER_WALK;
	if (stage <= ENTER_SPECIAL && (shape->special || shape->fd_arg != ASH_NO_ARGUMENT))
		return ENTER_SPECIAL;
	if (stage <= ENTER_MEMBERS && entry->cursor)
		return ENTER_MEMBERS;
	return ENTER_REMEMBER;
}

/* Goes on with `stage`. Comes back only when the kernel refuses, which the bounds above are there to prevent. */
static __always_inline int enter__go(void *ctx, __u32 stage)
{
	struct ast_statistics *statistics = statistics_of_cpu();

	bpf_tail_call(ctx, &stages, stage);
	if (statistics) {
		statistics->generated++;
		statistics->lost_inflight++;
	}
	return 0;
}

static __always_inline int staged__enter(void *ctx, struct pt_regs *regs, const __u64 *copied, long nr)
{
	struct entry_memory *entry = enter__select(task__current(), regs, copied, nr);
	struct working_memory *memory = memory_of(&working_memory, PROGRAM_ENTER);

	if (!entry || !memory)
		return 0;
	entry->cursor = 0;
	memory->rounds = 0;
	return enter__go(ctx, enter__next(entry, ENTER_MEMORY));
}

SEC(STAGE)
int enter_memory(void *ctx)
{
	struct entry_memory *entry = memory_of(&entry_memory, 0);

	if (!entry)
		return 0;
	enter__user_memory(entry, task__current());
	return enter__go(ctx, enter__next(entry, ENTER_WALK));
}

/* The path of the working directory, or of the program that ends. */
SEC(STAGE)
int enter_walk(void *ctx)
{
	struct task_struct *task = task__current();
	struct entry_memory *entry = memory_of(&entry_memory, 0);
	struct working_memory *memory = memory_of(&working_memory, PROGRAM_ENTER);
	struct fs_struct *fs = READ(task, fs);

	if (!entry || !memory)
		return 0;
	struct dentry *dentry = READ(fs, pwd.dentry);
	struct vfsmount *mount = READ(fs, pwd.mnt);
	__u16 tag = AW_SECTION_CWD;

	if (enter__ends(entry)) {
		struct file *exe = READ(task, mm, exe_file);

		dentry = READ(exe, f_path.dentry);
		mount = READ(exe, f_path.mnt);
		tag = AW_SECTION_EXE;
	}
	if (dentry) {
		if ((memory->rounds || path__begin(&memory->walk, task, dentry, mount)) && staged__walk(memory))
			return enter__go(ctx, ENTER_WALK);
		path__end(&memory->walk);
		entry__walked(entry, tag, &memory->walk);
	}
	memory->rounds = 0;
	return enter__go(ctx, enter__next(entry, ENTER_SPECIAL));
}

SEC(STAGE)
int enter_special(void *ctx)
{
	struct entry_memory *entry = memory_of(&entry_memory, 0);

	if (!entry)
		return 0;
	if (entry->call.shape.fd_arg != ASH_NO_ARGUMENT)
		entry__descriptor(entry, task__current());
	if (entry->call.shape.special)
		entry__special(0);
	return enter__go(ctx, enter__next(entry, ENTER_MEMBERS));
}

/* The processes of a group that is signalled. */
SEC(STAGE)
int enter_members(void *ctx)
{
	struct entry_memory *entry = memory_of(&entry_memory, 0);
	struct working_memory *memory = memory_of(&working_memory, PROGRAM_ENTER);

	if (!entry || !memory)
		return 0;
	TIER_LOOP
	for (int i = 0; i < GROUP_STEPS; i++)
		if (!entry__member(entry))
			return enter__go(ctx, ENTER_REMEMBER);
	memory->rounds += 1;
	if (memory->rounds < GROUP_ROUNDS)
		return enter__go(ctx, ENTER_MEMBERS);
	entry->call.flags |= INFLIGHT_CUT;
	return enter__go(ctx, ENTER_REMEMBER);
}

SEC(STAGE)
int enter_remember(void *ctx)
{
	struct entry_memory *entry = memory_of(&entry_memory, 0);

	if (entry)
		entry__remember(entry, (__u64)task__current());
	return 0;
}

/* --- a call ends --- */

/* What every stage of it works on. */
struct ending {
	struct task_struct *task;
	struct inflight *call;
	struct record_memory *record;
	struct working_memory *memory;
	__u32 kind;
};

/* Finds the call under way and the memory of its end. Returns false when there is none. */
static __always_inline bool leave__find(struct ending *ending)
{
	ending->task = task__current();
	ending->call = leave__call(ending->task);
	if (!ending->call)
		return false;
	ending->kind = ending->call->flags & INFLIGHT_DYING ? PROGRAM_DEATH : PROGRAM_EXIT;
	ending->record = memory_of(&record_memory, leave__slot(ending->kind));
	ending->memory = memory_of(&working_memory, ending->kind);
	return ending->record && ending->memory;
}

/* Goes on with `stage`. Comes back only when the kernel refuses, which the bounds above are there to prevent. */
static __always_inline int leave__go(void *ctx, struct ending *ending, __u32 stage)
{
	struct ast_statistics *statistics = statistics_of_cpu();

	bpf_tail_call(ctx, &stages, stage);
	if (statistics)
		statistics->lost_inflight++;
	leave__forget(ending->task, ending->call);
	return 0;
}

static __always_inline int staged__leave(void *ctx, long ret, bool returned)
{
	struct ending ending;
	struct ast_statistics *statistics = statistics_of_cpu();

	if (!returned) {
		struct inflight *call = leave__call(task__current());

		/* What it is marked with is told at the end of its call. */
		if (call)
			call->flags |= INFLIGHT_DYING;
		else
			tasks__forget(task__current());
	}
	if (!leave__find(&ending) || !statistics)
		return 0;
	statistics->generated++;
	ending.memory->rounds = 0;

	struct leaving *leaving = &ending.memory->leaving;

	leave__begin(leaving, ending.task, ending.call, ret, returned);
	return leave__go(ctx, &ending,
			 leaving->end - leaving->start > ARGUMENTS_IN_EVENT ? LEAVE_FRAGMENTS : LEAVE_FACTS);
}

/* Whether the exit of call `nr` is one to look for; see sys_exit() in btf.bpf.c. */
static __always_inline bool staged__ends(long nr)
{
	return nr < 0 || select__is_named(task__current(), nr, AS_INDEX_EXIT);
}

/* Argument text that fits into no event goes ahead, while the record's memory is still free. */
SEC(STAGE)
int leave_fragments(void *ctx)
{
	struct ending ending;

	if (!leave__find(&ending))
		return 0;
	struct leaving *leaving = &ending.memory->leaving;
	__u64 time = ending.call->time;

	TIER_LOOP
	for (int i = 0; i < FRAGMENT_STEPS; i++) {
		__u64 length = leaving->end - leaving->start;

		if (length <= ARGUMENTS_IN_EVENT)
			return leave__go(ctx, &ending, LEAVE_FACTS);
		if (length > ARGUMENTS_IN_FRAGMENT)
			length = ARGUMENTS_IN_FRAGMENT;
		leaving->cut |= fragment__send(ctx, ending.record, leaving->start, length, time, leaving->sequence);
		leaving->start += length;
		leaving->fragments += 1;
	}
	ending.memory->rounds += 1;
	if (ending.memory->rounds < FRAGMENT_ROUNDS)
		return leave__go(ctx, &ending, LEAVE_FRAGMENTS);
	leaving->cut = 1;
	return leave__go(ctx, &ending, LEAVE_FACTS);
}

SEC(STAGE)
int leave_facts(void *ctx)
{
	struct ending ending;
	struct ast_statistics *statistics = statistics_of_cpu();

	if (!leave__find(&ending) || !statistics)
		return 0;
	if (leave__facts(ending.record, ending.memory, &ending.memory->leaving, ending.task, ending.call,
			 ending.memory->leaving.returned, ending.kind))
		return leave__go(ctx, &ending, LEAVE_SECTIONS);
	statistics->filtered++;
	leave__forget(ending.task, ending.call);
	return 0;
}

SEC(STAGE)
int leave_sections(void *ctx)
{
	struct ending ending;

	if (!leave__find(&ending))
		return 0;
	leave__sections(ending.record, &ending.memory->leaving, ending.task, ending.call, ending.memory->leaving.returned);
	task__tty(ending.record, ending.task);
	ending.memory->rounds = 0;
	return leave__go(ctx, &ending, ending.call->shape.special ? LEAVE_SPECIAL : LEAVE_EXE);
}

SEC(STAGE)
int leave_special(void *ctx)
{
	struct ending ending;

	if (!leave__find(&ending))
		return 0;
	record__special(leave__slot(ending.kind), ending.call->shape.special,
			ending.memory->leaving.returned ? ending.memory->leaving.ret : -1);
	return leave__go(ctx, &ending, LEAVE_EXE);
}

SEC(STAGE)
int leave_exe(void *ctx)
{
	struct ending ending;

	if (!leave__find(&ending))
		return 0;
	struct working_memory *memory = ending.memory;
	struct task_struct *task = ending.task;
	struct file *exe = READ(task, mm, exe_file);

	if (exe) {
		if ((memory->rounds || path__begin(&memory->walk, task, READ(exe, f_path.dentry), READ(exe, f_path.mnt))) &&
		    staged__walk(memory))
			return leave__go(ctx, &ending, LEAVE_EXE);
		path__end(&memory->walk);
		record__walked(ending.record, AW_SECTION_EXE, &memory->walk);
	}
	memory->rounds = 0;
	return leave__go(ctx, &ending, leave__wants_directory(ending.call) ? LEAVE_DIRECTORY : LEAVE_PROCESS);
}

SEC(STAGE)
int leave_directory(void *ctx)
{
	struct ending ending;

	if (!leave__find(&ending))
		return 0;
	struct working_memory *memory = ending.memory;
	struct task_struct *task = ending.task;
	struct fs_struct *fs = READ(task, fs);

	if ((memory->rounds || path__begin(&memory->walk, task, READ(fs, pwd.dentry), READ(fs, pwd.mnt))) &&
	    staged__walk(memory))
		return leave__go(ctx, &ending, LEAVE_DIRECTORY);
	path__end(&memory->walk);
	record__walked(ending.record, AW_SECTION_CWD, &memory->walk);
	return leave__go(ctx, &ending, LEAVE_PROCESS);
}

SEC(STAGE)
int leave_process(void *ctx)
{
	struct ending ending;

	if (!leave__find(&ending))
		return 0;
	leave__process(ending.record, &ending.memory->leaving, ending.task, ending.memory->leaving.returned);
	leave__send(ctx, ending.record, &ending.memory->leaving, ending.call);
	leave__forget(ending.task, ending.call);
	return 0;
}

/* --- a task is made --- */

static __always_inline int staged__made(void *ctx, struct task_struct *parent, struct task_struct *child)
{
	if (tasks__begin(parent, child))
		bpf_tail_call(ctx, &stages, MADE_GROUPS);
	return 0;
}

SEC(STAGE)
int made_groups(void *ctx)
{
	struct working_memory *memory = memory_of(&working_memory, PROGRAM_FORK);

	if (!memory)
		return 0;
	if (tasks__group(memory->rounds)) {
		memory->rounds += 1;
		bpf_tail_call(ctx, &stages, MADE_GROUPS);
		return 0;
	}
	memory->rounds = 0;
	bpf_tail_call(ctx, &stages, MADE_JUDGE);
	return 0;
}

SEC(STAGE)
int made_judge(void *ctx)
{
	struct working_memory *memory = memory_of(&working_memory, PROGRAM_FORK);

	if (!memory)
		return 0;
	if (tasks__judge(memory, memory->rounds)) {
		memory->rounds += 1;
		bpf_tail_call(ctx, &stages, MADE_JUDGE);
		return 0;
	}
	tasks__end(memory);
	return 0;
}

#endif
