/* SPDX-License-Identifier: GPL-2.0-only */
/* What events carry only because a rule asks for it (control_wanted): whose program it is, and in which directories the files are. */
#ifndef EBPF_AUDIT_ASKED_H
#define EBPF_AUDIT_ASKED_H

#include "record.h"
#include "task.h"

/* audit_exe_compare(). A function of its own, which the verifier looks at once. */
__noinline int asked__program(__u32 slot)
{
	struct record_memory *record = memory_of(&record_memory, slot);
	struct task_struct *task = task__current();

	if (!record)
		return 0;
	struct file *file = READ(task, mm, exe_file);

	if (file)
		record__object(record, BPF_CORE_READ(file, f_path.dentry), AW_ROLE_PROGRAM, 0);
	return 0;
}

/* The file that is `role` to the call, by the descriptor where it has one; or NULL. */
static __always_inline struct file *asked__file(struct task_struct *task, __u32 role, __u32 descriptor)
{
	if (role == AW_ROLE_EXECUTABLE)
		return READ(task, mm, exe_file);
	return task__file(task, descriptor);
}

/*
 * The directories of that file. Not by names: audit's marks are on inodes, and up to the root of the file system (handle_path(),
 * kernel/auditsc.c).
 */
__noinline int asked__ancestors(__u32 slot, __u32 role, __u32 descriptor)
{
	struct record_memory *record = memory_of(&record_memory, slot);

	if (!record || !RECORD_ROOM(record, (AW_ANCESTORS_MAX + 1) * sizeof(__u64)))
		return 0;
	struct file *file = asked__file(task__current(), role, descriptor);

	if (!file)
		return 0;
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	__u64 *to = (void *)RECORD_NEXT(record);

	for (__u32 i = 0; i <= AW_ANCESTORS_MAX; i++) {
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

		to[i] = BPF_CORE_READ(dentry, d_inode, i_ino);
		if (parent == dentry) {
			record__section(record, AW_SECTION_ANCESTORS, role, 0, (i + 1) * sizeof(__u64));
			return 0;
		}
		dentry = parent;
	}
	return 0;
}

/* The path of that file, walked in the memory of program `kind`. */
__noinline int asked__path(__u32 slot, __u32 role, __u32 descriptor, __u32 kind)
{
	struct record_memory *record = memory_of(&record_memory, slot);
	struct working_memory *memory = memory_of(&working_memory, kind);
	struct task_struct *task = task__current();

	if (!record || !memory)
		return 0;
	struct file *file = asked__file(task, role, descriptor);

	if (!file)
		return 0;
	struct path_walk *walk = &memory->walk;
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct fs_struct *fs = READ(task, fs);

	if (!dentry || BPF_CORE_READ(dentry, d_op, d_dname))
		return 0;
	walk->dentry = (__u64)dentry;
	walk->vfsmount = (__u64)BPF_CORE_READ(file, f_path.mnt);
	walk->root_dentry = (__u64)READ(fs, root.dentry);
	walk->root_vfsmount = (__u64)READ(fs, root.mnt);
	walk->start = PATH_TEXT_MAX;
	walk->error = 0;
	path__climb(kind);
	path__end(walk);
	if (walk->error)
		return 0; /* there is the name */
	struct aw_section *head = (void *)&record->data[record->used & (AW_RECORD_MAX - 1)];
	__u32 before = record->used;

	record__walked(record, AW_SECTION_OBJECT_PATH, walk);
	if (record->used != before)
		head->detail = role;
	return 0;
}

/* What is asked of the file that is `role` to the call. */
static __always_inline void asked__object(__u32 slot, __u32 kind, __u32 role, __u32 descriptor, bool has_steps)
{
	if (control_wanted & ASC_WANTED_PATHS)
		asked__path(slot, role, descriptor, kind);
	if (control_wanted & ASC_WANTED_ANCESTORS && !has_steps)
		asked__ancestors(slot, role, descriptor);
}

/* Below it are descriptors only: vm.mmap_min_addr keeps the first pages free, and fs.nr_open is at most 2^30 but seldom more than this. */
#define FIRST_ADDRESS (1 << 20)

/*
 * The path of the directory at which the name in argument `n` + 1 begins, when it is relative and argument `n` a descriptor. mount(2) and the like
 * have an address there, and AT_FDCWD is no descriptor.
 */
static __always_inline void asked__directory(__u32 slot, __u32 kind, const struct inflight *call, __u32 n)
{
	char first = '/';

	if (!(call->shape.paths & 2 << n) || call->args[n] >= FIRST_ADDRESS)
		return;
	bpf_probe_read_user(&first, sizeof(first), (void *)call->args[n + 1]);
	if (first != '/')
		asked__path(slot, AW_ROLE_DIRECTORY + n, call->args[n], kind);
}

static __always_inline void asked__add(struct record_memory *record, __u32 slot, __u32 kind, const struct inflight *call, long ret)
{
	bool has_steps = record->flags & AW_FLAG_STEPS;

	if (control_wanted & ASC_WANTED_PROGRAM)
		asked__program(slot);
	if (!(control_wanted & (ASC_WANTED_ANCESTORS | ASC_WANTED_PATHS)))
		return;
	/* By the path rules find directories, too, where nothing tells of their inodes. */
	if (control_wanted & ASC_WANTED_PATHS || !has_steps) {
		asked__directory(slot, kind, call, 0);
		asked__directory(slot, kind, call, 1);
		asked__directory(slot, kind, call, 2);
		asked__directory(slot, kind, call, 3);
	}
	/* Of a descriptor's file the steps do not tell. */
	if (call->shape.fd_arg != ASH_NO_ARGUMENT)
		asked__object(slot, kind, AW_ROLE_DESCRIPTOR, call->shape.fd_arg == 0 ? call->args[0] : call->args[1], false);
	if (call->shape.flags & ASH_RESULT_FD && ret >= 0)
		asked__object(slot, kind, AW_ROLE_RESULT, ret, has_steps);
	if (call->shape.flags & ASH_EXEC && ret == 0)
		asked__object(slot, kind, AW_ROLE_EXECUTABLE, 0, has_steps);
}

#endif
