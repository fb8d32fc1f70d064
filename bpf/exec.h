/* SPDX-License-Identifier: GPL-2.0-only */
/* An exec between its begin and its end: the program's name. */
#ifndef EBPF_AUDIT_EXEC_H
#define EBPF_AUDIT_EXEC_H

#include "enter.h"
#include "leave.h"

/*
 * Where the name that getname() read begins in bprm->filename: execveat() with a descriptor puts "/dev/fd/N/" before a
 * relative name and "/dev/fd/N" in place of an empty one (alloc_bprm() in fs/exec.c).
 */
static __always_inline __u32 exec__name_offset(const char *filename, const struct inflight *call)
{
	const __u32 prefix = 8; /* "/dev/fd/" */
	char head[24] = {};

	if (!(call->unread & 2) || (__s32)call->args[0] == -100 /* AT_FDCWD */)
		return 0;
	bpf_probe_read_kernel_str(head, sizeof(head), filename);
	if (head[0] != '/' || head[1] != 'd' || head[2] != 'e' || head[3] != 'v' || head[4] != '/' || head[5] != 'f' ||
	    head[6] != 'd' || head[7] != '/')
		return 0;
	for (__u32 i = prefix; i < sizeof(head); i++) {
		if (head[i] == '/')
			return i + 1;
		if (!head[i])
			return i;
	}
	return 0;
}

/*
 * An exec of bprm->filename has succeeded. That copy of the program's name is what getname() read; the memory that it was in is another program's
 * now.
 */
static __always_inline int stage__exec(struct task_struct *task, const char *filename)
{
	__u64 key = (__u64)task;
	struct inflight *call = leave__call(task);
	struct entry_memory *entry = memory_of(&entry_memory, 1);

	if (!call || !entry || !(call->unread & 3) || call->used > INFLIGHT_INLINE)
		return 0;
	entry->call = *call;
	__builtin_memcpy(entry->sections, call->sections, INFLIGHT_INLINE);

	struct aw_section *head = entry__room(entry, AW_PATH_MAX);

	if (!head)
		return 0;
	long length = bpf_probe_read_kernel_str(head + 1, AW_PATH_MAX, filename + exec__name_offset(filename, call));

	if (length <= 0)
		return 0;
	entry__section(entry, head, AW_SECTION_PATHNAME, call->unread & 1 ? 0 : 1, 0, length - 1);
	if (entry->call.used > INFLIGHT_INLINE) {
		if (inflight__keep_long(call, key, entry))
			return 0;
		call->flags |= INFLIGHT_LONG;
	} else {
		__builtin_memcpy(call->sections, entry->sections, INFLIGHT_INLINE);
	}
	call->used = entry->call.used;
	call->unread = 0;
	return 0;
}

#endif
