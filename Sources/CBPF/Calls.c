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
#include "calls.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

void calls_say(struct cbpf *handle, const char *reason, int error)
{
	struct call_side *side = &handle->call_side;

	if (error)
		snprintf(side->reason, sizeof(side->reason), "%s: %s", reason, strerror(error < 0 ? -error : error));
	else
		snprintf(side->reason, sizeof(side->reason), "%s", reason);
}

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
	int wanted = 0;

	for (size_t i = 0; i < handle->call_side.count; i++)
		wanted += handle->call_side.functions[i].is_wanted;
	if (fentry && !preemptible && wanted <= CALL_TRAMPOLINES_MAX)
		return CBPF_CALLS_FENTRY;
	if (ways & CBPF_CALLS_BY_KPROBE && handle->call_side.has_graph_probes)
		return CBPF_CALLS_KPROBE;
	if (ways & CBPF_CALLS_BY_FENTRY && !fentry)
		calls_say(handle, "the kernel permits no fentry", 0);
	else if (fentry && preemptible < 0)
		calls_say(handle, "whether the kernel can be preempted is not known (/sys/kernel/debug is not mounted)", 0);
	else if (fentry && !preemptible)
		calls_say(handle, "the calls have too many functions to attach fentry programs to, which takes long for each", 0);
	else if (fentry)
		calls_say(handle, "the kernel can be preempted in fentry programs", 0);
	else
		calls_say(handle, "the kernel has no kprobes that see every return (6.14)", 0);
	return CBPF_CALLS_TRACED;
}

bool cbpf_is_traced(const char *program)
{
	return !strncmp(program, "sys_enter", 9) || !strncmp(program, "sys_exit", 8);
}

/* Attaches the programs at the tracepoints; the one that notes calls last. */
static int attach_traced(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;
	struct bpf_program *program;

	if (!side->traced) {
		struct bpf_object *object = handle->object;
		bool is_loaded = calls_loaded(object, "sys_enter") >= 0 || calls_loaded(object, "sys_enter_held") >= 0;
		int error = is_loaded ? 0 : calls_load_more(handle, CBPF_CALLS_TRACED, 0, &object);

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

int cbpf_choose_calls(struct cbpf *handle)
{
	return calls_choose_programs(handle, handle->object, handle->call_side.way, 0);
}

int cbpf_load_calls(struct cbpf *handle)
{
	return handle->call_side.way == CBPF_CALLS_FENTRY ? calls_load_jumps(handle) : 0;
}

int cbpf_attach_calls(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;

	if (side->way != CBPF_CALLS_TRACED) {
		int error = calls_attach(handle, side->way);

		if (!error)
			return 0;
		calls_unlink(side, true);
		side->way = CBPF_CALLS_TRACED;
		calls_say(handle, "the kernel refuses hooks on the functions of the calls", error);
	}
	return attach_traced(handle);
}

void cbpf_detach_calls(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;

	uint32_t slot = 0;

	unlink_traced(side, ENTER);
	/* Without what they go on in, programs on functions do nothing any more, though they are there for a while. */
	for (int which = ENTER; which <= LEAVE; which++)
		for (int number = 0; number < CALL_CLASSES; number++)
			if (side->classes[number].arrays[which])
				bpf_map_delete_elem(side->classes[number].arrays[which], &slot);
	calls_unlink(side, true);
	unlink_traced(side, LEAVE);
}

void cbpf_close_calls(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;

	calls_unlink(side, true);
	calls_wait(side);
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

int cbpf_want_calls(struct cbpf *handle, const char *calls, uint32_t ways)
{
	struct call_side *side = &handle->call_side;
	enum cbpf_calls way = CBPF_CALLS_TRACED;

	if (handle->is_staged)
		return 0;
	cbpf_log_to(handle);
	side->reason[0] = 0;
	if (calls && ways && !calls_find(handle, calls))
		way = choose_way(handle, ways);
	if (!handle->is_attached) {
		side->way = way;
		cbpf_log_to(NULL);
		return 0;
	}
	/* While both are there; before either comes. */
	if (way != side->way)
		*handle->traced = 1;

	int error = way == CBPF_CALLS_TRACED ? 0 : calls_attach(handle, way);

	if (error) {
		calls_say(handle, "the kernel refuses hooks on the functions of the calls", error);
		way = CBPF_CALLS_TRACED;
		*handle->traced = 1;
	}
	if (way == CBPF_CALLS_TRACED) {
		error = attach_traced(handle);
		if (!error && side->way != way) {
			/* Calls that had come by the tracepoint before it was there are at their hooks by then. */
			cbpf_wait_for_programs();
			calls_unlink(side, true);
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
	calls_unlink(side, false);
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
