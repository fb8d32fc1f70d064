/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs remember, read and write, and how much of it. Sizes that depend on the configuration are set at load. */
#ifndef EBPF_AUDIT_MAPS_H
#define EBPF_AUDIT_MAPS_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <CAuditWire.h>
#include "tier.h"

#ifdef TIER_STAGED

/* --- settings and controls: controls.h --- */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct asc_controls);
} controls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct asc_answer);
} answer SEC(".maps");

/* How many records of calls have been sent, by all CPUs: see record__order(). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} order SEC(".maps");

#else

/* --- read-only settings, filled in between open and load --- */

/* The collector's own process as it knows itself: its calls never become events. */
const volatile __u32 setting_self_tgid;
/* Another process to leave out (auditd, when it started us), or 0. */
const volatile __u32 setting_excluded_tgid;
/* Bytes waiting in the ring that are worth waking the reader for. */
const volatile __u64 setting_wakeup_bytes = 65536;
/* Tasks whose entries in `inflight` are kept from call to call; less than the map has. */
const volatile __u32 setting_kept_calls = 12288;

/*
 * --- changed while running ---
 * With a value, because the compiler places variables without one in the order in which they are used, and the objects of hooks share them.
 */

/* Rule set in force: picks the slots of the selection arrays. */
volatile __u32 control_generation = 0;
/* The collector's own process as the initial pid namespace knows it, see tick() in btf.bpf.c. */
volatile __u32 control_self_tgid = 0;
/* What rules ask for beyond what records need: enum asc_wanted. */
volatile __u32 control_wanted = 0;
/* There are marked tasks, or may be: see `marked_tasks`. */
volatile __u32 control_tasks = 0;
/* One more than where in a credential's security blob AppArmor has the label, see label.h; 0 where it has none or that is not known. */
volatile __u32 control_label = 0;
/* The name that find_label() came upon. */
volatile char control_label_name[AW_LABEL_MAX + 1] = {};
/*
 * One more than where in the security blob of credentials, of an inode and of a System V object SELinux has the security identifier, see sid.h; 0 where
 * it has none or that is not known.
 */
volatile __u32 control_sid_cred = 0;
volatile __u32 control_sid_inode = 0;
volatile __u32 control_sid_ipc = 0;
/* See HOOKS. */
volatile __u32 control_hooks = 0;
/* Calls are seen in two ways for a time: see is_noted() in btf.bpf.c. */
volatile __u32 control_traced = 0;
/* What programs at tracepoints of single calls are to do (enum asc_single): to take them away takes long. */
volatile __u32 control_single = 0;
/* Where the coarse clock is, see clock.h; 0 where that is not known. */
volatile __u64 control_clock_sequence = 0;
volatile __u64 control_clock_time = 0;
/* What it showed when read_clock() was run. */
volatile __u64 control_stamp = 0;
/* Where time_offset, time_freq, time_status, tick_usec and time_adjust are, see clock__state(); 0 where that is not known. */
volatile __u64 control_ntp[5] = { 0 };
/* What clock__state() found when read_clock() was run. */
volatile struct aw_clock control_clock = { 0 };

/* --- counted here --- */

/* Entries of `inflight`. */
__u32 inflight_entries = 0;
/* A call of kill() for all processes has been seen: its targets are told by the signals that it sends. */
volatile __u32 signalled_all = 0;

#endif

/* --- selection (selection.h) --- */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, AS_INDEX_SIZE);
	__type(key, __u32);
	__type(value, struct as_index);
} selection_index SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, AS_GENERATIONS * AS_LIST_MAX);
	__type(key, __u32);
	__type(value, __u32);
} selection_list SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, AS_GENERATIONS * AS_CLAUSES_MAX);
	__type(key, __u32);
	__type(value, struct as_clause);
} selection_clauses SEC(".maps");

/* Slot: generation % AS_GENERATIONS. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, AS_GENERATIONS);
	__type(key, __u32);
	__type(value, struct as_refusals);
} selection_refusals SEC(".maps");

/* The list task. Slot: generation % AS_GENERATIONS. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, AS_GENERATIONS);
	__type(key, __u32);
	__type(value, struct as_index);
} selection_tasks SEC(".maps");

/*
 * Tasks that a rule of the list task matched when they were made, with its enum as_task_mark: those that in the kernel's audit have no context
 * or one of which everything is told. Keyed as `inflight` is; an entry goes when its task ends. Without room, which takes more of them at
 * a time than most machines have tasks, a task is told of as if no such rule had matched.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
#ifdef TIER_STAGED
	__uint(max_entries, 32768);
#else
	__uint(max_entries, 131072);
	/* Most machines have no such rules: only what is in use takes memory. */
	__uint(map_flags, BPF_F_NO_PREALLOC);
#endif
	__type(key, __u64);
	__type(value, __u32);
} marked_tasks SEC(".maps");

/* Slot: abi * AS_SYSCALLS + nr. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, AS_ABIS * AS_SYSCALLS);
	__type(key, __u32);
	__type(value, struct ash_shape);
} shapes SEC(".maps");

/* --- calls between entry and exit --- */

/* Room for the sections that most calls bring along from their entry; longer ones go to inflight_long. */
#define INFLIGHT_INLINE 288
/* Two paths and a working directory of the greatest length, with their section heads. */
#define INFLIGHT_SECTIONS 12416

enum inflight_flags {
	INFLIGHT_LONG = 1 << 0, /* the sections are in inflight_long */
	INFLIGHT_CUT = 1 << 1,  /* something that belongs to the call found no room */
	INFLIGHT_ENDED = 1 << 3, /* the call has ended; the entry only waits to be removed */
	INFLIGHT_DYING = 1 << 4, /* staged tiers: it is told of because its task dies */
	INFLIGHT_TOLD = 1 << 4,  /* tier `btf`: an operation of io_uring within it has been told of */
	INFLIGHT_NAMED = 1 << 2, /* the socket address is a path, which the kernel looks up */
	INFLIGHT_CERTAIN = 1 << 5, /* what is known at entry says that the rules select it */
	INFLIGHT_TRACED = 1 << 6, /* noted by the tracepoint of all calls, so that a hook on its function need not see its end */
	INFLIGHT_SINGLE = 1 << 7, /* noted by the tracepoint of that call alone */
};

struct inflight {
	__u64 time;
	__u64 stamp;
	__u64 args[6];
	__u32 upper[4]; /* see compat__arguments() */
	__u32 nr;
	__u32 arch;
	__u32 generation;
	__u16 used;     /* bytes of sections */
	__u8 flags;     /* enum inflight_flags */
	__u8 unread;    /* bit n: the path of argument n was not in memory at entry */
	__u32 jiffies;
	__u32 place;    /* staged tiers: one more than the number of the place in inflight_long, or 0 */
	struct ash_shape shape;
	__u8 sections[INFLIGHT_INLINE];
};

/*
 * Keyed by the address of the task_struct, not by thread id: an exec by a thread that is not the leader changes its
 * thread id between entry and exit. An entry is removed at the latest when its task ends, so an address that is used
 * again starts clean. Until then it is kept for the task's next call while there is room: making and removing one costs as
 * much as a quarter of all else.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct inflight);
} inflight SEC(".maps");

#ifdef TIER_STAGED

/* Places by number, because a hash cannot take a value from a map before 4.18 (d71962f3e627), nor this much from the stack. */
struct inflight_long {
	__u8 sections[16384]; /* INFLIGHT_SECTIONS are used; the rest is what masked lengths could reach */
};

#define INFLIGHT_LONG_MAX 512

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, INFLIGHT_LONG_MAX);
	__type(key, __u32);
	__type(value, struct inflight_long);
} inflight_long SEC(".maps");

/* Place to task: the places that are taken, half of them at most, so that a free one is found at once. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, INFLIGHT_LONG_MAX / 2);
	__type(key, __u32);
	__type(value, __u64);
} inflight_owners SEC(".maps");

#else

struct inflight_long {
	__u8 sections[INFLIGHT_SECTIONS];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, struct inflight_long);
} inflight_long SEC(".maps");

#endif

/* --- working memory, one of each kind a CPU --- */

/*
 * A kind of program never interrupts itself (the kernel counts and skips such a run), but one kind may interrupt
 * another where tracepoints are preemptible, so each has working memory of its own.
 */
enum program_kind {
	PROGRAM_ENTER = 0,
	PROGRAM_EXIT = 1,
	PROGRAM_DEATH = 2,
	PROGRAM_EXEC = 3,
	PROGRAM_FORK = 4,
	PROGRAMS = 5,
};

/* audit gives d_path() a buffer of PATH_MAX + 11 bytes (audit_log_d_path() in kernel/audit.c), its NUL included. */
#define PATH_TEXT_MAX (AW_PATH_MAX + 10)

struct path_walk {
	__u64 dentry;
	__u64 vfsmount;
	__u64 root_dentry;
	__u64 root_vfsmount;
	__u32 start; /* the text so far is text[start .. PATH_TEXT_MAX) */
	__s32 error; /* errno when the path cannot be told */
	__u8 text[2 * AW_PATH_MAX + 256]; /* the rest is what a masked start and a name could reach */
};

struct entry_memory {
	struct inflight call;
	__u64 cursor; /* of a walk over a list */
	__u64 clock_stamp; /* what the coarse clock showed when it was read last, and its sequence count then */
	__u32 clock_sequence;
	__u32 reserved;
	__u8 sections[16384 + 2 * AW_PATH_MAX + 64]; /* INFLIGHT_SECTIONS are used; the rest is what masked offsets could reach */
};

struct record_memory {
	__u32 used;
	__u32 flags; /* enum aw_header_flags */
	__u8 data[2 * AW_RECORD_MAX];
#ifdef TIER_STAGED
	__u64 after; /* room for record__order() behind the longest record that the verifier thinks of */
#endif
};

struct facts {
	__u32 known; /* bit n: value[n] is valid */
	__u32 value[32]; /* by enum as_field */
};

/* A call that is being told of: what the stages between its end and the ring hand on. */
struct leaving {
	__u64 sequence;
	__u64 start, end; /* argument text still to be sent, or start is 0 */
	__s64 ret;
	__u32 returned; /* 0: its task died in it */
	__u32 cut;      /* some argument text did not get through */
	__u32 fragments; /* of argument text that went ahead, or were to */
	__u32 reserved;
};

/* A task that is being judged by the list task. */
struct making {
	__u64 child;
	__u32 generation;
	__u32 holds; /* the clauses so far of the rule that is looked at */
	__u32 found; /* one more than the slot of the last clause of the rule that holds, or 0 */
	__u32 reserved;
};

struct working_memory {
	struct path_walk walk;
	struct facts facts;
	struct leaving leaving;
	struct making making;
	__u32 rounds; /* staged tiers: that the stage under way has had */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PROGRAMS);
	__type(key, __u32);
	__type(value, struct working_memory);
} working_memory SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 3); /* 0: sys_enter, 1: exec, 2: signal */
	__type(key, __u32);
	__type(value, struct entry_memory);
} entry_memory SEC(".maps");

/*
 * Slot: 2 * CPU + (0 for sys_exit, 1 for death). Not a per-CPU map, because a value of one is limited to 32 KiB
 * (PCPU_MIN_UNIT_SIZE, include/linux/percpu.h). User space sets the number of slots before loading.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct record_memory);
} record_memory SEC(".maps");

/* --- what comes out --- */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ast_statistics);
} statistics SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} sequence SEC(".maps");

#ifdef TIER_STAGED

/* One slot a CPU; user space puts perf events there. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} ring SEC(".maps");

#else

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 * 1024 * 1024);
} ring SEC(".maps");

#endif

static __always_inline void *memory_of(void *map, __u32 slot)
{
	return bpf_map_lookup_elem(map, &slot);
}

/* CONTROL(control_generation): a setting or control by its name, 0 before it is set. */
#ifdef TIER_STAGED
#define CONTROL(name)                                                 \
	({                                                            \
		struct asc_controls *values = memory_of(&controls, 0); \
		values ? values->name : 0;                            \
	})
#else
#define CONTROL(name) (name)
#endif

/* Hooks that are attached: enum ash_hooks for each group that is complete, and HOOKS_READ. Staged tiers have none. */
#ifdef TIER_STAGED
#define HOOKS_ATTACHED 0U
#else
#define HOOKS_ATTACHED control_hooks
#endif
#define HOOKS_READ (1 << 8) /* the hook on the reading of names is among them */

static __always_inline struct ast_statistics *statistics_of_cpu(void)
{
	return memory_of(&statistics, 0);
}

#endif
