/* SPDX-License-Identifier: MIT */
/*
 * How calls are seen: by tracepoints, which send every call of every task the slow way in and out of the kernel, or by hooks on the functions
 * of just those that the rules select. Hooks are taken only where they are known to miss nothing; what cannot be had falls back to tracepoints,
 * and is no error.
 *
 * From one way to the other no call is missed and none is seen twice: both are there for a time. The tracepoint of the entry comes first and
 * marks what it has noted (INFLIGHT_TRACED), so that the hook lets it be; at the exit the hook comes first and ends the call. Calls
 * that began before a hook came are seen to end by the tracepoint alone, which stays until they have.
 */
#include "handle.h"
#include "objects.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { ENTER = 0, LEAVE = 1 };

static const char *const function_programs[2] = { "enter_function", "leave_function" };
static const char *const multi_programs[2] = { "enter_functions", "leave_functions" };

static void say(struct cbpf *handle, const char *reason, int error)
{
	struct call_side *side = &handle->call_side;

	if (error)
		snprintf(side->reason, sizeof(side->reason), "%s: %s", reason, strerror(error < 0 ? -error : error));
	else
		snprintf(side->reason, sizeof(side->reason), "%s", reason);
}

/* --- what there is --- */

/* A name of the text that the caller gave. */
struct wish {
	const char *name;
	size_t length;
	uint16_t call;
	bool returns, is_found;
};

struct wishes {
	struct wish list[4 * CALL_FUNCTIONS_MAX];
	size_t count, calls;
	bool is_compat[CALL_FUNCTIONS_MAX];
	const char *text[CALL_FUNCTIONS_MAX]; /* where a call's line begins */
};

static int compare(const void *a, const void *b)
{
	const struct wish *one = a, *other = b;
	size_t shorter = one->length < other->length ? one->length : other->length;
	int order = memcmp(one->name, other->name, shorter);

	return order ? order : (one->length > other->length) - (one->length < other->length);
}

/* One call a line: see cbpf_want_calls(). */
static int parse(const char *text, struct wishes *wishes)
{
	while (*text) {
		size_t line = strcspn(text, "\n");
		const char *end = text + line;
		bool returns = true;

		if (wishes->calls == CALL_FUNCTIONS_MAX)
			return -E2BIG;
		wishes->text[wishes->calls] = text;
		for (; *text == '!' || *text == '~'; text++) {
			if (*text == '!')
				returns = false;
			else
				wishes->is_compat[wishes->calls] = true;
		}
		while (text < end) {
			size_t length = strcspn(text, " \n");

			if (wishes->count == sizeof(wishes->list) / sizeof(wishes->list[0]) || length >= CALL_NAME_MAX)
				return -E2BIG;
			wishes->list[wishes->count++] =
				(struct wish){ .name = text, .length = length, .call = wishes->calls, .returns = returns };
			text += length + (text + length < end);
		}
		wishes->calls += 1;
		text = *end ? end + 1 : end;
	}
	qsort(wishes->list, wishes->count, sizeof(wishes->list[0]), compare);
	return 0;
}

static struct call_function *find_function(struct call_side *side, const char *name)
{
	for (size_t i = 0; i < side->count; i++)
		if (!strcmp(side->functions[i].name, name))
			return &side->functions[i];
	return NULL;
}

/*
 * Adds `name`, unless it is there; it is wanted now. Of several with the same name (a weak one is among the types as well) the first counts, as it does
 * for libbpf: for the kernel they are one, found by name.
 */
static int want(struct call_side *side, const char *name, int id, bool is_typed, bool returns)
{
	struct call_function *function = find_function(side, name);

	if (function && function->is_wanted)
		return 0;
	for (size_t i = 0; !function && i < side->count; i++)
		if (!side->functions[i].is_wanted && !side->functions[i].is_attached)
			function = &side->functions[i];
	if (!function && side->count < CALL_FUNCTIONS_MAX)
		function = &side->functions[side->count++];
	if (!function)
		return -E2BIG;
	if (!function->is_attached) {
		*function = (struct call_function){ .id = id, .is_typed = is_typed, .returns = returns };
		strcpy(function->name, name);
	}
	function->is_wanted = true;
	return 0;
}

/* Whether a function takes a structure that the type information has, as a program on it needs to read it. */
static bool is_typed(const struct btf *btf, const struct btf_type *function)
{
	const struct btf_type *prototype = btf__type_by_id(btf, function->type);
	int type = btf_vlen(prototype) == 1 ? btf__resolve_type(btf, btf_params(prototype)[0].type) : -1;

	if (type <= 0 || !btf_is_ptr(btf__type_by_id(btf, type)))
		return false;
	type = btf__resolve_type(btf, btf__type_by_id(btf, type)->type);
	return type > 0 && btf_is_struct(btf__type_by_id(btf, type));
}

/* Looks the names up in the kernel's type information, in one walk over it. */
static int look_up(struct cbpf *handle, struct wishes *wishes)
{
	struct call_side *side = &handle->call_side;
	struct btf *btf = btf__load_vmlinux_btf();
	bool has_compat = false, is_found[CALL_FUNCTIONS_MAX] = {};
	int error = 0;

	if (!btf)
		return -errno;
	side->has_graph_probes = btf__find_by_name_kind(btf, "fprobe_fgraph_entry", BTF_KIND_FUNC) > 0;
	for (uint32_t id = 1; !error && id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (!btf_is_func(type))
			continue;
		const char *name = btf__name_by_offset(btf, type->name_off);

		if (name[0] != '_' || name[1] != '_')
			continue;
		struct wish key = { .name = name, .length = strlen(name) };
		struct wish *found = bsearch(&key, wishes->list, wishes->count, sizeof(key), compare);

		has_compat = has_compat || !strcmp(name, "__ia32_sys_read");
		if (!found)
			continue;
		/* Names that several calls have are next to each other. */
		while (found > wishes->list && !compare(found - 1, &key))
			found--;
		error = want(side, name, id, is_typed(btf, type), found->returns);
		for (; found < wishes->list + wishes->count && !compare(found, &key); found++)
			is_found[found->call] = true;
	}
	btf__free(btf);
	for (size_t i = 0; !error && i < wishes->calls; i++) {
		if (is_found[i] || (wishes->is_compat[i] && !has_compat))
			continue;
		char reason[96];

		snprintf(reason, sizeof(reason), "the kernel has no function %.*s", (int)strcspn(wishes->text[i], " \n"), wishes->text[i]);
		say(handle, reason, 0);
		return -ENOENT;
	}
	return error;
}

/* Finds the functions of `text`. What else there is is not wanted any more. */
static int resolve(struct cbpf *handle, const char *text)
{
	struct call_side *side = &handle->call_side;
	struct wishes *wishes = calloc(1, sizeof(*wishes));

	if (!wishes)
		return -ENOMEM;
	side->reason[0] = 0;
	for (size_t i = 0; i < side->count; i++)
		side->functions[i].is_wanted = false;
	int error = parse(text, wishes);

	if (!error)
		error = look_up(handle, wishes);
	free(wishes);
	if (error && !side->reason[0])
		say(handle, "the functions of the calls cannot be looked up", error);
	return error;
}

/* --- whether they may be taken --- */

/*
 * Whether the kernel may take the CPU from a task that is in the kernel. 1, 0, or -1 when that cannot be told. A program of a trampoline that is
 * preempted makes others skip it (__bpf_prog_enter_recur(), since 5.12), which are those of the same function.
 */
static int is_preemptible(void)
{
	struct utsname name;
	char mode[64] = {};

	if (uname(&name))
		return -1;
	if (!strstr(name.version, "PREEMPT"))
		return 0;
	if (!strstr(name.version, "PREEMPT_DYNAMIC"))
		return 1;
	/* It can be another at each start, and be changed: what is in force stands in parentheses. */
	int file = open("/sys/kernel/debug/sched/preempt", O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, mode, sizeof(mode) - 1);

	if (file >= 0)
		close(file);
	if (length <= 0)
		return -1;
	return !strstr(mode, "(none)") && !strstr(mode, "(voluntary)");
}

/* The way for functions that have been found. */
static enum cbpf_calls choose_way(struct cbpf *handle, uint32_t ways)
{
	int preemptible = is_preemptible();
	bool fentry = ways & CBPF_CALLS_BY_FENTRY && cbpf_probe(CBPF_FEATURE_FENTRY) == 1;

	if (fentry && !preemptible)
		return CBPF_CALLS_FENTRY;
	if (ways & CBPF_CALLS_BY_KPROBE && handle->call_side.has_graph_probes)
		return CBPF_CALLS_KPROBE;
	if (ways & CBPF_CALLS_BY_FENTRY && !fentry)
		say(handle, "the kernel permits no fentry", 0);
	else if (fentry && preemptible < 0)
		say(handle, "whether the kernel can be preempted is not known (/sys/kernel/debug is not mounted)", 0);
	else if (fentry)
		say(handle, "the kernel can be preempted in fentry programs", 0);
	else
		say(handle, "the kernel has no kprobes that see every return (6.14)", 0);
	return CBPF_CALLS_TRACED;
}

/* --- programs --- */

/* Whether the program is one of those that see calls by tracepoints. */
bool cbpf_is_traced(const char *program)
{
	return !strncmp(program, "sys_enter", 9) || !strncmp(program, "sys_exit", 8);
}

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
static int choose_programs(struct cbpf *handle, struct bpf_object *object, enum cbpf_calls way, int class)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
		if (way != CBPF_CALLS_TRACED && cbpf_is_traced(bpf_program__name(program)))
			bpf_program__set_autoload(program, false);
	if (way == CBPF_CALLS_TRACED)
		return 0;
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

/* Opens the tier's object once more, with the maps of the first, and loads nothing but the programs for `way`. */
static int load_more(struct cbpf *handle, enum cbpf_calls way, int class, struct bpf_object **result)
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
		error = choose_programs(handle, object, way, class);
	if (!error)
		error = bpf_object__load(object);
	if (error) {
		bpf_object__close(object);
		return error;
	}
	*result = object;
	return 0;
}

static int loaded(struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	return program && bpf_program__autoload(program) ? bpf_program__fd(program) : -1;
}

/* Puts the programs of `object` where those on functions find them. */
static int begin_class(struct call_class *class, struct bpf_object *object)
{
	uint32_t slot = 0;

	for (int which = ENTER; which <= LEAVE; which++) {
		int program = loaded(object, function_programs[which]);

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
static int load_all_jumps(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;

	for (int number = 0; number < CALL_CLASSES; number++) {
		struct call_class *class = &side->classes[number];
		int error = 0;

		if (!class->object && example(side, ENTER, number)) {
			struct bpf_object *object = number || side->way != CBPF_CALLS_FENTRY || handle->is_attached ? NULL : handle->object;

			if (!object)
				error = load_more(handle, CBPF_CALLS_FENTRY, number, &object);
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

/* --- attaching --- */

static void unlink_function(struct call_side *side, struct call_function *function)
{
	/* The entry first, so that no call begins whose end is not seen. */
	for (int which = ENTER; which <= LEAVE; which++) {
		if (function->links[which])
			close(function->links[which]);
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

/* Takes away all hooks, or those that are not wanted. */
static void unlink_hooks(struct call_side *side, bool all)
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
	}
	for (int number = 0; number < CALL_PAIRS; number++)
		if (all || !is_used[number])
			unlink_pair(side, number);
}

static int attach_hooks(struct cbpf *handle, enum cbpf_calls way)
{
	struct call_side *side = &handle->call_side;

	if (way == CBPF_CALLS_KPROBE) {
		struct bpf_object *object = side->multi ? side->multi : handle->object;

		if (loaded(object, multi_programs[ENTER]) < 0 || (example(side, LEAVE, 0) && loaded(object, multi_programs[LEAVE]) < 0)) {
			int error = load_more(handle, way, 0, &side->multi);

			if (error)
				return error;
			object = side->multi;
		}
		return example(side, ENTER, 0) ? attach_multi(handle, object) : 0;
	}
	int error = load_all_jumps(handle);

	return error ? error : attach_functions(handle);
}

/* Attaches the programs at the tracepoints; the one that notes calls last. */
static int attach_traced(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;
	struct bpf_program *program;

	if (!side->traced) {
		struct bpf_object *object = handle->object;
		bool is_loaded = loaded(object, "sys_enter") >= 0 || loaded(object, "sys_enter_held") >= 0;
		int error = is_loaded ? 0 : load_more(handle, CBPF_CALLS_TRACED, 0, &object);

		if (error)
			return error;
		side->traced = object;
	}
	for (int which = LEAVE; which >= ENTER; which--) {
		bpf_object__for_each_program(program, side->traced) {
			const char *name = bpf_program__name(program);

			if (side->traced_links[which] || !bpf_program__autoload(program) ||
			    strncmp(name, which == ENTER ? "sys_enter" : "sys_exit", which == ENTER ? 9 : 8))
				continue;
			side->traced_links[which] = bpf_program__attach(program);
			if (!side->traced_links[which])
				return -errno;
		}
	}
	return 0;
}

static void unlink_traced(struct call_side *side, int which)
{
	bpf_link__destroy(side->traced_links[which]);
	side->traced_links[which] = NULL;
}

/* --- for the rest of this library --- */

int cbpf_choose_calls(struct cbpf *handle)
{
	return choose_programs(handle, handle->object, handle->call_side.way, 0);
}

int cbpf_load_calls(struct cbpf *handle)
{
	return handle->call_side.way == CBPF_CALLS_FENTRY ? load_all_jumps(handle) : 0;
}

int cbpf_attach_calls(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;

	if (side->way != CBPF_CALLS_TRACED) {
		int error = attach_hooks(handle, side->way);

		if (!error)
			return 0;
		unlink_hooks(side, true);
		side->way = CBPF_CALLS_TRACED;
		say(handle, "the kernel refuses hooks on the functions of the calls", error);
	}
	return attach_traced(handle);
}

void cbpf_detach_calls(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;

	unlink_traced(side, ENTER);
	unlink_hooks(side, true);
	unlink_traced(side, LEAVE);
}

void cbpf_close_calls(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;

	for (size_t i = 0; i < side->count; i++)
		unlink_function(side, &side->functions[i]);
	for (int number = 0; number < CALL_CLASSES; number++) {
		struct call_class *class = &side->classes[number];

		for (int which = ENTER; which <= LEAVE; which++)
			if (class->arrays[which])
				close(class->arrays[which]);
		if (class->object != handle->object)
			bpf_object__close(class->object);
	}
	bpf_object__close(side->multi);
	if (side->traced != handle->object)
		bpf_object__close(side->traced);
}

static int add_missed(int program, uint64_t *missed)
{
	struct bpf_prog_info info = {};
	uint32_t length = sizeof(info);

	if (program <= 0)
		return 0;
	if (bpf_obj_get_info_by_fd(program, &info, &length))
		return -errno;
	*missed += info.recursion_misses;
	return 0;
}

int cbpf_calls_missed(struct cbpf *handle, uint64_t *missed)
{
	struct call_side *side = &handle->call_side;
	struct bpf_program *program;
	int error = 0;

	*missed += side->missed;
	for (size_t i = 0; !error && i < side->count; i++)
		for (int which = ENTER; !error && which <= LEAVE; which++)
			error = add_missed(side->functions[i].programs[which], missed);
	struct bpf_object *more[] = { side->multi, side->traced == handle->object ? NULL : side->traced };

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		if (!more[i])
			continue;
		bpf_object__for_each_program(program, more[i])
			if (!error && bpf_program__autoload(program))
				error = add_missed(bpf_program__fd(program), missed);
	}
	return error;
}

/* --- for the caller --- */

int cbpf_want_calls(struct cbpf *handle, const char *calls, uint32_t ways)
{
	struct call_side *side = &handle->call_side;
	enum cbpf_calls way = CBPF_CALLS_TRACED;

	if (handle->is_staged)
		return 0;
	cbpf_log_to(handle);
	side->reason[0] = 0;
	if (calls && ways && !resolve(handle, calls))
		way = choose_way(handle, ways);
	if (!handle->is_attached) {
		side->way = way;
		cbpf_log_to(NULL);
		return 0;
	}
	/* While both are there; before either comes. */
	if (way != side->way)
		*handle->traced = 1;

	int error = way == CBPF_CALLS_TRACED ? 0 : attach_hooks(handle, way);

	if (error) {
		say(handle, "the kernel refuses hooks on the functions of the calls", error);
		way = CBPF_CALLS_TRACED;
		*handle->traced = 1;
	}
	if (way == CBPF_CALLS_TRACED) {
		error = attach_traced(handle);
		if (!error && side->way != way) {
			/* Calls that had come by the tracepoint before it was there are at their hooks by then. */
			cbpf_wait_for_programs();
			unlink_hooks(side, true);
		}
	}
	cbpf_log_to(NULL);
	if (!error) {
		side->way = way;
		return 0;
	}
	/* What there is stays, since the rules do. */
	for (size_t i = 0; i < side->count; i++)
		side->functions[i].is_wanted = side->functions[i].is_attached;
	return error;
}

void cbpf_begin_calls(struct cbpf *handle)
{
	if (!handle->is_staged && handle->is_attached && handle->call_side.way != CBPF_CALLS_TRACED)
		unlink_traced(&handle->call_side, ENTER);
}

void cbpf_settle_calls(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;

	if (handle->is_staged || !handle->is_attached || side->way == CBPF_CALLS_TRACED)
		return;
	unlink_traced(side, ENTER);
	unlink_traced(side, LEAVE);
	unlink_hooks(side, false);
	*handle->traced = 0;
}

void cbpf_calls(const struct cbpf *handle, struct cbpf_calls_report *report)
{
	const struct call_side *side = &handle->call_side;

	*report = (struct cbpf_calls_report){ .way = side->way };
	for (size_t i = 0; i < side->count; i++)
		report->functions += side->functions[i].is_wanted && side->way != CBPF_CALLS_TRACED;
	strcpy(report->reason, side->reason);
}
