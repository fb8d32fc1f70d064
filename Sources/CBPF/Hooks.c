/* SPDX-License-Identifier: MIT */
/*
 * Path hooks: an object of its own that shares the tier's maps. What a kernel has to attach to is looked up in its type information,
 * for the functions' names and parameters change; what it refuses is left out. Nothing here makes collecting fail.
 */
#include "handle.h"
#include "objects.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* A way to attach, and the programs for it. */
struct way {
	enum cbpf_object object;
	enum cbpf_hook_state state;
	enum cbpf_hook_ways bit;
};

static const struct way fentry = { CBPF_OBJECT_HOOKS_FENTRY, CBPF_HOOK_FENTRY, CBPF_HOOKS_FENTRY };
static const struct way kprobe = { CBPF_OBJECT_HOOKS_KPROBE, CBPF_HOOK_KPROBE, CBPF_HOOKS_KPROBE };

enum { NAMES_MAX = 2, HOOKS_READ = 1 << 8 /* bpf/maps.h */ };

/* By number, as in bpf/hooks.h. Programs are enter_X and leave_X, where X is the first name. */
static const struct {
	const char *program;
	const char *names[NAMES_MAX]; /* the function's, newest kernels last */
	uint32_t groups;              /* that need it */
	uint32_t since, before;       /* kernel versions that need it */
} table[HOOKS] = {
	/*
	 * 7.0. Before, names are known by the pointer in struct filename, and their order by the call; there is nothing to attach to but
	 * strncpy_from_user(), which like all of lib/ has no place for a trampoline.
	 */
	{ .program = "do_getname", .names = { "do_getname" }, .groups = ASH_HOOKS_PATH, .since = 0x070000 },
	{ .program = "filename_lookup", .names = { "filename_lookup" }, .groups = ASH_HOOKS_PATH },
	/* Its seven parameters are more than trampolines took before 6.6 (473e3150e30a), and before 5.15 it gave the name away. */
	{ .program = "filename_parentat", .names = { "__filename_parentat" }, .groups = ASH_HOOK_CHANGE, .since = 0x060600 },
	{ .program = "path_parentat", .names = { "path_parentat" }, .groups = ASH_HOOK_CHANGE, .before = 0x060600 },
	{ .program = "do_filp_open", .names = { "do_filp_open", "do_file_open" }, .groups = ASH_HOOK_OPEN },
	{ .program = "terminate_walk", .names = { "terminate_walk" }, .groups = ASH_HOOK_OPEN },
	/* 6.12 (e747e15156b7), see hook__is_parent_told() in bpf/hooks.h. */
	{ .program = "d_lookup", .names = { "d_lookup" }, .groups = ASH_HOOK_OPEN, .since = 0x060c00 },
	/* An overlay file system changes files in any call that changes one of its own. */
	{ .program = "may_delete", .names = { "may_delete", "may_delete_dentry" }, .groups = ASH_HOOKS_PATH },
	{ .program = "vfs_create", .names = { "vfs_create" }, .groups = ASH_HOOKS_PATH },
	{ .program = "vfs_mkdir", .names = { "vfs_mkdir" }, .groups = ASH_HOOKS_PATH },
	{ .program = "vfs_mknod", .names = { "vfs_mknod" }, .groups = ASH_HOOKS_PATH },
	{ .program = "vfs_link", .names = { "vfs_link" }, .groups = ASH_HOOKS_PATH },
	{ .program = "vfs_symlink", .names = { "vfs_symlink" }, .groups = ASH_HOOKS_PATH },
	{ .program = "vfs_rename", .names = { "vfs_rename" }, .groups = ASH_HOOKS_PATH },
	{ .program = "vfs_mkobj", .names = { "vfs_mkobj" }, .groups = ASH_HOOK_CHANGE },
	{ .program = "audit_signal_info", .names = { "audit_signal_info" }, .groups = ASH_HOOK_SIGNAL },
};

static uint32_t kernel_version(void)
{
	struct utsname name;
	unsigned major = 0, minor = 0;

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return 0;
	return major << 16 | minor << 8;
}

static struct signature find_signature(const struct btf *btf, const char *const names[NAMES_MAX])
{
	for (int i = 0; i < NAMES_MAX && names[i]; i++) {
		int id = btf__find_by_name_kind(btf, names[i], BTF_KIND_FUNC);

		if (id < 0)
			continue;
		const struct btf_type *function = btf__type_by_id(btf, id);
		const struct btf_type *prototype = btf__type_by_id(btf, function->type);
		int result = btf__resolve_type(btf, prototype->type);

		return (struct signature){
			.name = names[i],
			.arity = btf_vlen(prototype),
			.is_pointer = result > 0 && btf_is_ptr(btf__type_by_id(btf, result)),
		};
	}
	return (struct signature){};
}

/* Whether `name` is enter_X or leave_X; sets which. */
static bool is_program_of(const char *name, const char *function, int *which)
{
	*which = strncmp(name, "enter_", 6) ? 1 : 0;
	return (!strncmp(name, "enter_", 6) || !strncmp(name, "leave_", 6)) && !strcmp(name + 6, function);
}

int cbpf_share_maps(struct cbpf *handle, struct bpf_object *object)
{
	uint32_t own, shared;
	struct bpf_map *map;

	/* The variables that both use must be at the same place. */
	if (!cbpf_find_variable(object, ".bss", "control_hooks", &own) ||
	    !cbpf_find_variable(handle->object, ".bss", "control_hooks", &shared) || own != shared)
		return -EINVAL;
	bpf_object__for_each_map(map, object) {
		struct bpf_map *other = bpf_object__find_map_by_name(handle->object, bpf_map__name(map));

		if (!other || strstr(bpf_map__name(map), ".rodata") || strstr(bpf_map__name(map), ".kconfig"))
			continue;
		int error = bpf_map__reuse_fd(map, bpf_map__fd(other));

		if (error)
			return error;
	}
	return 0;
}

/* Opens and loads the programs of the hooks in `wanted`. */
static int load(struct cbpf *handle, const struct way *way, uint32_t wanted, struct bpf_object **result)
{
	const struct signature *signatures = handle->hook_side.signatures;
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "ebpf_audit");
	struct bpf_object *object = cbpf_object_open(way->object, &options);

	if (!object)
		return -errno;
	uint8_t *arity = cbpf_setting(object, "setting_arity");
	bool *is_pointer = cbpf_setting(object, "setting_is_pointer");
	int error = arity && is_pointer ? cbpf_share_maps(handle, object) : -ENOENT;
	struct bpf_program *program;

	for (int i = 0; !error && i < HOOKS; i++) {
		arity[i] = signatures[i].arity;
		is_pointer[i] = signatures[i].is_pointer;
	}
	bpf_object__for_each_program(program, object) {
		bpf_program__set_autoload(program, false);
		for (int i = 0; !error && i < HOOKS; i++) {
			int which;

			if (!(wanted & 1U << i) || !is_program_of(bpf_program__name(program), table[i].program, &which))
				continue;
			bpf_program__set_autoload(program, true);
			if (way == &fentry)
				error = bpf_program__set_attach_target(program, 0, signatures[i].name);
		}
	}
	if (!error)
		error = bpf_object__load(object);
	if (error) {
		bpf_object__close(object);
		return error;
	}
	*result = object;
	return 0;
}

static bool is_attached(const struct hook_side *side, int hook)
{
	return side->hooks[hook].state != CBPF_HOOK_REFUSED && (side->links[hook][0] || side->links[hook][1]);
}

/* Adds the runs of `hook`'s programs that were skipped. */
static int add_missed(const struct cbpf *handle, int hook, uint64_t *missed)
{
	for (int which = 0; which < LINKS_A_HOOK; which++) {
		struct bpf_prog_info info = {};
		uint32_t length = sizeof(info);

		if (!handle->hook_side.programs[hook][which])
			continue;
		if (bpf_obj_get_info_by_fd(handle->hook_side.programs[hook][which], &info, &length))
			return -errno;
		*missed += info.recursion_misses;
	}
	return 0;
}

static void unlink_hook(struct cbpf *handle, int hook)
{
	for (int which = 0; which < LINKS_A_HOOK; which++) {
		bpf_link__destroy(handle->hook_side.links[hook][which]);
		handle->hook_side.links[hook][which] = NULL;
	}
}

/* Lets go of an unlinked hook's programs, which other hooks of the same object may go on to use. */
static void close_hook(struct cbpf *handle, int hook)
{
	struct hook_side *side = &handle->hook_side;
	struct bpf_object *object = side->objects[hook];

	add_missed(handle, hook, &side->missed);
	memset(side->programs[hook], 0, sizeof(side->programs[hook]));
	side->objects[hook] = NULL;
	for (int i = 0; i < HOOKS; i++)
		if (side->objects[i] == object)
			return;
	bpf_object__close(object);
}

static void refuse(struct cbpf *handle, const struct way *way, int hook, int error)
{
	struct cbpf_hook *report = &handle->hook_side.hooks[hook];
	size_t length = strlen(handle->log), room = sizeof(report->reason) - 1;

	handle->hook_side.refused[hook] |= way->bit;
	report->state = CBPF_HOOK_REFUSED;
	report->error = -error;
	strcpy(report->reason, handle->log + (length > room ? length - room : 0));
}

/* Attaches what `object` has of the hooks in `wanted`. */
static void attach(struct cbpf *handle, const struct way *way, struct bpf_object *object, uint32_t wanted)
{
	struct hook_side *side = &handle->hook_side;
	struct bpf_program *program;

	for (int i = 0; i < HOOKS; i++) {
		if (!(wanted & 1U << i))
			continue;
		close_hook(handle, i);
		side->hooks[i].state = way->state;
		side->objects[i] = object;
	}
	bpf_object__for_each_program(program, object) {
		for (int i = 0; i < HOOKS; i++) {
			int which;

			if (!(wanted & 1U << i) || side->hooks[i].state == CBPF_HOOK_REFUSED ||
			    !is_program_of(bpf_program__name(program), table[i].program, &which))
				continue;
			handle->log[0] = 0;
			side->links[i][which] = way == &fentry ? bpf_program__attach(program) :
								 bpf_program__attach_kprobe(program, which == 1, side->signatures[i].name);
			side->programs[i][which] = bpf_program__fd(program);
			if (!side->links[i][which]) {
				refuse(handle, way, i, -errno);
				unlink_hook(handle, i);
			}
		}
	}
	/* Not before: the loop above is in the object. */
	for (int i = 0; i < HOOKS; i++)
		if (wanted & 1U << i && side->hooks[i].state == CBPF_HOOK_REFUSED)
			close_hook(handle, i);
}

/* Attaches what of `wanted` can be had this way: all at once, or where the kernel refuses a program, one by one. */
static void attach_all(struct cbpf *handle, const struct way *way, uint32_t wanted)
{
	struct bpf_object *object = NULL;

	for (int i = 0; i < HOOKS; i++)
		if (is_attached(&handle->hook_side, i) || handle->hook_side.refused[i] & way->bit)
			wanted &= ~(1U << i);
	if (!wanted)
		return;
	int error = load(handle, way, wanted, &object);

	if (!error) {
		attach(handle, way, object, wanted);
		return;
	}
	for (int i = 0; i < HOOKS; i++) {
		if (!(wanted & 1U << i))
			continue;
		handle->log[0] = 0;
		error = load(handle, way, 1U << i, &object);
		if (error)
			refuse(handle, way, i, error);
		else
			attach(handle, way, object, 1U << i);
	}
}

/* Has the programs know which hooks are there: all that are needed by the groups in `complete`. */
static void tell(struct cbpf *handle, uint32_t complete)
{
	if (handle->hooks)
		*handle->hooks = complete | (is_attached(&handle->hook_side, 0) ? HOOKS_READ : 0);
}

uint32_t cbpf_attach_hooks(struct cbpf *handle, uint32_t groups, uint32_t ways)
{
	struct hook_side *side = &handle->hook_side;
	struct cbpf_hook *hooks = side->hooks;
	uint32_t version = kernel_version(), wanted = 0, complete = groups & ASH_HOOKS;

	/* The programs of these tiers do not look for traces. */
	if (handle->is_staged)
		ways = 0;
	/* Twice its size while it is read, 11 MB on top of all else that is there by now: not without need. */
	struct btf *btf = side->is_looked_up || !ways ? NULL : btf__load_vmlinux_btf();

	/* Before the hooks of other groups go, so that no call counts on them. */
	if (handle->hooks)
		*handle->hooks &= groups | HOOKS_READ;
	for (int i = 0; i < HOOKS; i++) {
		if (btf)
			side->signatures[i] = find_signature(btf, table[i].names);
		hooks[i].function = side->signatures[i].name ? side->signatures[i].name : table[i].names[0];
		bool is_needed = table[i].groups & groups && version >= table[i].since &&
				 (!table[i].before || version < table[i].before);

		if (!is_needed) {
			unlink_hook(handle, i);
			close_hook(handle, i);
			hooks[i].state = CBPF_HOOK_UNNEEDED;
			continue;
		}
		if (side->signatures[i].name)
			wanted |= 1U << i;
		if (!is_attached(side, i))
			hooks[i].state = side->refused[i] ? CBPF_HOOK_REFUSED : CBPF_HOOK_LACKING;
	}
	btf__free(btf);
	side->is_looked_up = side->is_looked_up || ways;
	cbpf_log_to(handle);
	if (ways & CBPF_HOOKS_FENTRY)
		attach_all(handle, &fentry, wanted);
	if (ways & CBPF_HOOKS_KPROBE)
		attach_all(handle, &kprobe, wanted);
	cbpf_log_to(NULL);

	for (int i = 0; i < HOOKS; i++)
		if (hooks[i].state >= CBPF_HOOK_LACKING)
			complete &= ~table[i].groups;
	tell(handle, complete);
	return complete;
}

uint32_t cbpf_hook_count(void)
{
	return HOOKS;
}

const struct cbpf_hook *cbpf_hook(const struct cbpf *handle, uint32_t number)
{
	return number < HOOKS ? &handle->hook_side.hooks[number] : NULL;
}

void cbpf_hooks_detach(struct cbpf *handle)
{
	if (handle->hooks)
		*handle->hooks = 0;
	for (int i = 0; i < HOOKS; i++)
		unlink_hook(handle, i);
}

void cbpf_hooks_close(struct cbpf *handle)
{
	for (int i = 0; i < HOOKS; i++)
		close_hook(handle, i);
}

int cbpf_hooks_missed(struct cbpf *handle, uint64_t *missed)
{
	int error = 0;

	*missed += handle->hook_side.missed;
	for (int i = 0; !error && i < HOOKS; i++)
		error = add_missed(handle, i, missed);
	return error;
}
