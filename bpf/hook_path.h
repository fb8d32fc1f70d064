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

/* A path on its way up, as far as it has come. */
struct hook_path {
	struct dentry *dentry;
	struct vfsmount *vfsmount;
	struct dentry *root_dentry;
	struct vfsmount *root_vfsmount;
	__u32 length;
	bool is_whole;
};

/* One step up of prepend_path() (fs/d_path.c), its part behind the text at `text`. Returns whether there is more to do. */
static __always_inline bool hook_path__up(struct hook_path *path, __u8 *text)
{
	struct dentry *dentry = path->dentry;
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

	path->is_whole = dentry == path->root_dentry && path->vfsmount == path->root_vfsmount;
	if (path->is_whole)
		return false;
	if (dentry == BPF_CORE_READ(path->vfsmount, mnt_root)) {
		struct mount *mount = path__mount(path->vfsmount);
		struct mount *above = BPF_CORE_READ(mount, mnt_parent);

		/* The root of the mount namespace, or a mount that has been detached. */
		path->is_whole = above == mount;
		path->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		path->vfsmount = (void *)above + bpf_core_field_offset(struct mount, mnt);
		return !path->is_whole;
	}
	if (dentry == parent || path->length > HOOK_PATH_TEXT)
		return false;
	__u32 count = BPF_CORE_READ(dentry, d_name.len) & 255;
	__u8 *to = text + MASKED(path->length, HOOK_PATH_TEXT);

	bpf_probe_read_kernel(to, count, BPF_CORE_READ(dentry, d_name.name));
	to[MASKED(count, 255)] = '/';
	path->length += count + 1;
	path->dentry = parent;
	return true;
}

/*
 * Notes the path that the running task's trace has put aside. A function of its own, which the verifier looks at once; it is given nothing, because
 * such a function takes no pointers, and what has a type for the verifier becomes a number only by way of a map.
 */
__noinline int hook_path__walk(void)
{
	struct trace *trace = trace__current();

	if (!trace || trace->is_cut || trace->used >= HOOK_PATH_STEPS)
		return 0;
	struct aw_section *head = (void *)&trace->steps[MASKED(trace->used, HOOK_PATH_STEPS - 1)];
	struct aw_step_path *step = (void *)(head + 1);
	struct task_struct *task = (void *)bpf_get_current_task();
	struct hook_path path = {
		.dentry = (void *)trace->path_dentry,
		.vfsmount = (void *)trace->path_vfsmount,
		.root_dentry = BPF_CORE_READ(task, fs, root.dentry),
		.root_vfsmount = BPF_CORE_READ(task, fs, root.mnt),
	};
	struct inode *inode = BPF_CORE_READ(path.dentry, d_inode);

	/* What never had a name: pipes and the like, by way of /proc/self/fd. */
	if (!inode || BPF_CORE_READ(path.dentry, d_op, d_dname))
		return 0;
	__u32 dev = BPF_CORE_READ(inode, i_sb, s_dev);

	step->inode = BPF_CORE_READ(inode, i_ino);
	step->dev_major = dev >> 20;
	step->dev_minor = dev & 0xfffff;
	for (int i = 0; i < HOOK_PATH_PARTS; i++)
		if (!hook_path__up(&path, (void *)(step + 1)))
			break;
	if (!path.is_whole)
		trace->is_path_cut = true;
	trace__step(trace, head, AW_STEP_PATH, path.is_whole ? 0 : AW_CUT, sizeof(*step) + path.length);
	return 0;
}

/* Notes the path of `dentry` below `vfsmount`, when a rule asks. */
static __always_inline void hook__path(struct trace *trace, struct dentry *dentry, struct vfsmount *vfsmount)
{
	if (!trace->has_paths)
		return;
	trace->path_dentry = (__u64)dentry;
	trace->path_vfsmount = (__u64)vfsmount;
	hook_path__walk();
}

#endif
