/* SPDX-License-Identifier: MIT */
/*
 * How calls are seen: by tracepoints, which send every call of every task the slow way in and out of the kernel and through a program; by hooks on the
 * functions of just those that the rules select; or by tracepoints of just those, for which the rest goes the slow way, but through no program. The latter
 * are taken only where they are known to miss nothing; what cannot be had falls back to tracepoints of all calls, and is no error.
 *
 * From one way to another no call is missed and none is seen twice: both are there for a time. What notes a call at a tracepoint marks it (INFLIGHT_TRACED,
 * INFLIGHT_SINGLE), so that what comes behind lets it be; at the exit the first ends the call. Calls that began before a hook came are seen to end by
 * the tracepoint alone, which stays until they have.
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
	size_t length = strlen(side->reason);

	snprintf(side->reason + length, sizeof(side->reason) - length, "%s%s%s%s", length ? "; " : "", reason, error ? ": " : "",
		 error ? strerror(error < 0 ? -error : error) : "");
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
static enum cbpf_calls choose_functions(struct cbpf *handle, uint32_t ways, int preemptible)
{
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
	else if (ways & CBPF_CALLS_BY_KPROBE)
		calls_say(handle, "the kernel has no kprobes that see every return (6.14)", 0);
	return CBPF_CALLS_TRACED;
}

/*
 * The way for `calls`, whose functions or tracepoints are wanted then; others may be, too. A task that is preempted in bpf(2) makes the kernel skip perf's
 * programs on that CPU (bpf_disable_instrumentation(), trace_call_bpf()), which must at least be counted.
 */
static enum cbpf_calls choose_way(struct cbpf *handle, const char *calls, uint32_t ways)
{
	struct call_side *side = &handle->call_side;
	int preemptible = is_preemptible();
	enum cbpf_calls way = calls_find(handle, calls) ? CBPF_CALLS_TRACED : choose_functions(handle, ways, preemptible);

	if (way != CBPF_CALLS_TRACED || !(ways & CBPF_CALLS_BY_PERF))
		return way;
	if (preemptible && !side->counts_skipped) {
		calls_say(handle, "the kernel can be preempted, and does not count what perf's tracepoints miss then (6.7)", 0);
		return way;
	}
	return calls_find_events(handle, calls) ? way : CBPF_CALLS_PERF;
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

static int attach_way(struct cbpf *handle, enum cbpf_calls way)
{
	return way == CBPF_CALLS_PERF ? calls_attach_events(handle) : calls_attach(handle, way);
}

/* Takes away all but the tracepoints of all calls. */
static void unlink_ways(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;

	*handle->single = 0;
	calls_unlink(side, true);
	calls_want_functions(side, false);
	calls_want_events(side, false);
	/* The entries first, so that no call begins whose end is not seen. */
	for (int which = ENTER; which <= LEAVE; which++)
		calls_unlink_events(side, which, true);
	closing_begin(&side->closing);
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
		int error = attach_way(handle, side->way);

		if (!error)
			return 0;
		unlink_ways(handle);
		side->way = CBPF_CALLS_TRACED;
		calls_say(handle, "the kernel refuses hooks on the calls", error);
	}
	return attach_traced(handle);
}

void cbpf_detach_calls(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;

	uint32_t slot = 0;

	unlink_traced(side, ENTER);
	if (handle->single)
		*handle->single = 0;
	calls_unlink_events(side, ENTER, true);
	/* Without what they go on in, programs on functions do nothing any more, though they are there for a while. */
	for (int which = ENTER; which <= LEAVE; which++)
		for (int number = 0; number < CALL_CLASSES; number++)
			if (side->classes[number].arrays[which])
				bpf_map_delete_elem(side->classes[number].arrays[which], &slot);
	/* What takes long to let go is for cbpf_close(), when all events have been written. */
	calls_unlink(side, true);
	calls_unlink_events(side, LEAVE, true);
	unlink_traced(side, LEAVE);
}

void cbpf_close_calls(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;

	calls_unlink(side, true);
	closing_wait(&side->closing);
	for (int number = 0; number < CALL_CLASSES; number++) {
		struct call_class *class = &side->classes[number];

		for (int which = ENTER; which <= LEAVE; which++)
			if (class->arrays[which])
				close(class->arrays[which]);
		if (class->object != handle->object)
			bpf_object__close(class->object);
	}
	bpf_object__close(side->multi);
	bpf_object__close(side->single);
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
	struct bpf_object *more[] = { side->multi, side->single, side->traced == handle->object ? NULL : side->traced };

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
	if (calls && ways)
		way = choose_way(handle, calls, ways);
	if (way == CBPF_CALLS_TRACED || way == CBPF_CALLS_PERF)
		calls_want_functions(side, false);
	if (way != CBPF_CALLS_PERF)
		calls_want_events(side, false);
	if (!handle->is_attached) {
		side->way = way;
		cbpf_log_to(NULL);
		return 0;
	}
	/* While both are there; before either comes. */
	if (way != side->way)
		*handle->traced = 1;

	int error = way == CBPF_CALLS_TRACED ? 0 : attach_way(handle, way);

	bool is_refused = error;

	if (is_refused) {
		calls_say(handle, "the kernel refuses hooks on the calls", error);
		way = CBPF_CALLS_TRACED;
		*handle->traced = 1;
	}
	if (way == CBPF_CALLS_TRACED) {
		error = attach_traced(handle);
		if (!error && (side->way != way || is_refused)) {
			/* Calls that had come by the tracepoint before it was there are at their hooks by then. */
			cbpf_wait_for_programs();
			unlink_ways(handle);
		}
	}
	cbpf_log_to(NULL);
	if (!error) {
		side->way = way;
		return 0;
	}
	/* What there is stays, since the rules do. */
	calls_want_functions(side, true);
	calls_want_events(side, true);
	return error;
}

void cbpf_begin_calls(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;

	if (handle->is_staged || !handle->is_attached || side->way == CBPF_CALLS_TRACED)
		return;
	unlink_traced(side, ENTER);
	if (side->way != CBPF_CALLS_PERF)
		*handle->single &= ~ASC_SINGLE_BEGINS;
}

void cbpf_settle_calls(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;

	if (handle->is_staged || !handle->is_attached || side->way == CBPF_CALLS_TRACED)
		return;
	unlink_traced(side, ENTER);
	unlink_traced(side, LEAVE);
	calls_unlink(side, false);
	if (side->way != CBPF_CALLS_PERF)
		*handle->single = 0;
	for (int which = ENTER; which <= LEAVE; which++)
		calls_unlink_events(side, which, false);
	closing_begin(&side->closing);
	*handle->traced = 0;
}

void cbpf_calls(const struct cbpf *handle, struct cbpf_calls_report *report)
{
	const struct call_side *side = &handle->call_side;

	*report = (struct cbpf_calls_report){ .way = side->way };
	for (size_t i = 0; i < side->count; i++)
		report->functions += side->functions[i].is_wanted;
	for (size_t i = 0; i < CALL_EVENTS_MAX; i++)
		report->functions += side->events[i].is_wanted;
	if (side->way == CBPF_CALLS_TRACED)
		report->functions = 0;
	strcpy(report->reason, side->reason);
}
