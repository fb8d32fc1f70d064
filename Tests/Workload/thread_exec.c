// SPDX-License-Identifier: MIT
/*
 * execve() by a thread that is not the leader, in a child, while the leader and others sleep in calls of their own.
 * Usage: thread_exec DIRECTORY TARGET
 */
#define _GNU_SOURCE
#include "workload.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

static const char *target;
static volatile int *tid_of_exec;
static char *words[] = { "from", "a thread", NULL };
static char *no_environment[] = { NULL };

static void *sleeper(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

static void *runner(void *unused)
{
	(void)unused;
	*tid_of_exec = (int)wl_raw(__NR_gettid, 0, 0, 0, 0, 0, 0);
	wl_raw(__NR_execve, P(target), P(words), P(no_environment), 0x99, 0, 0);
	_exit(1);
}

int main(int argc, char **argv)
{
	int pid, status;

	if (argc < 3)
		return 2;
	wl_enter(argc, argv);
	target = argv[2];
	tid_of_exec = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	wl_start();
	pid = fork();
	if (!pid) {
		pthread_t thread;

		for (int i = 0; i < 3; i++)
			pthread_create(&thread, NULL, sleeper, NULL);
		pthread_create(&thread, NULL, runner, NULL);
		sleeper(NULL);
	}
	waitpid(pid, &status, 0);
	wl_call(pid, *tid_of_exec, WL_ARCH, __NR_execve, (unsigned long)target, (unsigned long)words,
		(unsigned long)no_environment, 0x99, 0);
	wl_path(target);
	for (int i = 0; words[i]; i++)
		wl_bytes("word", words[i], strlen(words[i]));
	wl_say("note status %d\n", status);
	wl_finish();
	return 0;
}
