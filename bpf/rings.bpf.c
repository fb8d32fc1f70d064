/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations of io_uring, as __audit_uring_entry() and __audit_uring_exit() see them (kernel/auditsc.c, 5.16): an object of its own that shares the
 * tier's maps, loaded while there are rules of the list io_uring (Sources/CBPF/Rings.c).
 *
 * Where hooks on functions are permitted they are on the function that issues any operation, or on those that issue one kind each, and tell what
 * it returned. Else there are two tracepoints:
 * an operation that is handed in is issued right behind io_uring_submit_req unless it is to go to a worker at once, and
 * io_uring_queue_async_work says that a worker will issue it. Neither knows the outcome.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "asked.h"
#include "enter.h"
#include "label.h"
#include "tasks.h"

char LICENSE[] SEC("license") = "GPL";

/* Parameters of the function that the hooks are on, the result behind them. */
const volatile __u32 setting_arity = 2;
/* Which argument of each tracepoint the operation is. */
const volatile __u32 setting_submitted_at = 0;
const volatile __u32 setting_queued_at = 0;
/* REQ_F_CREDS of io_kiocb.flags: it is issued with io_kiocb.creds. 0 where that is not known. */
const volatile __u32 setting_creds = 0;

/* IOSQE_ASYNC (linux/io_uring.h), which is REQ_F_FORCE_ASYNC, too, and set by operations that always go to a worker. */
#define REQUEST_ASYNC (1 << 4)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, AS_GENERATIONS);
	__type(key, __u32);
	__type(value, struct as_operations);
} ring_operations SEC(".maps");

/* An issue under way. A worker may be in one for long. */
struct ring_issue {
	__u64 time;
	__u64 stamp;
	__u64 request; /* struct io_kiocb */
	__u64 cred;    /* that it is issued with where they are not the task's, or 0 */
	__u32 jiffies;
	__u32 number;
};

/* By task. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct ring_issue);
} ring_issues SEC(".maps");

/* Programs that build records; one does not interrupt itself, and has memory of its own: record_memory is this object's. */
enum ring_program {
	RING_LEAVES = 0,
	RING_SUBMITS = 0,
	RING_QUEUES = 1,
};

static __always_inline __u32 ring__slot(enum ring_program program)
{
	return 2 * bpf_get_smp_processor_id() + program;
}

/* The call that the task is in, or NULL. */
static __always_inline struct inflight *ring__call(struct task_struct *task)
{
	__u64 key = (__u64)task;
	struct inflight *call = bpf_map_lookup_elem(&inflight, &key);

	return call && !(call->flags & INFLIGHT_ENDED) ? call : NULL;
}

static __always_inline struct as_operations *ring__operations(__u32 generation)
{
	__u32 slot = generation % AS_GENERATIONS;

	return bpf_map_lookup_elem(&ring_operations, &slot);
}

static __always_inline bool ring__has(const __u64 words[2], __u32 number)
{
	/* No index that the verifier has to follow. */
	return number < AS_OPERATIONS && (number < 64 ? words[0] : words[1]) >> (number & 63) & 1;
}

/*
 * Whether an operation is to be told of. In audit an operation within a call that one before it has made a record of gets a record as well,
 * whatever the rules say of it: __audit_uring_exit() leaves AUDIT_STATE_RECORD as it is.
 */
static __always_inline bool ring__is_wanted(struct task_struct *task, struct inflight *call, __u32 number)
{
	struct as_operations *operations = ring__operations(call ? call->generation : control_generation);

	if (!operations || stage__is_own(bpf_get_current_pid_tgid() >> 32) || tasks__mark(task) == AS_TASK_NEVER)
		return false;
	if (!call)
		return ring__has(operations->named, number);
	/* The slots of rules that are no longer in force may be those of others by now. */
	if (call->flags & INFLIGHT_TOLD || call->generation != control_generation)
		return ring__has(operations->audited, number);
	return ring__has(operations->within, number);
}

static __always_inline void ring__credentials(struct aw_syscall *facts, struct cred *cred)
{
	TASK_CREDENTIALS(facts, cred, BPF_CORE_READ);
}

/* What it is issued with, where that is not what the task has: io_uring_register(2), IORING_REGISTER_PERSONALITY. */
static __always_inline __u64 ring__cred(struct io_kiocb *request)
{
	__u32 flags = BPF_CORE_READ(request, flags);

	return setting_creds && flags & setting_creds ? (__u64)BPF_CORE_READ(request, creds) : 0;
}

/* What rules ask for. A function of its own, which the verifier looks at once. */
__noinline int ring__sections(__u32 slot)
{
	struct record_memory *record = memory_of(&record_memory, slot);
	struct task_struct *task = task__current();

	if (!record)
		return 0;
	tasks__tell(record, task);
	if (control_wanted & ASC_WANTED_GROUPS)
		task__groups(record, task);
	return 0;
}

/* Tells of an issue. `call` is the one that it was made in, or NULL; what it returned is `ret` if `returned`. */
static __always_inline int ring__tell(__u32 slot, struct task_struct *task, struct inflight *call, const struct ring_issue *issue, __s64 ret,
				      bool returned)
{
	struct ast_statistics *statistics = statistics_of_cpu();
	struct record_memory *record = memory_of(&record_memory, slot);

	if (!statistics || !record)
		return 0;
	struct aw_syscall *facts = (void *)&record->data[sizeof(struct aw_header)];
	struct aw_operation *operation = (void *)(facts + 1);
	__u32 generation = call ? call->generation : control_generation;
	__u64 time = call ? call->time : issue->time;

	statistics->generated++;
	__builtin_memset(facts, 0, sizeof(*facts));
	if (call) {
		facts->args[0] = call->args[0] | (__u64)call->upper[0] << 32;
		facts->args[1] = call->args[1] | (__u64)call->upper[1] << 32;
		facts->args[2] = call->args[2] | (__u64)call->upper[2] << 32;
		facts->args[3] = call->args[3] | (__u64)call->upper[3] << 32;
		facts->args[4] = call->args[4];
		facts->args[5] = call->args[5];
		facts->arch = call->arch;
		facts->nr = call->nr;
		call->flags |= INFLIGHT_TOLD;
	}
	facts->stamp = call ? call->stamp : issue->stamp;
	facts->jiffies = call ? call->jiffies : issue->jiffies;
	facts->generation = generation;
	facts->ret = returned ? compat__result(ret) : 0;
	task__facts(task, facts);
	if (issue->cred)
		ring__credentials(facts, (void *)issue->cred);
	operation->number = issue->number;
	operation->reserved = 0;
	record->used = sizeof(struct aw_header) + sizeof(*facts) + sizeof(*operation);
	record->flags = (call ? AW_FLAG_WITHIN : 0) | (returned ? 0 : AW_FLAG_NO_RETURN);
	if (control_label)
		label__add(slot);
	if (control_sid_cred)
		record__subject(record, issue->cred ? (void *)issue->cred : READ(task, cred));
	if (control_wanted & ASC_WANTED_PROGRAM)
		asked__program(slot);
	ring__sections(slot);
	if (record__send(NULL, record, AW_TYPE_OPERATION, time, record__sequence())) {
		statistics->lost_ring++;
	} else {
		statistics->sent++;
		if (record->flags & AW_FLAG_INCOMPLETE)
			statistics->incomplete++;
	}
	return 0;
}

static __always_inline void ring__note(struct ring_issue *issue, struct io_kiocb *request, __u32 number, const struct inflight *call)
{
	__builtin_memset(issue, 0, sizeof(*issue));
	issue->request = (__u64)request;
	issue->number = number;
	issue->cred = ring__cred(request);
	if (call)
		return;
	issue->time = bpf_ktime_get_ns();
	issue->jiffies = bpf_jiffies64();
	issue->stamp = clock__read();
}

/* --- on the function that issues --- */

static __always_inline int ring__begins(struct io_kiocb *request)
{
	struct task_struct *task = task__current();
	struct inflight *call = ring__call(task);
	__u32 number = BPF_CORE_READ(request, opcode);
	__u64 key = (__u64)task;
	struct ring_issue *before = bpf_map_lookup_elem(&ring_issues, &key);
	struct ast_statistics *statistics = statistics_of_cpu();
	struct ring_issue issue;

	/* One function that issues an operation may go on in another: io_openat() in io_openat2(). Then the inner one's end tells. */
	if (!statistics || (before && before->request == (__u64)request && before->number == number))
		return 0;
	if (before) {
		/* It has never been seen to end. */
		statistics->generated++;
		statistics->lost_orphaned++;
	}
	if (!ring__is_wanted(task, call, number)) {
		if (before)
			bpf_map_delete_elem(&ring_issues, &key);
		return 0;
	}
	ring__note(&issue, request, number, call);
	if (bpf_map_update_elem(&ring_issues, &key, &issue, BPF_ANY)) {
		statistics->generated++;
		statistics->lost_inflight++;
	}
	return 0;
}

static __always_inline int ring__ends(__s64 ret)
{
	struct task_struct *task = task__current();
	__u64 key = (__u64)task;
	struct ring_issue *issue = bpf_map_lookup_elem(&ring_issues, &key);

	if (!issue)
		return 0;
	ring__tell(ring__slot(RING_LEAVES), task, ring__call(task), issue, ret, true);
	bpf_map_delete_elem(&ring_issues, &key);
	return 0;
}

SEC("?fentry")
int enter_issue(__u64 *ctx)
{
	return ring__begins((void *)ctx[0]);
}

SEC("?fexit")
int leave_issue(__u64 *ctx)
{
	/* The offset is to be in the load itself (hooks_fentry.bpf.c). */
	return ring__ends(setting_arity == 3 ? (__s32)ctx[3] : (__s32)ctx[2]);
}

#if defined(__TARGET_ARCH_x86)
#define FIRST_ARGUMENT(frame) ((void *)(frame)->di)
#else
#define FIRST_ARGUMENT(frame) ((void *)(frame)->regs[0])
#endif

SEC("?kprobe.multi")
int enter_issue_multi(struct pt_regs *ctx)
{
	return ring__begins(FIRST_ARGUMENT(ctx));
}

SEC("?kprobe.multi")
int leave_issue_multi(struct pt_regs *ctx)
{
	return ring__ends((__s32)compat__returned(ctx));
}

SEC("?kprobe")
int enter_issue_single(struct pt_regs *ctx)
{
	return ring__begins(FIRST_ARGUMENT(ctx));
}

SEC("?kprobe")
int leave_issue_single(struct pt_regs *ctx)
{
	return ring__ends((__s32)compat__returned(ctx));
}

/* --- at tracepoints --- */

static __always_inline struct io_kiocb *ring__argument(const struct bpf_raw_tracepoint_args *ctx, __u32 place)
{
	return (void *)(place == 0 ? ctx->args[0] : place == 1 ? ctx->args[1] : ctx->args[2]);
}

SEC("?raw_tp")
int ring_submits(struct bpf_raw_tracepoint_args *ctx)
{
	struct io_kiocb *request = ring__argument(ctx, setting_submitted_at);
	struct task_struct *task = task__current();
	struct inflight *call = ring__call(task);
	__u32 number = BPF_CORE_READ(request, opcode), flags = BPF_CORE_READ(request, flags);
	struct ring_issue issue;

	if (flags & REQUEST_ASYNC || !ring__is_wanted(task, call, number))
		return 0;
	ring__note(&issue, request, number, call);
	return ring__tell(ring__slot(RING_SUBMITS), task, call, &issue, 0, false);
}

/* A worker will issue it: an event of its own, with that worker's identity, which is that of the process that handed it in. */
SEC("?raw_tp")
int ring_queues(struct bpf_raw_tracepoint_args *ctx)
{
	struct io_kiocb *request = ring__argument(ctx, setting_queued_at);
	struct task_struct *task = task__current();
	__u32 number = BPF_CORE_READ(request, opcode);
	struct ring_issue issue;

	if (!ring__is_wanted(task, NULL, number))
		return 0;
	ring__note(&issue, request, number, NULL);
	return ring__tell(ring__slot(RING_QUEUES), task, NULL, &issue, 0, false);
}
