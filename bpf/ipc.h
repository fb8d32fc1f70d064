/* SPDX-License-Identifier: GPL-2.0-only */
/* IPC and IPC_SET_PERM: the System V object that a call acts on, and what it is to become. */
#ifndef EBPF_AUDIT_IPC_H
#define EBPF_AUDIT_IPC_H

#include "inflight.h"
#include "numbers.h"
#include "sid.h"

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
		value->sid = sid__of_ipc(object);
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

#endif
