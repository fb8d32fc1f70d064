/* SPDX-License-Identifier: MIT */
/*
 * What sees operations of io_uring: an object of its own (bpf/rings.bpf.c) that shares the tier's maps, loaded with the first rule of the list io_uring.
 * What there is to attach to is looked up in the kernel's type information, since names and parameters change.
 */
#include "handle.h"
#include "objects.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What the kernel's type information says. */
struct ring_types {
	const char *function; /* that issues an operation, or NULL */
	uint32_t arity;
	const char *kinds[RING_LINKS_MAX / 2]; /* functions that issue one kind each */
	size_t kind_count;
	const char *submits; /* tracepoint, or NULL */
	uint32_t submitted_at, queued_at;
	bool has_queue;
	uint32_t creds; /* REQ_F_CREDS, or 0 */
};

/*
 * io_issue_sqe(), or where there is one (seen on 6.18) __io_issue_sqe(), which it and others call, and which has the calls of audit then. What that one
 * returns is what audit shows; of the other IOU_ISSUE_SKIP_COMPLETE has become 0 by then.
 */
static void find_function(const struct btf *btf, struct ring_types *types)
{
	static const char *const names[] = { "__io_issue_sqe", "io_issue_sqe" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !types->function; i++) {
		int id = btf__find_by_name_kind(btf, names[i], BTF_KIND_FUNC);

		if (id < 0)
			continue;
		types->arity = btf_vlen(btf__type_by_id(btf, btf__type_by_id(btf, id)->type));
		if (types->arity == 2 || types->arity == 3)
			types->function = names[i];
	}
}

/*
 * Whether the kernel's table of operations has `member`: struct io_issue_def, before 6.3 io_op_def. Only with `audit_skip` (5.16) does audit know operations, and
 * only with `issue` (6.0) are those functions called by it.
 */
static bool defines(const struct btf *btf, const char *member)
{
	static const char *const names[] = { "io_issue_def", "io_op_def" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int id = btf__find_by_name_kind(btf, names[i], BTF_KIND_STRUCT);
		const struct btf_type *type = id > 0 ? btf__type_by_id(btf, id) : NULL;

		for (int n = 0; type && n < btf_vlen(type); n++)
			if (!strcmp(btf__name_by_offset(btf, btf_members(type)[n].name_off), member))
				return true;
	}
	return false;
}

/*
 * Those that io_issue_defs names (io_uring/opdef.c, from 6.0) for the operations that audit has records for. They are called by pointer, so that they are
 * there also where the function that calls them is not (Debian's 6.1 and 7.3), and they return what audit shows.
 */
static void find_kinds(const struct btf *btf, struct ring_types *types)
{
	static const char *const names[] = {
		"io_sendmsg", "io_recvmsg", "io_accept", "io_connect", "io_fallocate", "io_openat", "io_close", "io_openat2", "io_shutdown",
		"io_renameat", "io_unlinkat", "io_mkdirat", "io_symlinkat", "io_linkat", "io_msg_ring", "io_fsetxattr", "io_setxattr",
		"io_fgetxattr", "io_getxattr", "io_uring_cmd", "io_sendmsg_zc", "io_waitid", "io_futex_wait", "io_futex_wake", "io_futexv_wait",
		"io_install_fixed_fd", "io_ftruncate", "io_bind", "io_listen", "io_recvzc", "io_pipe",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) <= RING_LINKS_MAX / 2, "links");
	for (size_t i = 0; defines(btf, "issue") && i < sizeof(names) / sizeof(names[0]); i++) {
		int id = btf__find_by_name_kind(btf, names[i], BTF_KIND_FUNC);
		const struct btf_type *prototype = id > 0 ? btf__type_by_id(btf, btf__type_by_id(btf, id)->type) : NULL;

		/* As has every function of that table. */
		if (prototype && btf_vlen(prototype) == 2)
			types->kinds[types->kind_count++] = names[i];
	}
}

/* Whether parameter `type` is a pointer to a structure of that name, or with NULL to void. */
static bool is_pointer_to(const struct btf *btf, uint32_t type, const char *name)
{
	int id = btf__resolve_type(btf, type);
	const struct btf_type *pointer = id > 0 ? btf__type_by_id(btf, id) : NULL;

	if (!pointer || !btf_is_ptr(pointer))
		return false;
	id = btf__resolve_type(btf, pointer->type);
	if (!name)
		return id == 0;
	return id > 0 && !strcmp(btf__name_by_offset(btf, btf__type_by_id(btf, id)->name_off), name);
}

/*
 * Which argument of the tracepoint the operation is: struct io_kiocb * where there is one, in older kernels the second void *, behind the ring. False
 * where there is no such tracepoint.
 */
static bool find_argument(const struct btf *btf, const char *tracepoint, uint32_t *place)
{
	char name[80];
	int voids = 0;

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);

	id = id > 0 ? btf__resolve_type(btf, id) : id;
	if (id <= 0 || !btf_is_ptr(btf__type_by_id(btf, id)))
		return false;
	id = btf__resolve_type(btf, btf__type_by_id(btf, id)->type);
	const struct btf_type *prototype = id > 0 ? btf__type_by_id(btf, id) : NULL;

	if (!prototype || !btf_is_func_proto(prototype))
		return false;
	/* The first is the tracepoint's own. */
	for (int i = 1; i < btf_vlen(prototype) && i <= 3; i++) {
		uint32_t type = btf_params(prototype)[i].type;

		*place = i - 1;
		if (is_pointer_to(btf, type, "io_kiocb"))
			return true;
		voids += is_pointer_to(btf, type, NULL);
		if (voids == 2)
			return true;
	}
	return false;
}

static uint32_t find_creds(const struct btf *btf)
{
	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (!btf_is_enum(type) || type->name_off)
			continue;
		for (int i = 0; i < btf_vlen(type); i++) {
			const struct btf_enum *value = btf_enum(type) + i;

			if (i == 0 && strcmp(btf__name_by_offset(btf, value->name_off), "REQ_F_FIXED_FILE_BIT"))
				break;
			if (!strcmp(btf__name_by_offset(btf, value->name_off), "REQ_F_CREDS_BIT"))
				return value->val >= 0 && value->val < 32 ? 1U << value->val : 0;
		}
	}
	return 0;
}

/* 6.3 renamed the tracepoint. */
static void find_tracepoints(const struct btf *btf, struct ring_types *types)
{
	if (find_argument(btf, "io_uring_submit_req", &types->submitted_at))
		types->submits = "io_uring_submit_req";
	else if (find_argument(btf, "io_uring_submit_sqe", &types->submitted_at))
		types->submits = "io_uring_submit_sqe";
	types->has_queue = find_argument(btf, "io_uring_queue_async_work", &types->queued_at);
}

/* The maps of the tier, but for those that programs work in: these have their own. */
static int share_maps(struct cbpf *handle, struct bpf_object *object)
{
	static const char *const own[] = { "record_memory", "working_memory", "entry_memory" };
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		const char *name = bpf_map__name(map);
		struct bpf_map *other = bpf_object__find_map_by_name(handle->object, name);
		bool is_own = strstr(name, ".rodata") || strstr(name, ".kconfig");

		for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
			is_own = is_own || !strcmp(name, own[i]);
		int error = other && !is_own ? bpf_map__reuse_fd(map, bpf_map__fd(other)) : 0;

		if (error)
			return error;
	}
	return 0;
}

static int prepare(struct cbpf *handle, struct bpf_object *object, const struct ring_types *types)
{
	uint32_t own, shared, *arity = cbpf_setting(object, "setting_arity"), *submitted = cbpf_setting(object, "setting_submitted_at");
	uint32_t *queued = cbpf_setting(object, "setting_queued_at"), *creds = cbpf_setting(object, "setting_creds");
	struct bpf_map *records = bpf_object__find_map_by_name(object, "record_memory");
	int cpus = libbpf_num_possible_cpus();

	if (!arity || !submitted || !queued || !creds || !records || cpus <= 0)
		return -ENOENT;
	/* The variables that both use must be at the same place. */
	if (!cbpf_find_variable(object, ".bss", "control_label", &own) ||
	    !cbpf_find_variable(handle->object, ".bss", "control_label", &shared) || own != shared)
		return -EINVAL;
	*arity = types->arity;
	*submitted = types->submitted_at;
	*queued = types->queued_at;
	*creds = types->creds;
	int error = bpf_map__set_max_entries(records, 2 * cpus);

	if (!error)
		error = cbpf_set_constants(handle, object);
	return error ? error : share_maps(handle, object);
}

/* How programs are attached. */
enum ring_attachment {
	ATTACH_FENTRY = 0,
	ATTACH_MULTI,       /* kprobe.multi on the function that issues all */
	ATTACH_KINDS_MULTI, /* or on those that issue one kind */
	ATTACH_KINDS,       /* kprobes on each of these */
	ATTACH_TRACEPOINTS,
};

static const struct {
	const char *programs[2]; /* at the beginning and at the end, or at each of two tracepoints */
	enum cbpf_rings way;
	uint32_t bit; /* enum cbpf_hook_ways */
	const char *name;
} attachments[] = {
	[ATTACH_FENTRY] = { { "enter_issue", "leave_issue" }, CBPF_RINGS_FENTRY, CBPF_HOOKS_FENTRY, "fentry" },
	[ATTACH_MULTI] = { { "enter_issue_multi", "leave_issue_multi" }, CBPF_RINGS_KPROBE, CBPF_HOOKS_KPROBE, "kprobe.multi" },
	[ATTACH_KINDS_MULTI] = { { "enter_issue_multi", "leave_issue_multi" }, CBPF_RINGS_KPROBE, CBPF_HOOKS_KPROBE, "kprobe.multi on each kind" },
	[ATTACH_KINDS] = { { "enter_issue_single", "leave_issue_single" }, CBPF_RINGS_KPROBE, CBPF_HOOKS_KPROBE, "kprobes on each kind" },
	[ATTACH_TRACEPOINTS] = { { "ring_submits", "ring_queues" }, CBPF_RINGS_TRACEPOINTS, 0, "tracepoints" },
};

static int keep_link(struct ring_side *side, struct bpf_link *link)
{
	if (!link)
		return -errno;
	if (side->link_count == RING_LINKS_MAX) {
		bpf_link__destroy(link);
		return -E2BIG;
	}
	side->links[side->link_count++] = link;
	return 0;
}

static int attach_program(struct ring_side *side, struct bpf_program *program, enum ring_attachment how, bool is_first, const struct ring_types *types)
{
	const char *one[] = { types->function };
	LIBBPF_OPTS(bpf_kprobe_multi_opts, options, .syms = how == ATTACH_MULTI ? one : (const char **)types->kinds,
		    .cnt = how == ATTACH_MULTI ? 1 : types->kind_count, .retprobe = !is_first);
	int error = 0;

	switch (how) {
	case ATTACH_FENTRY: return keep_link(side, bpf_program__attach(program));
	case ATTACH_MULTI:
	case ATTACH_KINDS_MULTI: return keep_link(side, bpf_program__attach_kprobe_multi_opts(program, NULL, &options));
	case ATTACH_KINDS:
		for (size_t i = 0; !error && i < types->kind_count; i++)
			error = keep_link(side, bpf_program__attach_kprobe(program, !is_first, types->kinds[i]));
		return error;
	case ATTACH_TRACEPOINTS:
		return keep_link(side, bpf_program__attach_raw_tracepoint(program, is_first ? types->submits : "io_uring_queue_async_work"));
	}
	return -EINVAL;
}

static void unload(struct ring_side *side)
{
	/* What begins issues first. */
	while (side->link_count)
		bpf_link__destroy(side->links[--side->link_count]);
	bpf_object__close(side->object);
	side->object = NULL;
}

static int write_operations(struct cbpf *handle, uint32_t slot)
{
	struct bpf_object *object = handle->ring_side.object;
	int map = object ? bpf_object__find_map_fd_by_name(object, "ring_operations") : -1;

	if (map < 0)
		return object ? -ENOENT : 0;
	return bpf_map_update_elem(map, &slot, &handle->ring_side.values[slot], BPF_ANY) ? -errno : 0;
}

/* Loads and attaches one way of seeing them. */
static int attach_way(struct cbpf *handle, enum ring_attachment how, const struct ring_types *types)
{
	struct ring_side *side = &handle->ring_side;
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "ebpf_audit", .btf_custom_path = handle->btf_path);

	side->object = cbpf_object_open(CBPF_OBJECT_RINGS, &options);
	int error = side->object ? prepare(handle, side->object, types) : -errno;

	for (int which = 0; !error && which < 2; which++) {
		struct bpf_program *program = bpf_object__find_program_by_name(side->object, attachments[how].programs[which]);

		error = program ? bpf_program__set_autoload(program, true) : -ENOENT;
		if (!error && how == ATTACH_FENTRY)
			error = bpf_program__set_attach_target(program, 0, types->function);
	}
	if (!error)
		error = bpf_object__load(side->object);
	for (uint32_t slot = 0; !error && slot < AS_GENERATIONS; slot++)
		error = write_operations(handle, slot);
	/* The one that ends an issue first, so that no issue that is noted is not told of. */
	for (int which = 1; !error && which >= 0; which--) {
		struct bpf_program *program = bpf_object__find_program_by_name(side->object, attachments[how].programs[which]);

		if (how != ATTACH_TRACEPOINTS || which == 0 || types->has_queue)
			error = attach_program(side, program, how, which == 0, types);
	}
	if (error) {
		unload(side);
		return error;
	}
	side->report.way = attachments[how].way;
	const char *place = how == ATTACH_TRACEPOINTS ? types->submits : how == ATTACH_FENTRY || how == ATTACH_MULTI ? types->function : types->kinds[0];

	snprintf(side->report.function, sizeof(side->report.function), "%s", place);
	return 0;
}

/* Adds why a way is not taken. */
static void say(struct ring_side *side, const char *what, int error)
{
	size_t length = strlen(side->report.reason);

	snprintf(side->report.reason + length, sizeof(side->report.reason) - length, "%s%s%s%s", length ? "; " : "", what, error ? ": " : "",
		 error ? strerror(-error) : "");
}

/* Adds that the kernel refuses a way, with the end of what the verifier said. */
static void say_refusal(struct cbpf *handle, const char *what, int error)
{
	struct ring_side *side = &handle->ring_side;
	const size_t kept = 100;
	size_t length = strlen(handle->log);
	const char *log = handle->log + (length > kept ? length - kept : 0);

	say(side, what, error);
	for (size_t at = strlen(side->report.reason); at < sizeof(side->report.reason) - 1 && *log; log++) {
		side->report.reason[at++] = *log == '\n' ? ' ' : *log;
		side->report.reason[at] = '\0';
	}
	handle->log[0] = '\0';
}

int cbpf_write_operations(struct cbpf *handle, uint32_t slot, const struct as_operations *value)
{
	if (slot >= AS_GENERATIONS)
		return -EINVAL;
	handle->ring_side.values[slot] = *value;
	return write_operations(handle, slot);
}

void cbpf_attach_rings(struct cbpf *handle, uint32_t ways, struct cbpf_rings_report *report)
{
	struct ring_side *side = &handle->ring_side;

	*report = side->report;
	if (side->object)
		return;
	memset(&side->report, 0, sizeof(side->report));
	if (handle->is_staged)
		say(side, "the kernel programs of this tier do not see them", 0);
	struct btf *btf = handle->is_staged ? NULL :
			  handle->btf_path  ? btf__parse(handle->btf_path, NULL) :
					      btf__load_vmlinux_btf();
	struct ring_types types = {};

	if (btf && !defines(btf, "audit_skip")) {
		say(side, "audit does not know them in this kernel, as it does from 5.16 on", 0);
		btf__free(btf);
		btf = NULL;
	}
	/* What trampolines call can be preempted there, so that runs are skipped; kprobes cannot (bpf/btf.bpf.c). */
	bool is_preemptible = btf && ways && cbpf_probe(CBPF_FEATURE_PREEMPTIBLE) == 1;
	const enum ring_attachment tried[] = {
		is_preemptible ? ATTACH_MULTI : ATTACH_FENTRY, is_preemptible ? ATTACH_FENTRY : ATTACH_MULTI, ATTACH_KINDS_MULTI, ATTACH_KINDS,
	};

	if (btf) {
		find_function(btf, &types);
		find_kinds(btf, &types);
		find_tracepoints(btf, &types);
		types.creds = find_creds(btf);
	}
	cbpf_log_to(handle);
	for (size_t i = 0; btf && i < sizeof(tried) / sizeof(tried[0]) && !side->object; i++) {
		enum ring_attachment how = tried[i];
		bool is_there = how == ATTACH_FENTRY || how == ATTACH_MULTI ? types.function != NULL : types.kind_count > 0;

		if (!(ways & attachments[how].bit) || !is_there)
			continue;
		int error = attach_way(handle, how, &types);

		if (error)
			say_refusal(handle, attachments[how].name, error);
	}
	if (btf && ways && !types.function && !types.kind_count)
		say(side, "its type information has no function that issues operations", 0);
	if (btf && !side->object) {
		int error = types.submits ? attach_way(handle, ATTACH_TRACEPOINTS, &types) : -ENOENT;

		if (error)
			say_refusal(handle, attachments[ATTACH_TRACEPOINTS].name, error);
	}
	cbpf_log_to(NULL);
	btf__free(btf);
	*report = side->report;
}

static int add_missed(const struct ring_side *side, uint64_t *missed)
{
	struct bpf_program *program;

	if (!side->object)
		return 0;
	bpf_object__for_each_program(program, side->object) {
		struct bpf_prog_info info = {};
		uint32_t length = sizeof(info);

		if (bpf_program__fd(program) < 0)
			continue;
		if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length))
			return -errno;
		*missed += info.recursion_misses;
	}
	return 0;
}

void cbpf_detach_rings(struct cbpf *handle)
{
	struct ring_side *side = &handle->ring_side;

	add_missed(side, &side->missed);
	unload(side);
	memset(&side->report, 0, sizeof(side->report));
}

int cbpf_rings_missed(struct cbpf *handle, uint64_t *missed)
{
	*missed += handle->ring_side.missed;
	return add_missed(&handle->ring_side, missed);
}
