/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What single calls bring along for a record of their own: which of CAPSET, OPENAT2, MQ_*, IPC, OBJ_PID and the like, and how. Both
 * halves are functions of their own, so that the verifier checks them once, apart from what every call goes through.
 */
#ifndef EBPF_AUDIT_SPECIAL_H
#define EBPF_AUDIT_SPECIAL_H

#include "clock.h"
#include "inflight.h"
#include "ipc.h"
#include "mqueue.h"
#include "socketcall.h"
#include "target.h"
#include "task.h"

#define PTRACE_ATTACH 16
#define PTRACE_SEIZE  0x4206

#define MODULE_NAME_LEN 56 /* include/linux/module.h: 64 - sizeof(unsigned long) */

/* --- at entry --- */

static __always_inline void credentials__read(struct aw_credentials *value, struct task_struct *task)
{
	struct cred *cred = BPF_CORE_READ(task, cred);

	BPF_CORE_READ_INTO(&value->inheritable, cred, cap_inheritable);
	BPF_CORE_READ_INTO(&value->permitted, cred, cap_permitted);
	BPF_CORE_READ_INTO(&value->effective, cred, cap_effective);
	BPF_CORE_READ_INTO(&value->ambient, cred, cap_ambient);
	value->uid = BPF_CORE_READ(cred, uid.val);
	value->euid = BPF_CORE_READ(cred, euid.val);
	value->securebits = BPF_CORE_READ(cred, securebits);
	value->reserved = 0;
}

static __always_inline void entry__credentials(struct entry_memory *entry, struct task_struct *task)
{
	struct aw_section *head = entry__room(entry, sizeof(struct aw_credentials));

	if (!head)
		return;
	credentials__read((void *)(head + 1), task);
	entry__section(entry, head, AW_SECTION_SPECIAL, AW_SPECIAL_OLD_CREDENTIALS, 0, sizeof(struct aw_credentials));
}

/*
 * Whether `record` has the credentials from before the exec, and they are the ones after it. Says so in their section then, which is the first:
 * see enter__user_memory().
 */
static __always_inline bool record__keeps_credentials(struct record_memory *record, const struct aw_credentials *now)
{
	const __u32 at = sizeof(struct aw_header) + sizeof(struct aw_syscall);
	struct aw_section *head = (void *)&record->data[at];
	const __u64 *before = (const void *)(head + 1), *after = (const void *)now;
	__u64 changed = 0;

	if (record->used < at + sizeof(*head) + sizeof(*now) || head->tag != AW_SECTION_SPECIAL ||
	    head->detail != AW_SPECIAL_OLD_CREDENTIALS)
		return false;
	TIER_LOOP
	for (__u32 i = 0; i < sizeof(*now) / sizeof(*after); i++)
		changed |= before[i] ^ after[i];
	if (changed)
		return false;
	head->detail = AW_SPECIAL_SAME_CREDENTIALS;
	return true;
}

/* A structure of `size` bytes at `address` in the caller's memory; zeros when there is none and none is needed. */
#define ENTRY_STRUCT(entry, kind, type, address)                                                         \
	({                                                                                               \
		struct aw_section *head = entry__room(entry, sizeof(type));                              \
		bool read = false;                                                                       \
		if (head) {                                                                              \
			type *value = (void *)(head + 1);                                                \
			__builtin_memset(value, 0, sizeof(type));                                        \
			read = !(address) || !bpf_probe_read_user(value, sizeof(type), (void *)(address)); \
			if (read)                                                                        \
				entry__section(entry, head, AW_SECTION_SPECIAL, kind, 0, sizeof(type));  \
		}                                                                                        \
		read;                                                                                    \
	})

static __always_inline void entry__module(struct entry_memory *entry)
{
	struct aw_section *head = entry__room(entry, MODULE_NAME_LEN);

	if (!head)
		return;
	long length = bpf_probe_read_user_str(head + 1, MODULE_NAME_LEN, (void *)entry->call.args[0]);

	/* delete_module() refuses an empty name and one that does not end in time before audit is told. */
	if (length > 1 && length < MODULE_NAME_LEN)
		entry__section(entry, head, AW_SECTION_SPECIAL, AW_SPECIAL_KERN_MODULE, 0, length - 1);
}

/* Adds a path that has been walked. */
static __always_inline void entry__walked(struct entry_memory *entry, __u16 tag, struct path_walk *walk)
{
	struct aw_section *head = entry__room(entry, PATH_TEXT_MAX);

	if (!head || !walk)
		return;
	__u32 start = walk->start & (2 * AW_PATH_MAX - 1);

	if (walk->error || start > PATH_TEXT_MAX) {
		entry__section(entry, head, tag, 0, 0, -ENAMETOOLONG);
		return;
	}
	__u32 length = (PATH_TEXT_MAX - start) & (2 * AW_PATH_MAX - 1);

	bpf_probe_read_kernel(head + 1, length, &walk->text[start]);
	entry__section(entry, head, tag, 0, 0, length);
}

/* What record__title() and the executable would tell at the end, which comes when the memory is gone. */
static __always_inline void entry__ending(struct entry_memory *entry, struct task_struct *task)
{
	if (compat__dies_with_memory())
		return;
	struct mm_struct *mm = READ(task, mm);
	struct aw_section *head = entry__room(entry, 2 * AW_PROCTITLE_MAX);

	if (head) {
		__s32 length = title__read((void *)(head + 1), mm);

		if (length)
			entry__section(entry, head, AW_SECTION_PROCTITLE, 0, 0, length);
	}
#ifndef TIER_STAGED /* where enter_walk() does it, and no rule asks for the program */
	entry__walked(entry, AW_SECTION_EXE, path__walked(PATH_OF_EXE, PROGRAM_ENTER));
	if (control_wanted & ASC_WANTED_PROGRAM)
		entry__object(entry, READ(task, mm, exe_file), AW_ROLE_PROGRAM);
#endif
}

static __always_inline void entry__old_mmap(struct entry_memory *entry)
{
	struct aw_section *head = entry__room(entry, sizeof(struct aw_mmap));
	__u32 args[6];

	if (!head || bpf_probe_read_user(args, sizeof(args), (void *)entry->call.args[0]))
		return;
	struct aw_mmap *mmap = (void *)(head + 1);

	if (args[3] & 0x20 /* MAP_ANONYMOUS */ || args[5] & 4095)
		return;
	mmap->fd = args[4];
	mmap->flags = args[3];
	entry__section(entry, head, AW_SECTION_MMAP, 0, 0, sizeof(*mmap));
}

#ifndef TIER_STAGED

static __always_inline bool special__is_clock(__u32 special)
{
	return special >= ASH_SPECIAL_CLOCK_SET && special <= ASH_SPECIAL_CLOCK_ADJTIME;
}

/* The clock before it is set or adjusted. In staged tiers it is not told. */
static __always_inline void entry__clock(struct entry_memory *entry)
{
	struct aw_section *head = entry__room(entry, sizeof(struct aw_clock));

	if (head && !clock__state((void *)(head + 1)))
		entry__section(entry, head, AW_SECTION_SPECIAL, AW_SPECIAL_OLD_CLOCK, 0, sizeof(struct aw_clock));
}

#endif

/* What the shape of the call in the entry's working memory asks for. */
TIER_FUNCTION int entry__special(__u32 slot)
{
	struct entry_memory *entry = memory_of(&entry_memory, slot);
	struct task_struct *task = task__current();

	if (!entry)
		return 0;
	const __u64 *args = entry->call.args;
	bool narrow = !(entry->call.arch & 0x80000000U); /* __AUDIT_ARCH_64BIT */
	bool is_wanted = false, is_signal = false;
	__s32 target = 0;
	struct ipc_wish ipc = { .kind = -1 };
	enum ipc_form form = narrow ? IPC_FORM_COMPAT : IPC_FORM_NATIVE;

	switch (entry->call.shape.special) {
	case ASH_SPECIAL_OPENAT2:
		if (args[3] >= sizeof(struct aw_openat2) && args[2])
			ENTRY_STRUCT(entry, AW_SPECIAL_OPENAT2, struct aw_openat2, args[2]);
		break;
	case ASH_SPECIAL_DELETE_MODULE:
		entry__module(entry);
		break;
	case ASH_SPECIAL_MQ_OPEN:
		entry__mq_attr(entry, AW_SPECIAL_MQ_OPEN, args[3], narrow);
		break;
	case ASH_SPECIAL_MQ_SEND:
		entry__timespec(entry, AW_SPECIAL_MQ_SEND, args[4], narrow);
		break;
	case ASH_SPECIAL_MQ_RECEIVE:
		entry__timespec(entry, AW_SPECIAL_MQ_RECEIVE, args[4], narrow);
		break;
	case ASH_SPECIAL_MQ_SEND_64:
		entry__timespec(entry, AW_SPECIAL_MQ_SEND, args[4], false);
		break;
	case ASH_SPECIAL_MQ_RECEIVE_64:
		entry__timespec(entry, AW_SPECIAL_MQ_RECEIVE, args[4], false);
		break;
	case ASH_SPECIAL_MQ_NOTIFY: {
		/* sigev_signo follows sigev_value, which is as wide as a pointer. */
		struct aw_section *head = entry__room(entry, 8);
		__s32 signal = 0;

		if (!head || (args[1] && bpf_probe_read_user(&signal, 4, (void *)(args[1] + (narrow ? 4 : 8)))))
			break;
		*(__s64 *)(head + 1) = signal;
		entry__section(entry, head, AW_SECTION_SPECIAL, AW_SPECIAL_MQ_NOTIFY, 0, 8);
		break;
	}
	case ASH_SPECIAL_MQ_GETSETATTR:
		if (args[1])
			entry__mq_attr(entry, AW_SPECIAL_MQ_GETSETATTR, args[1], narrow);
		break;
	case ASH_SPECIAL_SIGNAL_PROCESS:
		target = args[0];
		is_wanted = target != -1; /* all: see special__signalled() */
#ifndef TIER_STAGED
		if (!is_wanted)
			signalled_all = 1;
#endif
		is_signal = true;
		break;
	case ASH_SPECIAL_SIGNAL_THREAD:
		target = args[0];
		is_wanted = target > 0;
		is_signal = true;
		break;
	case ASH_SPECIAL_SIGNAL_THREAD_OF:
		target = args[1];
		is_wanted = target > 0;
		is_signal = true;
		break;
	case ASH_SPECIAL_PTRACE:
		target = args[1];
		is_wanted = target > 0 && (args[0] == PTRACE_ATTACH || args[0] == PTRACE_SEIZE);
		break;
	case ASH_SPECIAL_SOCKETCALL:
		entry__socketcall(entry);
		break;
	case ASH_SPECIAL_IPC:
		ipc__call(&ipc, args);
		break;
	case ASH_SPECIAL_OLD_MMAP:
		entry__old_mmap(entry);
		break;
#ifdef TIER_STAGED /* where it walks no path: `btf` does it one function further up, see stage__enter() */
	case ASH_SPECIAL_EXIT:
		entry__ending(entry, task);
		break;
#endif
	case ASH_SPECIAL_SEM:
	case ASH_SPECIAL_MSG:
	case ASH_SPECIAL_SHM:
		ipc.kind = entry->call.shape.special - ASH_SPECIAL_SEM;
		ipc.number = args[0];
		break;
	case ASH_SPECIAL_SEM_CONTROL:
		ipc__control(&ipc, 0, args[0], args[2], args[3], form);
		break;
	case ASH_SPECIAL_MSG_CONTROL:
		ipc__control(&ipc, 1, args[0], args[1], args[2], form);
		break;
	case ASH_SPECIAL_SHM_CONTROL:
		ipc__control(&ipc, 2, args[0], args[1], args[2], form);
		break;
	}
	/* Looked up in one place: there are kernels that take programs of 4096 instructions only. */
	if (is_wanted && !(is_signal && (HOOKS_ATTACHED & ASH_HOOK_SIGNAL))) /* the hook is told of every target */
		entry__targets(entry, task, target, slot);
	if (ipc.kind >= 0)
		entry__ipc(entry, task, &ipc);
	return 0;
}

/* --- at exit --- */

#ifndef TIER_STAGED

/* The clock after it has been set or adjusted, and what of it. */
static __always_inline void record__clock(struct record_memory *record, __u32 special)
{
	const struct aw_syscall *call = (const void *)&record->data[sizeof(struct aw_header)];
	struct aw_clock *value = (void *)RECORD_NEXT(record);
	__u64 address = special == ASH_SPECIAL_ADJTIMEX ? call->args[0] : call->args[1];
	__u32 modes = 0;

	if (special == ASH_SPECIAL_CLOCK_ADJTIME && (__u32)call->args[0] != 0 /* CLOCK_REALTIME */)
		return;
	if (!(call->arch & 0x80000000U)) /* __AUDIT_ARCH_64BIT */
		address = (__u32)address;
	/* The first member in every form of it. The call has just written the structure back, so that its page is there. */
	if (special != ASH_SPECIAL_CLOCK_SET && bpf_probe_read_user(&modes, sizeof(modes), (void *)address))
		return;
	if (clock__state(value))
		return;
	value->modes = modes;
	record__section(record, AW_SECTION_SPECIAL, AW_SPECIAL_NEW_CLOCK, 0, sizeof(*value));
}

#endif

/* What can be told only now. `slot` is the record's, `descriptor` the call's result. */
TIER_FUNCTION int record__special(__u32 slot, __u32 special, __s64 result)
{
	struct record_memory *record = memory_of(&record_memory, slot);
	struct task_struct *task = task__current();

	if (!record || result < 0)
		return 0;
	if ((special == ASH_SPECIAL_CAPSET || special == ASH_SPECIAL_EXEC) &&
	    RECORD_ROOM(record, sizeof(struct aw_credentials))) {
		credentials__read((void *)RECORD_NEXT(record), task);
		if (special == ASH_SPECIAL_EXEC && record__keeps_credentials(record, (void *)RECORD_NEXT(record)))
			return 0;
		record__section(record, AW_SECTION_SPECIAL,
				special == ASH_SPECIAL_CAPSET ? AW_SPECIAL_CAPSET : AW_SPECIAL_NEW_CREDENTIALS, 0,
				sizeof(struct aw_credentials));
	}
#ifndef TIER_STAGED
	if (special__is_clock(special) && RECORD_ROOM(record, sizeof(struct aw_clock)))
		record__clock(record, special);
#endif
	if (special == ASH_SPECIAL_BPF && RECORD_ROOM(record, 8)) {
		struct aw_syscall *call = (void *)&record->data[sizeof(struct aw_header)];

		if (call->args[0] != 5 /* BPF_PROG_LOAD */)
			return 0;
		struct bpf_prog *program = BPF_CORE_READ(task__file(task, result), private_data);
		__u64 *value = (void *)RECORD_NEXT(record);

		*value = BPF_CORE_READ(program, aux, id);
		record__section(record, AW_SECTION_SPECIAL, AW_SPECIAL_BPF, 0, sizeof(*value));
	}
	return 0;
}

#endif
