/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list task: audit_alloc() in kernel/auditsc.c. When a task is made audit_filter_task() tries the rules of that list. With a `never` the
 * task gets no audit context: none of its calls is ever recorded, whatever the rules are later. With an `always` its context is
 * AUDIT_STATE_RECORD: all of its calls are, and no rule of the list exit can say otherwise, because the context's prio is the highest there is.
 * Its own children are judged anew.
 */
#ifndef EBPF_AUDIT_TASKS_H
#define EBPF_AUDIT_TASKS_H

#include "read.h"
#include "record.h"
#include "select.h"

/* What `task` was marked with when it was made (enum as_task_mark), or 0. Costs a comparison while there are no rules of the list task. */
static __always_inline __u32 tasks__mark(struct task_struct *task)
{
	__u64 key = (__u64)task;
	__u32 *mark = CONTROL(control_tasks) ? bpf_map_lookup_elem(&marked_tasks, &key) : NULL;

	return mark ? *mark : 0;
}

/* `task` ends; another may come at its address. */
static __always_inline void tasks__forget(struct task_struct *task)
{
	__u64 key = (__u64)task;

	if (CONTROL(control_tasks) && bpf_map_lookup_elem(&marked_tasks, &key))
		bpf_map_delete_elem(&marked_tasks, &key);
}

/* Says for an event of `task` which rule has it told. */
static __always_inline void tasks__tell(struct record_memory *record, struct task_struct *task)
{
	__u32 mark = tasks__mark(task);

	if (mark < AS_TASK_ALWAYS)
		return;
	if (!RECORD_ROOM(record, 8)) {
		record__incomplete(record);
		return;
	}
	/* Eight bytes, because the section is padded to that. */
	*(__u64 *)RECORD_NEXT(record) = mark - AS_TASK_ALWAYS;
	record__section(record, AW_SECTION_TASK, 0, 0, sizeof(mark));
}

/*
 * What audit_filter_rules() sees of a task that is being made: copy_process() asks when the task is still a copy of `parent`, process id
 * included, and has its credentials.
 */
static __always_inline void tasks__publish(struct task_struct *parent, struct facts *facts)
{
	struct cred *cred = READ(parent, cred);

	facts->known = 1U << AS_FIELD_PID | 1U << AS_FIELD_PERS | 1U << AS_FIELD_AUID | 1U << AS_FIELD_UID | 1U << AS_FIELD_EUID |
		       1U << AS_FIELD_SUID | 1U << AS_FIELD_FSUID | 1U << AS_FIELD_GID | 1U << AS_FIELD_EGID | 1U << AS_FIELD_SGID |
		       1U << AS_FIELD_FSGID;
	facts->value[AS_FIELD_PID] = READ(parent, tgid);
	facts->value[AS_FIELD_PERS] = READ(parent, personality);
	facts->value[AS_FIELD_AUID] = READ(parent, loginuid.val);
	facts->value[AS_FIELD_UID] = READ(cred, uid.val);
	facts->value[AS_FIELD_EUID] = READ(cred, euid.val);
	facts->value[AS_FIELD_SUID] = READ(cred, suid.val);
	facts->value[AS_FIELD_FSUID] = READ(cred, fsuid.val);
	facts->value[AS_FIELD_GID] = READ(cred, gid.val);
	facts->value[AS_FIELD_EGID] = READ(cred, egid.val);
	facts->value[AS_FIELD_SGID] = READ(cred, sgid.val);
	facts->value[AS_FIELD_FSGID] = READ(cred, fsgid.val);
}

static __always_inline struct as_index *tasks__index(__u32 generation)
{
	__u32 slot = generation % AS_GENERATIONS;

	return bpf_map_lookup_elem(&selection_tasks, &slot);
}

/* The slot of clause `position` of the list. */
static __always_inline __u32 tasks__slot(const struct as_index *index, __u32 generation, __u32 position)
{
	__u32 half = generation % AS_GENERATIONS;
	__u32 slot = half * AS_LIST_MAX + ((index->first + position) & (AS_LIST_MAX - 1));
	__u32 *clause = bpf_map_lookup_elem(&selection_list, &slot);

	return half * AS_CLAUSES_MAX + ((clause ? *clause : 0) & (AS_CLAUSES_MAX - 1));
}

/* NGROUPS_MAX is 65536. */
#define GROUP_HALVINGS 17

/* Whether the current task has supplementary group `group`, 1 or 0: groups_search() in kernel/groups.c. Without branches, as select__compare(). */
static __always_inline __u64 tasks__is_member(__u64 group)
{
	struct group_info *info = BPF_CORE_READ(task__current(), cred, group_info);
	const __u32 *members = (const void *)&info->gid;
	__u64 low = 0, high = (__u32)BPF_CORE_READ(info, ngroups), found = 0;

	barrier_var(group);
	barrier_var(low);
	TIER_LOOP
	for (int i = 0; i < GROUP_HALVINGS; i++) {
		__u64 middle = (low + high) >> 1;
		__u64 open = (__s64)(low - high) >> 63;
		__u32 read = 0;

		bpf_probe_read_kernel(&read, sizeof(read), members + middle);
		__u64 member = read;

		barrier_var(member);
		__u64 less = (__s64)(member - group) >> 63;

		found |= open & (__s64)((member ^ group) - 1) >> 63;
		low += open & less & (middle + 1 - low);
		high -= open & ~less & (high - middle);
		barrier_var(low);
		barrier_var(high);
		barrier_var(found);
	}
	return found & 1;
}

/* Finds out fact AS_FIELD_GROUPS + `number` of the task that is being made. Returns 0 when there are no more. */
TIER_FUNCTION int tasks__group(__u32 number)
{
	struct working_memory *memory = memory_of(&working_memory, PROGRAM_FORK);

	if (!memory)
		return 0;
	__u32 generation = memory->making.generation;
	__u32 position = number / AS_GROUPS_IN_CLAUSE, place = number % AS_GROUPS_IN_CLAUSE;
	struct as_index *index = tasks__index(generation);

	if (!index || position >= index->count || number >= AS_TASK_GROUPS_MAX)
		return 0;
	__u32 slot = tasks__slot(index, generation, position);
	struct as_clause *clause = bpf_map_lookup_elem(&selection_clauses, &slot);

	if (!clause || !(clause->flags & AS_CLAUSE_GROUPS) || place >= clause->count)
		return 0;
	const struct as_test *test = &clause->tests[MASKED(place, AS_GROUPS_IN_CLAUSE - 1)];
	__u32 field = MASKED(AS_FIELD_GROUPS + number, 31), group = test->operand;
	__u64 own = memory->facts.value[MASKED(test->field, 31)];

	barrier_var(own);
	memory->facts.value[field] = ((own ^ group) - 1) >> 63 | tasks__is_member(group);
	memory->facts.known |= 1U << field;
	return 1;
}

/*
 * Round `round` of looking for the first rule that holds: CLAUSES_TRIED clauses. Returns 1 when there are more to look at, else making.found
 * is known.
 */
static __always_inline int tasks__judge(struct working_memory *memory, __u32 round)
{
	__u32 generation = memory->making.generation;
	struct as_index *index = tasks__index(generation);

	if (!index)
		return 0;
	TIER_LOOP
	for (__u32 i = 0; i < CLAUSES_TRIED; i++) {
		__u32 tried = round * CLAUSES_TRIED + i;

		barrier_var(tried); /* as in select__range() */
		if (tried >= index->count)
			return 0;
		__u32 slot = tasks__slot(index, generation, tried);
		int outcome = select__clause(slot, PROGRAM_FORK);
		__u32 flags = outcome >> 8;

		if (flags & AS_CLAUSE_GROUPS)
			continue;
		if ((outcome & 3) != CLAUSE_YES)
			memory->making.holds = 0;
		if (flags & AS_CLAUSE_MORE)
			continue;
		if (memory->making.holds) {
			memory->making.found = slot + 1;
			return 0;
		}
		memory->making.holds = 1;
	}
	return 1;
}

static __always_inline void tasks__set(__u64 task, __u32 mark)
{
	if (mark)
		bpf_map_update_elem(&marked_tasks, &task, &mark, BPF_ANY);
}

/* The task has been judged. */
static __always_inline void tasks__end(const struct working_memory *memory)
{
	__u32 slot = memory->making.found - 1;
	struct as_clause *clause = memory->making.found ? bpf_map_lookup_elem(&selection_clauses, &slot) : NULL;

	if (clause)
		tasks__set(memory->making.child, clause->rule);
}

/*
 * sched_process_fork: `parent`, the current task, has made `child`, which has not run yet. Returns the working memory, or NULL when the
 * child need not be judged.
 */
static __always_inline struct working_memory *tasks__begin(struct task_struct *parent, struct task_struct *child)
{
	__u32 generation = CONTROL(control_generation);
	struct as_index *index = tasks__index(generation);
	struct working_memory *memory = memory_of(&working_memory, PROGRAM_FORK);

	if (!index || !memory || !child || !(index->flags & AS_INDEX_ENTRY))
		return NULL;
	if (index->flags & AS_INDEX_UNCONDITIONAL) {
		tasks__set((__u64)child, index->first);
		return NULL;
	}
	tasks__publish(parent, &memory->facts);
	memory->making.child = (__u64)child;
	memory->making.generation = generation;
	memory->making.holds = 1;
	memory->making.found = 0;
	memory->rounds = 0;
	return memory;
}

#ifndef TIER_STAGED

static __always_inline int tasks__made(struct task_struct *parent, struct task_struct *child)
{
	struct working_memory *memory = tasks__begin(parent, child);

	if (!memory)
		return 0;
	for (__u32 number = 0; number < AS_TASK_GROUPS_MAX; number++)
		if (!tasks__group(number))
			break;
	tasks__judge(memory, 0);
	tasks__end(memory);
	return 0;
}

#endif

#endif
