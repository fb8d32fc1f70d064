/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * select: the prefilter. It may let too much through, never too little; user space decides exactly (selection.h).
 */
#ifndef EBPF_AUDIT_SELECT_H
#define EBPF_AUDIT_SELECT_H

#include "maps.h"

/* Outcome of one clause. */
enum { CLAUSE_NO = 0, CLAUSE_PERHAPS = 1, CLAUSE_YES = 2 };

static __always_inline bool select__compare(__u8 op, __u32 value, __u32 operand)
{
	switch (op) {
	case AS_EQUAL:
		return value == operand;
	case AS_NOT_EQUAL:
		return value != operand;
	case AS_LESS:
		return value < operand;
	case AS_LESS_OR_EQUAL:
		return value <= operand;
	case AS_GREATER:
		return value > operand;
	case AS_GREATER_OR_EQUAL:
		return value >= operand;
	case AS_MASK:
		return value & operand;
	case AS_TEST:
		return (value & operand) == operand;
	}
	return true; /* an operator of a later version: perhaps */
}

/*
 * Tries clause `slot` against the facts of program `kind`. A function of its own, so that the verifier checks it
 * once and not once for every round of the caller's loop.
 *
 * Returns CLAUSE_* in the lower bits, the clause's flags above them.
 */
__noinline int select__clause(__u32 slot, __u32 kind)
{
	struct working_memory *memory = memory_of(&working_memory, kind);
	struct as_clause *clause = bpf_map_lookup_elem(&selection_clauses, &slot);
	int outcome = CLAUSE_YES;

	if (!memory || !clause)
		return CLAUSE_PERHAPS;
	for (int i = 0; i < AS_TESTS_MAX; i++) {
		if (i >= clause->count)
			break;
		__u32 field = clause->tests[i].field & 31;

		if (!(memory->facts.known & (1U << field)))
			outcome = CLAUSE_PERHAPS;
		else if (!select__compare(clause->tests[i].op, memory->facts.value[field], clause->tests[i].operand))
			return CLAUSE_NO;
	}
	if (outcome == CLAUSE_YES && !(clause->flags & AS_CLAUSE_EXACT))
		outcome = CLAUSE_PERHAPS;
	return outcome | clause->flags << 8;
}

/* Whether the rules of generation `generation` may select the call whose facts are in the memory of `kind`. */
static __always_inline bool select__range(const struct as_index *index, __u32 generation, __u32 kind)
{
	__u32 first = index->first;
	__u32 count = index->count;
	__u32 half = generation % AS_GENERATIONS;

	if (index->flags & AS_INDEX_UNCONDITIONAL)
		return true;
	for (__u32 i = 0; i < AS_RANGE_MAX; i++) {
		if (i >= count)
			break;
		__u32 slot = half * AS_LIST_MAX + ((first + i) & (AS_LIST_MAX - 1));
		__u32 *clause = bpf_map_lookup_elem(&selection_list, &slot);

		if (!clause)
			return true;
		int outcome = select__clause(half * AS_CLAUSES_MAX + (*clause & (AS_CLAUSES_MAX - 1)), kind);
		bool never = (outcome >> 8) & AS_CLAUSE_NEVER;

		if (never && (outcome & 3) == CLAUSE_YES)
			return false;
		if (!never && (outcome & 3) != CLAUSE_NO)
			return true;
	}
	return count > AS_RANGE_MAX; /* what was not looked at may match */
}

static __always_inline struct as_index *select__index(__u32 generation, __u32 abi, __u32 nr)
{
	__u32 slot = AS_INDEX(generation, abi, nr);

	return bpf_map_lookup_elem(&selection_index, &slot);
}

#endif
