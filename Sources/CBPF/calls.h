/* SPDX-License-Identifier: MIT */
/* What Calls.c, CallFunctions.c and CallHooks.c have in common. Errors are negative errnos. */
#ifndef CBPF_CALLS_H
#define CBPF_CALLS_H

#include "handle.h"

/* Which of two programs, links or maps: at the beginning of a call, or at its end. */
enum { ENTER = 0, LEAVE = 1 };

/* Notes why there are tracepoints. `error` is an errno of either sign, or 0. */
void calls_say(struct cbpf *handle, const char *reason, int error);

/* Finds the functions of `text` (cbpf_want_calls()). What else there is is not wanted any more. */
int calls_find(struct cbpf *handle, const char *text);

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

/* Takes away all hooks, or those that are not wanted; some of them go a little later, see calls_wait(). */
void calls_unlink(struct call_side *side, bool all);

/* Waits until they have gone. */
void calls_wait(struct call_side *side);

#endif
