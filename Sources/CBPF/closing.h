/* SPDX-License-Identifier: MIT */
/* Descriptors of which each takes the kernel a tenth of a second to close, so that a thread waits for it. */
#ifndef CBPF_CLOSING_H
#define CBPF_CLOSING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLOSING_MAX = 512 };

/* Zeroes are one to begin with. Only the thread that the handle belongs to calls the functions below. */
struct closing {
	pthread_mutex_t lock; /* of the members up to the empty line: zeroes are an unlocked one (PTHREAD_MUTEX_INITIALIZER) */
	int descriptors[CLOSING_MAX];
	size_t count;
	uint64_t added, closed; /* ever */
	bool is_running;

	bool is_started; /* there is a thread to join */
	pthread_t thread;
};

/* Adds a descriptor; waits when there is no room. Returns how many have been added ever. */
uint64_t closing_add(struct closing *closing, int descriptor);

/* Has those closed that have been added, unless a thread is at it, which takes them as well. */
void closing_begin(struct closing *closing);

/* Whether the first `count` have been closed that have been added ever. */
bool closing_has_closed(struct closing *closing, uint64_t count);

/* Waits until all have been closed. */
void closing_wait(struct closing *closing);

#endif
