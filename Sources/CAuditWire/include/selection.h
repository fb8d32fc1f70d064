/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Selection: the rule set as the kernel sees it.
 *
 * Three arrays, written by user space, one set of slots for each of two generations (the one in force and the next):
 *
 *     index[abi][nr] ─► flags, and a range of ─► list[] ─► clauses[]
 *
 * A clause is one rule: a verdict and tests that must all hold. The clauses of a range are tried in rule order. The
 * prefilter may let too much through, never too little: a test it cannot decide (yet, or ever) counts as
 * "perhaps", an `always` clause that perhaps matches selects, a `never` clause rejects only when it certainly matches.
 */
#ifndef AUDIT_SELECTION_H
#define AUDIT_SELECTION_H

#include "wire.h"

/* Numbers that a rule's mask can name: AUDIT_BITMASK_SIZE * 32 (linux/audit.h). Larger ones match no rule. */
#define AS_SYSCALLS 2048

enum as_abi {
	AS_ABI_NATIVE = 0, /* 64-bit table */
	AS_ABI_COMPAT = 1, /* 32-bit table (i386 on x86-64) */
	AS_ABIS = 2,
};

#define AS_GENERATIONS 2
#define AS_INDEX_SIZE (AS_GENERATIONS * AS_ABIS * AS_SYSCALLS)
/* Position of a call in the index array; generation is taken modulo AS_GENERATIONS. */
#define AS_INDEX(generation, abi, nr) \
	((((generation) % AS_GENERATIONS) * AS_ABIS + (abi)) * AS_SYSCALLS + (nr))

/* Slots of one generation. */
#define AS_LIST_MAX 16384
#define AS_CLAUSES_MAX 4096
/* Clauses tried for one call; a longer range is marked AS_INDEX_UNCONDITIONAL by the compiler. */
#define AS_RANGE_MAX 64
#define AS_TESTS_MAX 7

enum as_index_flags {
	/* Some rule may select this call: run the prefilter at entry. */
	AS_INDEX_ENTRY = 1 << 0,
	/* Selected whatever the tests say: skip the range. */
	AS_INDEX_UNCONDITIONAL = 1 << 1,
	/*
	 * A selected call may return under this number: look for it at exit. Set with AS_INDEX_ENTRY, and for every
	 * exec number of every ABI when any exec is selected (a successful exec returns under the new program's ABI).
	 */
	AS_INDEX_EXIT = 1 << 2,
	/* The collector may ask for the tick count by this call (controls.h). Set by the code that loads a tier which needs it. */
	AS_INDEX_TICK = 1 << 3,
	/*
	 * io_uring_enter(2), while there are rules of the list io_uring: noted at entry whatever the clauses say, so that its operations know it. It
	 * is told of when one of them was, or the clauses select it. Only in tier `btf`.
	 */
	AS_INDEX_RING = 1 << 4,
};

struct as_index {
	__u16 flags; /* enum as_index_flags */
	__u16 count; /* of list entries; at most AS_RANGE_MAX */
	__u32 first; /* first list entry, relative to the generation's slots */
};

/* What a test looks at. All are compared as unsigned 32-bit numbers, as audit_comparator() does (kernel/auditfilter.c). */
enum as_field {
	AS_FIELD_A0 = 0, /* low 32 bits of the argument; known at entry */
	AS_FIELD_A1 = 1,
	AS_FIELD_A2 = 2,
	AS_FIELD_A3 = 3,
	AS_FIELD_PID = 4, /* tgid; known at entry */
	AS_FIELD_PPID = 5, /* from here on known at exit */
	AS_FIELD_EXIT = 6,    /* low 32 bits of the return value */
	AS_FIELD_SUCCESS = 7, /* 1 or 0 */
	AS_FIELD_PERS = 8,
	AS_FIELD_AUID = 9,
	AS_FIELD_SES = 10,
	AS_FIELD_UID = 11,
	AS_FIELD_EUID = 12,
	AS_FIELD_SUID = 13,
	AS_FIELD_FSUID = 14,
	AS_FIELD_GID = 15,
	AS_FIELD_EGID = 16,
	AS_FIELD_SGID = 17,
	AS_FIELD_FSGID = 18,
	AS_FIELDS = 19,
};

enum as_operator {
	AS_EQUAL = 0,
	AS_NOT_EQUAL = 1,
	AS_LESS = 2,
	AS_LESS_OR_EQUAL = 3,
	AS_GREATER = 4,
	AS_GREATER_OR_EQUAL = 5,
	AS_MASK = 6,     /* value & operand is not 0 */
	AS_TEST = 7, /* value & operand is operand */
};

struct as_test {
	__u8 field; /* enum as_field */
	__u8 op;    /* enum as_operator */
	__u16 reserved;
	__u32 operand;
};

enum as_clause_flags {
	/* Reject instead of select. */
	AS_CLAUSE_NEVER = 1 << 0,
	/* The tests are the whole rule. Without it a match means "perhaps". */
	AS_CLAUSE_EXACT = 1 << 1,
	/* List task: the rule goes on in the next clause. */
	AS_CLAUSE_MORE = 1 << 2,
	/* List task: no rule, but facts to find out, see AS_FIELD_GROUPS. */
	AS_CLAUSE_GROUPS = 1 << 3,
};

struct as_clause {
	__u8 flags; /* enum as_clause_flags */
	__u8 count; /* of tests */
	__u16 counter; /* AS_CLAUSE_NEVER with AS_CLAUSE_EXACT: where in as_refusals the calls that it rejects are counted; else 0 */
	__u32 rule; /* position of the rule in its set */
	struct as_test tests[AS_TESTS_MAX];
};

#define AS_REFUSALS_MAX 1024

/* Calls that clauses have rejected, of one generation on one CPU. In 0 those of clauses for which there was no counter left. */
struct as_refusals {
	__u64 count[AS_REFUSALS_MAX];
};

/*
 * The list task. For each generation one more entry like those of the index (AS_INDEX_ENTRY when there are any); its clauses are the rules of
 * that list, looked at when a task is made. The first that holds marks the task with its as_clause.rule, which here is one of
 * as_task_mark; with AS_INDEX_UNCONDITIONAL as_index.first is that of all tasks. All of them are exact, and none has AS_CLAUSE_NEVER. There
 * are at most AS_RANGE_MAX, since nobody judges after them.
 *
 * While tasks may be marked with AS_TASK_ALWAYS, every entry of the index has AS_INDEX_ENTRY and AS_INDEX_EXIT.
 */

/*
 * `gid` and `egid` with = and != are of the supplementary groups as well. Test n of the clauses with AS_CLAUSE_GROUPS, which come first and but for
 * the last have AS_GROUPS_IN_CLAUSE tests each, says which of the two (its field) is to be compared with which group (its operand); what
 * comes of that, 1 or 0, is fact AS_FIELD_GROUPS + n for the tests of the other clauses.
 */
#define AS_FIELD_GROUPS 19
#define AS_GROUPS_IN_CLAUSE 4
#define AS_TASK_GROUPS_MAX 13 /* facts are numbered up to 31 */

enum as_task_mark {
	AS_TASK_NEVER = 1,  /* nothing is told of it */
	AS_TASK_ALWAYS = 2, /* all its calls are; with the number of the rule added, see aw_tag.AW_SECTION_TASK */
};

/*
 * The list io_uring: operations to tell of. Which of them a rule selects user space decides. Slot: generation % AS_GENERATIONS. An operation within a
 * call is of that call's generation, another of the one in force. Bit n of word w is operation 64 * w + n.
 */
#define AS_OPERATIONS 128 /* io_kiocb.opcode has more room; the largest that there is (7.0) is 64 */

struct as_operations {
	__u64 named[AS_OPERATIONS / 64];   /* by a rule of the list */
	__u64 within[AS_OPERATIONS / 64];  /* a call: these, or where rules of the list exit may select the call all that the kernel has records for */
	__u64 audited[AS_OPERATIONS / 64]; /* all of these; told of within a call behind one that was told of */
};

_Static_assert(sizeof(struct as_operations) == 48, "as_operations");
_Static_assert(AS_FIELD_GROUPS == AS_FIELDS && AS_FIELD_GROUPS + AS_TASK_GROUPS_MAX <= 32, "facts");
_Static_assert(sizeof(struct as_index) == 8, "as_index");
_Static_assert(sizeof(struct as_test) == 8, "as_test");
_Static_assert(sizeof(struct as_clause) == 64, "as_clause");
_Static_assert((AS_REFUSALS_MAX & (AS_REFUSALS_MAX - 1)) == 0, "AS_REFUSALS_MAX is used as a mask");
_Static_assert((AS_SYSCALLS & (AS_SYSCALLS - 1)) == 0, "AS_SYSCALLS is used as a mask");
_Static_assert((AS_LIST_MAX & (AS_LIST_MAX - 1)) == 0, "AS_LIST_MAX is used as a mask");
_Static_assert((AS_CLAUSES_MAX & (AS_CLAUSES_MAX - 1)) == 0, "AS_CLAUSES_MAX is used as a mask");

#endif
