/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Path hooks: what is noted where the kernel calls its audit (fs/namei.c, include/linux/fsnotify.h). Audit's own functions are not
 * called while it is off, so these sit on what calls them. A hook does nothing for a task without a trace.
 *
 * The object that includes this defines PEEK(source, member...): to read a structure that a hook was given.
 */
#ifndef EBPF_AUDIT_HOOKS_H
#define EBPF_AUDIT_HOOKS_H

#include "hook_path.h"
#include "special.h"
#include "trace.h"

#ifndef O_CREAT
#define O_CREAT 00000100 /* include/uapi/asm-generic/fcntl.h */
#endif

#define S_IFMT  00170000 /* include/uapi/linux/stat.h */
#define S_IFDIR 0040000

#define MAX_ERRNO 4095

/* Hooks by number: the order of Hooks.c's table, which fills in what depends on the kernel. */
enum hook {
	HOOK_DO_GETNAME,
	HOOK_FILENAME_LOOKUP,
	HOOK_FILENAME_PARENTAT,
	HOOK_PATH_PARENTAT,
	HOOK_DO_FILP_OPEN,
	HOOK_TERMINATE_WALK,
	HOOK_D_LOOKUP,
	HOOK_MAY_DELETE,
	HOOK_VFS_CREATE,
	HOOK_VFS_MKDIR,
	HOOK_VFS_MKNOD,
	HOOK_VFS_LINK,
	HOOK_VFS_SYMLINK,
	HOOK_VFS_RENAME,
	HOOK_VFS_MKOBJ,
	HOOK_AUDIT_SIGNAL_INFO,
	HOOKS,
};

_Static_assert(HOOKS <= TRACE_FUNCTIONS, "a trace has room for all functions");

/* Parameters of the function that a hook is on. */
const volatile __u8 setting_arity[HOOKS];
/* Its result is a pointer, or an error in place of one. */
const volatile bool setting_is_pointer[HOOKS];

extern int LINUX_KERNEL_VERSION __kconfig;

/* Functions that change files got the mount's id mapping as their first parameter in 5.12 (6521f8917082); vfs_mkdir() had three before. */
static __always_inline bool hook__has_mapping(void)
{
	return setting_arity[HOOK_VFS_MKDIR] > 3;
}

static __always_inline bool hook__is_pointer(__u64 value)
{
	return value && value < (__u64)-MAX_ERRNO;
}

static __always_inline bool hook__failed(enum hook hook, __u64 result)
{
	if (setting_is_pointer[hook])
		return !hook__is_pointer(result);
	/* Not to be worked out for a pointer, which the verifier does not let anybody shift. */
	barrier_var(result);
	return (__s32)result < 0;
}

/* What audit_copy_inode() takes of a file, by GET(source, member...): PEEK, or BPF_CORE_READ from a pointer that was read before. */
#define HOOK_OBJECT(object, inode, GET)                                \
	({                                                             \
		__u32 dev = GET(inode, i_sb, s_dev);                   \
		__u32 rdev = GET(inode, i_rdev);                       \
		(object)->inode = GET(inode, i_ino);                   \
		(object)->dev_major = dev >> 20;                       \
		(object)->dev_minor = dev & 0xfffff;                   \
		(object)->rdev_major = rdev >> 20;                     \
		(object)->rdev_minor = rdev & 0xfffff;                 \
		(object)->mode = GET(inode, i_mode);                   \
		(object)->uid = GET(inode, i_uid.val);                 \
		(object)->gid = GET(inode, i_gid.val);                 \
		(object)->flags = 0;                                   \
		(object)->sid = sid__of_inode(inode);                  \
	})

static __always_inline void hook__no_object(struct aw_object *object)
{
	__builtin_memset(object, 0, sizeof(*object));
	object->flags = AW_OBJECT_ABSENT;
}

static __always_inline void hook__object(struct aw_object *object, struct inode *inode)
{
	if (inode)
		HOOK_OBJECT(object, inode, PEEK);
	else
		hook__no_object(object);
}

/* The same from a pointer that the verifier does not know the type of. */
static __always_inline void hook__object_at(struct aw_object *object, struct inode *inode)
{
	if (inode)
		HOOK_OBJECT(object, inode, BPF_CORE_READ);
	else
		hook__no_object(object);
}

/* --- names --- */

/* getname() has copied the string at `source` to `text`: audit_getname(). */
static __always_inline void hook__read(struct trace *trace, __u64 text, __u64 source)
{
	struct filename *name = NULL;

	for (int i = 0; i < 6; i++) {
		if (!(trace->paths & 1 << i) || trace->args[i] != source)
			continue;
		if (trace->read & 1 << i) {
			/*
			 * Once more: the rest of a long name, or the same pointer for two names. The latter is one entry of audit's
			 * where audit_reusename() is (before 7.0), which compares what is in `uptr`.
			 */
			if (bpf_core_field_exists(name->uptr))
				return;
			continue;
		}
		struct aw_section *head = trace__room(trace);

		if (!head)
			return;
		struct aw_step_read *step = (void *)(head + 1);

		step->name = i;
		step->reserved = 0;
		trace__step(trace, head, AW_STEP_READ, 0, sizeof(*step));
		trace->read |= 1 << i;
		trace->texts[i] = text;
		return;
	}
}

/* The number of `name`: that of the argument it was read from, or a new one. */
static __always_inline __u32 hook__name(struct trace *trace, struct filename *name)
{
	__u64 text = (__u64)PEEK(name, name);

	if (bpf_core_field_exists(name->uptr)) {
		__u64 source = (__u64)PEEK(name, uptr);

		for (int i = 0; i < 6; i++)
			if (trace->paths & 1 << i && source && trace->args[i] == source)
				return i;
	} else {
		__u64 start = (__u64)name + bpf_core_field_offset(struct filename, iname);

		for (int i = 0; i < 6; i++)
			if (trace->texts[i] && (trace->texts[i] == text || trace->texts[i] == start))
				return i;
	}
	__u32 number = AW_STEP_NAMES + trace->names;
	struct aw_section *head = trace__room(trace);

	if (!head)
		return number;
	long length = bpf_probe_read_kernel_str(head + 1, AW_STEP_TEXT_MAX + 1, (void *)text);

	if (length <= 0 || length > AW_STEP_TEXT_MAX) {
		trace->is_cut = true;
		return number;
	}
	trace__step(trace, head, AW_STEP_NAME, 0, (length - 1) & 255);
	trace->names++;
	return number;
}

/* --- audit_inode() --- */

/*
 * Puts the numbers of the inodes above `dentry` at `to`, when a rule asks, and returns how many there are. Where there are too many
 * the trace does without.
 */
static __always_inline __u32 hook__ancestors(struct trace *trace, __u64 *to, struct dentry *dentry)
{
	if (!trace->has_ancestors)
		return 0;
	for (__u32 i = 0; i < AW_ANCESTORS_MAX; i++) {
		struct dentry *parent = PEEK(dentry, d_parent);

		if (parent == dentry)
			return i;
		dentry = parent;
		to[i] = PEEK(dentry, d_inode, i_ino);
	}
	trace->has_ancestors = false;
	return 0;
}

/* What a look-up that failed has come to: of a file that was found, or of its directory. */
static __always_inline void hook__file_step(struct trace *trace, __u32 name, __u32 flags, const struct aw_object *file, bool has_ancestors)
{
	struct aw_section *head = trace__room(trace);

	if (!head)
		return;
	struct aw_step_file *step = (void *)(head + 1);

	__u32 bytes = has_ancestors && trace->has_ancestors ? trace->walk.ancestors * sizeof(__u64) : 0;

	step->file = *file;
	step->name = name;
	step->flags = flags | (bytes ? AW_STEP_ANCESTORS : 0);
	bytes = MASKED(bytes, 255);
	bpf_probe_read_kernel(step + 1, bytes, trace->walk.ancestor);
	trace__step(trace, head, AW_STEP_FILE, 0, sizeof(*step) + bytes);
}

static __always_inline void hook__file(struct trace *trace, __u32 name, __u32 flags, struct dentry *dentry)
{
	struct aw_section *head = trace__room(trace);

	if (!head)
		return;
	struct aw_step_file *step = (void *)(head + 1);

	hook__object(&step->file, PEEK(dentry, d_inode));
	__u32 count = hook__ancestors(trace, (void *)(step + 1), dentry);

	step->name = name;
	step->flags = flags | (count ? AW_STEP_ANCESTORS : 0);
	trace__step(trace, head, AW_STEP_FILE, 0, sizeof(*step) + count * sizeof(__u64));
}

/* ECHILD, ESTALE: the caller goes on with more care (fs/namei.c). */
static __always_inline bool hook__is_tried_again(__s32 result)
{
	return result == -10 || result == -116;
}

/* filename_lookup(), filename_parentat() */
static __always_inline void hook__looked_up(struct trace *trace, struct filename *name, struct path *path, bool failed, __u32 flags)
{
	if ((__u64)name >= (__u64)-MAX_ERRNO)
		return;
	/* 6.11 and later look up an empty or missing name without one (AT_EMPTY_PATH). */
	__u32 number = name ? hook__name(trace, name) : AW_STEP_NO_NAME;

	if (failed)
		return;
	struct dentry *dentry = PEEK(path, dentry);

	/* First, because it must begin within the first half of the steps' room. */
	hook__path(trace, dentry, PEEK(path, mnt));
	hook__file(trace, number, flags, dentry);
}

/* --- audit_inode_child() --- */

/* Completes a step whose objects are there with the child's name. */
static __always_inline void hook__child(struct trace *trace, struct aw_section *head, __u8 kind, const unsigned char *name, __u32 length)
{
	length &= AW_STEP_TEXT_MAX;
	bpf_probe_read_kernel((void *)(head + 1) + sizeof(struct aw_step_child), length, name);
	trace__step(trace, head, kind, 0, sizeof(struct aw_step_child) + length);
}

static __always_inline void hook__dentry(struct trace *trace, __u8 kind, struct inode *parent, struct dentry *dentry)
{
	struct aw_section *head = trace__room(trace);

	if (!head)
		return;
	struct aw_step_child *step = (void *)(head + 1);

	hook__object(&step->parent, parent);
	hook__object(&step->child, PEEK(dentry, d_inode));
	hook__child(trace, head, kind, PEEK(dentry, d_name.name), PEEK(dentry, d_name.len));
}

/* A file is about to be made. */
static __always_inline void hook__absent(struct trace *trace, struct inode *parent, const unsigned char *name, __u32 length)
{
	struct aw_section *head = trace__room(trace);

	if (!head)
		return;
	struct aw_step_child *step = (void *)(head + 1);

	hook__object(&step->parent, parent);
	hook__no_object(&step->child);
	hook__child(trace, head, AW_STEP_CREATE, name, length);
}

/* --- open --- */

static __always_inline void hook__open(struct trace *trace, struct filename *name, struct open_flags *flags)
{
	if (!hook__is_pointer((__u64)name))
		return;
	trace->open_name = (__u64)name;
	trace->open_flag = PEEK(flags, open_flag);
	trace->intent = PEEK(flags, intent);
	trace->walk.is_reached = false;
	trace->walk.is_found = false;
	trace->walk.is_parent_told = false;
	trace->walk.is_noted = false;
}

#define LAST_ROOT 1 /* fs/namei.c */

/* Since 7.0 a member of an enumeration type. */
enum last_type___7_0 { LAST_TYPE_7_0 };

struct nameidata___7_0 {
	enum last_type___7_0 last_type;
} __attribute__((preserve_access_index));

static __always_inline __u32 hook__last_type(struct nameidata *nd)
{
	struct nameidata___7_0 *later = (void *)nd;

	if (bpf_core_field_exists(nd->last_type))
		return PEEK(nd, last_type);
	return PEEK(later, last_type);
}

static __always_inline bool hook__is_root(const char *name)
{
	char head[2] = {};

	bpf_probe_read_kernel(head, sizeof(head), name);
	return head[0] == '/' && (!head[1] || head[1] == '/');
}

/*
 * A look-up ends, well or not, and the kernel still holds what it has come to. An open that had reached the directory of the last
 * part has its intent among the flags (open_last_lookups()).
 */
static __always_inline void hook__walk(struct trace *trace, struct nameidata *nd)
{
	struct trace_walk *walk = &trace->walk;

	if (!trace->open_name || (__u64)PEEK(nd, name) != trace->open_name || !trace->intent ||
	    (PEEK(nd, flags) & trace->intent) != trace->intent)
		return;
	struct dentry *dentry = PEEK(nd, path.dentry);
	struct vfsmount *vfsmount = PEEK(nd, path.mnt);

	if (!dentry || !vfsmount)
		return;
	walk->is_reached = true;
	walk->ancestors = hook__ancestors(trace, walk->ancestor, dentry);
	/*
	 * What fails with the directory at hand goes through link_path_walk() once more, as an error in place of a name, and that resets
	 * the kind of the last part. A name of slashes alone has the same kind and is always found.
	 */
	walk->is_found = hook__last_type(nd) != LAST_ROOT || hook__is_root(PEEK(nd, name, name));
	if (!walk->is_found) {
		hook__object(&walk->directory, PEEK(dentry, d_inode));
		walk->last_length = PEEK(nd, last.len) & AW_STEP_TEXT_MAX;
		bpf_probe_read_kernel(walk->last, walk->last_length, PEEK(nd, last.name));
		return;
	}
	hook__object(&walk->file, PEEK(dentry, d_inode));
	if (dentry == PEEK(vfsmount, mnt_root)) {
		struct mount *mount = path__mount(vfsmount);

		hook__object_at(&walk->directory, BPF_CORE_READ(mount, mnt_mountpoint, d_parent, d_inode));
	} else {
		hook__object(&walk->directory, PEEK(dentry, d_parent, d_inode));
	}
}

/* lookup_open() asks the cache, and tells audit of the directory when the file is not there. */
static __always_inline void hook__cached(struct trace *trace, struct dentry *found)
{
	if (trace->open_name && (!found || !PEEK(found, d_inode)))
		trace->walk.is_parent_told = true;
}

/* Before 6.12 (e747e15156b7) audit is told of the directory of every open that may create, also when the file is there. */
static __always_inline bool hook__is_parent_told(struct trace *trace)
{
	return trace->open_flag & O_CREAT && (trace->walk.is_parent_told || LINUX_KERNEL_VERSION < KERNEL_VERSION(6, 12, 0));
}

/*
 * Whether audit has been told of a file that open() then failed to make: from 7.0 on always, before only when the file system
 * refused, after the permissions and the mount had been looked at (lookup_open()).
 */
static __always_inline bool hook__is_child_told(__u64 result)
{
	switch (-(__s32)result) {
	case 1: case 13: case 30: /* EPERM, EACCES, EROFS */
		return LINUX_KERNEL_VERSION >= KERNEL_VERSION(7, 0, 0);
	case 12: case 28: case 122: /* ENOMEM, ENOSPC, EDQUOT */
		return true;
	}
	return false;
}

/* hook__absent() of a directory whose facts are at hand. */
static __always_inline void hook__absent_from(struct trace *trace, const struct aw_object *parent, const void *name, __u32 length)
{
	struct aw_section *head = trace__room(trace);

	if (!head)
		return;
	struct aw_step_child *step = (void *)(head + 1);

	step->parent = *parent;
	hook__no_object(&step->child);
	hook__child(trace, head, AW_STEP_CREATE, name, length);
}

/*
 * A file system that lies over others changes them while it opens a file: an overlay makes it in the upper layer, or copies it there
 * (ovl_create(), ovl_open()). Audit has been told of the open's own file by then.
 */
static __always_inline void hook__within_open(struct trace *trace)
{
	struct trace_walk *walk = &trace->walk;

	if (!trace->open_name || !trace->intent || walk->is_noted)
		return;
	struct task_struct *task = task__current();
	struct nameidata *nd = READ(task, nameidata);

	if (!nd || (__u64)READ(nd, name) != trace->open_name)
		return;
	struct dentry *dentry = READ(nd, path.dentry);

	if (!dentry)
		return;
	bool is_directory = (READ(dentry, d_inode, i_mode) & S_IFMT) == S_IFDIR;

	if (is_directory && !(trace->open_flag & O_CREAT))
		return;
	__u32 number = hook__name(trace, READ(nd, name));

	walk->is_noted = true;
	/* A look-up stands at the directory until it has the file (open_last_lookups()). */
	if (is_directory) {
		hook__file(trace, number, AW_STEP_PARENT, dentry);
		hook__absent(trace, READ(dentry, d_inode), READ(nd, last.name), READ(nd, last.len));
		return;
	}
	if (hook__is_parent_told(trace))
		hook__file(trace, number, AW_STEP_PARENT, READ(dentry, d_parent));
	hook__file(trace, number, 0, dentry);
}

static __always_inline void hook__opened(struct trace *trace, struct filename *name, __u64 result)
{
	struct trace_walk *walk = &trace->walk;

	if (!hook__is_pointer((__u64)name) || trace->open_name != (__u64)name)
		return;
	__u32 number = hook__name(trace, name);

	trace->open_name = 0;
	if (hook__is_pointer(result)) {
		struct file *file = (void *)result;
		struct dentry *dentry = PEEK(file, f_path.dentry);
		bool is_created = PEEK(file, f_mode) & FMODE_CREATED;
		struct inode *parent = PEEK(dentry, d_parent, d_inode);

		if (!walk->is_noted && trace->intent && (is_created || hook__is_parent_told(trace)))
			hook__file(trace, number, AW_STEP_PARENT, PEEK(dentry, d_parent));
		if (is_created) {
			/* lookup_open() before it makes the file, open_last_lookups() after that. */
			if (!walk->is_noted)
				hook__absent(trace, parent, PEEK(dentry, d_name.name), PEEK(dentry, d_name.len));
			hook__dentry(trace, AW_STEP_CREATE, parent, dentry);
		} else if (!walk->is_noted)
			hook__file(trace, number, 0, dentry);
		return;
	}
	if (!walk->is_reached || walk->is_noted)
		return;
	if (hook__is_parent_told(trace))
		hook__file_step(trace, number, AW_STEP_PARENT, &walk->directory, !walk->is_found);
	if (walk->is_found)
		hook__file_step(trace, number, 0, &walk->file, true);
	else if (hook__is_parent_told(trace) && hook__is_child_told(result))
		hook__absent_from(trace, &walk->directory, walk->last, walk->last_length);
}

/* --- renaming: may_delete(old), then may_create(new) or may_delete(new), then fsnotify_move() --- */

static __always_inline struct inode *rename__old_directory(struct renamedata *data)
{
	if (bpf_core_field_exists(data->old_dir))
		return PEEK(data, old_dir);
	return PEEK(data, old_parent, d_inode);
}

static __always_inline struct inode *rename__new_directory(struct renamedata *data)
{
	if (bpf_core_field_exists(data->new_dir))
		return PEEK(data, new_dir);
	return PEEK(data, new_parent, d_inode);
}

static __always_inline void hook__rename(struct trace *trace, struct renamedata *data)
{
	struct dentry *target = PEEK(data, new_dentry);

	trace->rename_old = 0;
	if (PEEK(target, d_inode))
		return; /* both are put to may_delete() */
	trace->rename_old = (__u64)PEEK(data, old_dentry);
	trace->rename_new = (__u64)target;
	trace->rename_directory = (__u64)rename__new_directory(data);
}

static __always_inline void hook__may_delete(struct trace *trace, struct inode *directory, struct dentry *victim)
{
	hook__within_open(trace);
	if (PEEK(victim, d_inode))
		hook__dentry(trace, AW_STEP_DELETE, directory, victim);
}

static __always_inline void hook__made(struct trace *trace, struct inode *directory, struct dentry *dentry)
{
	hook__within_open(trace);
	hook__dentry(trace, AW_STEP_CREATE, directory, dentry);
}

/* may_delete() permits: a rename goes on to its new name, which is not there. */
static __always_inline void hook__may_be_deleted(struct trace *trace, struct dentry *victim)
{
	if (!trace->rename_old || trace->rename_old != (__u64)victim)
		return;
	struct dentry *target = (void *)trace->rename_new;
	struct aw_section *head = trace__room(trace);

	trace->rename_old = 0;
	if (!head)
		return;
	struct aw_step_child *step = (void *)(head + 1);

	hook__object_at(&step->parent, (void *)trace->rename_directory);
	hook__no_object(&step->child);
	hook__child(trace, head, AW_STEP_CREATE, BPF_CORE_READ(target, d_name.name), BPF_CORE_READ(target, d_name.len));
}

static __always_inline void hook__renamed(struct trace *trace, struct renamedata *data)
{
	const __u32 rename_exchange = 2; /* include/uapi/linux/fs.h */
	struct dentry *old = PEEK(data, old_dentry), *target = PEEK(data, new_dentry);

	if (PEEK(old, d_inode) == PEEK(target, d_inode))
		return; /* two names of one file: nothing is done */
	hook__dentry(trace, AW_STEP_CREATE, rename__new_directory(data), old);
	if (PEEK(data, flags) & rename_exchange)
		hook__dentry(trace, AW_STEP_CREATE, rename__old_directory(data), target);
}

#endif
