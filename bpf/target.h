/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * OBJ_PID: the processes that a call signals or traces, from its arguments at entry, and those that only the signals themselves tell.
 */
#ifndef EBPF_AUDIT_TARGET_H
#define EBPF_AUDIT_TARGET_H

#include "inflight.h"
#ifndef TIER_STAGED
#include "label.h"
#endif
#include "numbers.h"
#include "sid.h"

static __always_inline void entry__target(struct entry_memory *entry, struct task_struct *target)
{
	struct aw_section *head = entry__room(entry, sizeof(struct aw_target));

	if (!target || !head)
		return;
	struct aw_target *value = (void *)(head + 1);

	value->pid = BPF_CORE_READ(target, tgid);
	value->auid = BPF_CORE_READ(target, loginuid.val);
	value->uid = BPF_CORE_READ(target, real_cred, uid.val);
	value->ses = BPF_CORE_READ(target, sessionid);
	BPF_CORE_READ_STR_INTO(&value->comm, target, comm);
	/* selinux_task_getsecid_obj() */
	value->sid = sid__of_cred(BPF_CORE_READ(target, real_cred));
	value->reserved = 0;
	__u8 detail = 0;

#ifndef TIER_STAGED
	if (label__is_shared(target))
		detail = AW_TARGET_LABEL_SHARED;
#endif
	entry__section(entry, head, AW_SECTION_TARGET, detail, 0, sizeof(*value));
}

/* Adds the process at the cursor of the entry's working memory and moves on in its group. Returns 1 while there are more. */
static __always_inline int entry__member(struct entry_memory *entry)
{
	if (!entry->cursor)
		return 0;
	struct hlist_node *node = (void *)entry->cursor;

	entry__target(entry, compat__task_of(node, true));
	entry->cursor = (__u64)BPF_CORE_READ(node, next);
	return entry->cursor != 0;
}

#ifdef TIER_STAGED

/* The members are told in stages of their own. */
static __always_inline void entry__members(struct entry_memory *entry, __u32 slot)
{
}

#else

/* A function of its own, so that the verifier checks it once and not for every round of the loop. */
__noinline int entry__group_member(__u32 slot)
{
	struct entry_memory *entry = memory_of(&entry_memory, slot);

	return entry ? entry__member(entry) : 0;
}

static __always_inline void entry__members(struct entry_memory *entry, __u32 slot)
{
	for (int i = 0; i < AW_TARGETS_MAX; i++)
		if (!entry__group_member(slot))
			break;
	if (entry->cursor)
		entry->call.flags |= INFLIGHT_CUT;
}

#endif

/* The process, or the group of processes if `number` is less than 1, that a call signals or traces. */
static __always_inline void entry__targets(struct entry_memory *entry, struct task_struct *task, __s32 number, __u32 slot)
{
	struct pid *pid = number ? pid__find(task, number > 0 ? number : -number) : compat__group(task);

	if (number > 0) {
		entry__target(entry, pid__task(pid));
		return;
	}
	/* __kill_pgrp_info() in kernel/signal.c goes through the group in this order. */
	entry->cursor = pid ? (__u64)compat__members(pid) : 0;
	entry__members(entry, slot);
}

static __always_inline bool special__is_signal(__u32 special)
{
	return (special >= ASH_SPECIAL_SIGNAL_PROCESS && special <= ASH_SPECIAL_SIGNAL_THREAD_OF) ||
	       special == ASH_SPECIAL_SIGNAL_DESCRIPTOR;
}

/*
 * The call signals `target`. By the hook (`is_hook`) this is what audit is told, in check_kill_permission(). By the tracepoint on
 * generated signals it serves kill() of all only, and lacks the targets that the kernel refuses; signal 0, which is never generated,
 * finds none.
 */
static __always_inline int special__signalled(struct task_struct *target, bool is_hook)
{
	__u64 key = bpf_get_current_task();
	struct inflight *call = bpf_map_lookup_elem(&inflight, &key);
	struct entry_memory *entry = memory_of(&entry_memory, 2);

	if (!call || !entry || call->flags & INFLIGHT_ENDED)
		return 0;
	if (is_hook ? !special__is_signal(call->shape.special) :
		      HOOKS_ATTACHED & ASH_HOOK_SIGNAL || call->shape.special != ASH_SPECIAL_SIGNAL_PROCESS ||
			      (__s32)call->args[0] != -1)
		return 0;
	__u32 used = call->used;

	if (used + sizeof(struct aw_section) + sizeof(struct aw_target) > AW_TARGETS_MAX * (sizeof(struct aw_section) + sizeof(struct aw_target))) {
		call->flags |= INFLIGHT_CUT;
		return 0;
	}
	/* All sections of such a call are targets, so rebuilding them means keeping what is there and adding one. */
	const void *kept = call->flags & INFLIGHT_LONG ? inflight__long(call, key) : NULL;

	if (kept)
		bpf_probe_read_kernel(entry->sections, MASKED(used, 16383), kept);
	else
		__builtin_memcpy(entry->sections, call->sections, INFLIGHT_INLINE);
	entry->call.used = used;
	entry__target(entry, target);
	used = entry->call.used;
	if (used > INFLIGHT_INLINE) {
		if (inflight__keep_long(call, key, entry)) {
			call->flags |= INFLIGHT_CUT;
			return 0;
		}
		call->flags |= INFLIGHT_LONG;
	} else {
		__builtin_memcpy(call->sections, entry->sections, INFLIGHT_INLINE);
	}
	call->used = used;
	return 0;
}

#endif
