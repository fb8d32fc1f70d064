/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading kernel structures. From a pointer that the verifier knows the type of, a field is a plain load, some ten times
 * cheaper than a call of bpf_probe_read_kernel(). Such a pointer is the current task as bpf_get_current_task_btf() gives it (5.11,
 * 3ca1032ab7ab) and whatever READ() follows from it; any other is read with BPF_CORE_READ().
 */
#ifndef EBPF_AUDIT_READ_H
#define EBPF_AUDIT_READ_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include "tier.h"
#include <bpf/bpf_core_read.h>

#ifdef TIER_STAGED

static __always_inline bool read__is_typed(void)
{
	return false;
}

static __always_inline struct task_struct *task__current(void)
{
	return (void *)bpf_get_current_task();
}

/* REGISTER(regs, di): what a tracepoint hands over is typed in `btf` on all of its kernels. */
#define REGISTER(regs, name) BPF_CORE_READ(regs, name)

#else

/* Known when loading: the verifier drops the other branch. */
static __always_inline bool read__is_typed(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf);
}

static __always_inline struct task_struct *task__current(void)
{
	if (read__is_typed())
		return (void *)bpf_get_current_task_btf();
	return (void *)bpf_get_current_task();
}

#define REGISTER(regs, name) ((regs)->name)

#endif

/* READ(task, mm, exe_file) is task->mm->exe_file; zeros where a pointer on the way is none. */
#define READ(source, ...)                                                \
	({                                                               \
		___type((source), __VA_ARGS__) value;                    \
		if (read__is_typed())                                    \
			value = ___arrow((source), __VA_ARGS__);         \
		else                                                     \
			BPF_CORE_READ_INTO(&value, (source), __VA_ARGS__); \
		value;                                                   \
	})

/*
 * A length or an offset without the bits beyond `mask`. Written out as `&`, clang leaves it away where a comparison before has shown that
 * it changes nothing, and the verifier (seen with clang 21 on 5.10 to 6.12) need not have learned as much from that.
 */
#define MASKED(value, mask)            \
	({                             \
		__u32 masked = (value); \
		barrier_var(masked);   \
		masked & (mask);       \
	})

/*
 * The address `offset` bytes behind `base`. The pointer is what is added to: a number to which a pointer is added becomes one to half a map in
 * verifiers before 4.20 (0962590e5533), and 4.15 then falls over it.
 */
#ifdef TIER_STAGED
#define BEHIND(base, offset)                                                \
	({                                                                  \
		void *behind = (void *)(base);                              \
		__u64 distance = (offset);                                  \
		asm volatile("%0 += %1" : "+r"(behind) : "r"(distance)); \
		behind;                                                     \
	})
#else
#define BEHIND(base, offset) ((void *)((__u8 *)(base) + (offset)))
#endif

#endif
