/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths as the kernel's d_path() prints them (fs/d_path.c): from the task's root, " (deleted)" behind a name that
 * is gone, and a made-up name for files that never had one.
 */
#ifndef EBPF_AUDIT_PATH_H
#define EBPF_AUDIT_PATH_H

#include "kernel_compat.h"
#include "maps.h"

#define ENAMETOOLONG 36

/* PATH_MAX / 2: the most components a path can have. */
#define PATH_COMPONENTS_MAX 2048

static __always_inline struct mount *path__mount(struct vfsmount *vfsmount)
{
	return (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
}

/* Puts `length` bytes at `from`, a '/' before them, in front of the text. Returns 0 when there is no room. */
static __always_inline int path__prepend(struct path_walk *walk, const unsigned char *from, __u32 length)
{
	__u64 start = walk->start;
	__u64 bytes = MASKED(length, 255); /* NAME_MAX */

	if (start > PATH_TEXT_MAX || start < bytes + 1) {
		walk->error = ENAMETOOLONG;
		return 0;
	}
	start = MASKED(start - bytes - 1, 2 * AW_PATH_MAX - 1);
	walk->text[start] = '/';
	bpf_probe_read_kernel(&walk->text[start + 1], bytes, from);
	walk->start = start;
	return 1;
}

/* One step up of prepend_path(). Returns 1 while there is more to do. */
static __always_inline int path__up(struct path_walk *walk)
{
	struct dentry *dentry = (void *)walk->dentry;
	struct vfsmount *vfsmount = (void *)walk->vfsmount;

	if (walk->dentry == walk->root_dentry && walk->vfsmount == walk->root_vfsmount)
		return 0;

	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

	if (dentry == BPF_CORE_READ(vfsmount, mnt_root)) {
		struct mount *mount = path__mount(vfsmount);
		struct mount *above = BPF_CORE_READ(mount, mnt_parent);

		if (above == mount)
			return 0; /* the root of the mount namespace, or a mount that has been detached */
		walk->dentry = (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
		walk->vfsmount = (__u64)above + bpf_core_field_offset(struct mount, mnt);
		return 1;
	}
	if (dentry == parent)
		return 0; /* not connected to a root (yet) */
	if (!path__prepend(walk, BPF_CORE_READ(dentry, d_name.name), BPF_CORE_READ(dentry, d_name.len)))
		return 0;
	walk->dentry = (__u64)parent;
	return 1;
}

/* Puts " (deleted)" behind a path that is about to be walked. */
static __always_inline void path__mark_deleted(struct path_walk *walk)
{
	const __u32 length = 10;
	__u8 *mark = &walk->text[PATH_TEXT_MAX - length];

	walk->start = PATH_TEXT_MAX - length;
	/* No string: clang puts even an unused one into a section of read-only data. */
	mark[0] = ' ';
	mark[1] = '(';
	mark[2] = 'd';
	mark[3] = 'e';
	mark[4] = 'l';
	mark[5] = 'e';
	mark[6] = 't';
	mark[7] = 'e';
	mark[8] = 'd';
	mark[9] = ')';
}

#ifdef TIER_STAGED

static __always_inline int path__start(struct path_walk *walk, struct dentry *dentry, struct vfsmount *vfsmount,
				       struct dentry *root_dentry)
{
	return 1;
}

#else

/* Components that are walked by plain loads; paths are seldom deeper. */
#define PATH_COMPONENTS_TYPED 16

/* Words of a short name that are copied by plain loads. */
#define PATH_SHORT_WORDS 4

/*
 * Where in a dentry its short name is: behind the inode (include/linux/dcache.h, seen on 5.8 to 7.3; it has had several names). Where that is
 * not so the name's address says so, and nothing is copied from there.
 */
static __always_inline __u64 path__short_name(void)
{
	return bpf_core_field_offset(struct dentry, d_inode) + sizeof(struct inode *);
}

/*
 * path__prepend() with the name of a dentry that plain loads reach. A name that is in the dentry itself, as nearly all are, is copied by
 * words, a third of what a call of bpf_probe_read_kernel() costs.
 */
static __always_inline int path__prepend_name(struct path_walk *walk, struct dentry *dentry)
{
	__u64 length = READ(dentry, d_name.len);
	const unsigned char *name = READ(dentry, d_name.name);
	__u64 start = walk->start;

	if (!read__is_typed() || length >= 8 * PATH_SHORT_WORDS || (__u64)name != (__u64)dentry + path__short_name())
		return path__prepend(walk, name, length);
	if (start > PATH_TEXT_MAX || start < length + 1) {
		walk->error = ENAMETOOLONG;
		return 0;
	}
	start = MASKED(start - length - 1, 2 * AW_PATH_MAX - 1);
	walk->text[start] = '/';
	for (__u32 i = 0; i < PATH_SHORT_WORDS; i++) {
		if (length <= 8 * i)
			break;
		/* The text grows towards its beginning, so the bytes behind the name are already there. */
		__u64 keep = length - 8 * i >= 8 ? 0 : ~0ULL << 8 * (length - 8 * i);
		__u64 *to = (void *)&walk->text[start + 1 + 8 * i];

		*to = (*to & keep) | (*(__u64 *)((void *)dentry + path__short_name() + 8 * i) & ~keep);
	}
	walk->start = start;
	return 1;
}

/*
 * The first steps of a walk by plain loads, up to the root, a mount point (the structure around a vfsmount cannot be reached with a
 * typed pointer) or PATH_COMPONENTS_TYPED. Returns 1 while there is more to do: path__step() goes on from there.
 */
static __always_inline int path__start(struct path_walk *walk, struct dentry *dentry, struct vfsmount *vfsmount,
				       struct dentry *root_dentry)
{
	struct dentry *top = READ(vfsmount, mnt_root);
	bool is_root_mount = walk->vfsmount == walk->root_vfsmount;

	for (int i = 0; i < PATH_COMPONENTS_TYPED; i++) {
		if (is_root_mount && dentry == root_dentry)
			return 0;
		if (dentry == top)
			break;
		struct dentry *parent = READ(dentry, d_parent);

		if (dentry == parent)
			return 0;
		if (!path__prepend_name(walk, dentry))
			return 0;
		dentry = parent;
	}
	walk->dentry = (__u64)dentry;
	return 1;
}

#endif

/*
 * Begins the walk of the path of `dentry` and `vfsmount` as seen by `task`. Returns 1 when there is a way up to go before
 * path__end().
 */
static __always_inline int path__begin(struct path_walk *walk, struct task_struct *task, struct dentry *dentry,
				       struct vfsmount *vfsmount)
{
	struct fs_struct *fs = READ(task, fs);
	struct dentry *root_dentry = READ(fs, root.dentry);

	walk->dentry = (__u64)dentry;
	walk->vfsmount = (__u64)vfsmount;
	walk->root_dentry = (__u64)root_dentry;
	walk->root_vfsmount = (__u64)READ(fs, root.mnt);
	walk->start = PATH_TEXT_MAX;
	walk->error = 0;
	if (READ(dentry, d_op, d_dname)) {
		/* simple_dname(): memfd and shared memory; the only ones among them that can be executed or entered. */
		path__mark_deleted(walk);
		path__prepend(walk, READ(dentry, d_name.name), READ(dentry, d_name.len));
		return 0;
	}
	if (!READ(dentry, d_hash.pprev) && dentry != READ(dentry, d_parent))
		path__mark_deleted(walk); /* d_unlinked() */
	return path__start(walk, dentry, vfsmount, root_dentry);
}

/* After the walk: text[start .. PATH_TEXT_MAX) is the path, or error says why there is none. */
static __always_inline void path__end(struct path_walk *walk)
{
	if (!walk->error && (walk->start >= PATH_TEXT_MAX || walk->text[walk->start & (2 * AW_PATH_MAX - 1)] != '/'))
		path__prepend(walk, NULL, 0); /* the root itself */
}

#ifndef TIER_STAGED

/* A function of its own, so that the verifier checks it once and the loop over it may be as long as a path can be. */
__noinline int path__step(__u32 kind)
{
	struct working_memory *memory = memory_of(&working_memory, kind);

	return memory ? path__up(&memory->walk) : 0;
}

#define PATH_STEPS 64

/* PATH_STEPS of them, since the verifier goes through each round of a loop: 64 and 64 are less than 4,096. */
__noinline int path__steps(__u32 kind)
{
	for (int i = 0; i < PATH_STEPS; i++)
		if (!path__step(kind))
			return 0;
	return 1;
}

/* All the way up from where the walk in the memory of program `kind` stands. */
static __always_inline void path__climb(__u32 kind)
{
	for (int i = 0; i < 2 * PATH_COMPONENTS_MAX / PATH_STEPS; i++)
		if (!path__steps(kind))
			break;
}

/* Paths of the running task. */
enum path_of {
	PATH_OF_EXE,
	PATH_OF_DIRECTORY,
};

/*
 * Walks a path of the running task, in the memory of program `kind`. Returns 0 when there is none. A function of its own, that finds the
 * path itself, so that the verifier checks it once and not at each place that calls it.
 */
__noinline int path__walk(__u32 which, __u32 kind)
{
	struct task_struct *task = task__current();
	struct working_memory *memory = memory_of(&working_memory, kind);
	struct dentry *dentry;
	struct vfsmount *vfsmount;

	if (!memory)
		return 0;
	if (which == PATH_OF_EXE) {
		struct file *exe = READ(task, mm, exe_file);

		if (!exe)
			return 0;
		dentry = READ(exe, f_path.dentry);
		vfsmount = READ(exe, f_path.mnt);
	} else {
		struct fs_struct *fs = READ(task, fs);

		dentry = READ(fs, pwd.dentry);
		vfsmount = READ(fs, pwd.mnt);
	}
	if (path__begin(&memory->walk, task, dentry, vfsmount))
		path__climb(kind);
	path__end(&memory->walk);
	return 1;
}

/* The path of the running task, or NULL. */
static __always_inline struct path_walk *path__walked(__u32 which, __u32 kind)
{
	struct working_memory *memory = path__walk(which, kind) ? memory_of(&working_memory, kind) : NULL;

	return memory ? &memory->walk : NULL;
}

#endif

#endif
