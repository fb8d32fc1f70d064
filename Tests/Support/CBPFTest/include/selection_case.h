/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What a test asks bpf/selection_test.bpf.c. */
#ifndef SELECTION_CASE_H
#define SELECTION_CASE_H

#include "../../../../Sources/CAuditWire/include/CAuditWire.h"

enum selection_phase {
	SELECTION_ENTRY = 0, /* arguments and process are known */
	SELECTION_EXIT = 1,  /* everything is */
};

struct selection_case {
	struct aw_syscall call;
	__u32 phase;    /* enum selection_phase */
	__u32 returned; /* 0: the task died in the call */
	__u32 generation;
	__u32 abi; /* enum as_abi */
};

enum selection_verdict {
	SELECTION_REFUSED = 0,
	SELECTION_ACCEPTED = 1,
	SELECTION_FAILED = 2, /* the program could not look */
};

#endif
