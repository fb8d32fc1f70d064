/* SPDX-License-Identifier: MIT */
/* What Calls.c, CallFunctions.c, CallHooks.c and CallEvents.c have in common. Errors are negative errnos. */
#ifndef CBPF_CALLS_H
#define CBPF_CALLS_H

#include "handle.h"

/* Which of two programs, links or maps: at the beginning of a call, or at its end. */
enum { ENTER = 0, LEAVE = 1 };

/* Adds why there are tracepoints of all calls. `error` is an errno of either sign, or 0. */
void calls_say(struct cbpf *handle, const char *reason, int error);

/* Finds the functions of `text` (cbpf_want_calls()). What else there is is not wanted any more. */
int calls_find(struct cbpf *handle, const char *text);

/* Wants those that are attached, or none. */
void calls_want_functions(struct call_side *side, bool wanted);

/* Has `object`, not yet loaded, load the programs for `way`, and of those for other ways none. `class` is an index of call_side.classes. */
int calls_choose_programs(struct cbpf *handle, struct bpf_object *object, enum cbpf_calls way, int class);

/* Opens the tier's object once more, with the maps of the first, and loads nothing but the programs for `way`. */
int calls_load_more(struct cbpf *handle, enum cbpf_calls way, int class, struct bpf_object **result);

/* The descriptor of program `name`, or -1 where it has not been loaded. */
int calls_loaded(struct bpf_object *object, const char *name);

/* Loads what goes on each function that is wanted and not attached: CBPF_CALLS_FENTRY. */
int calls_load_jumps(struct cbpf *handle);

/* Attaches hooks to all functions that are wanted. What has been attached when it fails is for calls_unlink(). */
int calls_attach(struct cbpf *handle, enum cbpf_calls way);

/* Takes away all hooks, or those that are not wanted; some of them once side->closing is begun (closing.h). */
void calls_unlink(struct call_side *side, bool all);

/* Finds perf's tracepoints of the calls of `text`, which are wanted then. Where one lacks none is. */
int calls_find_events(struct cbpf *handle, const char *text);

/* Wants those that are attached, or none. */
void calls_want_events(struct call_side *side, bool wanted);

/* Has `object`, not yet loaded, load the programs for them. */
int calls_choose_event_programs(struct bpf_object *object);

/* Attaches those that are wanted. What has been attached when it fails is for calls_unlink_events(). */
int calls_attach_events(struct cbpf *handle);

/* Takes away those of one side, ENTER or LEAVE; all, or those that are not wanted. They go once side->closing is begun. */
void calls_unlink_events(struct call_side *side, int which, bool all);

#endif
