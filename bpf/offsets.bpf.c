/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What get-offsets checks type information with: the process that asks is read by it, for comparison with what the process knows of itself.
 * By a tracepoint and without loops, as the oldest kernels want it.
 */
#define TIER_STAGED
#define TIER_NO_LOOPS
#include "read.h"

char LICENSE[] SEC("license") = "GPL";

struct question {
	__u64 cookie; /* sixth argument of the call that asks */
	__u32 call;   /* its number */
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct question);
} question SEC(".maps");

/* get_offsets/check.c has the same. */
struct found {
	__u64 pid_tgid; /* by a helper */
	__u32 tgid, tid, parent, uid, loginuid, sessionid;
	__u64 arg_start;
	__u64 inode;    /* of the program's file */
	__u64 device;
	char comm[16];
	char directory[64]; /* the last component of its name */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct found);
} found SEC(".maps");

struct trace_enter {
	__u64 common;
	long nr;
	__u64 arguments[6];
};

SEC("tp/raw_syscalls/sys_enter")
int sys_enter(struct trace_enter *ctx)
{
	__u32 slot = 0;
	struct question *asked = bpf_map_lookup_elem(&question, &slot);
	struct found *value = bpf_map_lookup_elem(&found, &slot);
	struct task_struct *task = task__current();

	if (!asked || !value || ctx->nr != asked->call || ctx->arguments[5] != asked->cookie)
		return 0;
	value->pid_tgid = bpf_get_current_pid_tgid();
	value->tgid = BPF_CORE_READ(task, tgid);
	value->tid = BPF_CORE_READ(task, pid);
	value->parent = BPF_CORE_READ(task, real_parent, tgid);
	value->uid = BPF_CORE_READ(task, cred, uid.val);
	value->loginuid = BPF_CORE_READ(task, loginuid.val);
	value->sessionid = BPF_CORE_READ(task, sessionid);
	value->arg_start = BPF_CORE_READ(task, mm, arg_start);
	value->inode = BPF_CORE_READ(task, mm, exe_file, f_path.dentry, d_inode, i_ino);
	value->device = BPF_CORE_READ(task, mm, exe_file, f_path.dentry, d_inode, i_sb, s_dev);
	BPF_CORE_READ_STR_INTO(&value->comm, task, comm);
	bpf_probe_read_kernel_str(value->directory, sizeof(value->directory), BPF_CORE_READ(task, fs, pwd.dentry, d_name.name));
	return 0;
}
