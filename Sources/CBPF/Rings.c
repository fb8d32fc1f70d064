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

static struct bpf_link *attach_program(struct cbpf *handle, struct bpf_program *program, enum cbpf_rings way, const struct ring_types *types)
{
	bool is_first = !strncmp(bpf_program__name(program), "enter", 5) || !strcmp(bpf_program__name(program), "ring_submits");
	LIBBPF_OPTS(bpf_kprobe_multi_opts, options, .syms = (const char *[]){ types->function }, .cnt = 1, .retprobe = !is_first);

	(void)handle;
	if (way == CBPF_RINGS_FENTRY)
		return bpf_program__attach(program);
	if (way == CBPF_RINGS_KPROBE)
		return bpf_program__attach_kprobe_multi_opts(program, NULL, &options);
	return bpf_program__attach_raw_tracepoint(program, is_first ? types->submits : "io_uring_queue_async_work");
}

static void unload(struct ring_side *side)
{
	for (int which = 1; which >= 0; which--) {
		bpf_link__destroy(side->links[which]);
		side->links[which] = NULL;
	}
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
static int attach_way(struct cbpf *handle, enum cbpf_rings way, const struct ring_types *types)
{
	static const char *const programs[][2] = {
		[CBPF_RINGS_FENTRY] = { "enter_issue", "leave_issue" },
		[CBPF_RINGS_KPROBE] = { "enter_issue_multi", "leave_issue_multi" },
		[CBPF_RINGS_TRACEPOINTS] = { "ring_submits", "ring_queues" },
	};
	struct ring_side *side = &handle->ring_side;
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "ebpf_audit", .btf_custom_path = handle->btf_path);

	side->object = cbpf_object_open(CBPF_OBJECT_RINGS, &options);
	int error = side->object ? prepare(handle, side->object, types) : -errno;

	for (int which = 0; !error && which < 2; which++) {
		struct bpf_program *program = bpf_object__find_program_by_name(side->object, programs[way][which]);

		if (!program)
			error = -ENOENT;
		if (!error)
			error = bpf_program__set_autoload(program, true);
		if (!error && way == CBPF_RINGS_FENTRY)
			error = bpf_program__set_attach_target(program, 0, types->function);
	}
	if (!error)
		error = bpf_object__load(side->object);
	for (uint32_t slot = 0; !error && slot < AS_GENERATIONS; slot++)
		error = write_operations(handle, slot);
	/* The one that ends an issue first, so that no issue that is noted is not told of. */
	for (int which = 1; !error && which >= 0; which--) {
		struct bpf_program *program = bpf_object__find_program_by_name(side->object, programs[way][which]);

		if (way == CBPF_RINGS_TRACEPOINTS && which == 1 && !types->has_queue)
			continue;
		side->links[which] = attach_program(handle, program, way, types);
		if (!side->links[which])
			error = -errno;
	}
	if (error) {
		unload(side);
		return error;
	}
	side->report.way = way;
	snprintf(side->report.function, sizeof(side->report.function), "%s", way == CBPF_RINGS_TRACEPOINTS ? types->submits : types->function);
	return 0;
}

/* Adds why a way is not taken. */
static void say(struct ring_side *side, const char *what, int error)
{
	size_t length = strlen(side->report.reason);

	snprintf(side->report.reason + length, sizeof(side->report.reason) - length, "%s%s%s%s", length ? "; " : "", what, error ? ": " : "",
		 error ? strerror(-error) : "");
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
	/* What trampolines call can be preempted there, so that runs are skipped; kprobes cannot (bpf/btf.bpf.c). */
	bool is_preemptible = btf && ways && cbpf_probe(CBPF_FEATURE_PREEMPTIBLE) == 1;
	const struct {
		enum cbpf_rings way;
		uint32_t bit;
		const char *name;
	} tried[] = {
		{ is_preemptible ? CBPF_RINGS_KPROBE : CBPF_RINGS_FENTRY, is_preemptible ? CBPF_HOOKS_KPROBE : CBPF_HOOKS_FENTRY,
		  is_preemptible ? "kprobe" : "fentry" },
		{ is_preemptible ? CBPF_RINGS_FENTRY : CBPF_RINGS_KPROBE, is_preemptible ? CBPF_HOOKS_FENTRY : CBPF_HOOKS_KPROBE,
		  is_preemptible ? "fentry" : "kprobe" },
	};

	if (btf) {
		find_function(btf, &types);
		find_tracepoints(btf, &types);
		types.creds = find_creds(btf);
	}
	cbpf_log_to(handle);
	for (size_t i = 0; btf && types.function && i < sizeof(tried) / sizeof(tried[0]) && !side->object; i++) {
		if (!(ways & tried[i].bit))
			continue;
		int error = attach_way(handle, tried[i].way, &types);

		if (error)
			say(side, tried[i].name, error);
	}
	if (btf && !side->object) {
		int error = types.submits ? attach_way(handle, CBPF_RINGS_TRACEPOINTS, &types) : -ENOENT;

		if (error)
			say(side, "tracepoints", error);
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
