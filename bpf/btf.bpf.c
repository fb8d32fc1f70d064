/* SPDX-License-Identifier: GPL-2.0-only */
/* Tier `btf`: kernels from 5.8, by BTF raw tracepoints and a ring buffer. */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "stages.h"

char LICENSE[] SEC("license") = "GPL";

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long nr)
{
	return stage__enter(task__current(), regs, nr);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	struct task_struct *task = task__current();
	long nr = compat__number(regs);

	/* A negative number is rt_sigreturn, which restores the registers of the interrupted code: look it up by task. */
	if (nr >= 0) {
		struct call_id id;

		compat__identify(task, nr, &id);
		if (id.nr >= AS_SYSCALLS)
			return 0;
		struct as_index *index = select__index(control_generation, id.abi, id.nr);

		if (!index || !(index->flags & AS_INDEX_EXIT))
			return 0;
	}
	return stage__leave(task, ret, true, PROGRAM_EXIT);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	return stage__leave(task, 0, false, PROGRAM_DEATH);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	return stage__exec(task, bprm);
}

SEC("tp_btf/signal_generate")
int BPF_PROG(signal_generate, int signal, void *info, struct task_struct *target)
{
	return special__signalled(target);
}

/*
 * Not attached: run by the collector to learn which tick the coarse clock's present value belongs to (aw_syscall.jiffies),
 * which also tells this side who the collector is, whatever pid namespace it lives in.
 */
SEC("raw_tp")
int tick(void *ctx)
{
	control_self_tgid = bpf_get_current_pid_tgid() >> 32;
	return bpf_jiffies64();
}
