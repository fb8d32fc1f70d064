/* SPDX-License-Identifier: GPL-2.0-only */
/* A call ends: its facts, whether rules still select it, what it is about, and the sending of it. */
#ifndef EBPF_AUDIT_LEAVE_H
#define EBPF_AUDIT_LEAVE_H

#ifndef TIER_STAGED
#include "asked.h"
#endif
#include "inflight.h"
#ifndef TIER_STAGED
#include "label.h"
#endif
#include "select.h"
#include "special.h"
#include "task.h"
#include "tasks.h"
#ifndef TIER_STAGED
#include "trace.h"
#endif
#include "user_memory.h"

#define EBADF 9
#define ENOTSOCK 88

/* Files that the call made or runs. */
static __always_inline void record__objects(struct record_memory *record, struct task_struct *task,
					    const struct inflight *call, long ret)
{
	if (call->shape.flags & ASH_RESULT_FD && ret >= 0) {
		struct file *file = task__file(task, ret);
		struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);

		if (file) {
			bool created = BPF_CORE_READ(file, f_mode) & FMODE_CREATED;

			record__object(record, dentry, AW_ROLE_RESULT, created ? AW_OBJECT_CREATED : 0);
			if (created)
				record__object(record, BPF_CORE_READ(dentry, d_parent), AW_ROLE_RESULT_PARENT, 0);
		}
	}
	if (call->shape.flags & ASH_EXEC && ret == 0) {
		struct file *file = READ(task, mm, exe_file);

		if (file)
			record__object(record, READ(file, f_path.dentry), AW_ROLE_EXECUTABLE, 0);
	}
}

static __always_inline void record__mmap(struct record_memory *record, const struct inflight *call)
{
	const __u32 map_anonymous = 0x20; /* ksys_mmap_pgoff() tells audit only of mappings of a file */

	if (!(call->shape.flags & ASH_MMAP) || call->args[3] & map_anonymous || !RECORD_ROOM(record, 8))
		return;
	/* mmap() refuses an offset that is no multiple of a page; mmap2() counts in pages. */
	if (call->arch & 0x80000000U && call->args[5] & 4095)
		return;
	struct aw_mmap *mmap = (void *)RECORD_NEXT(record);

	mmap->fd = call->args[4];
	mmap->flags = call->args[3];
	record__section(record, AW_SECTION_MMAP, 0, 0, sizeof(*mmap));
}

/* What was brought along from entry. */
static __always_inline void record__from_entry(struct record_memory *record, const struct inflight *call, long ret, __u64 key)
{
	__u32 used = call->used & 16383;

	if (!used)
		return;
	/* The descriptor was no socket, so the kernel has not come to look at the address. */
	if (call->shape.address && (ret == -EBADF || (ret == -ENOTSOCK && !(call->shape.flags & ASH_ADDRESS_FIRST)))) {
		if (call->shape.special != ASH_SPECIAL_SOCKETCALL)
			return;
		/* The arguments of the call inside, which come first, it has read before. */
		const struct aw_section *first = (const void *)call->sections;

		used = sizeof(*first) + AW_ALIGN(first->length & 31);
	}
	const void *from = call->sections;

	if (call->flags & INFLIGHT_LONG) {
		from = inflight__long(call, key);
		if (!from || used > INFLIGHT_SECTIONS) {
			record__incomplete(record);
			return;
		}
		bpf_probe_read_kernel(&record->data[sizeof(struct aw_header) + sizeof(struct aw_syscall)], used, from);
	} else {
		__u8 *to = &record->data[sizeof(struct aw_header) + sizeof(struct aw_syscall)];

#ifndef TIER_STAGED
		if (used <= INFLIGHT_SHORT)
			__builtin_memcpy(to, from, INFLIGHT_SHORT);
		else
#endif
			__builtin_memcpy(to, from, INFLIGHT_INLINE);
	}
	record->used += used;
}

/* The call that `task` is making and that has not ended yet, or NULL. */
static __always_inline struct inflight *leave__call(struct task_struct *task)
{
	__u64 key = (__u64)task;
	struct inflight *call = bpf_map_lookup_elem(&inflight, &key);

	return call && !(call->flags & INFLIGHT_ENDED) ? call : NULL;
}

static __always_inline __u32 leave__slot(__u32 kind)
{
	return 2 * bpf_get_smp_processor_id() + (kind == PROGRAM_EXIT ? 0 : 1);
}

/* The call has ended: sys_exit, or the death of its task (then without a result). */
static __always_inline void leave__begin(struct leaving *leaving, struct task_struct *task, const struct inflight *call, long ret,
					 bool returned)
{
	struct mm_struct *mm = READ(task, mm);

	leaving->start = leaving->end = 0;
	leaving->cut = 0;
	leaving->fragments = 0;
	leaving->sequence = record__sequence();
	leaving->returned = returned;
	leaving->ret = returned ? compat__result(ret) : 0;
	if (call->shape.flags & ASH_EXEC && returned && leaving->ret == 0) {
		leaving->start = READ(mm, arg_start);
		leaving->end = READ(mm, arg_end);
	}
}

/* Flags of calls that are told of whatever the rules say now. */
#ifdef TIER_STAGED
#define LEAVE_CERTAIN INFLIGHT_CERTAIN
#else
#define LEAVE_CERTAIN (INFLIGHT_CERTAIN | INFLIGHT_TOLD)
#endif

/* Numbers and identities of the call and its task. Returns whether the rules may still select it. */
static __always_inline bool leave__facts(struct record_memory *record, struct working_memory *memory, const struct leaving *leaving,
					 struct task_struct *task, const struct inflight *call, bool returned, __u32 kind)
{
	struct aw_syscall *facts = (void *)&record->data[sizeof(struct aw_header)];

	facts->args[0] = call->args[0] | (__u64)call->upper[0] << 32;
	facts->args[1] = call->args[1] | (__u64)call->upper[1] << 32;
	facts->args[2] = call->args[2] | (__u64)call->upper[2] << 32;
	facts->args[3] = call->args[3] | (__u64)call->upper[3] << 32;
	facts->args[4] = call->args[4];
	facts->args[5] = call->args[5];
	facts->ret = leaving->ret;
	facts->arch = call->arch;
	facts->nr = call->nr;
	facts->generation = call->generation;
	facts->jiffies = call->jiffies;
	facts->stamp = call->stamp;
	task__facts(task, facts);

	struct as_index *index = select__index(call->generation, call->arch & 0x80000000U ? AS_ABI_NATIVE : AS_ABI_COMPAT,
					       call->nr & (AS_SYSCALLS - 1));

	/*
	 * The slots of a rule set that is no longer in force may be written anew at any time: of its calls user space alone decides, by the
	 * generation above.
	 */
	if (index && call->generation == CONTROL(control_generation) && !(index->flags & AS_INDEX_UNCONDITIONAL) &&
	    !(call->flags & LEAVE_CERTAIN)) {
		task__publish(facts, returned, &memory->facts);
		if (select__range(index, call->generation, kind, true) == CLAUSE_NO)
			return false;
	}
	record->used = sizeof(struct aw_header) + sizeof(struct aw_syscall);
	record->flags = (returned ? 0 : AW_FLAG_NO_RETURN) | (leaving->fragments ? AW_FLAG_AHEAD : 0) |
			(leaving->cut || call->flags & INFLIGHT_CUT ? AW_FLAG_INCOMPLETE : 0);
	return true;
}

/*
 * The call's result, read anew each time: what the verifier has learnt of it in one branch would otherwise make it go through all
 * that follows once for each, which is most of what it does.
 */
static __always_inline long leave__result(const struct leaving *leaving, bool returned)
{
	return returned ? *(const volatile __s64 *)&leaving->ret : 0;
}

/* What the call itself is about: names, addresses, files. */
static __always_inline void leave__sections(struct record_memory *record, const struct leaving *leaving, struct task_struct *task,
					    const struct inflight *call, bool returned)
{
	record__from_entry(record, call, leave__result(leaving, returned), (__u64)task);
	if (call->unread && call->shape.flags & ASH_EXEC && returned && leave__result(leaving, returned) == 0) {
		/* The memory that the name was in is another program's now. */
		record__missing(record, AW_SECTION_PATHNAME, call->unread & 1 ? 0 : 1, -EFAULT);
	} else if (call->unread) {
		record__late_path(record, call, 0);
		record__late_path(record, call, 1);
		record__late_path(record, call, 2);
		record__late_path(record, call, 3);
		record__late_path(record, call, 4);
		record__late_path(record, call, 5);
	}
	record__received_address(record, call, leave__result(leaving, returned));
	record__descriptor_pair(record, task, call, leave__result(leaving, returned));
	record__mmap(record, call);
	record__objects(record, task, call, leave__result(leaving, returned));
}

static __always_inline bool leave__wants_directory(const struct inflight *call)
{
	return (call->shape.flags & ASH_CWD || call->flags & INFLIGHT_NAMED) && !(call->shape.flags & ASH_MOVES);
}

/* What is read from the task's own memory, and its groups. */
static __always_inline void leave__process(struct record_memory *record, const struct leaving *leaving, struct task_struct *task,
					   bool returned)
{
	tasks__tell(record, task);
	record__title(record, READ(task, mm));
	if (CONTROL(control_wanted) & ASC_WANTED_GROUPS)
		task__groups(record, task);
	if (returned && leaving->start)
		record__arguments(record, leaving);
}

static __always_inline void leave__send(void *ctx, struct record_memory *record, const struct leaving *leaving,
					const struct inflight *call)
{
	struct ast_statistics *statistics = statistics_of_cpu();

	if (!statistics)
		return;
	if (record__send(ctx, record, AW_TYPE_SYSCALL, call->time, leaving->sequence)) {
		statistics->lost_ring++;
	} else {
		statistics->sent++;
		if (record->flags & AW_FLAG_INCOMPLETE)
			statistics->incomplete++;
	}
}

static __always_inline void leave__forget(struct task_struct *task, struct inflight *call)
{
	__u64 key = (__u64)task;

	/*
	 * Removing can fail where the map's lock cannot be had (-EBUSY, -ETIMEDOUT). Then the entry must not be taken for a call
	 * of the next task at this address.
	 */
	if (call->flags & INFLIGHT_LONG)
		inflight__drop_long(call, key);
#ifdef TIER_STAGED
	if (call->flags & INFLIGHT_DYING)
		tasks__forget(task);
#endif
	call->flags = INFLIGHT_ENDED;
#ifndef TIER_STAGED
	if (inflight_entries < setting_kept_calls)
		return;
	if (!bpf_map_delete_elem(&inflight, &key))
		__sync_fetch_and_add(&inflight_entries, -1);
#else
	bpf_map_delete_elem(&inflight, &key);
#endif
}

#ifndef TIER_STAGED

/* The task dies: what has been kept for its next call goes. */
static __always_inline void leave__remove(struct task_struct *task)
{
	__u64 key = (__u64)task;

	if (!bpf_map_delete_elem(&inflight, &key))
		__sync_fetch_and_add(&inflight_entries, -1);
}

#endif

#ifndef TIER_STAGED

static __noinline int stage__leave(struct task_struct *task, long ret, bool returned, __u32 kind)
{
	struct inflight *call = leave__call(task);

	if (!call)
		return 0;
	__u32 slot = leave__slot(kind);
	struct ast_statistics *statistics = statistics_of_cpu();
	struct record_memory *record = memory_of(&record_memory, slot);
	struct working_memory *memory = memory_of(&working_memory, kind);

	if (!statistics || !record || !memory)
		return 0;
	struct leaving *leaving = &memory->leaving;

	statistics->generated++;
	leave__begin(leaving, task, call, ret, returned);
	/* Arguments that fit into no event go ahead, while the record's memory is still free. */
	if (returned && leaving->end - leaving->start > ARGUMENTS_IN_EVENT)
		record__fragments(slot, call->time, leaving);
	if (!leave__facts(record, memory, leaving, task, call, returned, kind)) {
		statistics->filtered++;
		leave__forget(task, call);
		return 0;
	}
	leave__sections(record, leaving, task, call, returned);

	bool has_names = HOOKS_ATTACHED && trace__end(record, (__u64)task, call);

	if (call->shape.special)
		record__special(slot, call->shape.special, returned ? leave__result(leaving, returned) : -1);
	task__tty(record, task);

	record__walked(record, AW_SECTION_EXE, path__walked(PATH_OF_EXE, kind));
	if (leave__wants_directory(call) || (has_names && !(call->shape.flags & ASH_MOVES)))
		record__walked(record, AW_SECTION_CWD, path__walked(PATH_OF_DIRECTORY, kind));
	if (control_label)
		label__add(slot);
	if (control_sid_cred)
		record__subject(record, READ(task, cred));
	if (control_wanted & (ASC_WANTED_PROGRAM | ASC_WANTED_ANCESTORS | ASC_WANTED_PATHS))
		asked__add(record, slot, kind, call, leave__result(leaving, returned));
	leave__process(record, leaving, task, returned);
	leave__send(NULL, record, leaving, call);
	leave__forget(task, call);
	return 0;
}

#endif

#endif
