// SPDX-License-Identifier: MIT
/*
 * Signals to one process, to a group, to all, to none (OBJ_PID); ptrace, which audit records alike; deaths by signal.
 * Usage: diff_signals DIRECTORY
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define CHILDREN 20

static int child(const char *name)
{
	int pid = fork();

	if (!pid) {
		signal(SIGUSR1, SIG_IGN);
		prctl(PR_SET_NAME, name);
		for (;;)
			pause();
	}
	return pid;
}

static void end(int pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void one(void)
{
	siginfo_t info = { .si_code = SI_QUEUE };
	int pid = child("one \"child\"");
	long handle;

	usleep(20000);
	CALL(kill, pid, 0);
	CALL(kill, pid, SIGUSR1);
	CALL(tkill, pid, SIGUSR1);
	CALL(tgkill, pid, pid, SIGUSR1);
	CALL(kill, pid, 999);
	CALL(kill, 0x7ffffff, SIGUSR1);
	CALL(kill, wl_pid, SIGUSR1);
	CALL(tgkill, wl_pid, wl_pid, 0);
	info.si_signo = SIGUSR1;
	CALL(rt_sigqueueinfo, pid, SIGUSR1, P(&info));
	CALL(rt_tgsigqueueinfo, pid, pid, SIGUSR1, P(&info));
	handle = CALL(pidfd_open, pid, 0);
	CALL(pidfd_send_signal, handle, SIGUSR1, 0, 0);
	CALL(pidfd_send_signal, handle, 0, 0, 0);
	CALL(ptrace, PTRACE_ATTACH, pid, 0, 0);
	waitpid(pid, NULL, 0);
	CALL(ptrace, PTRACE_PEEKUSER, pid, 0, P(&handle));
	CALL(ptrace, PTRACE_DETACH, pid, 0, 0);
	CALL(ptrace, PTRACE_SEIZE, pid, 0, 0);
	CALL(process_vm_readv, pid, 0, 0, 0, 0, 0);
	CALL(kcmp, pid, wl_pid, 0, 0, 0);
	CALL(setpriority, PRIO_PROCESS, pid, 3);
	CALL(kill, pid, SIGKILL);
	/* Dead, and not yet waited for. */
	usleep(20000);
	CALL(kill, pid, SIGUSR1);
	CALL(pidfd_send_signal, handle, SIGUSR1, 0, 0);
	waitpid(pid, NULL, 0);
	CALL(kill, pid, SIGUSR1);
	CALL(pidfd_send_signal, handle, SIGUSR1, 0, 0);
}

static void many(void)
{
	int pids[CHILDREN];

	for (int i = 0; i < CHILDREN; i++) {
		pids[i] = child("member");
		setpgid(pids[i], pids[0]);
	}
	usleep(50000);
	CALL(kill, -pids[0], 0);
	CALL(kill, -pids[0], SIGUSR1);
	CALL(kill, 0, SIGUSR1);
	CALL(kill, -0x7ffffff, SIGUSR1);
	/* Nobody is harmed by signal 0. */
	CALL(kill, -1, 0);
	/* Somebody else's processes: refused one by one. */
	CALL(setresuid, 1000, 1000, 0);
	CALL(kill, pids[0], SIGUSR1);
	CALL(kill, -pids[0], SIGUSR1);
	CALL(kill, 1, 0);
	CALL(setresuid, 0, 0, 0);
	for (int i = 0; i < CHILDREN; i++)
		end(pids[i]);
}

static void *waits(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

/* How a process can die. */
static void deaths(void)
{
	static const int signals[] = { SIGTERM, SIGSEGV, SIGABRT, SIGSYS };
	struct rlimit none = { 0, 0 };

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		int pid = fork();

		if (!pid) {
			setrlimit(RLIMIT_CORE, &none);
			signal(signals[i], SIG_DFL);
			raise(signals[i]);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	int pid = fork();

	if (!pid) {
		volatile int *nowhere = (int *)8;

		setrlimit(RLIMIT_CORE, &none);
		*nowhere = 1;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	/* Threads in calls of their own when the process ends. */
	pid = fork();
	if (!pid) {
		pthread_t thread;

		for (int i = 0; i < 3; i++)
			pthread_create(&thread, NULL, waits, NULL);
		usleep(20000);
		_exit(4);
	}
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	wl_enter(argc, argv);
	signal(SIGUSR1, SIG_IGN);
	setpgid(0, 0);
	wl_start();
	wl_mark(WL_BEGIN);
	one();
	many();
	deaths();
	wl_mark(WL_END);
	wl_finish();
	return 0;
}
