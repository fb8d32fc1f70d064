/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list task: audit_alloc() in kernel/auditsc.c. When a task is made audit_filter_task() tries the rules of that list, and with a `never`
 * the task gets no audit context: none of its calls is ever recorded, whatever the rules are later. Its own children are judged anew.
 */
#ifndef EBPF_AUDIT_TASKS_H
#define EBPF_AUDIT_TASKS_H

#include "read.h"
#include "select.h"

/* Whether nothing is told of `task`. Costs a comparison while there are no rules of the list task. */
static __always_inline bool tasks__is_unaudited(struct task_struct *task)
{
	__u64 key = (__u64)task;

	return CONTROL(control_tasks) && bpf_map_lookup_elem(&unaudited, &key);
}

/* `task` ends; another may come at its address. */
static __always_inline void tasks__forget(struct task_struct *task)
{
	__u64 key = (__u64)task;

	if (CONTROL(control_tasks) && bpf_map_lookup_elem(&unaudited, &key))
		bpf_map_delete_elem(&unaudited, &key);
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

/* sched_process_fork: `parent`, the current task, has made `child`, which has not run yet. */
static __always_inline int tasks__made(struct task_struct *parent, struct task_struct *child)
{
	__u32 generation = CONTROL(control_generation), slot = generation % AS_GENERATIONS, value = 1;
	struct as_index *index = bpf_map_lookup_elem(&selection_tasks, &slot);
	struct working_memory *memory = memory_of(&working_memory, PROGRAM_FORK);
	__u64 key = (__u64)child;

	if (!index || !memory || !child || !(index->flags & AS_INDEX_ENTRY))
		return 0;
	if (!(index->flags & AS_INDEX_UNCONDITIONAL)) {
		tasks__publish(parent, &memory->facts);
		if (select__range(index, generation, PROGRAM_FORK) != CLAUSE_YES)
			return 0;
	}
	bpf_map_update_elem(&unaudited, &key, &value, BPF_ANY);
	return 0;
}

#endif
