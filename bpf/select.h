/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * select: the prefilter. It may let too much through, never too little; user space decides exactly (selection.h).
 */
#ifndef EBPF_AUDIT_SELECT_H
#define EBPF_AUDIT_SELECT_H

#include "kernel_compat.h"
#include "maps.h"
#include "read.h"
#include "tier.h"

/* Outcome of one clause. */
enum { CLAUSE_NO = 0, CLAUSE_PERHAPS = 1, CLAUSE_YES = 2 };

/* The operators that hold of a value less than, equal to and greater than the operand, and both of masks, which are taken back below. */
#define OPERATORS_MASK    (1 << AS_MASK | 1 << AS_TEST)
#define OPERATORS_LESS    (OPERATORS_MASK | 1 << AS_NOT_EQUAL | 1 << AS_LESS | 1 << AS_LESS_OR_EQUAL)
#define OPERATORS_EQUAL   (OPERATORS_MASK | 1 << AS_EQUAL | 1 << AS_LESS_OR_EQUAL | 1 << AS_GREATER_OR_EQUAL)
#define OPERATORS_GREATER (OPERATORS_MASK | 1 << AS_NOT_EQUAL | 1 << AS_GREATER | 1 << AS_GREATER_OR_EQUAL)

/*
 * 1 or 0, without a branch, because each would double what the verifier has to look at where it is repeated: a set of the operators that
 * hold, of which `op` picks its own. An operator of a later version holds ("perhaps").
 */
static __always_inline __u64 select__compare(__u8 op, __u64 value, __u64 operand)
{
	/* Hides that these are 32-bit numbers: clang would see through the arithmetic and branch. */
	barrier_var(value);
	barrier_var(operand);

	/* All ones or 0, from the sign that a difference of 32-bit numbers leaves. */
	__u64 less = (__s64)(value - operand) >> 63;
	__u64 equal = (__s64)((value ^ operand) - 1) >> 63;
	__u64 none = ((value & operand) - 1) >> 63;
	__u64 part = (__u64)-(__s64)((value & operand) ^ operand) >> 63;
	__u64 holding = ~0xffULL | OPERATORS_GREATER;

	holding ^= less & (OPERATORS_GREATER ^ OPERATORS_LESS);
	holding ^= equal & (OPERATORS_GREATER ^ OPERATORS_EQUAL);
	holding ^= none << AS_MASK | part << AS_TEST;
	return holding >> (op & 63) & 1;
}

/*
 * Tries clause `slot` against the facts of program `kind`. A function of its own, so that the verifier checks it
 * once and not once for every round of the caller's loop.
 *
 * Returns CLAUSE_* in the lower 8 bits, the clause's flags in the next 8, its counter above them.
 */
TIER_FUNCTION int select__clause(__u32 slot, __u32 kind)
{
	struct working_memory *memory = memory_of(&working_memory, kind);
	struct as_clause *clause = bpf_map_lookup_elem(&selection_clauses, &slot);

	if (!memory || !clause)
		return CLAUSE_PERHAPS;
	__u64 failed = 0, unknown = !(clause->flags & AS_CLAUSE_EXACT);

	TIER_LOOP
	for (__u64 i = 0; i < AS_TESTS_MAX; i++) {
		__u64 field = MASKED(clause->tests[i].field, 31);
		__u64 known = memory->facts.known >> field & 1;
		__u64 holds = select__compare(clause->tests[i].op, memory->facts.value[field], clause->tests[i].operand);

#ifdef TIER_STAGED
		__u64 counts = (i - clause->count) >> 63; /* no branch here, either */
#else
		__u64 counts = 1;

		if (i >= clause->count)
			break;
#endif
		failed |= counts & known & (holds ^ 1);
		unknown |= counts & (known ^ 1);
		/* One test after the other: side by side they need more registers than there are. */
		barrier_var(failed);
		barrier_var(unknown);
	}
	return (failed ? CLAUSE_NO : unknown ? CLAUSE_PERHAPS : CLAUSE_YES) | clause->flags << 8 | clause->counter << 16;
}

/* Counts a call that the clause with `counter` has rejected. Atomically, since programs at tracepoints may interrupt each other. */
static __always_inline void select__count(__u32 half, __u32 counter)
{
	struct as_refusals *refusals = memory_of(&selection_refusals, half);

	if (refusals)
		__sync_fetch_and_add((__u64 *)BEHIND(refusals, sizeof(__u64) * MASKED(counter, AS_REFUSALS_MAX - 1)), 1);
}

/*
 * Whether the rules of generation `generation` select the call whose facts are in the memory of `kind`: CLAUSE_NO, CLAUSE_PERHAPS, or
 * CLAUSE_YES when no further fact can change that. A clause that rejects it counts it if `counts`.
 */
static __always_inline int select__range(const struct as_index *index, __u32 generation, __u32 kind, bool counts)
{
	int certain = CLAUSE_YES;
	__u32 first = index->first;
	__u32 count = index->count;
	__u32 half = generation % AS_GENERATIONS;

	if (index->flags & AS_INDEX_UNCONDITIONAL)
		return CLAUSE_YES;
	TIER_LOOP
	for (__u32 i = 0; i < CLAUSES_TRIED; i++) {
		__u32 tried = i;

		/* Keeps clang from making one condition of this and the loop's own, which then has no end that it knows. */
		barrier_var(tried);
		if (tried >= count)
			break;
		__u32 slot = half * AS_LIST_MAX + ((first + i) & (AS_LIST_MAX - 1));
		__u32 *clause = bpf_map_lookup_elem(&selection_list, &slot);

		if (!clause)
			return CLAUSE_PERHAPS;
		int outcome = select__clause(half * AS_CLAUSES_MAX + (*clause & (AS_CLAUSES_MAX - 1)), kind);
		bool never = (outcome >> 8) & AS_CLAUSE_NEVER;

		if (never && (outcome & 3) == CLAUSE_YES) {
			if (counts)
				select__count(half, (__u32)outcome >> 16);
			return CLAUSE_NO;
		}
		if (!never && (outcome & 3) != CLAUSE_NO)
			return (outcome & 3) == CLAUSE_YES ? certain : CLAUSE_PERHAPS;
		if ((outcome & 3) != CLAUSE_NO)
			certain = CLAUSE_PERHAPS; /* this `never` may yet hold */
	}
	return count > CLAUSES_TRIED ? CLAUSE_PERHAPS : CLAUSE_NO; /* what was not looked at may match */
}

static __always_inline struct as_index *select__index(__u32 generation, __u32 abi, __u32 nr)
{
	__u32 slot = AS_INDEX(generation, abi, nr);

	return bpf_map_lookup_elem(&selection_index, &slot);
}

/* Whether the rules name call `nr`, for entry or exit as `flags` says (enum as_index_flags). */
static __always_inline bool select__is_named(struct task_struct *task, long nr, __u32 flags)
{
	struct call_id id;

	compat__identify(task, nr, &id);
	if (id.nr >= AS_SYSCALLS)
		return false;
	struct as_index *index = select__index(CONTROL(control_generation), id.abi, id.nr);

	return index && index->flags & flags;
}

#endif
