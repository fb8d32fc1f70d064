/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tier `tp`: kernels 4.15 and 4.16, by tracepoints and perf buffers, in programs of at most 4096 instructions without back edges.
 *
 * What a tracepoint hands over is a copy of numbers: of the arguments, and of the thread id of a task that gets a signal.
 */
#define TIER_STAGED
#define TIER_NO_LOOPS
#define TIER_SMALL
#define STAGE "tp"
#include "staged.h"

char LICENSE[] SEC("license") = "GPL";

/* As /sys/kernel/tracing/events/raw_syscalls/sys_enter/format has it. */
struct trace_enter {
	__u64 common;
	long nr;
	__u64 arguments[6];
};

struct trace_exit {
	__u64 common;
	long nr;
	long ret;
};

/* …/sched/sched_process_exec/format */
struct trace_exec {
	__u64 common;
	__u32 filename; /* where the text is in what is handed over, and its length above */
	int pid;
	int old_pid;
};

/* …/sched/sched_process_fork/format: the names have 16 bytes each up to 6.12, and stand behind the numbers in 6.18. */
struct trace_fork {
	__u64 common;
	char parent_comm[16];
	int parent_pid;
	char child_comm[16];
	int child_pid; /* thread id, initial namespace */
};

/* The same as this kernel's type information has it, which need not know it. */
struct trace_event_raw_sched_process_fork {
	int child_pid;
} __attribute__((preserve_access_index));

/* …/signal/signal_generate/format */
struct trace_signal {
	__u64 common;
	int signal;
	int error;
	int code;
	char comm[16];
	int pid; /* thread id of the target, initial namespace */
};

SEC("tp/raw_syscalls/sys_enter")
int sys_enter(struct trace_enter *ctx)
{
	__u64 arguments[6];

	__builtin_memcpy(arguments, ctx->arguments, sizeof(arguments));
	return staged__enter(ctx, NULL, arguments, ctx->nr);
}

SEC("tp/raw_syscalls/sys_exit")
int sys_exit(struct trace_exit *ctx)
{
	long ret = ctx->ret;

	return staged__ends((int)ctx->nr) ? staged__leave(ctx, ret, true) : 0;
}

SEC("tp/sched/sched_process_exit")
int sched_process_exit(void *ctx)
{
	return staged__leave(ctx, 0, false);
}

/* Attached with the first rule of the list task. */
SEC("tp/sched/sched_process_fork")
int sched_process_fork(struct trace_fork *ctx)
{
	struct task_struct *parent = task__current();
	__u32 offset = offsetof(struct trace_fork, child_pid);
	int child = 0;

	if (bpf_core_field_exists(struct trace_event_raw_sched_process_fork, child_pid)) {
		offset = bpf_core_field_offset(struct trace_event_raw_sched_process_fork, child_pid);
		/* Stays in this branch: where there is no such field the instruction is not valid. */
		barrier_var(offset);
	}
	/* A program that itself reads behind the end of what is handed over cannot be attached. */
	bpf_probe_read(&child, sizeof(child), (const char *)ctx + offset);
	return staged__made(ctx, parent, pid__task(pid__find_at(compat__pid(parent), 0, child)));
}

SEC("tp/sched/sched_process_exec")
int sched_process_exec(struct trace_exec *ctx)
{
	return stage__exec(task__current(), (const char *)ctx + (ctx->filename & 0xffff));
}

SEC("tp/signal/signal_generate")
int signal_generate(struct trace_signal *ctx)
{
	struct pid *own = compat__pid(task__current());

	return special__signalled(pid__task(pid__find_at(own, 0, ctx->pid)), false);
}
