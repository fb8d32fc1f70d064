/* SPDX-License-Identifier: MIT */
/*
 * The tracepoints that perf has for each call, `syscalls:sys_enter_openat` and so on (kernel/trace/trace_syscalls.c): CBPF_CALLS_PERF. They pass by all
 * calls, of which the kernel tests a bit before anything else. They tell nothing of calls of 32-bit programs (trace_get_syscall_nr()), nor the
 * end of one that has put other registers in place of its own.
 */
#define _GNU_SOURCE /* memmem() */
#include "calls.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const programs[2] = { "enter_single", "leave_single" };
static const char *const directories[] = { "/sys/kernel/tracing/events", "/sys/kernel/debug/tracing/events" };

/* The number that perf knows a tracepoint of call `name` by, or a negative errno. */
static int find_id(const char *name, int which)
{
	char path[192], text[16] = {};

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		snprintf(path, sizeof(path), "%s/syscalls/sys_%s_%s/id", directories[i], which == ENTER ? "enter" : "exit", name);
		int file = open(path, O_RDONLY | O_CLOEXEC);

		if (file < 0)
			continue;
		ssize_t length = read(file, text, sizeof(text) - 1);

		close(file);
		if (length > 0)
			return atoi(text);
	}
	return -ENOENT;
}

/* Attaches a program to one tracepoint. For programs an event of one CPU stands for all (perf_call_bpf_enter()). */
static int attach_event(int program, struct call_event *event, int which)
{
	struct perf_event_attr attributes = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attributes) };
	int id = find_id(event->name, which);

	if (id < 0)
		return id;
	attributes.config = id;
	int perf = syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (perf < 0)
		return -errno;
	/* 5.15, as what lets programs read registers. */
	int link = bpf_link_create(program, perf, BPF_PERF_EVENT, NULL);

	if (link < 0) {
		close(perf);
		return link;
	}
	event->links[which] = link;
	event->perf[which] = perf;
	return 0;
}

/* The call's place, or one that nothing is left of. */
static struct call_event *find_event(struct call_side *side, const char *name)
{
	struct call_event *unused = NULL;

	for (size_t i = 0; i < CALL_EVENTS_MAX; i++) {
		struct call_event *event = &side->events[i];

		if (!strcmp(event->name, name))
			return event;
		if (!unused && !event->is_wanted && !event->links[ENTER] && !event->links[LEAVE] &&
		    closing_has_closed(&side->closing, event->closing))
			unused = event;
	}
	return unused;
}

/* Wants the tracepoint of one line of cbpf_want_calls(). Returns NULL, or why not. */
static const char *want(struct call_side *side, const char *line, size_t length)
{
	static const char mark[] = "sys_";
	char name[CALL_NAME_MAX];
	bool returns = true;

	for (; length && (*line == '!' || *line == '~'); line++, length--) {
		if (*line == '~')
			return "perf's tracepoints tell nothing of calls of 32-bit programs";
		returns = false;
	}
	/* The first name of the function, without what this processor puts before it. */
	length = strcspn(line, " \n") < length ? strcspn(line, " \n") : length;

	const char *at = memmem(line, length, mark, sizeof(mark) - 1);

	at = at ? at + sizeof(mark) - 1 : line;
	length -= at - line;
	if (length >= CALL_NAME_MAX)
		return "a call has too long a name";
	memcpy(name, at, length);
	name[length] = '\0';
	if (!strcmp(name, "rt_sigreturn"))
		return "perf's tracepoints do not tell the end of rt_sigreturn";
	if (find_id(name, ENTER) < 0)
		return "the kernel has no tracepoint of a call, or tracefs is not mounted";
	struct call_event *event = find_event(side, name);

	if (!event) {
		closing_wait(&side->closing);
		event = find_event(side, name);
	}
	if (!event)
		return "too many calls";
	strcpy(event->name, name);
	event->returns = returns;
	event->is_wanted = true;
	return NULL;
}

void calls_want_events(struct call_side *side, bool wanted)
{
	for (size_t i = 0; i < CALL_EVENTS_MAX; i++)
		side->events[i].is_wanted = wanted && side->events[i].links[ENTER];
}

int calls_find_events(struct cbpf *handle, const char *text)
{
	struct call_side *side = &handle->call_side;
	const char *reason = NULL;

	calls_want_events(side, false);
	if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_TRACEPOINT, BPF_FUNC_task_pt_regs, NULL) != 1)
		reason = "programs at perf's tracepoints cannot read registers (5.15)";
	for (int count = 0; !reason && *text; count++) {
		size_t line = strcspn(text, "\n");

		reason = count == CALL_EVENTS_WANTED_MAX ? "too many calls for perf's tracepoints, each of which takes long to let go" :
							   want(side, text, line);
		text += line + (text[line] == '\n');
	}
	if (!reason)
		return 0;
	calls_want_events(side, false);
	calls_say(handle, reason, 0);
	return -EOPNOTSUPP;
}

int calls_choose_event_programs(struct bpf_object *object)
{
	for (int which = ENTER; which <= LEAVE; which++) {
		struct bpf_program *program = bpf_object__find_program_by_name(object, programs[which]);

		if (!program)
			return -ENOENT;
		bpf_program__set_autoload(program, true);
	}
	return 0;
}

int calls_attach_events(struct cbpf *handle)
{
	struct call_side *side = &handle->call_side;
	struct bpf_object *object = side->single ? side->single : handle->object;

	if (calls_loaded(object, programs[ENTER]) < 0) {
		int error = calls_load_more(handle, CBPF_CALLS_PERF, 0, &side->single);

		if (error)
			return error;
		object = side->single;
	}
	*handle->single = ASC_SINGLE_BEGINS | ASC_SINGLE_ENDS;
	/* The ends first, as with the tracepoints of all calls. */
	for (int which = LEAVE; which >= ENTER; which--) {
		int program = calls_loaded(object, programs[which]);

		for (size_t i = 0; i < CALL_EVENTS_MAX; i++) {
			struct call_event *event = &side->events[i];

			if (!event->is_wanted || event->links[which] || (which == LEAVE && !event->returns))
				continue;
			/* Else there would be two programs for a time. */
			if (!closing_has_closed(&side->closing, event->closing))
				closing_wait(&side->closing);

			int error = attach_event(program, event, which);

			if (error)
				return error;
		}
	}
	return 0;
}

void calls_unlink_events(struct call_side *side, int which, bool all)
{
	for (size_t i = 0; i < CALL_EVENTS_MAX; i++) {
		struct call_event *event = &side->events[i];

		if ((event->is_wanted && !all) || !event->links[which])
			continue;
		closing_add(&side->closing, event->links[which]);
		event->closing = closing_add(&side->closing, event->perf[which]);
		event->links[which] = event->perf[which] = 0;
	}
}
