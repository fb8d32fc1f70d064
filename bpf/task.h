/* SPDX-License-Identifier: GPL-2.0-only */
/* What the calling task is, taken at exit as audit does (audit_log_task_info(), audit_log_exit()). */
#ifndef EBPF_AUDIT_TASK_H
#define EBPF_AUDIT_TASK_H

#include "path.h"
#include "record.h"
#include "sid.h"
#include "user_memory.h"

/* Users and groups of `cred`, by GET(source, member): READ, or BPF_CORE_READ from a pointer that was read before. */
#define TASK_CREDENTIALS(call, cred, GET)             \
	do {                                          \
		(call)->uid = GET(cred, uid.val);     \
		(call)->gid = GET(cred, gid.val);     \
		(call)->euid = GET(cred, euid.val);   \
		(call)->suid = GET(cred, suid.val);   \
		(call)->fsuid = GET(cred, fsuid.val); \
		(call)->egid = GET(cred, egid.val);   \
		(call)->sgid = GET(cred, sgid.val);   \
		(call)->fsgid = GET(cred, fsgid.val); \
	} while (0)

static __always_inline void task__facts(struct task_struct *task, struct aw_syscall *call)
{
	struct cred *cred = READ(task, cred);

	call->pid = READ(task, tgid);
	call->tid = READ(task, pid);
	call->ppid = READ(task, real_parent, tgid);
	call->start = compat__start(READ(task, group_leader));
	call->auid = READ(task, loginuid.val);
	call->ses = READ(task, sessionid);
	call->personality = READ(task, personality);
	TASK_CREDENTIALS(call, cred, READ);
	bpf_get_current_comm(call->comm, sizeof(call->comm));
}

/* The same facts, as far as rules compare them, for the prefilter. */
static __always_inline void task__publish(const struct aw_syscall *call, bool returned, struct facts *facts)
{
	facts->known = (1U << AS_FIELDS) - 1;
	if (!returned)
		facts->known &= ~(1U << AS_FIELD_EXIT | 1U << AS_FIELD_SUCCESS);
	facts->value[AS_FIELD_A0] = call->args[0];
	facts->value[AS_FIELD_A1] = call->args[1];
	facts->value[AS_FIELD_A2] = call->args[2];
	facts->value[AS_FIELD_A3] = call->args[3];
	facts->value[AS_FIELD_PID] = call->pid;
	facts->value[AS_FIELD_PPID] = call->ppid;
	facts->value[AS_FIELD_EXIT] = call->ret;
	facts->value[AS_FIELD_SUCCESS] = !(call->ret < 0 && call->ret >= -4095);
	facts->value[AS_FIELD_PERS] = call->personality;
	facts->value[AS_FIELD_AUID] = call->auid;
	facts->value[AS_FIELD_SES] = call->ses;
	facts->value[AS_FIELD_UID] = call->uid;
	facts->value[AS_FIELD_EUID] = call->euid;
	facts->value[AS_FIELD_SUID] = call->suid;
	facts->value[AS_FIELD_FSUID] = call->fsuid;
	facts->value[AS_FIELD_GID] = call->gid;
	facts->value[AS_FIELD_EGID] = call->egid;
	facts->value[AS_FIELD_SGID] = call->sgid;
	facts->value[AS_FIELD_FSGID] = call->fsgid;
}

static __always_inline void task__tty(struct record_memory *record, struct task_struct *task)
{
	struct tty_struct *tty = READ(task, signal, tty);

	if (!tty || !RECORD_ROOM(record, 64))
		return;
	long length = bpf_probe_read_kernel_str(RECORD_NEXT(record), 64, &tty->name);

	if (length > 1)
		record__section(record, AW_SECTION_TTY, 0, 0, length - 1);
}

/* Adds a path that has been walked. */
static __always_inline void record__walked(struct record_memory *record, __u16 tag, struct path_walk *walk)
{
	if (!walk)
		return;
	if (walk->error) {
		record__missing(record, tag, 0, -walk->error);
		return;
	}
	__u32 start = walk->start & (2 * AW_PATH_MAX - 1);

	if (start > PATH_TEXT_MAX || !RECORD_ROOM(record, 2 * AW_PATH_MAX)) {
		record__incomplete(record);
		return;
	}
	__u32 length = (PATH_TEXT_MAX - start) & (2 * AW_PATH_MAX - 1);

#ifndef TIER_STAGED
	if (length <= 64) {
		/* As most are. There is room for more on both sides; what lies behind the text is not sent. */
		const __u64 *from = (const void *)&walk->text[start];
		__u64 *to = (void *)RECORD_NEXT(record);

		for (int i = 0; i < 8; i++)
			to[i] = from[i];
	} else
#endif
	{
		bpf_probe_read_kernel(RECORD_NEXT(record), length, &walk->text[start]);
	}
	record__section(record, tag, 0, 0, length);
}

/*
 * Supplementary groups. NGROUPS_MAX is 65536; more than GROUPS_MOST are cut and marked, which user space takes as
 * "perhaps a member".
 */
#define GROUPS_MOST 1024

static __always_inline void task__groups(struct record_memory *record, struct task_struct *task)
{
	struct group_info *info = BPF_CORE_READ(task, cred, group_info);
	__u32 count = BPF_CORE_READ(info, ngroups);
	__u8 flags = 0;

	if (!info || !RECORD_ROOM(record, GROUPS_MOST * 4))
		return;
	if (count > GROUPS_MOST) {
		count = GROUPS_MOST;
		flags = AW_CUT;
	}
	bpf_probe_read_kernel(RECORD_NEXT(record), MASKED(count * 4, 8191), &info->gid);
	record__section(record, AW_SECTION_GROUPS, 0, flags, count * 4);
}

/* The open file behind a descriptor of `task`, or NULL. */
static __always_inline struct file *task__file(struct task_struct *task, __u32 descriptor)
{
	struct fdtable *table = READ(task, files, fdt);
	struct file **files = READ(table, fd);
	struct file *file = NULL;

	if (descriptor >= READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), files + descriptor);
	return file;
}

/*
 * The two lowest descriptors that are free: those that pipe2() has just taken, told audit of, and given back because it could not hand them out
 * (do_pipe2(), fs/pipe.c). Of the second the next 64 are looked at.
 */
static __always_inline bool task__free_pair(struct task_struct *task, __s32 pair[2])
{
	struct files_struct *files = READ(task, files);
	struct fdtable *table = READ(files, fdt);
	unsigned long *open = READ(table, open_fds);
	/* Giving back has left this at the lower one (__put_unused_fd(), fs/file.c). */
	__u32 first = READ(files, next_fd), next = first + 1;
	__u64 words[2] = {};
	__u32 shift = next & 63, free = 64;

	if (next < READ(table, max_fds))
		bpf_probe_read_kernel(&words[0], 8, open + (next >> 6));
	if ((next | 63) + 1 < READ(table, max_fds))
		bpf_probe_read_kernel(&words[1], 8, open + (next >> 6) + 1);
	__u64 taken = words[0] >> shift | (shift ? words[1] << (64 - shift) : 0);

	TIER_LOOP
	for (__u32 i = 0; i < 64; i++)
		if (free == 64 && !(taken >> i & 1))
			free = i;
	pair[0] = first;
	pair[1] = next + free;
	return free < 64;
}

/*
 * The first bytes of an inode, which hold all that is wanted of it (seen on 5.10 to 7.3): one read in place of six. INODE_MEMBER() takes
 * a member from there, or reads it where a kernel has it farther back, which is known when loading.
 */
struct inode_head {
	__u64 words[12];
};

#define INODE_MEMBER(head, pointer, member)                                                                  \
	({                                                                                                   \
		typeof(((struct inode *)0)->member) value;                                                   \
		if (bpf_core_field_offset(struct inode, member) + sizeof(value) <= sizeof(head))             \
			value = *(typeof(value) *)((void *)&(head) + bpf_core_field_offset(struct inode, member)); \
		else                                                                                         \
			value = BPF_CORE_READ(pointer, member);                                              \
		value;                                                                                       \
	})

/* What audit_copy_inode() (kernel/auditsc.c) takes of a file. Returns false when there is none. */
static __always_inline bool object__read(struct aw_object *object, struct dentry *dentry, __u32 flags)
{
	struct inode *inode = BPF_CORE_READ(dentry, d_inode);
	struct inode_head head;

	if (!inode)
		return false;
	bpf_probe_read_kernel(&head, sizeof(head), inode);

	struct super_block *super = INODE_MEMBER(head, inode, i_sb);
	__u32 dev = BPF_CORE_READ(super, s_dev);
	__u32 rdev = INODE_MEMBER(head, inode, i_rdev);

	/* include/linux/kdev_t.h: MAJOR and MINOR of the kernel's own dev_t. */
	object->inode = INODE_MEMBER(head, inode, i_ino);
	object->dev_major = dev >> 20;
	object->dev_minor = dev & 0xfffff;
	object->rdev_major = rdev >> 20;
	object->rdev_minor = rdev & 0xfffff;
	object->mode = INODE_MEMBER(head, inode, i_mode);
	object->uid = INODE_MEMBER(head, inode, i_uid.val);
	object->gid = INODE_MEMBER(head, inode, i_gid.val);
	object->flags = flags;
	object->sid = sid__of_inode(inode);
	return true;
}

/* What FD_PAIR tells of pipes and sockets that were made, and of pipes that could not be handed out. */
static __always_inline void record__descriptor_pair(struct record_memory *record, struct task_struct *task, const struct inflight *call,
						    long ret)
{
	__u64 args[6];

	if (!(call->shape.flags & ASH_FD_PAIR) || !RECORD_ROOM(record, 8))
		return;
	if (ret == -EFAULT && call->shape.pair_arg == 0) {
		if (task__free_pair(task, (void *)RECORD_NEXT(record)))
			record__section(record, AW_SECTION_FD_PAIR, 0, 0, 8);
		return;
	}
	if (ret != 0 || !call__arguments(call, args))
		return;
	__u64 address = call->shape.pair_arg == 3 ? args[3] : args[0];
	long error = bpf_probe_read_user(RECORD_NEXT(record), 8, (void *)address);

	record__section(record, AW_SECTION_FD_PAIR, 0, 0, error ? -EFAULT : 8);
}

/* The file `file` (or none) as the call finds it, kept until the call ends. */
static __always_inline void entry__object(struct entry_memory *entry, struct file *file, __u8 role)
{
	struct aw_section *head = entry__room(entry, sizeof(struct aw_object));

	if (file && head && object__read((void *)(head + 1), BPF_CORE_READ(file, f_path.dentry), 0))
		entry__section(entry, head, AW_SECTION_OBJECT, role, 0, sizeof(struct aw_object));
}

static __always_inline void record__object(struct record_memory *record, struct dentry *dentry, __u8 role, __u32 flags)
{
	if (RECORD_ROOM(record, sizeof(struct aw_object)) && object__read((void *)RECORD_NEXT(record), dentry, flags))
		record__section(record, AW_SECTION_OBJECT, role, 0, sizeof(struct aw_object));
}

#endif
