// SPDX-License-Identifier: MIT
/*
 * One thread unlinks a file by a name in memory, another overwrites the name while the call runs.
 *
 * The name changes once a call, from that of a file to one that no file ever had. Hence: when the unlink succeeded the
 * kernel had read the first, whatever stands there afterwards.
 *
 *     note won N       calls that succeeded although the name was gone when they returned: what the test is about
 *
 * Usage: race DIRECTORY
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>

#define ROUNDS_MAX 4000
#define WON_ENOUGH 200

static char name[64] __attribute__((aligned(64)));
static int round_of_name;
static int stop;

static int spoiled(void)
{
	return __atomic_load_n((unsigned long *)name, __ATOMIC_ACQUIRE) == *(const unsigned long *)"ghost...";
}

static void *spoil(void *unused)
{
	int seen = 0;

	(void)unused;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		int now = __atomic_load_n(&round_of_name, __ATOMIC_ACQUIRE);

		if (now == seen) {
			__builtin_ia32_pause();
			continue;
		}
		seen = now;
		/* The first eight bytes become others at once. */
		for (volatile int wait = 0; wait < 2000 + (now % 16) * 500; wait++)
			;
		__atomic_store_n((unsigned long *)name, *(const unsigned long *)"ghost...", __ATOMIC_RELEASE);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static char bytes[1 << 20];
	pthread_t thread;
	int won = 0, rounds = 0;

	wl_enter(argc, argv);
	wl_start();
	pthread_create(&thread, NULL, spoil, NULL);
	while (rounds < ROUNDS_MAX && won < WON_ENOUGH) {
		char first[64];
		long fd, ret;

		rounds++;
		memset(name, 0, sizeof(name));
		snprintf(first, sizeof(first), "file....%06d", rounds);
		memcpy(name, first, sizeof(first));
		/* A file of some size takes the kernel long enough to remove that the other thread gets its turn. */
		fd = wl_raw(__NR_open, P(first), O_WRONLY | O_CREAT, 0600, 0, 0, 0);
		wl_raw(__NR_write, fd, P(bytes), sizeof(bytes), 0, 0, 0);
		wl_raw(__NR_close, fd, 0, 0, 0, 0, 0);
		__atomic_store_n(&round_of_name, rounds, __ATOMIC_RELEASE);
		ret = wl_raw(__NR_unlink, P(name), rounds, 0, 0, 0, 0);
		if (!ret && spoiled())
			won++;
		while (!spoiled())
			sched_yield();
		wl_call(wl_pid, wl_pid, WL_ARCH, __NR_unlink, (unsigned long)name, (unsigned long)rounds, 0, 0, ret);
		wl_path(first);
		wl_path(name);
		if (ret)
			wl_raw(__NR_unlink, P(first), (long)rounds | 0x80000000l, 0, 0, 0, 0);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	wl_say("note won %d\n", won);
	wl_finish();
	return 0;
}
