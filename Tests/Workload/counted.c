// SPDX-License-Identifier: MIT
/*
 * THREADS threads make CALLS calls each: getppid(WL_MARK + 1, thread, call), both counted from 0. With 0 CALLS they go on until standard
 * input ends, PAUSE microseconds between two, and the truth says how many each has made.
 * Usage: counted DIRECTORY THREADS CALLS [PAUSE]
 */
#define _GNU_SOURCE
#include "workload.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static long threads, calls, pause_us, *made;
static atomic_bool is_over;
static pthread_barrier_t barrier;

static void *count(void *index)
{
	struct timespec pause = { .tv_nsec = pause_us * 1000 };
	long i;

	pthread_barrier_wait(&barrier);
	for (i = 0; calls ? i < calls : !atomic_load(&is_over); i++) {
		wl_raw(__NR_getppid, WL_MARK + 1, P(index), i, 0, 0, 0);
		if (pause_us)
			nanosleep(&pause, NULL);
	}
	made[P(index)] = i;
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t *list;
	long total = 0;
	char byte;

	if (argc < 4)
		return 2;
	wl_enter(argc, argv);
	threads = strtol(argv[2], NULL, 10);
	calls = strtol(argv[3], NULL, 10);
	pause_us = argc > 4 ? strtol(argv[4], NULL, 10) : 0;
	list = calloc((size_t)threads, sizeof(*list));
	made = calloc((size_t)threads, sizeof(*made));
	pthread_barrier_init(&barrier, NULL, (unsigned int)threads);
	wl_start();
	for (long i = 0; i < threads; i++)
		if (pthread_create(&list[i], NULL, count, (void *)i))
			return 2;
	while (!calls && read(STDIN_FILENO, &byte, 1) > 0)
		;
	atomic_store(&is_over, 1);
	for (long i = 0; i < threads; i++)
		pthread_join(list[i], NULL);
	for (long i = 0; i < threads; i++) {
		if (!calls)
			wl_say("note thread%ld %ld\n", i, made[i]);
		total += made[i];
	}
	wl_say("note total %ld\n", total);
	wl_finish();
	return 0;
}
