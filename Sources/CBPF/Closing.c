/* SPDX-License-Identifier: MIT */
#include "closing.h"

#include <string.h>
#include <unistd.h>

static void *run(void *argument)
{
	struct closing *closing = argument;

	for (;;) {
		pthread_mutex_lock(&closing->lock);
		closing->is_running = closing->count > 0;
		/* In their order: what notes calls before what ends them. */
		int descriptor = closing->is_running ? closing->descriptors[0] : -1;

		if (closing->is_running)
			memmove(closing->descriptors, closing->descriptors + 1, --closing->count * sizeof(closing->descriptors[0]));
		pthread_mutex_unlock(&closing->lock);
		if (descriptor < 0)
			return NULL;
		close(descriptor);
		pthread_mutex_lock(&closing->lock);
		closing->closed += 1;
		pthread_mutex_unlock(&closing->lock);
	}
}

uint64_t closing_add(struct closing *closing, int descriptor)
{
	pthread_mutex_lock(&closing->lock);
	if (closing->count == CLOSING_MAX) {
		pthread_mutex_unlock(&closing->lock);
		closing_wait(closing);
		pthread_mutex_lock(&closing->lock);
	}
	closing->descriptors[closing->count++] = descriptor;
	uint64_t added = ++closing->added;

	pthread_mutex_unlock(&closing->lock);
	return added;
}

bool closing_has_closed(struct closing *closing, uint64_t count)
{
	pthread_mutex_lock(&closing->lock);
	bool has = closing->closed >= count;

	pthread_mutex_unlock(&closing->lock);
	return has;
}

static void join(struct closing *closing)
{
	if (closing->is_started)
		pthread_join(closing->thread, NULL);
	closing->is_started = false;
}

void closing_begin(struct closing *closing)
{
	pthread_mutex_lock(&closing->lock);
	bool is_needed = closing->count && !closing->is_running;

	closing->is_running = closing->is_running || is_needed;
	pthread_mutex_unlock(&closing->lock);
	if (!is_needed)
		return;
	join(closing);
	closing->is_started = !pthread_create(&closing->thread, NULL, run, closing);
	if (!closing->is_started)
		run(closing);
}

void closing_wait(struct closing *closing)
{
	closing_begin(closing);
	join(closing);
}
