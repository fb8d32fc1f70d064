/* SPDX-License-Identifier: MIT */
/*
 * load WHAT CALLS THREADS [RATE]: makes CALLS of the calls WHAT in each of THREADS threads, at RATE a second all together when
 * that is given, and prints how long it took as JSON. Works in the present directory; `exec` runs ./target there.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "../limits/limits.h"

static long calls;
static long threads;
static double rate;
static pthread_barrier_t start;

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* CPU time of this process and of the children that have ended. */
static long long cpu(void)
{
	struct rusage children;
	struct timespec own;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
	getrusage(RUSAGE_CHILDREN, &children);
	return own.tv_sec * 1000000000LL + own.tv_nsec +
	       (children.ru_utime.tv_sec + children.ru_stime.tv_sec) * 1000000000LL +
	       (children.ru_utime.tv_usec + children.ru_stime.tv_usec) * 1000LL;
}

/* Sleeps when `done` calls are ahead of the rate by a millisecond or more: shorter sleeps do not keep their time. */
static void pace(long long begin, long done)
{
	long long ahead = begin + (long long)(done * 1e9 * threads / rate) - now();

	if (ahead > 1000000) {
		struct timespec pause = { ahead / 1000000000, ahead % 1000000000 };

		nanosleep(&pause, NULL);
	}
}

static void one_open(void *state)
{
	int file = syscall(SYS_openat, AT_FDCWD, state, LIMITS_OPEN_FLAGS);

	if (file < 0)
		fail("openat");
	close(file);
}

static void *begin_open(long number)
{
	char *name = NULL;

	if (asprintf(&name, "file%ld", number) < 0)
		fail("asprintf");
	close(open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	return name;
}

static void one_getppid(void *state)
{
	syscall(SYS_getppid);
}

static void *begin_getppid(long number)
{
	return NULL;
}

static void one_exec(void *state)
{
	static char *const words[] = { "./target", "one", "two words", "--three=3", NULL };
	static char *const environment[] = { NULL };
	pid_t child = fork();
	int status;

	if (child == 0) {
		execve(words[0], words, environment);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		fail("exec");
}

static void *begin_exec(long number)
{
	return NULL;
}

/* A datagram socket may be connected again and again, and nobody needs to listen. */
static void one_connect(void *state)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	if (connect(*(int *)state, (struct sockaddr *)&address, sizeof(address)))
		fail("connect");
}

static void *begin_connect(long number)
{
	int *socket_ = malloc(sizeof(int));

	*socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return socket_;
}

static const struct kind {
	const char *name;
	void *(*begin)(long number);
	void (*one)(void *state);
} kinds[] = {
	{ "open", begin_open, one_open },
	{ "getppid", begin_getppid, one_getppid },
	{ "exec", begin_exec, one_exec },
	{ "connect", begin_connect, one_connect },
};
static const struct kind *kind;

static void *run(void *number)
{
	/* Threads that share a table of descriptors wait for each other. */
	if (threads > 1 && unshare(CLONE_FILES | CLONE_FS))
		fail("unshare");
	void *state = kind->begin((long)number);

	pthread_barrier_wait(&start);
	long long begin = now();

	for (long i = 0; i < calls; i++) {
		kind->one(state);
		if (rate > 0 && i % 16 == 0)
			pace(begin, i);
	}
	return NULL;
}

int main(int count, char **words)
{
	if (count < 4)
		return 2;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, words[1]))
			kind = &kinds[i];
	calls = atol(words[2]);
	threads = atol(words[3]);
	rate = count > 4 ? atof(words[4]) : 0;
	if (!kind || calls <= 0 || threads <= 0 || threads > 256)
		return 2;

	pthread_t all[threads];

	pthread_barrier_init(&start, NULL, threads + 1);
	for (long i = 0; i < threads; i++)
		if (pthread_create(&all[i], NULL, run, (void *)i))
			fail("pthread_create");
	long long wall = now(), used = cpu();

	pthread_barrier_wait(&start);
	for (long i = 0; i < threads; i++)
		pthread_join(all[i], NULL);
	wall = now() - wall;
	used = cpu() - used;
	printf("{\"calls\": %ld, \"wall_ns\": %lld, \"cpu_ns\": %lld}\n", calls * threads, wall, used);
	return 0;
}
