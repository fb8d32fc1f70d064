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

/*
 * The directories of the file that is `role` to the call, by the descriptor where it has one. Not by names: audit's marks are on inodes, and up to
 * the root of the file system (handle_path(), kernel/auditsc.c).
 */
__noinline int asked__ancestors(__u32 slot, __u32 role, __u32 descriptor)
{
	struct record_memory *record = memory_of(&record_memory, slot);
	struct task_struct *task = task__current();
	struct file *file;

	if (!record || !RECORD_ROOM(record, (AW_ANCESTORS_MAX + 1) * sizeof(__u64)))
		return 0;
	if (role == AW_ROLE_EXECUTABLE)
		file = READ(task, mm, exe_file);
	else
		file = task__file(task, descriptor);
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

static __always_inline void asked__add(struct record_memory *record, __u32 slot, const struct inflight *call, long ret)
{
	if (control_wanted & ASC_WANTED_PROGRAM)
		asked__program(slot);
	if (!(control_wanted & ASC_WANTED_ANCESTORS))
		return;
	if (call->shape.fd_arg != ASH_NO_ARGUMENT)
		asked__ancestors(slot, AW_ROLE_DESCRIPTOR, call->shape.fd_arg == 0 ? call->args[0] : call->args[1]);
	if (record->flags & AW_FLAG_STEPS)
		return;
	if (call->shape.flags & ASH_RESULT_FD && ret >= 0)
		asked__ancestors(slot, AW_ROLE_RESULT, ret);
	if (call->shape.flags & ASH_EXEC && ret == 0)
		asked__ancestors(slot, AW_ROLE_EXECUTABLE, 0);
}

#endif
