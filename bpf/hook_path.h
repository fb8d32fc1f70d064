/* SPDX-License-Identifier: GPL-2.0-only */
/* Path hooks: the path of what a name has led to, for rules that ask for it (x-path). */
#ifndef EBPF_AUDIT_HOOK_PATH_H
#define EBPF_AUDIT_HOOK_PATH_H

#include "path.h"
#include "trace.h"

/* Components and mounts on the way up. */
#define HOOK_PATH_PARTS 64
/* The text of a path goes on with another part while it is no longer than this. */
#define HOOK_PATH_TEXT 255
/* Where a path's step may begin: the rest is for what records are made of. A power of two; two paths of the greatest length fit. */
#define HOOK_PATH_STEPS 1024

_Static_assert(HOOK_PATH_TEXT + 1 + 255 <= AW_STEP_PATH_MAX, "a part more fits");
_Static_assert(HOOK_PATH_STEPS + sizeof(struct aw_section) + sizeof(struct aw_step_path) + AW_STEP_PATH_MAX <= TRACE_STEPS,
	       "a path ends where a step may begin");

/* Where the step of the trace's path is to be; only while trace->used is below HOOK_PATH_STEPS. */
static __always_inline struct aw_section *hook_path__room(struct trace *trace)
{
	return (void *)&trace->steps[MASKED(trace->used, HOOK_PATH_STEPS - 1)];
}

/*
 * One step up of prepend_path() (fs/d_path.c), its part behind the text so far. Returns 1 while there is more to do. A function of its own, so that
 * the verifier checks it once and not for every round of the loop.
 */
__noinline int hook_path__step(void)
{
	struct trace *trace = trace__current();

	if (!trace)
		return 0;
	struct trace_path *path = &trace->path;
	struct dentry *dentry = (void *)path->dentry;
	struct vfsmount *vfsmount = (void *)path->vfsmount;
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

	if (path->dentry == path->root_dentry && path->vfsmount == path->root_vfsmount) {
		path->is_whole = true;
		return 0;
	}
	if (dentry == BPF_CORE_READ(vfsmount, mnt_root)) {
		struct mount *mount = path__mount(vfsmount);
		struct mount *above = BPF_CORE_READ(mount, mnt_parent);

		if (above == mount) {
			path->is_whole = true; /* the root of the mount namespace, or a mount that has been detached */
			return 0;
		}
		path->dentry = (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
		path->vfsmount = (__u64)above + bpf_core_field_offset(struct mount, mnt);
		return 1;
	}
	__u32 length = path->length;

	if (dentry == parent || length > HOOK_PATH_TEXT)
		return 0;
	__u32 count = MASKED(BPF_CORE_READ(dentry, d_name.len), 255);
	struct aw_step_path *step = (void *)(hook_path__room(trace) + 1);
	__u8 *to = (__u8 *)(step + 1) + MASKED(length, HOOK_PATH_TEXT);

	bpf_probe_read_kernel(to, count, BPF_CORE_READ(dentry, d_name.name));
	to[count] = '/';
	path->length = length + count + 1;
	path->dentry = (__u64)parent;
	return 1;
}

/*
 * Notes the path that the running task's trace has put aside. It is given nothing, because a function that the verifier looks at by itself takes no
 * pointers, and what has a type for the verifier becomes a number only by way of a map.
 */
__noinline int hook_path__walk(void)
{
	struct trace *trace = trace__current();

	if (!trace || trace->is_cut || trace->used >= HOOK_PATH_STEPS)
		return 0;
	struct trace_path *path = &trace->path;
	struct task_struct *task = (void *)bpf_get_current_task();
	struct dentry *dentry = (void *)path->dentry;
	struct inode *inode = BPF_CORE_READ(dentry, d_inode);

	/* What never had a name: pipes and the like, by way of /proc/self/fd. */
	if (!inode || BPF_CORE_READ(dentry, d_op, d_dname))
		return 0;
	struct aw_section *head = hook_path__room(trace);
	struct aw_step_path *step = (void *)(head + 1);
	__u32 dev = BPF_CORE_READ(inode, i_sb, s_dev);

	step->inode = BPF_CORE_READ(inode, i_ino);
	step->dev_major = dev >> 20;
	step->dev_minor = dev & 0xfffff;
	path->root_dentry = (__u64)BPF_CORE_READ(task, fs, root.dentry);
	path->root_vfsmount = (__u64)BPF_CORE_READ(task, fs, root.mnt);
	path->length = 0;
	path->is_whole = false;
	for (int i = 0; i < HOOK_PATH_PARTS; i++)
		if (!hook_path__step())
			break;
	if (!path->is_whole)
		trace->is_path_cut = true;
	trace__step(trace, head, AW_STEP_PATH, path->is_whole ? 0 : AW_CUT, sizeof(*step) + path->length);
	return 0;
}

/* Notes the path of `dentry` below `vfsmount`, when a rule asks. */
static __always_inline void hook__path(struct trace *trace, struct dentry *dentry, struct vfsmount *vfsmount)
{
	if (!trace->has_paths)
		return;
	trace->path.dentry = (__u64)dentry;
	trace->path.vfsmount = (__u64)vfsmount;
	hook_path__walk();
}

#endif
