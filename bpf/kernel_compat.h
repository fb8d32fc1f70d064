/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that copes with a difference between kernels or processors. Each case names what made it.
 */
#ifndef EBPF_AUDIT_KERNEL_COMPAT_H
#define EBPF_AUDIT_KERNEL_COMPAT_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "read.h"
#include <selection.h>

/* include/uapi/linux/audit.h; spelled out because the header pulls in libc on some distributions. */
#define ARCH_X86_64  0xc000003eU
#define ARCH_I386    0x40000003U
#define ARCH_AARCH64 0xc00000b7U
#define ARCH_ARM     0x40000028U

/* include/linux/errno.h: results that the signal code turns into a restart; user space never sees them. */
#define ERESTARTSYS           512
#define ENOIOCTLCMD           515
#define ERESTART_RESTARTBLOCK 516

/* include/linux/fs.h, since 4.19 (73a09dd94377, "introduce FMODE_CREATED and switch to it"). */
#define FMODE_CREATED 0x100000U

/* What audit prints as the result of a call: __audit_syscall_exit() in kernel/auditsc.c. */
static __always_inline long compat__result(long ret)
{
	if (ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK && ret != -ENOIOCTLCMD)
		return -4; /* EINTR */
	return ret;
}

/* The call that a task is making: which table its number belongs to, and the number. */
struct call_id {
	__u32 abi; /* enum as_abi */
	__u32 arch;
	__u32 nr;
};

#if defined(__TARGET_ARCH_x86)

#define TS_COMPAT 0x0002 /* arch/x86/include/asm/thread_info.h: set while a 32-bit call is under way */

/* Where the status was before 4.16 (37a8f7c38339, "x86/asm: Move 'status' from thread_struct to thread_info"; some 4.15 have it). */
struct thread_struct___before_4_16 {
	__u32 status;
} __attribute__((preserve_access_index));

struct task_struct___before_4_16 {
	struct thread_struct___before_4_16 thread;
} __attribute__((preserve_access_index));

static __always_inline __u32 compat__status(struct task_struct *task)
{
	struct task_struct___before_4_16 *old = (void *)task;

	if (bpf_core_field_exists(task->thread_info.status))
		return READ(task, thread_info.status);
	return BPF_CORE_READ(old, thread.status);
}

static __always_inline void compat__identify(struct task_struct *task, long nr, struct call_id *id)
{
	__u32 status = compat__status(task);

	id->abi = status & TS_COMPAT ? AS_ABI_COMPAT : AS_ABI_NATIVE;
	id->arch = status & TS_COMPAT ? ARCH_I386 : ARCH_X86_64;
	id->nr = nr; /* x32 keeps its bit 30 and so matches no rule, as in the kernel (audit_in_mask()) */
}

/* What a function has returned, by the registers of a kprobe on its end. */
static __always_inline long compat__returned(const struct pt_regs *regs)
{
	return regs->ax;
}

static __always_inline long compat__number(struct pt_regs *regs)
{
	/* syscall_get_nr(): the table number is an int whatever the register's upper half holds. */
	return (int)REGISTER(regs, orig_ax);
}

/*
 * syscall_get_arguments() in arch/x86/include/asm/syscall.h. `upper` gets what the first four registers hold above the 32 bits
 * that a 32-bit call uses: audit prints whole registers, and a 64-bit program may make such a call (int 0x80).
 */
static __always_inline void compat__arguments(struct pt_regs *regs, __u32 abi, __u64 args[6], __u32 upper[4])
{
	if (abi == AS_ABI_COMPAT) {
		upper[0] = (__u64)REGISTER(regs, bx) >> 32;
		upper[1] = (__u64)REGISTER(regs, cx) >> 32;
		upper[2] = (__u64)REGISTER(regs, dx) >> 32;
		upper[3] = (__u64)REGISTER(regs, si) >> 32;
		args[0] = (__u32)REGISTER(regs, bx);
		args[1] = (__u32)REGISTER(regs, cx);
		args[2] = (__u32)REGISTER(regs, dx);
		args[3] = (__u32)REGISTER(regs, si);
		args[4] = (__u32)REGISTER(regs, di);
		args[5] = (__u32)REGISTER(regs, bp);
	} else {
		upper[0] = upper[1] = upper[2] = upper[3] = 0;
		args[0] = REGISTER(regs, di);
		args[1] = REGISTER(regs, si);
		args[2] = REGISTER(regs, dx);
		args[3] = REGISTER(regs, r10);
		args[4] = REGISTER(regs, r8);
		args[5] = REGISTER(regs, r9);
	}
}

#elif defined(__TARGET_ARCH_arm64)

#define TIF_32BIT 22 /* arch/arm64/include/asm/thread_info.h */

static __always_inline void compat__identify(struct task_struct *task, long nr, struct call_id *id)
{
	__u64 flags = READ(task, thread_info.flags);
	bool compat = flags & (1UL << TIF_32BIT);

	id->abi = compat ? AS_ABI_COMPAT : AS_ABI_NATIVE;
	id->arch = compat ? ARCH_ARM : ARCH_AARCH64;
	id->nr = nr;
}

static __always_inline long compat__returned(const struct pt_regs *regs)
{
	return regs->regs[0];
}

static __always_inline long compat__number(struct pt_regs *regs)
{
	return REGISTER(regs, syscallno);
}

static __always_inline void compat__arguments(struct pt_regs *regs, __u32 abi, __u64 args[6], __u32 upper[4])
{
	upper[0] = upper[1] = upper[2] = upper[3] = 0;
	args[0] = REGISTER(regs, orig_x0);
	args[1] = REGISTER(regs, regs[1]);
	args[2] = REGISTER(regs, regs[2]);
	args[3] = REGISTER(regs, regs[3]);
	args[4] = REGISTER(regs, regs[4]);
	args[5] = REGISTER(regs, regs[5]);
	if (abi == AS_ABI_COMPAT)
		for (int i = 0; i < 6; i++)
			args[i] = (__u32)args[i];
}

#else
#error "no system call convention for this processor"
#endif

/* The same from a copy that syscall_get_arguments() made: it has whole registers, too. */
static __always_inline void compat__copied_arguments(const __u64 *copied, __u32 abi, __u64 args[6], __u32 upper[4])
{
	TIER_LOOP
	for (int i = 0; i < 6; i++)
		args[i] = abi == AS_ABI_COMPAT ? (__u32)copied[i] : copied[i];
	TIER_LOOP
	for (int i = 0; i < 4; i++)
		upper[i] = abi == AS_ABI_COMPAT ? copied[i] >> 32 : 0;
}

/*
 * Whether sched_process_exit comes while the task still has its memory: since 6.16, when it was moved and got group_dead in one
 * ("exit: move and extend sched_process_exit() tracepoint").
 */
struct trace_event_raw_sched_process_exit {
	bool group_dead;
} __attribute__((preserve_access_index));

static __always_inline bool compat__dies_with_memory(void)
{
	return bpf_core_field_exists(struct trace_event_raw_sched_process_exit, group_dead);
}

/* How a task and its pids hang together before 4.19 (2c4704756cab, "pids: Move the pgrp and session pid pointers"). */
struct pid_link {
	struct hlist_node node;
	struct pid *pid;
} __attribute__((preserve_access_index));

struct task_struct___before_4_19 {
	struct pid_link pids[3];
} __attribute__((preserve_access_index));

/* Since 4.19 (6883f81aac6f) PIDTYPE_TGID comes between the two. */
#define PIDTYPE_PGID             2
#define PIDTYPE_PGID_BEFORE_4_19 1

static __always_inline struct pid *compat__pid(struct task_struct *task)
{
	struct task_struct___before_4_19 *old = (void *)task;

	if (bpf_core_field_exists(task->thread_pid))
		return BPF_CORE_READ(task, thread_pid);
	return BPF_CORE_READ(old, pids[0].pid);
}

/* The process group of a task. */
static __always_inline struct pid *compat__group(struct task_struct *task)
{
	struct task_struct___before_4_19 *leader;

	if (bpf_core_field_exists(task->signal->pids))
		return BPF_CORE_READ(task, signal, pids[PIDTYPE_PGID]);
	leader = (void *)BPF_CORE_READ(task, group_leader);
	return BPF_CORE_READ(leader, pids[PIDTYPE_PGID_BEFORE_4_19].pid);
}

/* The first node of the list of tasks that are in process group `group`. */
static __always_inline struct hlist_node *compat__members(struct pid *group)
{
	if (bpf_core_field_exists(struct task_struct, thread_pid))
		return BPF_CORE_READ(group, tasks[PIDTYPE_PGID].first);
	return BPF_CORE_READ(group, tasks[PIDTYPE_PGID_BEFORE_4_19].first);
}

/* The task whose node in the lists of its thread id (or of its process group) this is. */
static __always_inline struct task_struct *compat__task_of(struct hlist_node *node, bool is_group)
{
	__u64 link;

	if (bpf_core_field_exists(struct task_struct, pid_links))
		/* A node is two pointers. */
		link = bpf_core_field_offset(struct task_struct, pid_links) + (is_group ? PIDTYPE_PGID * 16 : 0);
	else
		/* A link is a node and a pointer, and the node comes first. */
		link = bpf_core_field_offset(struct task_struct___before_4_19, pids) +
		       (is_group ? PIDTYPE_PGID_BEFORE_4_19 * bpf_core_type_size(struct pid_link) : 0);
	return (void *)node - link;
}

/*
 * idr trees. An xarray since 4.20 (f8d5d0cc145c; nodes are marked by 2 in the low bits of a pointer), a radix tree before (marked by 1).
 * Of the older trees a base, too, came later than 4.15 (6ce711f27500).
 */
struct radix_tree_node {
	unsigned char shift;
	void *slots[64];
} __attribute__((preserve_access_index));

struct radix_tree_root {
	void *rnode;
} __attribute__((preserve_access_index));

struct idr___before_4_20 {
	struct radix_tree_root idr_rt;
} __attribute__((preserve_access_index));

static __always_inline bool compat__is_xarray(void)
{
	return bpf_core_field_exists(struct xarray, xa_head) && bpf_core_field_exists(struct idr, idr_rt.xa_head);
}

static __always_inline __u64 compat__idr_root(struct idr *idr)
{
	struct idr___before_4_20 *old = (void *)idr;

	if (compat__is_xarray())
		return (__u64)BPF_CORE_READ(idr, idr_rt.xa_head);
	return (__u64)BPF_CORE_READ(old, idr_rt.rnode);
}

static __always_inline __u32 compat__idr_base(struct idr *idr)
{
	return bpf_core_field_exists(idr->idr_base) ? BPF_CORE_READ(idr, idr_base) : 0;
}

/* One level down: what is in a node for `index`. Sets the node's shift. */
static __always_inline __u64 compat__idr_next(__u64 entry, __u32 index, __u32 *shift)
{
	struct xa_node *node = (void *)(entry & ~3ULL);
	struct radix_tree_node *old = (void *)node;
	void **slot;
	__u64 next = 0;

	if (compat__is_xarray()) {
		*shift = BPF_CORE_READ(node, shift) & 31;
		slot = node->slots + ((index >> *shift) & 63);
	} else {
		*shift = BPF_CORE_READ(old, shift) & 31;
		slot = old->slots + ((index >> *shift) & 63);
	}
	bpf_probe_read_kernel(&next, sizeof(next), slot);
	return next;
}

/* Start of the process; start_boottime was real_start_time before 5.5 (cf25e24db61c). */
struct task_struct___before_5_5 {
	__u64 real_start_time;
} __attribute__((preserve_access_index));

static __always_inline __u64 compat__start(struct task_struct *leader)
{
	struct task_struct___before_5_5 *old = (void *)leader;

	if (bpf_core_field_exists(leader->start_boottime))
		return READ(leader, start_boottime);
	return BPF_CORE_READ(old, real_start_time);
}

#endif
