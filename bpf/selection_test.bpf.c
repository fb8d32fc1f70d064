/* SPDX-License-Identifier: GPL-2.0-only */
/* The prefilter, run by hand on facts that a test gives. Built for the tests only. */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include "select.h"
#include "task.h"
#include "../Tests/Support/CBPFTest/include/selection_case.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct selection_case);
} selection_given SEC(".maps");

/* Structures of the wire that no map has for a value: only what a variable has the type of is described in BTF. */
struct {
	struct aw_header header;
	struct aw_syscall call;
	struct aw_section section;
	struct aw_object object;
	struct aw_mmap mmap;
	struct aw_openat2 openat2;
	struct aw_credentials credentials;
	struct aw_clock clock;
	struct aw_mq_attr mq_attr;
	struct aw_timespec timespec;
	struct aw_ipc ipc;
	struct aw_ipc_set ipc_set;
	struct aw_target target;
	struct aw_step_file step_file;
	struct aw_step_child step_child;
	struct aw_operation operation;
} wire_layouts;

/* What stage__enter() knows: arguments and process. */
static __always_inline void test__publish_entry(const struct aw_syscall *call, struct facts *facts)
{
	facts->known = 1U << AS_FIELD_A0 | 1U << AS_FIELD_A1 | 1U << AS_FIELD_A2 | 1U << AS_FIELD_A3 | 1U << AS_FIELD_PID;
	facts->value[AS_FIELD_A0] = call->args[0];
	facts->value[AS_FIELD_A1] = call->args[1];
	facts->value[AS_FIELD_A2] = call->args[2];
	facts->value[AS_FIELD_A3] = call->args[3];
	facts->value[AS_FIELD_PID] = call->pid;
}

SEC("raw_tp")
int selection_verdict(void *ctx)
{
	struct selection_case *given = memory_of(&selection_given, 0);

	if (!given)
		return SELECTION_FAILED;
	__u32 kind = given->phase == SELECTION_ENTRY ? PROGRAM_ENTER : PROGRAM_EXIT;
	struct working_memory *memory = memory_of(&working_memory, kind);

	if (!memory)
		return SELECTION_FAILED;
	if (given->call.nr >= AS_SYSCALLS)
		return SELECTION_REFUSED;
	struct as_index *index = select__index(given->generation, given->abi & 1, given->call.nr);

	if (!index)
		return SELECTION_FAILED;
	if (!(index->flags & AS_INDEX_ENTRY))
		return SELECTION_REFUSED;
	/* What an earlier run has left must not be what decides. */
	__builtin_memset(&memory->facts, 0xa5, sizeof(memory->facts));
	if (given->phase == SELECTION_ENTRY)
		test__publish_entry(&given->call, &memory->facts);
	else
		task__publish(&given->call, given->returned, &memory->facts);
	return select__range(index, given->generation, kind, true) ? SELECTION_ACCEPTED : SELECTION_REFUSED;
}
