/* SPDX-License-Identifier: MIT */
/* Hooks on the functions of calls: their programs, and how they come and go. */
#include "calls.h"
#include "objects.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const function_programs[2] = { "enter_function", "leave_function" };
static const char *const multi_programs[2] = { "enter_functions", "leave_functions" };

/* A function of `class` that is wanted and not attached, for LEAVE one that returns: if there is, one that is typed. */
static const struct call_function *example(const struct call_side *side, int which, int class)
{
	const struct call_function *found = NULL;

	for (size_t i = 0; i < side->count; i++) {
		const struct call_function *function = &side->functions[i];

		if (function->is_wanted && !function->is_attached && (which == ENTER || function->returns) && function->class == class &&
		    (!found || (function->is_typed && !found->is_typed)))
			found = function;
	}
	return found;
}

/* Has `object`, not yet loaded, load the programs for `way` and of those for the others none. */
int calls_choose_programs(struct cbpf *handle, struct bpf_object *object, enum cbpf_calls way, int class)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
		if (way != CBPF_CALLS_TRACED && cbpf_is_traced(bpf_program__name(program)))
			bpf_program__set_autoload(program, false);
	if (way == CBPF_CALLS_TRACED)
		return 0;
	if (way == CBPF_CALLS_PERF)
		return calls_choose_event_programs(object);
	for (int which = ENTER; which <= LEAVE; which++) {
		const struct call_function *function = example(&handle->call_side, which, class);

		program = bpf_object__find_program_by_name(object, (way == CBPF_CALLS_FENTRY ? function_programs : multi_programs)[which]);
		if (!program)
			return -ENOENT;
		/* Nothing to leave, where all that is wanted never returns. */
		if (!function)
			continue;
		bpf_program__set_autoload(program, true);

		/* Kernels that do not compare prototypes take any function; where they do, this one will not do. */
		const char *target = function->is_typed ? function->name : "__x64_sys_execve";
		int error = way == CBPF_CALLS_FENTRY ? bpf_program__set_attach_target(program, 0, target) : 0;

		if (error)
			return error;
	}
	return 0;
}

int calls_load_more(struct cbpf *handle, enum cbpf_calls way, int class, struct bpf_object **result)
{
	struct bpf_program *program;
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "ebpf_audit", .btf_custom_path = handle->btf_path);
	struct bpf_object *object = cbpf_object_open(CBPF_OBJECT_BTF, &options);

	if (!object)
		return -errno;
	int error = cbpf_set_constants(handle, object);

	if (!error)
		error = cbpf_share_maps(handle, object);
	cbpf_choose_held(object);
	bpf_object__for_each_program(program, object)
		if (!cbpf_is_traced(bpf_program__name(program)))
			bpf_program__set_autoload(program, false);
	if (!error)
		error = calls_choose_programs(handle, object, way, class);
	if (!error)
		error = bpf_object__load(object);
	if (error) {
		bpf_object__close(object);
		return error;
	}
	*result = object;
	return 0;
}

int calls_loaded(struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	return program && bpf_program__autoload(program) ? bpf_program__fd(program) : -1;
}

/* Puts the programs of `object` where those on functions find them. */
static int begin_class(struct call_class *class, struct bpf_object *object)
{
	uint32_t slot = 0;

	for (int which = ENTER; which <= LEAVE; which++) {
		int program = calls_loaded(object, function_programs[which]);

		if (program < 0)
			continue;
		if (!class->arrays[which]) {
			int array = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "calls", sizeof(uint32_t), sizeof(uint32_t), 1, NULL);

			if (array < 0)
				return -errno;
			class->arrays[which] = array;
		}
		if (bpf_map_update_elem(class->arrays[which], &slot, &program, BPF_ANY))
			return -errno;
	}
	class->object = object;
	return 0;
}

/* Loads what goes on the function itself: a tail call, and if the kernel will not make it, nothing. */
static int load_jump(const struct call_function *function, int which, const struct call_class *class)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_2, .src_reg = BPF_PSEUDO_MAP_FD, .imm = class->arrays[which] },
		{},
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_tail_call },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = which == ENTER ? BPF_TRACE_FENTRY : BPF_TRACE_FEXIT,
		    .attach_btf_id = function->id);

	if (!class->arrays[which])
		return -ENOENT;
	return bpf_prog_load(BPF_PROG_TYPE_TRACING, which == ENTER ? "call_enter" : "call_leave", "GPL", code,
			     sizeof(code) / sizeof(code[0]), &options);
}

static void close_jumps(struct call_side *side, struct call_function *function)
{
	for (int which = ENTER; which <= LEAVE; which++) {
		struct bpf_prog_info info = {};
		uint32_t length = sizeof(info);

		if (!function->programs[which])
			continue;
		if (!bpf_obj_get_info_by_fd(function->programs[which], &info, &length))
			side->missed += info.recursion_misses;
		close(function->programs[which]);
		function->programs[which] = 0;
	}
}

static int load_jumps(struct call_function *function, const struct call_class *class)
{
	for (int which = ENTER; which <= (function->returns ? LEAVE : ENTER); which++) {
		int program = load_jump(function, which, class);

		if (program < 0)
			return program;
		function->programs[which] = program;
	}
	return 0;
}

/*
 * Loads what goes on each function that is wanted and not attached. The kernel lets a program go on in another only when their functions have the
 * same prototype, parameter names included (28ead3eaabc1, 6.12); those of calls have one of two.
 */
int calls_load_jumps(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;

	for (int number = 0; number < CALL_CLASSES; number++) {
		struct call_class *class = &side->classes[number];
		int error = 0;

		if (example(side, ENTER, number)) {
			struct bpf_object *object = class->object;

			if (!object && !number && calls_loaded(handle->object, function_programs[ENTER]) >= 0)
				object = handle->object;
			if (!object)
				error = calls_load_more(handle, CBPF_CALLS_FENTRY, number, &object);
			/* Also where it has begun: cbpf_detach_calls() ends it. */
			if (!error)
				error = begin_class(class, object);
		}
		for (size_t i = 0; !error && i < side->count; i++) {
			struct call_function *function = &side->functions[i];

			if (!function->is_wanted || function->programs[ENTER] || function->class != number)
				continue;
			error = load_jumps(function, class);
			if (error) {
				close_jumps(side, function);
				/* Try it with the others that were refused. */
				if (number + 1 < CALL_CLASSES) {
					function->class = number + 1;
					error = 0;
				}
			}
		}
		if (error)
			return error;
	}
	return 0;
}

/* Takes the hooks of a function away, once side->closing has been begun. */
static void unlink_function(struct call_side *side, struct call_function *function)
{
	/* The entry first, so that no call begins whose end is not seen. */
	for (int which = ENTER; which <= LEAVE; which++) {
		if (function->links[which])
			closing_add(&side->closing, function->links[which]);
		function->links[which] = 0;
	}
	close_jumps(side, function);
	function->is_attached = false;
}

static int attach_functions(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;

	/* The ends first, as with tracepoints. */
	for (int which = LEAVE; which >= ENTER; which--) {
		for (size_t i = 0; i < side->count; i++) {
			struct call_function *function = &side->functions[i];

			if (!function->is_wanted || function->links[which] || !function->programs[which])
				continue;
			int link = bpf_raw_tracepoint_open(NULL, function->programs[which]);

			if (link < 0)
				return link;
			function->links[which] = link;
			function->is_attached = true;
		}
	}
	return 0;
}

/* Puts one pair of programs on all functions that are wanted and not attached. */
static int attach_multi(struct cbpf *handle, struct bpf_object *object)
{
	struct call_side *side = &handle->call_side;
	const char *names[CALL_FUNCTIONS_MAX];
	int number = 0;

	while (number < CALL_PAIRS && (side->pairs[number][ENTER] || side->pairs[number][LEAVE]))
		number++;
	if (number == CALL_PAIRS)
		return -E2BIG;
	for (int which = LEAVE; which >= ENTER; which--) {
		struct bpf_program *program = bpf_object__find_program_by_name(object, multi_programs[which]);
		LIBBPF_OPTS(bpf_kprobe_multi_opts, options, .syms = names, .retprobe = which == LEAVE);

		for (size_t i = 0; i < side->count; i++)
			if (side->functions[i].is_wanted && !side->functions[i].is_attached && (which == ENTER || side->functions[i].returns))
				names[options.cnt++] = side->functions[i].name;
		if (!options.cnt)
			continue;
		side->pairs[number][which] = bpf_program__attach_kprobe_multi_opts(program, NULL, &options);
		if (!side->pairs[number][which])
			return -errno;
	}
	for (size_t i = 0; i < side->count; i++) {
		struct call_function *function = &side->functions[i];

		if (!function->is_wanted || function->is_attached)
			continue;
		function->is_attached = true;
		function->pair = number;
	}
	return 0;
}

static void unlink_pair(struct call_side *side, int number)
{
	for (int which = ENTER; which <= LEAVE; which++) {
		bpf_link__destroy(side->pairs[number][which]);
		side->pairs[number][which] = NULL;
	}
	for (size_t i = 0; i < side->count; i++)
		if (side->functions[i].pair == number)
			side->functions[i].is_attached = false;
}

void calls_unlink(struct call_side *side, bool all)
{
	bool is_used[CALL_PAIRS] = {};

	for (size_t i = 0; i < side->count; i++) {
		struct call_function *function = &side->functions[i];

		if (function->links[ENTER] || function->links[LEAVE]) {
			if (all || !function->is_wanted)
				unlink_function(side, function);
		} else if (function->is_attached && function->is_wanted) {
			is_used[function->pair] = true;
		}
		/* Loaded and not attached. */
		if (all)
			close_jumps(side, function);
	}
	for (int number = 0; number < CALL_PAIRS; number++)
		if (all || !is_used[number])
			unlink_pair(side, number);
}

int calls_attach(struct cbpf *handle, enum cbpf_calls way)
{
	struct call_side *side = &handle->call_side;

	/* A function that is wanted again would have two for a moment. */
	closing_wait(&side->closing);
	if (way == CBPF_CALLS_KPROBE) {
		struct bpf_object *object = side->multi ? side->multi : handle->object;

		if (calls_loaded(object, multi_programs[ENTER]) < 0 || (example(side, LEAVE, 0) && calls_loaded(object, multi_programs[LEAVE]) < 0)) {
			int error = calls_load_more(handle, way, 0, &side->multi);

			if (error)
				return error;
			object = side->multi;
		}
		return example(side, ENTER, 0) ? attach_multi(handle, object) : 0;
	}
	int error = calls_load_jumps(handle);

	return error ? error : attach_functions(handle);
}
