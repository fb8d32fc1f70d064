/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernels of a tier can do. A tier's file says which tier it is before it includes anything: TIER_STAGED for all but `btf`, and
 * TIER_NO_LOOPS, TIER_SMALL, TIER_TRACEPOINT where they hold.
 *
 * A staged tier has no functions of its own kind: what `btf` calls in a row are programs there, each of which ends in a tail call of the next
 * (staged.h). It has no global data (5.2) and no ring buffer (5.8), and reads with helpers that 4.15 has.
 */
#ifndef EBPF_AUDIT_TIER_H
#define EBPF_AUDIT_TIER_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>

#ifdef TIER_STAGED

/* Verified at each call before 5.6 (51c39bb1d5d1), and not permitted beside tail calls before 5.10 (ebf7d1f508a7). */
#define TIER_FUNCTION static __always_inline

/* bpf_probe_read_kernel() and _user() came in 5.5 (6ae08ae3dea2). On x86-64 and arm64 the old one reads both. */
#define bpf_probe_read_kernel     bpf_probe_read
#define bpf_probe_read_kernel_str bpf_probe_read_str

/* Only the upper half of the address space is the kernel's; what a caller passes must not make us read there. */
static __always_inline long tier__read_user(void *to, __u32 size, const void *from)
{
	return (long)from < 0 ? -14 /* EFAULT */ : bpf_probe_read(to, size, from);
}

static __always_inline long tier__read_user_string(void *to, __u32 size, const void *from)
{
	return (long)from < 0 ? -14 /* EFAULT */ : bpf_probe_read_str(to, size, from);
}

#define bpf_probe_read_user(to, size, from)     tier__read_user(to, size, from)
#define bpf_probe_read_user_str(to, size, from) tier__read_user_string(to, size, from)

#else

#define TIER_FUNCTION __noinline

#endif

/* Back edges are refused before 5.3 (2589726d12a1). */
#ifdef TIER_NO_LOOPS
#define TIER_LOOP _Pragma("clang loop unroll(full)")
#else
#define TIER_LOOP
#endif

/*
 * How much one program does of what may be long. A range of more clauses than CLAUSES_TRIED lets the call through, and user space
 * decides; the rest is done in further rounds of the same stage (staged.h).
 */
#if defined(TIER_SMALL)
#define CLAUSES_TRIED 6
#define PATH_STEPS    36
#elif defined(TIER_STAGED)
#define CLAUSES_TRIED 32
#define PATH_STEPS    64
#else
#define CLAUSES_TRIED AS_RANGE_MAX
#endif

#endif
