// SPDX-License-Identifier: MIT
/*
 * THREADS threads are in the same call at the same time: open(NAME, O_RDONLY, WL_MARK + 1, thread) of a FIFO, which waits for
 * a writer. When all are inside, one comes and lets them out. Then follow CALLS calls one at a time: open() of the same
 * kind, which a writer that is there already lets through.
 *
 * NAME is LENGTH bytes: "././…/fifo".
 *
 *     note total N       calls made: THREADS + CALLS
 *
 * Usage: crowd DIRECTORY THREADS CALLS LENGTH
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

static char name[4096];
static int *tids;

static void *enter(void *index)
{
	__atomic_store_n(&tids[(long)index], (int)wl_raw(__NR_gettid, 0, 0, 0, 0, 0, 0), __ATOMIC_RELEASE);
	if (wl_raw(__NR_open, P(name), O_RDONLY, WL_MARK + 1, P(index), 0, 0) < 0)
		abort();
	return NULL;
}

/* Whether thread `tid` waits in open(name), by /proc/PID/task/TID/syscall (proc(5)): "2 0xNAME …", "running" while it runs. */
static int is_inside(int tid)
{
	char path[64], wanted[64], line[256] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	snprintf(wanted, sizeof(wanted), "%d 0x%lx ", __NR_open, (unsigned long)name);
	fd = openat(AT_FDCWD, path, O_RDONLY);
	if (fd < 0 || read(fd, line, sizeof(line) - 1) < 0)
		abort();
	close(fd);
	return !strncmp(line, wanted, strlen(wanted));
}

int main(int argc, char **argv)
{
	pthread_t *list;
	pthread_attr_t small;
	long threads, calls, length;
	int writer;

	if (argc < 5)
		return 2;
	wl_enter(argc, argv);
	threads = strtol(argv[2], NULL, 10);
	calls = strtol(argv[3], NULL, 10);
	length = strtol(argv[4], NULL, 10);
	if (mkfifo("fifo", 0600) || length < 4 || length % 2 || length >= (long)sizeof(name))
		return 2;
	for (long i = 0; i < length - 4; i += 2)
		strcat(name, "./");
	strcat(name, "fifo");
	list = calloc((size_t)threads, sizeof(*list));
	tids = calloc((size_t)threads, sizeof(*tids));
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 1 << 16);
	wl_start();
	for (long i = 0; i < threads; i++)
		if (pthread_create(&list[i], &small, enter, (void *)i))
			return 2;
	for (long i = 0; i < threads; i++)
		while (!__atomic_load_n(&tids[i], __ATOMIC_ACQUIRE) || !is_inside(tids[i]))
			usleep(1000);
	writer = openat(AT_FDCWD, name, O_RDWR);
	if (writer < 0)
		return 2;
	for (long i = 0; i < threads; i++)
		pthread_join(list[i], NULL);
	for (long i = 0; i < calls; i++)
		close((int)wl_raw(__NR_open, P(name), O_RDONLY, WL_MARK + 1, threads + i, 0, 0));
	wl_say("note total %ld\n", threads + calls);
	wl_finish();
	return 0;
}
