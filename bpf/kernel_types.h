/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's structures, as far as they are read here. Every access is relocated to the running kernel's layout
 * (CO-RE), so only names and types of the members count; their order and what lies between them does not.
 */
#ifndef EBPF_AUDIT_KERNEL_TYPES_H
#define EBPF_AUDIT_KERNEL_TYPES_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <asm/posix_types.h>
#include <stdbool.h>

typedef struct { __u32 val; } kuid_t;
typedef struct { __u32 val; } kgid_t;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct hlist_bl_node {
	struct hlist_bl_node *next, **pprev;
};

struct super_block {
	__u32 s_dev;
};

struct inode {
	__u16 i_mode;
	kuid_t i_uid;
	kgid_t i_gid;
	struct super_block *i_sb;
	unsigned long i_ino;
	__u32 i_rdev;
	void *i_security;
};

struct dentry;

struct dentry_operations {
	char *(*d_dname)(struct dentry *dentry, char *buffer, int size);
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct dentry_operations *d_op;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	__u32 f_mode;
	void *private_data;
	struct path f_path;
};

/* fs/namei.c. `uptr` is gone from 7.0 on, with audit_reusename(). */
struct filename {
	const char *name;
	const char *uptr;
	const char iname[0];
};

/* fs/internal.h */
struct open_flags {
	int open_flag;
	int intent;
};

struct nameidata {
	struct path path;
	struct qstr last;
	unsigned int flags;
	int last_type;
	struct filename *name;
};

/* include/linux/fs.h; old_dir and new_dir became old_parent and new_parent, dentries, in 6.17. */
struct renamedata {
	struct inode *old_dir;
	struct dentry *old_parent;
	struct dentry *old_dentry;
	struct inode *new_dir;
	struct dentry *new_parent;
	struct dentry *new_dentry;
	unsigned int flags;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *open_fds;
};

struct files_struct {
	struct fdtable *fdt;
	unsigned int next_fd;
};

struct fs_struct {
	struct path root;
	struct path pwd;
};

struct mm_struct {
	unsigned long arg_start, arg_end, env_start, env_end;
	struct file *exe_file;
};

struct tty_struct {
	char name[64];
};

struct pid;

struct signal_struct {
	struct tty_struct *tty;
	struct pid *pids[4];
};

struct group_info {
	int ngroups;
	kgid_t gid[0];
};

/* Before 6.3 (f122a08b197d) two __u32 with another name, the same in memory on little-endian machines: read it whole. */
typedef struct { __u64 val; } kernel_cap_t;

struct cred {
	kuid_t uid;
	kgid_t gid;
	kuid_t suid;
	kgid_t sgid;
	kuid_t euid;
	kgid_t egid;
	kuid_t fsuid;
	kgid_t fsgid;
	unsigned int securebits;
	kernel_cap_t cap_inheritable;
	kernel_cap_t cap_permitted;
	kernel_cap_t cap_effective;
	kernel_cap_t cap_ambient;
	struct group_info *group_info;
	void *security;
};

/* security/apparmor/include/: lib.h, label.h, policy_ns.h, policy.h */
struct aa_policy {
	const char *hname;
};

struct aa_label;

struct aa_proxy {
	struct aa_label *label;
};

struct aa_ns {
	struct aa_policy base;
	struct aa_ns *parent;
};

struct aa_profile {
	struct aa_policy base;
	struct aa_ns *ns;
};

struct aa_label {
	struct aa_proxy *proxy;
	long flags;
	int size;
	struct aa_profile *vec[0];
};

/* kernel/time/ntp.c since 6.13 (ec93ec22aa10 and the changes before it); separate variables until then. */
struct ntp_data {
	unsigned long tick_usec;
	int time_status;
	__s64 time_offset;
	long time_constant;
	long time_maxerror;
	__s64 time_freq;
	long time_adjust;
};

struct thread_info {
	unsigned long flags;
	__u32 status;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

/* include/linux/xarray.h; see compat__is_xarray(). */
struct xarray {
	void *xa_head;
};

struct xa_node {
	unsigned char shift;
	void *slots[64];
};

struct idr {
	struct xarray idr_rt;
	unsigned int idr_base;
};

struct pid_namespace {
	struct idr idr;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct hlist_head tasks[4];
	struct upid numbers[1];
};

struct kern_ipc_perm {
	kuid_t uid;
	kgid_t gid;
	__u16 mode;
	void *security;
};

struct ipc_ids {
	struct idr ipcs_idr;
};

struct ipc_namespace {
	struct ipc_ids ids[3];
};

struct nsproxy {
	struct ipc_namespace *ipc_ns;
};

struct bpf_prog_aux {
	__u32 id;
};

struct bpf_prog {
	struct bpf_prog_aux *aux;
};

struct task_struct {
	struct thread_info thread_info;
	struct mm_struct *mm;
	unsigned int personality;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	__u64 start_boottime;
	struct cred *cred;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct signal_struct *signal;
	struct cred *real_cred;
	struct pid *thread_pid;
	struct hlist_node pid_links[4];
	struct nsproxy *nsproxy;
	struct nameidata *nameidata;
	kuid_t loginuid;
	unsigned int sessionid;
};

struct linux_binprm {
	const char *filename;
};

struct io_kiocb {
	__u8 opcode;
	__u32 flags; /* the lower half since 6.10, when it became wider */
	struct cred *creds;
};

struct pt_regs {
#if defined(__TARGET_ARCH_x86)
	unsigned long bp, bx, r10, r9, r8, ax, cx, dx, si, di, orig_ax;
#elif defined(__TARGET_ARCH_arm64)
	__u64 regs[31];
	__u64 orig_x0;
	int syscallno;
#endif
};

#pragma clang attribute pop

#endif
