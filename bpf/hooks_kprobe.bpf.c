/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Path hooks by breakpoint, for kernels and functions that trampolines cannot be had on: the same as hooks_fentry.bpf.c. A function that
 * returns has lost its arguments, so what its leave_X needs is kept in the trace by its enter_X.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include "read.h"

#define PEEK(source, ...) BPF_CORE_READ(source, __VA_ARGS__)

#include "hooks.h"

char LICENSE[] SEC("license") = "GPL";

/* The first parameters and the result: the processor's calling convention. */
#if defined(__TARGET_ARCH_x86)
#define PARAMETERS(frame) { LOAD((frame)->di), LOAD((frame)->si), LOAD((frame)->dx), LOAD((frame)->cx) }
#define RESULT(frame) ((frame)->ax)
#elif defined(__TARGET_ARCH_arm64)
#define PARAMETERS(frame) { LOAD((frame)->regs[0]), LOAD((frame)->regs[1]), LOAD((frame)->regs[2]), LOAD((frame)->regs[3]) }
#define RESULT(frame) ((frame)->regs[0])
#endif

/* Volatile, so that each is a load of its own: the verifier takes no computed address of a program's context. */
#define LOAD(member) (*(const volatile unsigned long *)&(member))

/* Behind the mount's id mapping, where the function has one. */
#define DIRECTORY (hook__has_mapping() ? p[1] : p[0])
#define CHILD     (hook__has_mapping() ? p[2] : p[1])

static __always_inline void save(struct trace *trace, enum hook hook, __u64 first, __u64 second)
{
	__u32 level = trace->depth[hook];

	trace->depth[hook] = level + 1;
	if (level >= TRACE_DEPTH)
		return;
	level &= TRACE_DEPTH - 1;
	trace->saved[hook][level][0] = first;
	trace->saved[hook][level][1] = second;
}

/* What save() was given for the call that returns; false when there is none, or too many are within each other. */
static __always_inline bool restore(struct trace *trace, enum hook hook, __u64 values[2])
{
	__u32 level = trace->depth[hook];

	if (!level)
		return false;
	level -= 1;
	trace->depth[hook] = level;
	if (level >= TRACE_DEPTH)
		return false;
	level &= TRACE_DEPTH - 1;
	values[0] = trace->saved[hook][level][0];
	values[1] = trace->saved[hook][level][1];
	return true;
}

/* enter_X: what it does has `trace`, and the parameters in `p`. */
#define ENTER(function, ...)                                \
	SEC("kprobe")                                       \
	int enter_##function(struct pt_regs *ctx)           \
	{                                                   \
		struct trace *trace = trace__current();     \
		if (trace) {                                \
			__u64 p[] = PARAMETERS(ctx);        \
			__VA_ARGS__;                        \
		}                                           \
		return 0;                                   \
	}

/* leave_X: what it does has `trace`, what enter_X has saved as `saved`, and the result. */
#define LEAVE(function, hook, ...)                                             \
	SEC("kretprobe")                                                       \
	int leave_##function(struct pt_regs *ctx)                              \
	{                                                                      \
		struct trace *trace = trace__current();                        \
		__u64 saved[2], result = RESULT(ctx);                          \
		if (trace && restore(trace, hook, saved)) {                    \
			__VA_ARGS__;                                           \
		}                                                              \
		return 0;                                                      \
	}

ENTER(do_getname, save(trace, HOOK_DO_GETNAME, p[0], 0))
LEAVE(do_getname, HOOK_DO_GETNAME, {
	if (hook__is_pointer(result))
		hook__read(trace, result + bpf_core_field_offset(struct filename, iname), saved[0]);
})

ENTER(filename_lookup, save(trace, HOOK_FILENAME_LOOKUP, p[1], p[3]))
LEAVE(filename_lookup, HOOK_FILENAME_LOOKUP,
      hook__looked_up(trace, (void *)saved[0], (void *)saved[1], hook__failed(HOOK_FILENAME_LOOKUP, result), 0))

ENTER(filename_parentat, save(trace, HOOK_FILENAME_PARENTAT, p[1], p[3]))
LEAVE(filename_parentat, HOOK_FILENAME_PARENTAT,
      hook__looked_up(trace, (void *)saved[0], (void *)saved[1], hook__failed(HOOK_FILENAME_PARENTAT, result), AW_STEP_PARENT))

ENTER(path_parentat, {
	struct nameidata *nd = (void *)p[0];

	save(trace, HOOK_PATH_PARENTAT, (__u64)PEEK(nd, name), p[2]);
})
LEAVE(path_parentat, HOOK_PATH_PARENTAT, {
	if (!hook__is_tried_again(result))
		hook__looked_up(trace, (void *)saved[0], (void *)saved[1], (__s32)result < 0, AW_STEP_PARENT);
})

ENTER(do_filp_open, {
	hook__open(trace, (void *)p[1], (void *)p[2]);
	save(trace, HOOK_DO_FILP_OPEN, p[1], 0);
})
LEAVE(do_filp_open, HOOK_DO_FILP_OPEN, hook__opened(trace, (void *)saved[0], result))

ENTER(terminate_walk, hook__walk(trace, (void *)p[0]))

SEC("kretprobe")
int leave_d_lookup(struct pt_regs *ctx)
{
	struct trace *trace = trace__current();

	if (trace)
		hook__cached(trace, (void *)RESULT(ctx));
	return 0;
}

ENTER(may_delete, {
	hook__may_delete(trace, (void *)DIRECTORY, (void *)CHILD);
	save(trace, HOOK_MAY_DELETE, CHILD, 0);
})
LEAVE(may_delete, HOOK_MAY_DELETE, {
	if (!hook__failed(HOOK_MAY_DELETE, result))
		hook__may_be_deleted(trace, (void *)saved[0]);
})

#define MAKER(function, hook, directory, dentry)                                                       \
	ENTER(function, {                                                                              \
		hook__made(trace, (void *)(directory), (void *)(dentry));                              \
		save(trace, hook, directory, dentry);                                                  \
	})                                                                                             \
	LEAVE(function, hook, {                                                                        \
		if (!hook__failed(hook, result))                                                       \
			hook__dentry(trace, AW_STEP_CREATE, (void *)saved[0], (void *)saved[1]);       \
	})

static __always_inline __u64 directory_of(__u64 address)
{
	struct dentry *dentry = (void *)address;

	return (__u64)PEEK(dentry, d_parent, d_inode);
}

MAKER(vfs_mkdir, HOOK_VFS_MKDIR, DIRECTORY, CHILD)
MAKER(vfs_mknod, HOOK_VFS_MKNOD, DIRECTORY, CHILD)
MAKER(vfs_symlink, HOOK_VFS_SYMLINK, DIRECTORY, CHILD)
MAKER(vfs_link, HOOK_VFS_LINK, hook__has_mapping() ? p[2] : p[1],
      hook__has_mapping() ? p[3] : p[2])
MAKER(vfs_mkobj, HOOK_VFS_MKOBJ, directory_of(p[0]), p[0])

#define IS_NEW_CREATE (hook__has_mapping() && setting_arity[HOOK_VFS_CREATE] == 4)
MAKER(vfs_create, HOOK_VFS_CREATE, IS_NEW_CREATE ? directory_of(p[1]) : DIRECTORY,
      IS_NEW_CREATE ? p[1] : CHILD)

ENTER(vfs_rename, {
	hook__rename(trace, (void *)p[0]);
	save(trace, HOOK_VFS_RENAME, p[0], 0);
})
LEAVE(vfs_rename, HOOK_VFS_RENAME, {
	if (!hook__failed(HOOK_VFS_RENAME, result))
		hook__renamed(trace, (void *)saved[0]);
})

SEC("kprobe")
int enter_audit_signal_info(struct pt_regs *ctx)
{
	__u64 p[] = PARAMETERS(ctx);

	return special__signalled((void *)p[1], true);
}
