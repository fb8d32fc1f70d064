/* SPDX-License-Identifier: GPL-2.0-only */
/* The least that an event costs: a record of usual size for each selected call, nothing looked at, wake-ups in batches. */
#include <linux/bpf.h>
#include <asm/unistd.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>
#include "limits.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, LIMITS_RING_BYTES);
} ring SEC(".maps");

/* Events sent and lost. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct pt_regs {
#if defined(__TARGET_ARCH_x86)
	unsigned long dx, orig_ax;
#else
	__u64 regs[31];
	int syscallno;
#endif
};
#pragma clang attribute pop

#if defined(__TARGET_ARCH_x86)
#define NUMBER(regs) (regs)->orig_ax
#define FLAGS(regs) (regs)->dx
#else
#define NUMBER(regs) (regs)->syscallno
#define FLAGS(regs) (regs)->regs[2]
#endif

SEC("tp_btf/sys_enter")
int enter(void *context)
{
	return 0;
}

SEC("tp_btf/sys_exit")
int leave(__u64 *context)
{
	struct pt_regs *regs = (void *)context[0];
	long number = NUMBER(regs);

	if (!(number == __NR_openat && (__u32)FLAGS(regs) == LIMITS_OPEN_FLAGS) && number != __NR_execve && number != __NR_connect)
		return 0;

	__u64 *record = bpf_ringbuf_reserve(&ring, LIMITS_RECORD_BYTES, 0);
	__u32 slot = record ? 0 : 1;
	__u64 *count = bpf_map_lookup_elem(&counts, &slot);

	if (count)
		*count += 1;
	if (!record)
		return 0;
	for (int i = 0; i < LIMITS_RECORD_BYTES / 8; i++)
		record[i] = number;

	__u64 waiting = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	bool reached = waiting >= LIMITS_WAKEUP_BYTES && waiting < LIMITS_WAKEUP_BYTES + LIMITS_RECORD_BYTES + 8;

	bpf_ringbuf_submit(record, reached ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
	return 0;
}
