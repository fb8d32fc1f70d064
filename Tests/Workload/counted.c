// SPDX-License-Identifier: MIT
/*
 * THREADS threads make CALLS calls each: getppid(WL_MARK + 1, thread, call), both counted from 0.
 * Usage: counted DIRECTORY THREADS CALLS
 */
#define _GNU_SOURCE
#include "workload.h"

#include <pthread.h>

static long threads, calls;
static pthread_barrier_t barrier;

static void *count(void *index)
{
	pthread_barrier_wait(&barrier);
	for (long i = 0; i < calls; i++)
		wl_raw(__NR_getppid, WL_MARK + 1, P(index), i, 0, 0, 0);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t *list;

	if (argc < 4)
		return 2;
	wl_enter(argc, argv);
	threads = strtol(argv[2], NULL, 10);
	calls = strtol(argv[3], NULL, 10);
	list = calloc((size_t)threads, sizeof(*list));
	pthread_barrier_init(&barrier, NULL, (unsigned int)threads);
	wl_start();
	for (long i = 0; i < threads; i++)
		if (pthread_create(&list[i], NULL, count, (void *)i))
			return 2;
	for (long i = 0; i < threads; i++)
		pthread_join(list[i], NULL);
	wl_say("note total %ld\n", threads * calls);
	wl_finish();
	return 0;
}
