/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The security label of a task as AppArmor has it (security/apparmor/include/label.h), which audit shows as subj= and obj=. A label is one
 * profile, or several that are stacked; a name is sent for each, and user space puts them together. Where in a credential's security blob the
 * label is, the kernel decides when it starts; user space finds out (Sources/CBPF/Label.c). Only in `btf`: kernels from 5.8 on have
 * /proc/PID/attr/apparmor, by which it is found.
 */
#ifndef EBPF_AUDIT_LABEL_H
#define EBPF_AUDIT_LABEL_H

#include "maps.h"
#include "read.h"
#include "record.h"
#include "sid.h"

#define LABEL_FLAG_STALE 0x800 /* FLAG_STALE of enum label_flags: replaced, its proxy has the one that counts */

/* Known when loading: without AppArmor in the kernel the verifier drops what depends on it, and what cannot be relocated is in there. */
static __always_inline bool label__is_known(void)
{
	return bpf_core_type_exists(struct aa_label) && bpf_core_type_exists(struct aa_profile) && bpf_core_field_exists(struct cred, security);
}

/*
 * The address of a credential's security blob. By the helper, because a `void *` that a load from a typed pointer gives is a pointer to the
 * verifier, too (seen on 7.3; not on 6.12).
 */
static __always_inline __u64 label__blob(struct cred *cred)
{
	return (__u64)BPF_CORE_READ(cred, security);
}

/* What is at `address` in the kernel's memory; 0 where nothing can be read. */
#define LABEL_FOLLOW(value, address)                                              \
	do {                                                                      \
		if (bpf_probe_read_kernel(&(value), sizeof(value), (void *)(address))) \
			return 0;                                                 \
	} while (0)

/*
 * The address of the label `offset` bytes into a credential's security blob, or 0: aa_get_newest_label(cred_label(cred)). Takes an address, not
 * a pointer, which the verifier does not let through. A function of its own, and with one variable, because the chain of calls that it ends
 * has little of the 512 bytes of stack left.
 */
__noinline __u64 label__at(__u64 blob, __u32 offset)
{
	__u64 value = 0;

	if (!blob || !label__is_known())
		return 0;
	LABEL_FOLLOW(value, blob + (offset & 0xfff));
	__u64 label = value;

	if (!label)
		return 0;
	LABEL_FOLLOW(value, label + bpf_core_field_offset(struct aa_label, flags));
	if (!(value & LABEL_FLAG_STALE))
		return label;
	LABEL_FOLLOW(value, label + bpf_core_field_offset(struct aa_label, proxy));
	LABEL_FOLLOW(value, value + bpf_core_field_offset(struct aa_proxy, label));
	return value;
}

/* Profile `number` of those that are stacked. */
static __always_inline struct aa_profile *label__profile(struct aa_label *label, __u32 number)
{
	struct aa_profile *profile = NULL;
	void *profiles = (void *)label + bpf_core_field_offset(struct aa_label, vec);

	bpf_probe_read_kernel(&profile, sizeof(profile), profiles + number * sizeof(profile));
	return profile;
}

static __always_inline void label__name(struct record_memory *record, __u8 detail, const char *name)
{
	if (!RECORD_ROOM(record, AW_LABEL_MAX + 1)) {
		record__incomplete(record);
		return;
	}
	long length = bpf_probe_read_kernel_str(RECORD_NEXT(record), AW_LABEL_MAX + 1, name);

	if (length <= 0)
		record__section(record, AW_SECTION_LABEL, detail, 0, length < 0 ? (__s32)length : -14 /* EFAULT */);
	else
		record__section(record, AW_SECTION_LABEL, detail, length > AW_LABEL_MAX ? AW_CUT : 0, length - 1);
}

/* Adds the label of the calling task to the record in `slot`. A function of its own, which the verifier looks at once. */
__noinline int label__add(__u32 slot)
{
	struct record_memory *record = memory_of(&record_memory, slot);
	__u32 place = control_label;

	if (!record || !place || !label__is_known())
		return 0;
	struct task_struct *task = task__current();
	struct aa_label *label = (void *)label__at(label__blob(READ(task, cred)), place - 1);
	__u32 size = label ? BPF_CORE_READ(label, size) : 0;

	for (__u32 i = 0; i < AW_LABELS_MAX; i++) {
		if (i >= size)
			return 0;
		struct aa_profile *profile = label__profile(label, i);
		struct aa_ns *namespace = BPF_CORE_READ(profile, ns);

		/* Names are printed as seen from the namespace that has no parent. */
		if (BPF_CORE_READ(namespace, parent))
			label__name(record, AW_LABEL_NAMESPACE, BPF_CORE_READ(namespace, base.hname));
		label__name(record, AW_LABEL_PROFILE, BPF_CORE_READ(profile, base.hname));
	}
	if (size > AW_LABELS_MAX)
		record__incomplete(record);
	return 0;
}

/* Adds the security identifier of `cred`, which are those of the task that makes the call: selinux_current_getsecid_subj(). */
static __always_inline void record__subject(struct record_memory *record, struct cred *cred)
{
	if (!RECORD_ROOM(record, sizeof(__u32))) {
		record__incomplete(record);
		return;
	}
	*(__u32 *)RECORD_NEXT(record) = sid__of_cred(cred);
	record__section(record, AW_SECTION_SUBJECT, 0, 0, sizeof(__u32));
}

/* Whether `target` has the label of the calling task. */
static __always_inline bool label__is_shared(struct task_struct *target)
{
	__u32 place = control_label;

	if (!place || !label__is_known())
		return false;
	struct task_struct *task = task__current();
	__u64 label = label__at(label__blob(READ(task, cred)), place - 1);

	/* audit asks for the label of the target's real credentials (apparmor_task_getsecid()). */
	return label && label == label__at(label__blob(BPF_CORE_READ(target, real_cred)), place - 1);
}

#endif
