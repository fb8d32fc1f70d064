/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the programs of the staged tiers begin on kernels with raw tracepoints (4.17, c4f6699dfcb8). */
#ifndef EBPF_AUDIT_RAW_TRACEPOINTS_H
#define EBPF_AUDIT_RAW_TRACEPOINTS_H

#define STAGE "raw_tp"

#include "staged.h"

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
	return staged__enter(ctx, (void *)ctx->args[0], NULL, ctx->args[1]);
}

SEC("raw_tp/sys_exit")
int sys_exit(struct bpf_raw_tracepoint_args *ctx)
{
	long ret = ctx->args[1];

	return staged__ends(compat__number((void *)ctx->args[0])) ? staged__leave(ctx, ret, true) : 0;
}

SEC("raw_tp/sched_process_exit")
int sched_process_exit(struct bpf_raw_tracepoint_args *ctx)
{
	return staged__leave(ctx, 0, false);
}

/* Attached with the first rule of the list task. */
SEC("raw_tp/sched_process_fork")
int sched_process_fork(struct bpf_raw_tracepoint_args *ctx)
{
	return staged__made(ctx, (void *)ctx->args[0], (void *)ctx->args[1]);
}

SEC("raw_tp/sched_process_exec")
int sched_process_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct linux_binprm *bprm = (void *)ctx->args[2];

	return stage__exec(task__current(), BPF_CORE_READ(bprm, filename));
}

SEC("raw_tp/signal_generate")
int signal_generate(struct bpf_raw_tracepoint_args *ctx)
{
	return special__signalled((void *)ctx->args[2], false);
}

#endif
