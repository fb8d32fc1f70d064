/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Security identifiers, which SELinux gives to tasks, files and System V objects in place of labels. They are numbers; user space finds out where they are
 * and what they stand for (Sources/CBPF/Contexts.c). Only in `btf`, and only where SELinux is at work: else the places are 0 and nothing is read.
 */
#ifndef EBPF_AUDIT_SID_H
#define EBPF_AUDIT_SID_H

#include "maps.h"
#include "read.h"

/* What is at `place` (one of control_sid_*) of the security blob at `blob`, or 0. */
static __always_inline __u32 sid__at(__u64 blob, __u32 place)
{
	__u32 sid = 0;

	if (blob)
		bpf_probe_read_kernel(&sid, sizeof(sid), (void *)(blob + place - 1));
	return sid;
}

/*
 * The address of a blob is read by the helper, because a `void *` that a load from a typed pointer gives is a pointer to the verifier, too (seen
 * on 7.3; not on 6.12). Kernels that have no such member have no SELinux.
 */
#ifdef TIER_STAGED
#define SID_OF(object, member, place) 0
#else
#define SID_OF(object, member, place)                              \
	((place) && bpf_core_field_exists((object)->member) ?      \
		 sid__at((__u64)BPF_CORE_READ(object, member), place) : \
		 0)
#endif

/* selinux_cred_getsecid() (security/selinux/hooks.c) */
static __always_inline __u32 sid__of_cred(struct cred *cred)
{
	return SID_OF(cred, security, control_sid_cred);
}

/* selinux_inode_getsecid() */
static __always_inline __u32 sid__of_inode(struct inode *inode)
{
	return SID_OF(inode, i_security, control_sid_inode);
}

/* selinux_ipc_getsecid() */
static __always_inline __u32 sid__of_ipc(struct kern_ipc_perm *object)
{
	return SID_OF(object, security, control_sid_ipc);
}

#endif
