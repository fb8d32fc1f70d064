// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last resort for a kernel without type information: a module that prints where structures have their members, in the form of the old
 * tool's configuration, which `get-offsets --config` reads. It looks at nothing in the running kernel: the numbers come from
 * the headers that it is compiled with, and printing is all that it does.
 */
#include <linux/version.h>
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/cred.h>
#include <linux/tty.h>
#include <linux/mm_types.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/dcache.h>
#include <linux/mount.h>
#include <linux/fdtable.h>

/* fs/mount.h is no header for modules. These have been its first members, behind the two pointers of a list, since 3.13. */
struct mount {
	void *list[2];
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

#define LINE(format, ...) pr_info("get_offsets: " format "\n", __VA_ARGS__)
#define AT(structure, member) offsetof(struct structure, member)

#define ONE(name, a, b)                   LINE("%s = %zu", name, AT(a, b))
#define TWO(name, a, b, c, d)             LINE("%s = %zu, %zu", name, AT(a, b), AT(c, d))
#define THREE(name, a, b, c, d, e, f)     LINE("%s = %zu, %zu, %zu", name, AT(a, b), AT(c, d), AT(e, f))

static int __init get_offsets_init(void)
{
	TWO("ppid", task_struct, real_parent, task_struct, tgid);
#ifdef CONFIG_AUDITSYSCALL
	ONE("auid", task_struct, loginuid);
	ONE("ses", task_struct, sessionid);
#endif
	ONE("cred", task_struct, cred);
	ONE("cred_uid", cred, uid);
	ONE("cred_gid", cred, gid);
	ONE("cred_euid", cred, euid);
	ONE("cred_suid", cred, suid);
	ONE("cred_fsuid", cred, fsuid);
	ONE("cred_egid", cred, egid);
	ONE("cred_sgid", cred, sgid);
	ONE("cred_fsgid", cred, fsgid);
	THREE("tty", task_struct, signal, signal_struct, tty, tty_struct, name);
	ONE("comm", task_struct, comm);
	THREE("exe_path", task_struct, mm, mm_struct, exe_file, file, f_path);
	TWO("mm_arg_start", task_struct, mm, mm_struct, arg_start);
	TWO("mm_arg_end", task_struct, mm, mm_struct, arg_end);
	TWO("pwd_path", task_struct, fs, fs_struct, pwd);
	ONE("path_vfsmount", path, mnt);
	ONE("path_dentry", path, dentry);
	ONE("dentry_parent", dentry, d_parent);
	ONE("dentry_name", dentry, d_name.name);
	ONE("dentry_inode", dentry, d_inode);
	ONE("inode_mode", inode, i_mode);
	ONE("inode_ouid", inode, i_uid);
	ONE("inode_ogid", inode, i_gid);
	ONE("mount_mnt", mount, mnt);
	ONE("mount_parent", mount, mnt_parent);
	ONE("mount_mountpoint", mount, mnt_mountpoint);
	THREE("max_fds", task_struct, files, files_struct, fdt, fdtable, max_fds);
	THREE("fd_table", task_struct, files, files_struct, fdt, fdtable, fd);
	ONE("fd_path", file, f_path);
	return 0;
}

static void __exit get_offsets_exit(void)
{
}

module_init(get_offsets_init);
module_exit(get_offsets_exit);
MODULE_DESCRIPTION("Prints offsets of structure members");
MODULE_LICENSE("GPL");
