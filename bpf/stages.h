/* SPDX-License-Identifier: GPL-2.0-only */
/* The way of a call through the kernel side: enter (select, remember), leave (facts, prefilter, build, send). */
#ifndef EBPF_AUDIT_STAGES_H
#define EBPF_AUDIT_STAGES_H

#include "clock.h"
#include "inflight.h"
#ifndef TIER_STAGED
#include "asked.h"
#include "label.h"
#endif
#include "select.h"
#include "special.h"
#include "task.h"
#include "tasks.h"
#include "user_memory.h"
#ifndef TIER_STAGED
#include "trace.h"
#endif

#define EBADF 9
#define ENOTSOCK 88

static __always_inline bool stage__is_own(__u32 tgid)
{
#ifdef TIER_STAGED
	struct asc_controls *values = memory_of(&controls, 0);
	struct asc_answer *answered = memory_of(&answer, 0);

	return values && answered &&
	       (tgid == values->setting_self_tgid || tgid == answered->self_tgid ||
		(values->setting_excluded_tgid && tgid == values->setting_excluded_tgid));
#else
	return tgid == setting_self_tgid || tgid == control_self_tgid ||
	       (setting_excluded_tgid && tgid == setting_excluded_tgid);
#endif
}

#ifndef TIER_STAGED

/* Appends the working directory as it is now, for calls that may change it. */
static __always_inline void entry__directory(struct entry_memory *entry, struct task_struct *task)
{
	entry__walked(entry, AW_SECTION_CWD, path__walked(PATH_OF_DIRECTORY, PROGRAM_ENTER));
}

#endif

/* The file that the call is about to act on, as it is before that: audit_file() comes before the change. */
static __always_inline void entry__descriptor(struct entry_memory *entry, struct task_struct *task)
{
	__u32 descriptor = entry->call.shape.fd_arg == 0 ? entry->call.args[0] : entry->call.args[1];
	struct file *file = task__file(task, descriptor);
	struct aw_section *head = entry__room(entry, sizeof(struct aw_object));

	if (file && head && object__read((void *)(head + 1), BPF_CORE_READ(file, f_path.dentry), 0))
		entry__section(entry, head, AW_SECTION_OBJECT, AW_ROLE_DESCRIPTOR, 0, sizeof(struct aw_object));
}

#ifdef TIER_STAGED

/* Stores the call under its task. Returns 0 or less. */
static __always_inline long entry__store(struct entry_memory *entry, __u64 task, struct ast_statistics *statistics)
{
	/* Before 4.18 a value has to come from the stack (d71962f3e627). */
	struct inflight copy;

	if (!(entry->call.flags & INFLIGHT_LONG))
		__builtin_memcpy(entry->call.sections, entry->sections, INFLIGHT_INLINE);
	copy = entry->call;

	long error = bpf_map_update_elem(&inflight, &task, &copy, BPF_NOEXIST);

	if (error == -17 /* EEXIST */) {
		struct inflight *before = bpf_map_lookup_elem(&inflight, &task);

		/* The call before this one has never been seen to end, or could not be removed then. */
		if (before && !(before->flags & INFLIGHT_ENDED)) {
			statistics->generated++;
			statistics->lost_orphaned++;
		}
		if (before)
			inflight__succeed(before, &entry->call, task);
		error = bpf_map_update_elem(&inflight, &task, &copy, BPF_ANY);
	}
	return error;
}

#else

/* Sections of most calls take no more. */
#define INFLIGHT_SHORT 64

static __always_inline long entry__store(struct entry_memory *entry, __u64 task, struct ast_statistics *statistics)
{
	struct inflight *call = bpf_map_lookup_elem(&inflight, &task);

	if (!call) {
		__builtin_memcpy(entry->call.sections, entry->sections, INFLIGHT_INLINE);

		long error = bpf_map_update_elem(&inflight, &task, &entry->call, BPF_NOEXIST);

		if (!error)
			__sync_fetch_and_add(&inflight_entries, 1);
		return error;
	}
	if (!(call->flags & INFLIGHT_ENDED)) {
		/* It has never been seen to end. */
		statistics->generated++;
		statistics->lost_orphaned++;
		inflight__succeed(call, &entry->call, task);
	}
	/* A signal that comes meanwhile looks at it, so the flags say last that it is a call. */
	__u8 flags = entry->call.flags;

	entry->call.flags = INFLIGHT_ENDED;
	__builtin_memcpy(call, &entry->call, offsetof(struct inflight, sections));
	if (entry->call.used <= INFLIGHT_SHORT)
		__builtin_memcpy(call->sections, entry->sections, INFLIGHT_SHORT);
	else
		__builtin_memcpy(call->sections, entry->sections, INFLIGHT_INLINE);
	barrier();
	entry->call.flags = flags;
	call->flags = flags;
	return 0;
}

#endif

/* Stores the call under its task: short sections inline, long ones beside. Counts what finds no room. */
static __always_inline void entry__remember(struct entry_memory *entry, __u64 task)
{
	struct ast_statistics *statistics = statistics_of_cpu();

	if (!statistics)
		return;
	entry->call.place = 0;
	/* As late as can be: audit reads the clock right behind this tracepoint. */
	entry->call.stamp = clock__stamp(entry);
	if (entry->call.used > INFLIGHT_INLINE) {
		entry->call.flags |= INFLIGHT_LONG;
		if (inflight__keep_long(&entry->call, task, entry)) {
			statistics->generated++;
			statistics->lost_inflight++;
			return;
		}
	}
	if (entry__store(entry, task, statistics)) {
		statistics->generated++;
		statistics->lost_inflight++;
		if (entry->call.flags & INFLIGHT_LONG)
			inflight__drop_long(&entry->call, task);
	}
}

#ifdef TIER_STAGED

static __always_inline __u64 enter__jiffies(void)
{
	__u64 jiffies = 0;

	/*
	 * Known when loading: the verifier does not look at a branch that is not taken, and then removes it. The helper came in 5.6 (5576b991e9c1),
	 * for programs of networking; tracing may call it since 5.9 ("bpf: Allow tracing programs to use bpf_jiffies64() helper"), as
	 * get_task_stack, which tells such kernels. RHEL 8.3 has the first alone.
	 */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_task_stack))
		return bpf_jiffies64();
	/* Else from the kernel's own variable. Without either the clock's ticks are not known, and times up to one tick off. */
	const void *address = (const void *)CONTROL(jiffies_address);

	if (address)
		bpf_probe_read_kernel(&jiffies, sizeof(jiffies), address);
	return jiffies;
}

/* The collector asks for the tick count, which tells this side who the collector is, whatever pid namespace it lives in. */
static __always_inline void enter__answer(const __u64 args[6], __u32 tgid)
{
	struct asc_controls *values = memory_of(&controls, 0);
	struct asc_answer *answered = memory_of(&answer, 0);

	if (!values || !answered || !values->cookie || args[5] != values->cookie)
		return;
	if (args[4]) {
		struct clock_time time = {};

		bpf_probe_read_kernel(&time, sizeof(time), (const void *)args[4]);
		answered->seconds = time.seconds;
		answered->nanoseconds = time.nanoseconds;
		answered->stamp = clock__read();
	} else {
		answered->self_tgid = tgid;
		answered->jiffies = enter__jiffies();
	}
	answered->count += 1;
}

#else

static __always_inline __u64 enter__jiffies(void)
{
	return bpf_jiffies64();
}

static __always_inline void enter__answer(const __u64 args[6], __u32 tgid)
{
}

#endif

/*
 * Where a call that is to be remembered has its numbers now, or NULL for another one. Its arguments are in `regs`, or where there are none
 * in `copied`, as syscall_get_arguments() gives them.
 */
static __always_inline struct entry_memory *enter__select(struct task_struct *task, struct pt_regs *regs, const __u64 *copied,
							  long nr)
{
	struct call_id id;
	__u32 generation = CONTROL(control_generation);

	compat__identify(task, nr, &id);
	if (id.nr >= AS_SYSCALLS)
		return NULL;
	struct as_index *index = select__index(generation, id.abi, id.nr);

	if (!index || !(index->flags & (AS_INDEX_ENTRY | AS_INDEX_TICK)))
		return NULL;
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	if (!(index->flags & AS_INDEX_TICK) && (stage__is_own(tgid) || tasks__is_unaudited(task)))
		return NULL;

	struct entry_memory *entry = memory_of(&entry_memory, 0);
	struct working_memory *memory = memory_of(&working_memory, PROGRAM_ENTER);

	if (!entry || !memory)
		return NULL;
	struct inflight *call = &entry->call;

	if (copied)
		compat__copied_arguments(copied, id.abi, call->args, call->upper);
	else
		compat__arguments(regs, id.abi, call->args, call->upper);
	if (index->flags & AS_INDEX_TICK) {
		enter__answer(call->args, tgid);
		if (!(index->flags & AS_INDEX_ENTRY) || stage__is_own(tgid) || tasks__is_unaudited(task))
			return NULL;
	}
	__u8 flags = 0;

	if (!(index->flags & AS_INDEX_UNCONDITIONAL)) {
		memory->facts.known = 1U << AS_FIELD_A0 | 1U << AS_FIELD_A1 | 1U << AS_FIELD_A2 | 1U << AS_FIELD_A3 |
				      1U << AS_FIELD_PID;
		memory->facts.value[AS_FIELD_A0] = call->args[0];
		memory->facts.value[AS_FIELD_A1] = call->args[1];
		memory->facts.value[AS_FIELD_A2] = call->args[2];
		memory->facts.value[AS_FIELD_A3] = call->args[3];
		memory->facts.value[AS_FIELD_PID] = tgid;

		int outcome = select__range(index, generation, PROGRAM_ENTER);

		if (outcome == CLAUSE_NO)
			return NULL;
		if (outcome == CLAUSE_YES)
			flags = INFLIGHT_CERTAIN;
	}

	call->time = bpf_ktime_get_ns();
	call->jiffies = enter__jiffies();
	call->nr = id.nr;
	call->arch = id.arch;
	call->generation = generation;
	call->used = 0;
	call->flags = flags;
	call->unread = 0;

	__u32 slot = id.abi * AS_SYSCALLS + id.nr;
	struct ash_shape *shape = bpf_map_lookup_elem(&shapes, &slot);

	if (!shape)
		return NULL;
	call->shape = *shape;
	return entry;
}

/* What the arguments point to. Before that the credentials of who calls exec, so that they are found again at its end. */
static __always_inline void enter__user_memory(struct entry_memory *entry, struct task_struct *task)
{
	if (entry->call.shape.special == ASH_SPECIAL_EXEC)
		entry__credentials(entry, task);
	if (entry->call.shape.paths) {
		entry__path(entry, 0);
		entry__path(entry, 1);
		entry__path(entry, 2);
		entry__path(entry, 3);
		entry__path(entry, 4);
		entry__path(entry, 5);
	}
	if (entry->call.shape.address)
		entry__address(entry);
}

#ifndef TIER_STAGED

/* Whether the rules name call `nr`, for entry or exit as `flags` says (enum as_index_flags). */
static __always_inline bool stage__is_named(struct task_struct *task, long nr, __u32 flags)
{
	struct call_id id;

	compat__identify(task, nr, &id);
	if (id.nr >= AS_SYSCALLS)
		return false;
	struct as_index *index = select__index(control_generation, id.abi, id.nr);

	return index && index->flags & flags;
}

/*
 * The task has made its call and the kernel has not yet acted on it. `flags` are of enum inflight_flags. No function of its own: the stacks of functions that call each
 * other add up, each rounded up to 32 bytes, and kernels before 6.13 permit 512 (MAX_BPF_STACK, check_max_stack_depth()).
 */
static __always_inline int stage__enter(struct task_struct *task, struct pt_regs *regs, const __u64 *copied, long nr, __u8 flags)
{
	if (!stage__is_named(task, nr, AS_INDEX_ENTRY | AS_INDEX_TICK))
		return 0;
	struct entry_memory *entry = enter__select(task, regs, copied, nr);

	if (!entry)
		return 0;
	const struct ash_shape *shape = &entry->call.shape;

	entry->call.flags |= flags;
	enter__user_memory(entry, task);
	if (shape->flags & ASH_MOVES)
		entry__directory(entry, task);
	if (shape->fd_arg != ASH_NO_ARGUMENT)
		entry__descriptor(entry, task);
	if (shape->special == ASH_SPECIAL_EXIT)
		entry__ending(entry, task);
	else if (special__is_clock(shape->special))
		entry__clock(entry);
	else if (shape->special)
		entry__special(0);
	entry__remember(entry, (__u64)task);
	if (HOOKS_ATTACHED)
		trace__begin((__u64)task, &entry->call, entry->sections);
	return 0;
}

#endif

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
	    !(call->flags & INFLIGHT_CERTAIN)) {
		task__publish(facts, returned, &memory->facts);
		if (select__range(index, call->generation, kind) == CLAUSE_NO)
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

	if (bpf_map_lookup_elem(&inflight, &key) && !bpf_map_delete_elem(&inflight, &key))
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
	if (control_wanted & (ASC_WANTED_PROGRAM | ASC_WANTED_ANCESTORS | ASC_WANTED_PATHS))
		asked__add(record, slot, kind, call, leave__result(leaving, returned));
	leave__process(record, leaving, task, returned);
	leave__send(NULL, record, leaving, call);
	leave__forget(task, call);
	return 0;
}

#endif

/*
 * Where the name that getname() read begins in bprm->filename: execveat() with a descriptor puts "/dev/fd/N/" before a
 * relative name and "/dev/fd/N" in place of an empty one (alloc_bprm() in fs/exec.c).
 */
static __always_inline __u32 exec__name_offset(const char *filename, const struct inflight *call)
{
	const __u32 prefix = 8; /* "/dev/fd/" */
	char head[24] = {};

	if (!(call->unread & 2) || (__s32)call->args[0] == -100 /* AT_FDCWD */)
		return 0;
	bpf_probe_read_kernel_str(head, sizeof(head), filename);
	if (head[0] != '/' || head[1] != 'd' || head[2] != 'e' || head[3] != 'v' || head[4] != '/' || head[5] != 'f' ||
	    head[6] != 'd' || head[7] != '/')
		return 0;
	for (__u32 i = prefix; i < sizeof(head); i++) {
		if (head[i] == '/')
			return i + 1;
		if (!head[i])
			return i;
	}
	return 0;
}

/*
 * An exec of bprm->filename has succeeded. That copy of the program's name is what getname() read, so it serves where the user's
 * could not be read at entry; after the exec that memory is gone.
 */
static __always_inline int stage__exec(struct task_struct *task, const char *filename)
{
	__u64 key = (__u64)task;
	struct inflight *call = leave__call(task);
	struct entry_memory *entry = memory_of(&entry_memory, 1);

	if (!call || !entry || !(call->unread & 3) || call->used > INFLIGHT_INLINE)
		return 0;
	entry->call = *call;
	__builtin_memcpy(entry->sections, call->sections, INFLIGHT_INLINE);

	struct aw_section *head = entry__room(entry, AW_PATH_MAX);

	if (!head)
		return 0;
	long length = bpf_probe_read_kernel_str(head + 1, AW_PATH_MAX, filename + exec__name_offset(filename, call));

	if (length <= 0)
		return 0;
	entry__section(entry, head, AW_SECTION_PATHNAME, call->unread & 1 ? 0 : 1, 0, length - 1);
	if (entry->call.used > INFLIGHT_INLINE) {
		if (inflight__keep_long(call, key, entry))
			return 0;
		call->flags |= INFLIGHT_LONG;
	} else {
		__builtin_memcpy(call->sections, entry->sections, INFLIGHT_INLINE);
	}
	call->used = entry->call.used;
	call->unread = 0;
	return 0;
}

#endif
