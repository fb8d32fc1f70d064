/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel objects by their numbers, as the kernel itself finds them: idr_find(), find_pid_ns(). */
#ifndef EBPF_AUDIT_NUMBERS_H
#define EBPF_AUDIT_NUMBERS_H

#include "task.h"

#define XA_CHUNK_SHIFT 6
/* Levels of a tree over 32-bit numbers. */
#define XA_LEVELS 6

/* What idr_find() finds: entries whose low bits are marked are inner nodes (xa_is_node(), include/linux/xarray.h). */
static __always_inline void *idr__find(struct idr *idr, __u32 number)
{
	const __u64 node = compat__is_xarray() ? 2 : 1;
	__u64 entry = compat__idr_root(idr);
	__u32 index = number - compat__idr_base(idr);
	__u32 shift;

	TIER_LOOP
	for (int level = 0; level < XA_LEVELS; level++) {
		/* No break: clang then knows how often to repeat this. */
		if ((entry & 3) == node) {
			entry = compat__idr_next(entry, index, &shift);
			/* A number beyond the tree: the node that is at the top covers 64 << shift of them. */
			if (level == 0 && (__u64)index >> shift >= 64)
				return NULL;
		}
	}
	if (!(entry & 3))
		return (void *)entry;
	/* A tree with a single entry holds it in its head, at index 0. */
	return NULL;
}

/* The pid numbered `number` in the pid namespace at `level` above that of `own`. */
static __always_inline struct pid *pid__find_at(struct pid *own, __u32 level, __u32 number)
{
	struct pid_namespace *namespace = NULL;
	__u64 number_size = bpf_core_type_size(struct upid);
	struct upid *numbers = (void *)own + bpf_core_field_offset(struct pid, numbers);

	BPF_CORE_READ_INTO(&namespace, (struct upid *)((void *)numbers + level * number_size), ns);
	if (!namespace)
		return NULL;
	return idr__find(&namespace->idr, number);
}

/* The pid numbered `number` in the pid namespace of `task`. */
static __always_inline struct pid *pid__find(struct task_struct *task, __u32 number)
{
	struct pid *own = compat__pid(task);

	return pid__find_at(own, BPF_CORE_READ(own, level) & 31 /* MAX_PID_NS_LEVEL is 32 */, number);
}

/* The task whose thread id this is. */
static __always_inline struct task_struct *pid__task(struct pid *pid)
{
	struct hlist_node *first = pid ? BPF_CORE_READ(pid, tasks[0].first) : NULL;

	return first ? compat__task_of(first, false) : NULL;
}

/* The task with thread id `number` in the pid namespace of `task`. */
static __always_inline struct task_struct *task__find(struct task_struct *task, __u32 number)
{
	return pid__task(pid__find(task, number));
}

#endif
