/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Settings and controls of the tiers whose kernels have no global data for programs (before 5.2): values of two maps. */
#ifndef AUDIT_CONTROLS_H
#define AUDIT_CONTROLS_H

#include "wire.h"

/* What events carry beyond what their records need, because a rule asks for it. */
enum asc_wanted {
	ASC_WANTED_GROUPS = 1 << 0,    /* AW_SECTION_GROUPS */
	ASC_WANTED_PROGRAM = 1 << 1,   /* AW_ROLE_PROGRAM; not in the tiers for kernels before 5.8 */
	ASC_WANTED_ANCESTORS = 1 << 2, /* AW_SECTION_ANCESTORS, AW_STEP_ANCESTORS; not in the tiers for kernels before 5.8 */
	ASC_WANTED_UNLABELED = 1 << 4, /* AW_SECTION_CONTEXT of security identifier 0; in user space, where SELinux is at work */
	ASC_WANTED_PATHS = 1 << 3,     /* AW_SECTION_OBJECT_PATH, AW_STEP_PATH; not in the tiers for kernels before 5.8 */
};

/* What programs at the tracepoints of single calls do, in tier `btf`. */
enum asc_single {
	ASC_SINGLE_BEGINS = 1 << 0, /* note calls that begin */
	ASC_SINGLE_ENDS = 1 << 1,   /* tell of those that end */
};

/* Written by user space, read by the programs. */
struct asc_controls {
	__u32 setting_self_tgid;     /* the collector as it knows itself, never collected */
	__u32 setting_excluded_tgid; /* one more process to leave out, or 0 */
	__u32 control_generation;    /* rule set in force */
	__u32 control_wanted;        /* enum asc_wanted */
	__u64 jiffies_address;       /* of the kernel's jiffies_64, or 0 where it hides that */
	__u64 cookie;                /* what the collector's own call of AS_INDEX_TICK carries */
	__u64 control_clock_sequence; /* where the coarse clock is, see clock.h in bpf/; 0 where that is not known */
	__u64 control_clock_time;
	__u32 control_tasks; /* whether there are marked tasks, or may be */
	__u32 reserved;
};

/*
 * Written by the programs when the collector makes a call marked AS_INDEX_TICK with the cookie as its sixth argument: the way to ask, where no
 * program can be run by hand (before 5.10). The fifth argument decides for what: 0 for the tick count, a kernel address for the time that is kept
 * there.
 */
struct asc_answer {
	__u32 self_tgid; /* the collector as the initial pid namespace knows it */
	__u32 jiffies;   /* low bits of the tick count */
	__u64 count;     /* of answers */
	__u64 stamp;     /* as aw_syscall.stamp would be, when the time at an address was asked for */
	__u64 seconds, nanoseconds; /* what is at the address; zeros where nothing can be read */
};

_Static_assert(sizeof(struct asc_controls) == 56, "asc_controls");
_Static_assert(sizeof(struct asc_answer) == 40, "asc_answer");

#endif
