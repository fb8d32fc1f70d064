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

/* What the first of the rules that holds of the facts marks a task with, or 0. */
static __always_inline __u32 tasks__judge(const struct as_index *index, __u32 generation)
{
	__u32 half = generation % AS_GENERATIONS, found = 0;

	TIER_LOOP
	for (__u32 i = 0; i < AS_TASK_RULES_MAX; i++) {
		__u32 tried = i;

		barrier_var(tried); /* as in select__range() */
		if (tried >= index->count)
			break;
		__u32 slot = half * AS_LIST_MAX + ((index->first + i) & (AS_LIST_MAX - 1));
		__u32 *clause = bpf_map_lookup_elem(&selection_list, &slot);

		if (!clause)
			break;
		slot = half * AS_CLAUSES_MAX + (*clause & (AS_CLAUSES_MAX - 1));
		if ((select__clause(slot, PROGRAM_FORK) & 3) == CLAUSE_YES) {
			found = slot + 1;
			break;
		}
	}
	if (!found)
		return 0;
	found -= 1;
	struct as_clause *clause = bpf_map_lookup_elem(&selection_clauses, &found);

	return clause ? clause->rule : 0;
}

/* sched_process_fork: `parent`, the current task, has made `child`, which has not run yet. */
static __always_inline int tasks__made(struct task_struct *parent, struct task_struct *child)
{
	__u32 generation = CONTROL(control_generation), slot = generation % AS_GENERATIONS, mark;
	struct as_index *index = bpf_map_lookup_elem(&selection_tasks, &slot);
	struct working_memory *memory = memory_of(&working_memory, PROGRAM_FORK);
	__u64 key = (__u64)child;

	if (!index || !memory || !child || !(index->flags & AS_INDEX_ENTRY))
		return 0;
	if (index->flags & AS_INDEX_UNCONDITIONAL) {
		mark = index->first;
	} else {
		tasks__publish(parent, &memory->facts);
		mark = tasks__judge(index, generation);
	}
	if (mark)
		bpf_map_update_elem(&marked_tasks, &key, &mark, BPF_ANY);
	return 0;
}

#endif
