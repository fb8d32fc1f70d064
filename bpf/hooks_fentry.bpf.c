/* SPDX-License-Identifier: GPL-2.0-only */
/* Path hooks by trampoline (fentry, fexit). Hooks.c loads those whose functions this kernel has; enter_X and leave_X are on function X. */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include "read.h"

#define PEEK(source, ...) READ(source, __VA_ARGS__)

#include "hooks.h"

char LICENSE[] SEC("license") = "GPL";

/*
 * Parameter `n` of the function, or the result behind the last one. By an instruction of its own, because which one it is depends on
 * the kernel, and the verifier of older ones wants the offset in the load itself, where the compiler would compute it.
 */
#define ARGUMENT(ctx, n)                                                                                 \
	({                                                                                               \
		__u64 value;                                                                             \
		asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(value) : "r"(ctx), "i"(8 * (n)));           \
		value;                                                                                   \
	})
#define ARGUMENT_AFTER_MAPPING(ctx, n) (hook__has_mapping() ? ARGUMENT(ctx, (n) + 1) : ARGUMENT(ctx, n))

static __always_inline __u64 result_of(enum hook hook, __u64 *ctx)
{
	switch (setting_arity[hook]) {
	case 1: return ARGUMENT(ctx, 1);
	case 2: return ARGUMENT(ctx, 2);
	case 3: return ARGUMENT(ctx, 3);
	case 4: return ARGUMENT(ctx, 4);
	case 5: return ARGUMENT(ctx, 5);
	case 6: return ARGUMENT(ctx, 6);
	case 7: return ARGUMENT(ctx, 7);
	}
	return -1;
}

SEC("fexit/do_getname")
int leave_do_getname(__u64 *ctx)
{
	struct trace *trace = trace__current();
	__u64 result = result_of(HOOK_DO_GETNAME, ctx);

	if (trace && hook__is_pointer(result))
		hook__read(trace, result + bpf_core_field_offset(struct filename, iname), ARGUMENT(ctx, 0));
	return 0;
}

SEC("fexit/filename_lookup")
int leave_filename_lookup(__u64 *ctx)
{
	struct trace *trace = trace__current();

	if (trace)
		hook__looked_up(trace, (void *)ARGUMENT(ctx, 1), (void *)ARGUMENT(ctx, 3),
				hook__failed(HOOK_FILENAME_LOOKUP, result_of(HOOK_FILENAME_LOOKUP, ctx)), 0);
	return 0;
}

SEC("fexit/__filename_parentat")
int leave_filename_parentat(__u64 *ctx)
{
	struct trace *trace = trace__current();

	if (trace)
		hook__looked_up(trace, (void *)ARGUMENT(ctx, 1), (void *)ARGUMENT(ctx, 3),
				hook__failed(HOOK_FILENAME_PARENTAT, result_of(HOOK_FILENAME_PARENTAT, ctx)), AW_STEP_PARENT);
	return 0;
}

SEC("fexit/path_parentat")
int leave_path_parentat(__u64 *ctx)
{
	struct trace *trace = trace__current();
	struct nameidata *nd = (void *)ARGUMENT(ctx, 0);
	__s32 result = result_of(HOOK_PATH_PARENTAT, ctx);

	if (trace && !hook__is_tried_again(result))
		hook__looked_up(trace, PEEK(nd, name), (void *)ARGUMENT(ctx, 2), result < 0, AW_STEP_PARENT);
	return 0;
}

SEC("fentry/do_filp_open")
int enter_do_filp_open(__u64 *ctx)
{
	struct trace *trace = trace__current();

	if (trace)
		hook__open(trace, (void *)ARGUMENT(ctx, 1), (void *)ARGUMENT(ctx, 2));
	return 0;
}

SEC("fexit/do_filp_open")
int leave_do_filp_open(__u64 *ctx)
{
	struct trace *trace = trace__current();

	if (trace)
		hook__opened(trace, (void *)ARGUMENT(ctx, 1), result_of(HOOK_DO_FILP_OPEN, ctx));
	return 0;
}

SEC("fentry/terminate_walk")
int enter_terminate_walk(__u64 *ctx)
{
	struct trace *trace = trace__current();

	if (trace)
		hook__walk(trace, (void *)ARGUMENT(ctx, 0));
	return 0;
}

SEC("fexit/d_lookup")
int leave_d_lookup(__u64 *ctx)
{
	struct trace *trace = trace__current();

	if (trace)
		hook__cached(trace, (void *)result_of(HOOK_D_LOOKUP, ctx));
	return 0;
}

SEC("fentry/may_delete")
int enter_may_delete(__u64 *ctx)
{
	struct trace *trace = trace__current();

	if (trace)
		hook__may_delete(trace, (void *)ARGUMENT_AFTER_MAPPING(ctx, 0), (void *)ARGUMENT_AFTER_MAPPING(ctx, 1));
	return 0;
}

SEC("fexit/may_delete")
int leave_may_delete(__u64 *ctx)
{
	struct trace *trace = trace__current();

	if (trace && !hook__failed(HOOK_MAY_DELETE, result_of(HOOK_MAY_DELETE, ctx)))
		hook__may_be_deleted(trace, (void *)ARGUMENT_AFTER_MAPPING(ctx, 1));
	return 0;
}

/* A function that makes a file: audit hears of it before (may_create()), and again when it is there (fsnotify). */
#define MAKER(function, hook, directory, dentry)                                                         \
	SEC("fentry/" #function)                                                                         \
	int enter_##function(__u64 *ctx)                                                                 \
	{                                                                                                \
		struct trace *trace = trace__current();                                                  \
		if (trace)                                                                               \
			hook__made(trace, (void *)(directory), (void *)(dentry));                        \
		return 0;                                                                                \
	}                                                                                                \
	SEC("fexit/" #function)                                                                          \
	int leave_##function(__u64 *ctx)                                                                 \
	{                                                                                                \
		struct trace *trace = trace__current();                                                  \
		if (trace && !hook__failed(hook, result_of(hook, ctx)))                                  \
			hook__dentry(trace, AW_STEP_CREATE, (void *)(directory), (void *)(dentry));      \
		return 0;                                                                                \
	}

static __always_inline __u64 directory_of(__u64 address)
{
	struct dentry *dentry = (void *)address;

	return (__u64)PEEK(dentry, d_parent, d_inode);
}

MAKER(vfs_mkdir, HOOK_VFS_MKDIR, ARGUMENT_AFTER_MAPPING(ctx, 0), ARGUMENT_AFTER_MAPPING(ctx, 1))
MAKER(vfs_mknod, HOOK_VFS_MKNOD, ARGUMENT_AFTER_MAPPING(ctx, 0), ARGUMENT_AFTER_MAPPING(ctx, 1))
MAKER(vfs_symlink, HOOK_VFS_SYMLINK, ARGUMENT_AFTER_MAPPING(ctx, 0), ARGUMENT_AFTER_MAPPING(ctx, 1))
/* vfs_link(old, [mapping,] directory, dentry, ...) */
MAKER(vfs_link, HOOK_VFS_LINK, ARGUMENT_AFTER_MAPPING(ctx, 1), ARGUMENT_AFTER_MAPPING(ctx, 2))
MAKER(vfs_mkobj, HOOK_VFS_MKOBJ, directory_of(ARGUMENT(ctx, 0)), ARGUMENT(ctx, 0))

/* vfs_create([mapping,] directory, dentry, mode, exclusive); later (7.0) vfs_create(mapping, dentry, mode, delegation). */
#define IS_NEW_CREATE (hook__has_mapping() && setting_arity[HOOK_VFS_CREATE] == 4)
MAKER(vfs_create, HOOK_VFS_CREATE,
      IS_NEW_CREATE ? directory_of(ARGUMENT(ctx, 1)) : ARGUMENT_AFTER_MAPPING(ctx, 0),
      IS_NEW_CREATE ? ARGUMENT(ctx, 1) : ARGUMENT_AFTER_MAPPING(ctx, 1))

SEC("fentry/vfs_rename")
int enter_vfs_rename(__u64 *ctx)
{
	struct trace *trace = trace__current();

	if (trace)
		hook__rename(trace, (void *)ARGUMENT(ctx, 0));
	return 0;
}

SEC("fexit/vfs_rename")
int leave_vfs_rename(__u64 *ctx)
{
	struct trace *trace = trace__current();

	if (trace && !hook__failed(HOOK_VFS_RENAME, result_of(HOOK_VFS_RENAME, ctx)))
		hook__renamed(trace, (void *)ARGUMENT(ctx, 0));
	return 0;
}

SEC("fentry/audit_signal_info")
int enter_audit_signal_info(__u64 *ctx)
{
	return special__signalled((void *)ARGUMENT(ctx, 1), true);
}
