/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What single calls bring along for a record of their own: CAPSET, OPENAT2, MQ_*, IPC, OBJ_PID and the like. Both
 * halves are functions of their own, so that the verifier checks them once, apart from what every call goes through.
 */
#ifndef EBPF_AUDIT_SPECIAL_H
#define EBPF_AUDIT_SPECIAL_H

#include "clock.h"
#include "inflight.h"
#ifndef TIER_STAGED
#include "label.h"
#endif
#include "task.h"
#include "user_memory.h"

#define EPERM 1
#define E2BIG 7
#define EINVAL 22
#define ESRCH 3

#define PTRACE_ATTACH 16
#define PTRACE_SEIZE  0x4206

#define MODULE_NAME_LEN 56 /* include/linux/module.h: 64 - sizeof(unsigned long) */

/* --- looking up kernel objects by number --- */

#define XA_CHUNK_SHIFT 6
/* Levels of a tree over 32-bit numbers. */
#define XA_LEVELS 6

/* What idr_find() finds: entries whose low bits are marked are inner nodes (xa_is_node(), include/linux/xarray.h). */
static __always_inline void *idr__find(struct idr *idr, __u32 number)
{
	const __u64 node = compat__is_xarray() ? 2 : 1;
	__u64 entry = compat__idr_root(idr);
	__u32 index = number - compat__idr_base(idr);
	__u32 shift;

	TIER_LOOP
	for (int level = 0; level < XA_LEVELS; level++) {
		/* No break: clang then knows how often to repeat this. */
		if ((entry & 3) == node) {
			entry = compat__idr_next(entry, index, &shift);
			/* A number beyond the tree: the node that is at the top covers 64 << shift of them. */
			if (level == 0 && (__u64)index >> shift >= 64)
				return NULL;
		}
	}
	if (!(entry & 3))
		return (void *)entry;
	/* A tree with a single entry holds it in its head, at index 0. */
	return NULL;
}

/* The pid numbered `number` in the pid namespace at `level` above that of `own`. */
static __always_inline struct pid *pid__find_at(struct pid *own, __u32 level, __u32 number)
{
	struct pid_namespace *namespace = NULL;
	__u64 number_size = bpf_core_type_size(struct upid);
	struct upid *numbers = (void *)own + bpf_core_field_offset(struct pid, numbers);

	BPF_CORE_READ_INTO(&namespace, (struct upid *)((void *)numbers + level * number_size), ns);
	if (!namespace)
		return NULL;
	return idr__find(&namespace->idr, number);
}

/* The pid numbered `number` in the pid namespace of `task`. */
static __always_inline struct pid *pid__find(struct task_struct *task, __u32 number)
{
	struct pid *own = compat__pid(task);

	return pid__find_at(own, BPF_CORE_READ(own, level) & 31 /* MAX_PID_NS_LEVEL is 32 */, number);
}

/* The task whose thread id this is. */
static __always_inline struct task_struct *pid__task(struct pid *pid)
{
	struct hlist_node *first = pid ? BPF_CORE_READ(pid, tasks[0].first) : NULL;

	return first ? compat__task_of(first, false) : NULL;
}

/* The task with thread id `number` in the pid namespace of `task`. */
static __always_inline struct task_struct *task__find(struct task_struct *task, __u32 number)
{
	return pid__task(pid__find(task, number));
}

/* --- at entry --- */

static __always_inline void entry__target(struct entry_memory *entry, struct task_struct *target)
{
	struct aw_section *head = entry__room(entry, sizeof(struct aw_target));

	if (!target || !head)
		return;
	struct aw_target *value = (void *)(head + 1);

	value->pid = BPF_CORE_READ(target, tgid);
	value->auid = BPF_CORE_READ(target, loginuid.val);
	value->uid = BPF_CORE_READ(target, real_cred, uid.val);
	value->ses = BPF_CORE_READ(target, sessionid);
	BPF_CORE_READ_STR_INTO(&value->comm, target, comm);
	__u8 detail = 0;

#ifndef TIER_STAGED
	if (label__is_shared(target))
		detail = AW_TARGET_LABEL_SHARED;
#endif
	entry__section(entry, head, AW_SECTION_TARGET, detail, 0, sizeof(*value));
}

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

/* Adds the process at the cursor of the entry's working memory and moves on in its group. Returns 1 while there are more. */
static __always_inline int entry__member(struct entry_memory *entry)
{
	if (!entry->cursor)
		return 0;
	struct hlist_node *node = (void *)entry->cursor;

	entry__target(entry, compat__task_of(node, true));
	entry->cursor = (__u64)BPF_CORE_READ(node, next);
	return entry->cursor != 0;
}

#ifdef TIER_STAGED

/* The members are told in stages of their own. */
static __always_inline void entry__members(struct entry_memory *entry, __u32 slot)
{
}

#else

/* A function of its own, so that the verifier checks it once and not for every round of the loop. */
__noinline int entry__group_member(__u32 slot)
{
	struct entry_memory *entry = memory_of(&entry_memory, slot);

	return entry ? entry__member(entry) : 0;
}

static __always_inline void entry__members(struct entry_memory *entry, __u32 slot)
{
	for (int i = 0; i < AW_TARGETS_MAX; i++)
		if (!entry__group_member(slot))
			break;
	if (entry->cursor)
		entry->call.flags |= INFLIGHT_CUT;
}

#endif

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

static __always_inline void entry__timespec(struct entry_memory *entry, __u8 kind, __u64 address, bool narrow)
{
	struct aw_section *head = entry__room(entry, sizeof(struct aw_timespec));

	if (!head)
		return;
	struct aw_timespec *value = (void *)(head + 1);

	value->seconds = value->nanoseconds = 0;
	if (address && narrow) {
		__s32 pair[2];

		if (bpf_probe_read_user(pair, sizeof(pair), (void *)address))
			return;
		value->seconds = pair[0];
		value->nanoseconds = pair[1];
	} else if (address && bpf_probe_read_user(value, sizeof(*value), (void *)address)) {
		return;
	}
	entry__section(entry, head, AW_SECTION_SPECIAL, kind, 0, sizeof(*value));
}

static __always_inline void entry__mq_attr(struct entry_memory *entry, __u8 kind, __u64 address, bool narrow)
{
	struct aw_section *head = entry__room(entry, sizeof(struct aw_mq_attr));

	if (!head)
		return;
	struct aw_mq_attr *value = (void *)(head + 1);

	__builtin_memset(value, 0, sizeof(*value));
	if (address && narrow) {
		__s32 words[4];

		if (bpf_probe_read_user(words, sizeof(words), (void *)address))
			return;
		value->flags = words[0];
		value->maxmsg = words[1];
		value->msgsize = words[2];
		value->curmsgs = words[3];
	} else if (address && bpf_probe_read_user(value, sizeof(*value), (void *)address)) {
		return;
	}
	entry__section(entry, head, AW_SECTION_SPECIAL, kind, 0, sizeof(*value));
}

/* nargs[] of net/socket.c, in words: how many arguments each call of socketcall() takes. */
static __always_inline __u32 socketcall__arguments(__u32 call)
{
	switch (call) {
	case 1: case 3: case 2: case 5: case 6: case 7: return 3;
	case 4: case 13: return 2;
	case 8: case 9: case 10: case 18: case 20: return 4;
	case 11: case 12: return 6;
	case 14: case 15: case 19: return 5;
	case 16: case 17: return 3;
	}
	return 0;
}

/* What the arguments of a call inside mean, as SyscallShapes.swift has it for those that have numbers of their own. */
static __always_inline void socketcall__shape(struct ash_shape *shape, __u32 call)
{
	shape->address_arg = 1;
	switch (call) {
	case 3: /* connect */
		shape->flags |= ASH_ADDRESS_FIRST;
		/* fall through */
	case 2: /* bind */
		shape->address = ASH_ADDRESS_IN;
		break;
	case 5: case 6: case 7: case 18: /* accept, getsockname, getpeername, accept4 */
		shape->address = ASH_ADDRESS_OUT;
		break;
	case 8: /* socketpair */
		shape->flags |= ASH_FD_PAIR;
		shape->pair_arg = 3;
		break;
	case 11: /* sendto */
		shape->address = ASH_ADDRESS_IN;
		shape->address_arg = 4;
		break;
	case 12: /* recvfrom */
		shape->address = ASH_ADDRESS_OUT;
		shape->address_arg = 4;
		break;
	case 16: /* sendmsg */
		shape->address = ASH_ADDRESS_MSG_IN;
		break;
	case 17: /* recvmsg */
		shape->address = ASH_ADDRESS_MSG_OUT;
		break;
	}
}

static __always_inline void entry__socketcall(struct entry_memory *entry)
{
	__u32 count = socketcall__arguments(entry->call.args[0]);
	struct aw_section *head = entry__room(entry, 6 * 4);

	if (!head || !count || bpf_probe_read_user(head + 1, MASKED(count * 4, 31), (void *)entry->call.args[1]))
		return;
	entry__section(entry, head, AW_SECTION_SPECIAL, AW_SPECIAL_SOCKETCALL, 0, count * 4);
	/* From here on it has the shape of the call inside. */
	socketcall__shape(&entry->call.shape, entry->call.args[0]);
	entry__address(entry);
}

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

/* struct ipc64_perm and struct msqid64_ds (asm-generic/ipcbuf.h, msgbuf.h) as a 64-bit caller gives them. */
struct ipc_set_perm {
	__s32 key;
	__u32 uid, gid, cuid, cgid, mode;
};

#define MSG_QBYTES_OFFSET 88

/*
 * How what an IPC_SET is to set lies in the caller's memory: as 64-bit callers have it, and the two forms of 32-bit ones (struct compat_msqid64_ds,
 * compat_ipc64_perm and their elders; include/asm-generic/compat.h, arch/x86/include/asm/compat.h, include/linux/compat.h, ipc/util.h).
 */
enum ipc_form {
	IPC_FORM_NATIVE,
	IPC_FORM_COMPAT,
	IPC_FORM_COMPAT_OLD, /* without IPC_64 in the command */
};

/* struct compat_ipc_perm */
struct ipc_set_perm_old {
	__s32 key;
	__u16 uid, gid, cuid, cgid, mode;
};

#define COMPAT_MSG_QBYTES_OFFSET     68
#define COMPAT_OLD_MSG_QBYTES_OFFSET 48

/* What an IPC_SET is to set. */
static __always_inline void entry__ipc_set(struct entry_memory *entry, __u64 address, bool is_queue, enum ipc_form form)
{
	struct aw_section *head = entry__room(entry, sizeof(struct aw_ipc_set));
	struct ipc_set_perm perm;
	struct ipc_set_perm_old old;
	__u64 qbytes = 0;
	__u32 qbytes_offset = MSG_QBYTES_OFFSET, qbytes_size = 8;

	if (!head)
		return;
	struct aw_ipc_set *value = (void *)(head + 1);

	if (form == IPC_FORM_COMPAT_OLD) {
		if (bpf_probe_read_user(&old, sizeof(old), (void *)address))
			return;
		value->uid = old.uid;
		value->gid = old.gid;
		value->mode = old.mode;
		qbytes_offset = COMPAT_OLD_MSG_QBYTES_OFFSET;
		qbytes_size = 2;
	} else {
		if (bpf_probe_read_user(&perm, sizeof(perm), (void *)address))
			return;
		value->uid = perm.uid;
		value->gid = perm.gid;
		value->mode = perm.mode & 0xffff; /* what follows in the compat form is padding */
		if (form == IPC_FORM_COMPAT) {
			qbytes_offset = COMPAT_MSG_QBYTES_OFFSET;
			qbytes_size = 4;
		}
	}
	if (is_queue && bpf_probe_read_user(&qbytes, qbytes_size, (void *)(address + qbytes_offset)))
		return;
	value->qbytes = qbytes;
	value->reserved = 0;
	entry__section(entry, head, AW_SECTION_SPECIAL, AW_SPECIAL_IPC_SET_PERM, 0, sizeof(*value));
}

/* A System V object that a call acts on. */
struct ipc_wish {
	__s32 kind;   /* 0: semaphores, 1: a message queue, 2: shared memory; less: none */
	__u32 number;
	__u64 set;    /* address of what an IPC_SET is to set, or 0 */
	enum ipc_form form;
};

static __always_inline void entry__ipc(struct entry_memory *entry, struct task_struct *task, const struct ipc_wish *wish)
{
	struct ipc_namespace *namespace = BPF_CORE_READ(task, nsproxy, ipc_ns);
	struct aw_section *head = entry__room(entry, sizeof(struct aw_ipc));
	__u32 size = bpf_core_type_size(struct ipc_ids);
	struct ipc_ids *ids = (void *)namespace + bpf_core_field_offset(struct ipc_namespace, ids) + wish->kind * size;

	if (!head || !namespace)
		return;
	/* ipcid_to_idx() (ipc/util.h): the upper bits are a sequence number. */
	struct kern_ipc_perm *object = idr__find(&ids->ipcs_idr, wish->number & 0x7fff);
	struct aw_ipc *value = (void *)(head + 1);

	if (object) {
		value->uid = BPF_CORE_READ(object, uid.val);
		value->gid = BPF_CORE_READ(object, gid.val);
		value->mode = BPF_CORE_READ(object, mode);
		value->reserved = 0;
		entry__section(entry, head, AW_SECTION_SPECIAL, AW_SPECIAL_IPC, 0, sizeof(*value));
	}
	if (wish->set)
		entry__ipc_set(entry, wish->set, wish->kind == 1, wish->form);
}

/* semctl, msgctl, shmctl: commands that act on an object, and not those that ask about the whole system. */
static __always_inline void ipc__control(struct ipc_wish *wish, __s32 kind, __u32 number, __u64 command, __u64 address, enum ipc_form form)
{
	const __u32 ipc_64 = 0x100; /* version flag of old callers, ipc_parse_version() */
	const __u32 info = kind == 0 ? 19 : kind == 1 ? 12 : 14; /* SEM_INFO, MSG_INFO, SHM_INFO */

	command &= ~ipc_64;
	if (command == 3 /* IPC_INFO */ || command == info)
		return;
	wish->kind = kind;
	wish->number = number;
	if (command == 1 /* IPC_SET */) {
		wish->set = address;
		wish->form = form;
	}
}

/* ipc(): the System V calls of 32-bit programs under one number (include/uapi/linux/ipc.h). */
static __always_inline void ipc__call(struct ipc_wish *wish, const __u64 *args)
{
	/* compat_ipc_parse_version() */
	__u64 command = (args[0] & 0xffff) == 3 /* SEMCTL */ ? args[3] : args[2];
	enum ipc_form form = command & 0x100 /* IPC_64 */ ? IPC_FORM_COMPAT : IPC_FORM_COMPAT_OLD;
	__u32 inner = 0;

	switch (args[0] & 0xffff) {
	case 1: case 4: /* SEMOP, SEMTIMEDOP */
		wish->kind = 0;
		wish->number = args[1];
		break;
	case 11: case 12: /* MSGSND, MSGRCV */
		wish->kind = 1;
		wish->number = args[1];
		break;
	case 21: /* SHMAT */
		wish->kind = 2;
		wish->number = args[1];
		break;
	case 3: /* SEMCTL */
		/* The fifth argument points to what semctl() has for its fourth. */
		if (args[4] && !bpf_probe_read_user(&inner, sizeof(inner), (void *)args[4]))
			ipc__control(wish, 0, args[1], args[3], inner, form);
		break;
	case 14: /* MSGCTL */
		ipc__control(wish, 1, args[1], args[2], args[4], form);
		break;
	case 24: /* SHMCTL */
		ipc__control(wish, 2, args[1], args[2], args[4], form);
		break;
	}
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
#ifndef TIER_STAGED /* where enter_walk() does it */
	entry__walked(entry, AW_SECTION_EXE, path__walked(PATH_OF_EXE, PROGRAM_ENTER));
#endif
}

/* The process, or the group of processes if `number` is less than 1, that a call signals or traces. */
static __always_inline void entry__targets(struct entry_memory *entry, struct task_struct *task, __s32 number, __u32 slot)
{
	struct pid *pid = number ? pid__find(task, number > 0 ? number : -number) : compat__group(task);

	if (number > 0) {
		entry__target(entry, pid__task(pid));
		return;
	}
	/* __kill_pgrp_info() in kernel/signal.c goes through the group in this order. */
	entry->cursor = pid ? (__u64)compat__members(pid) : 0;
	entry__members(entry, slot);
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
	case ASH_SPECIAL_EXEC:
		entry__credentials(entry, task);
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

/* --- in between --- */

static __always_inline bool special__is_signal(__u32 special)
{
	return (special >= ASH_SPECIAL_SIGNAL_PROCESS && special <= ASH_SPECIAL_SIGNAL_THREAD_OF) ||
	       special == ASH_SPECIAL_SIGNAL_DESCRIPTOR;
}

/*
 * The call signals `target`. By the hook (`is_hook`) this is what audit is told, in check_kill_permission(). By the tracepoint on
 * generated signals it serves kill() of all only, and lacks the targets that the kernel refuses; signal 0, which is never generated,
 * finds none.
 */
static __always_inline int special__signalled(struct task_struct *target, bool is_hook)
{
	__u64 key = bpf_get_current_task();
	struct inflight *call = bpf_map_lookup_elem(&inflight, &key);
	struct entry_memory *entry = memory_of(&entry_memory, 2);

	if (!call || !entry || call->flags & INFLIGHT_ENDED)
		return 0;
	if (is_hook ? !special__is_signal(call->shape.special) :
		      HOOKS_ATTACHED & ASH_HOOK_SIGNAL || call->shape.special != ASH_SPECIAL_SIGNAL_PROCESS ||
			      (__s32)call->args[0] != -1)
		return 0;
	__u32 used = call->used;

	if (used + sizeof(struct aw_section) + sizeof(struct aw_target) > AW_TARGETS_MAX * 40) {
		call->flags |= INFLIGHT_CUT;
		return 0;
	}
	/* All sections of such a call are targets, so rebuilding them means keeping what is there and adding one. */
	const void *kept = call->flags & INFLIGHT_LONG ? inflight__long(call, key) : NULL;

	if (kept)
		bpf_probe_read_kernel(entry->sections, MASKED(used, 16383), kept);
	else
		__builtin_memcpy(entry->sections, call->sections, INFLIGHT_INLINE);
	entry->call.used = used;
	entry__target(entry, target);
	used = entry->call.used;
	if (used > INFLIGHT_INLINE) {
		if (inflight__keep_long(call, key, entry)) {
			call->flags |= INFLIGHT_CUT;
			return 0;
		}
		call->flags |= INFLIGHT_LONG;
	} else {
		__builtin_memcpy(call->sections, entry->sections, INFLIGHT_INLINE);
	}
	call->used = used;
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
