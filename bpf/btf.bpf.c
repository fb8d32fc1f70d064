/* SPDX-License-Identifier: GPL-2.0-only */
/* Tier `btf`: kernels from 5.8, by BTF raw tracepoints and a ring buffer. */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "exec.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline int on_exit(long nr, long ret)
{
	struct task_struct *task = task__current();

	/* A negative number is rt_sigreturn, which restores the registers of the interrupted code: look it up by task. */
	return nr < 0 || select__is_named(task, nr, AS_INDEX_EXIT) ? stage__leave(task, ret, true, PROGRAM_EXIT) : 0;
}

/*
 * Whether the call that begins has been noted already in one of the ways `by` (enum inflight_flags), while there are two. The one that
 * comes second lets it be. A call that has never been seen to end looks the same; then it is the other's turn, and that one has not noted it.
 */
static __always_inline bool is_noted(struct task_struct *task, long nr, __u8 by)
{
	if (!control_traced)
		return false;
	struct inflight *call = leave__call(task);

	return call && call->flags & by && call->nr == (__u32)nr;
}

static __always_inline int on_death(struct task_struct *task)
{
	__u64 key = (__u64)task;

	/* Most tasks that end have never made a call that rules select. */
	if (bpf_map_lookup_elem(&inflight, &key)) {
		stage__leave(task, 0, false, PROGRAM_DEATH);
		leave__remove(task);
	}
	tasks__forget(task);
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long nr)
{
	struct task_struct *task = task__current();

	return is_noted(task, nr, INFLIGHT_SINGLE) ? 0 : stage__enter(task, regs, NULL, nr, INFLIGHT_TRACED);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	return on_exit(compat__number(regs), ret);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	return on_death(task);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	return stage__exec(task, BPF_CORE_READ(bprm, filename));
}

/* Attached with the first rule of the list task. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	return tasks__made(parent, child);
}

/*
 * The same five, loaded in their place where the ones above can be preempted (seen on 7.3, include/trace/bpf_probe.h and
 * tracepoint.h; not on 6.18). While a task is preempted inside of a program the kernel skips every other run of it on that
 * CPU as a recursion, often for whole time slices, and bpf_preempt_enable() only moves the place where that happens. What
 * perf attaches runs with preemption off from before that check to after it (include/trace/perf.h), at the price of
 * copying the arguments.
 */
struct trace_enter {
	__u64 common;
	__s64 nr;
	__u64 arguments[6];
};

struct trace_exit {
	__u64 common;
	__s64 nr;
	__s64 ret;
};

struct trace_exec {
	__u64 common;
	__u32 filename; /* __data_loc: where the string begins, from here, in the lower 16 bits */
};

/* …/sched/sched_process_fork/format, which is not the same in all kernels. */
struct trace_event_raw_sched_process_fork {
	int child_pid; /* thread id, initial namespace */
} __attribute__((preserve_access_index));

SEC("?tp/raw_syscalls/sys_enter")
int sys_enter_held(struct trace_enter *ctx)
{
	struct task_struct *task = task__current();
	__u64 arguments[6];

	if (is_noted(task, ctx->nr, INFLIGHT_SINGLE))
		return 0;
	__builtin_memcpy(arguments, ctx->arguments, sizeof(arguments));
	return stage__enter(task, NULL, arguments, ctx->nr, INFLIGHT_TRACED);
}

SEC("?tp/raw_syscalls/sys_exit")
int sys_exit_held(struct trace_exit *ctx)
{
	return on_exit((int)ctx->nr, ctx->ret);
}

SEC("?tp/sched/sched_process_exit")
int sched_process_exit_held(void *ctx)
{
	return on_death(task__current());
}

SEC("?tp/sched/sched_process_exec")
int sched_process_exec_held(struct trace_exec *ctx)
{
	return stage__exec(task__current(), (const char *)ctx + (ctx->filename & 0xffff));
}

SEC("?tp/sched/sched_process_fork")
int sched_process_fork_held(struct trace_event_raw_sched_process_fork *ctx)
{
	struct task_struct *parent = task__current();

	return tasks__made(parent, pid__task(pid__find_at(compat__pid(parent), 0, ctx->child_pid)));
}

/*
 * In place of sys_enter and sys_exit where rules select few calls: on the functions of these calls, so that others do not come by at all. The
 * functions take the registers alone. User space says which (Sources/CBPF/Calls.c).
 */
static __always_inline int hooked__enter(struct pt_regs *regs)
{
	struct task_struct *task = task__current();
	long nr = compat__number(regs);

	/* Tracepoints come before the call's function. */
	return is_noted(task, nr, INFLIGHT_TRACED | INFLIGHT_SINGLE) ? 0 : stage__enter(task, regs, NULL, nr, 0);
}

/* What the task entered the kernel with (5.15). */
static __always_inline struct pt_regs *registers(void)
{
	return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
}

/* Reached by tail calls from programs on each of the functions, which do no more than that, so that this is loaded once. */
SEC("?fentry")
int enter_function(__u64 *ctx)
{
	return hooked__enter((struct pt_regs *)ctx[0]);
}

SEC("?fexit")
int leave_function(__u64 *ctx)
{
	return on_exit(compat__number((struct pt_regs *)ctx[0]), ctx[1]);
}

/*
 * The same by kprobes, one program for all functions, where programs of trampolines can be preempted (include/trace/bpf_probe.h, above). These run
 * with preemption off from before the kernel's check for recursion to after it (kernel/trace/fprobe.c, fgraph.c). What the function got
 * are the registers that the task entered the kernel with.
 */
SEC("?kprobe.multi")
int enter_functions(struct pt_regs *ctx)
{
	return hooked__enter(registers());
}

SEC("?kprobe.multi")
int leave_functions(struct pt_regs *ctx)
{
	return on_exit(compat__number(registers()), compat__returned(ctx));
}

/*
 * The same by the tracepoints that perf has for each call (kernel/trace/trace_syscalls.c), one program for all calls. They pass all calls as well, but
 * of those that nobody asked for the kernel tests a bit and runs no program. What the tracepoint tells has no more arguments than the call takes, where
 * audit tells four. With preemption off as the others of perf are.
 */
SEC("?tp")
int enter_single(void *ctx)
{
	struct task_struct *task = task__current();
	struct pt_regs *regs = registers();
	long nr = compat__number(regs);

	if (!(control_single & ASC_SINGLE_BEGINS) || is_noted(task, nr, INFLIGHT_TRACED))
		return 0;
	return stage__enter(task, regs, NULL, nr, INFLIGHT_SINGLE);
}

SEC("?tp")
int leave_single(void *ctx)
{
	struct pt_regs *regs = registers();

	return control_single & ASC_SINGLE_ENDS ? on_exit(compat__number(regs), compat__returned(regs)) : 0;
}

/* Sent with interrupts off (__send_signal_locked()), so that nothing preempts it. */
SEC("tp_btf/signal_generate")
int BPF_PROG(signal_generate, int signal, void *info, struct task_struct *target)
{
	return signalled_all ? special__signalled(target, false) : 0;
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

/*
 * Not attached: run by the collector to learn where its label is. Argument: how far into the security blob to look. Leaves the name of the
 * label's first profile in control_label_name and returns its length, NUL included, or 0 where there is none.
 */
SEC("raw_tp")
int find_label(struct bpf_raw_tracepoint_args *ctx)
{
	if (!label__is_known())
		return 0;
	struct task_struct *task = task__current();
	struct aa_label *label = (void *)label__at(label__blob(READ(task, cred)), ctx->args[0]);
	struct aa_profile *profile = label ? label__profile(label, 0) : NULL;

	if (!profile)
		return 0;
	long length = bpf_probe_read_kernel_str((void *)control_label_name, sizeof(control_label_name), BPF_CORE_READ(profile, base.hname));

	return length > 0 ? length : 0;
}

/*
 * Not attached: run by the collector where SELinux is at work. Arguments: an address in the kernel's memory, and how many bytes of what is there to copy
 * to control_label_name; with 0 for how many, a string, with its NUL. Returns how many bytes were copied. With 0 for the address, the security identifier of the
 * running task.
 */
SEC("raw_tp")
int peek(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 address = ctx->args[0];
	__u32 size = ctx->args[1];

	if (!address) {
		struct task_struct *task = task__current();

		return sid__of_cred(READ(task, cred));
	}
	if (!size) {
		long length = bpf_probe_read_kernel_str((void *)control_label_name, sizeof(control_label_name), (const void *)address);

		return length > 0 ? length : 0;
	}
	if (size > AW_LABEL_MAX)
		return 0;
	return bpf_probe_read_kernel((void *)control_label_name, MASKED(size, AW_LABEL_MAX), (const void *)address) ? 0 : size;
}

/* Not attached: run by the collector to see whether this side reads the clock right. */
SEC("raw_tp")
int read_clock(void *ctx)
{
	struct aw_clock state;

	control_stamp = clock__read();
	if (clock__state(&state))
		__builtin_memset(&state, 0, sizeof(state));
	__builtin_memcpy((void *)&control_clock, &state, sizeof(state));
	return 0;
}

/*
 * Not attached: run by the collector with an address that the kernel's struct ntp_data could be at. Returns how far time_constant, which
 * time_maxerror follows, is from its start, and 1 more; 0 where the kernel has no such structure.
 */
SEC("raw_tp")
int place_ntp(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 address = ctx->args[0];

	if (!bpf_core_type_exists(struct ntp_data) ||
	    bpf_core_field_offset(struct ntp_data, time_maxerror) != bpf_core_field_offset(struct ntp_data, time_constant) + 8)
		return 0;
	control_ntp[0] = address ? address + bpf_core_field_offset(struct ntp_data, time_offset) : 0;
	control_ntp[1] = address + bpf_core_field_offset(struct ntp_data, time_freq);
	control_ntp[2] = address + bpf_core_field_offset(struct ntp_data, time_status);
	control_ntp[3] = address + bpf_core_field_offset(struct ntp_data, tick_usec);
	control_ntp[4] = address + bpf_core_field_offset(struct ntp_data, time_adjust);
	return bpf_core_field_offset(struct ntp_data, time_constant) + 1;
}

/*
 * Not attached: run by the collector to learn where the coarse clock is. Arguments: an address that it could be at, the time that it
 * shows (seconds, nanoseconds), and how far the next such address is. Returns the number of the one where that time is found, from 1 on, or 0.
 * With 0 for how far, what is at the address goes to control_stamp.
 */
SEC("raw_tp")
int find_clock(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 address = ctx->args[0], seconds = ctx->args[1], nanoseconds = ctx->args[2], step = ctx->args[3];
	struct clock_time time;

	if (!step) {
		if (bpf_probe_read_kernel(&address, sizeof(address), (const void *)address))
			address = 0;
		control_stamp = address;
		return 0;
	}
	for (int i = 0; i < CLOCK_CANDIDATES; i++) {
		if (!bpf_probe_read_kernel(&time, sizeof(time), (const void *)address) && time.seconds == seconds &&
		    time.nanoseconds == nanoseconds)
			return i + 1;
		address += step;
	}
	return 0;
}
