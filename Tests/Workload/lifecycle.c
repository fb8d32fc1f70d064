// SPDX-License-Identifier: MIT
/*
 * Calls that do not simply return: in which a task ends, doubles, is killed or interrupted.
 * Usage: lifecycle DIRECTORY exit | killed | fork | signal | stopped
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static int gate[2];

static void ending(void)
{
	int pid = fork();

	if (!pid)
		wl_raw(__NR_exit, 7, 0x11, 0x22, 0x33, 0, 0);
	waitpid(pid, NULL, 0);
	wl_call_open(pid, pid, WL_ARCH, __NR_exit, 7, 0x11, 0x22, 0x33);
	pid = fork();
	if (!pid)
		wl_raw(__NR_exit_group, 9, 0x44, 0x55, 0x66, 0, 0);
	waitpid(pid, NULL, 0);
	wl_call_open(pid, pid, WL_ARCH, __NR_exit_group, 9, 0x44, 0x55, 0x66);
}

/* State letter of a process, see proc_pid_stat(5). */
static char state(int pid)
{
	char path[64], text[512], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = 0;
	end = strrchr(text, ')');
	return end ? end[2] : 0;
}

static void await(int pid, char letter)
{
	while (state(pid) != letter)
		usleep(1000);
}

static void killing(void)
{
	struct timespec hour = { 3600, 0 };
	char byte;
	int pid = fork();

	if (!pid)
		wl_raw(__NR_nanosleep, P(&hour), 0, 0x11, 0x22, 0, 0);
	await(pid, 'S');
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* A signal ends the call before it ends the task: the kernel reports -EINTR. */
	wl_call(pid, pid, WL_ARCH, __NR_nanosleep, (unsigned long)&hour, 0, 0x11, 0x22, -EINTR);
	pid = fork();
	if (!pid)
		wl_raw(__NR_read, gate[0], P(&byte), 1, 0x33, 0, 0);
	await(pid, 'S');
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	wl_call(pid, pid, WL_ARCH, __NR_read, (unsigned long)gate[0], (unsigned long)&byte, 1, 0x33, -EINTR);
}

static void doubling(void)
{
	struct clone_args arguments = { .exit_signal = SIGCHLD };
	long pid;

	pid = wl_raw(__NR_fork, 1, 2, 3, 4, 0, 0);
	if (!pid)
		wl_raw(__NR_exit_group, 0, 0, 0, 0, 0, 0);
	wl_call(wl_pid, wl_pid, WL_ARCH, __NR_fork, 1, 2, 3, 4, pid);
	/* The child has our stack until it ends: nothing may be called in between. */
	pid = wl_raw(__NR_vfork, 5, 6, 7, 8, 0, 0);
	if (!pid)
		wl_raw(__NR_exit_group, 0, 0, 0, 0, 0, 0);
	wl_call(wl_pid, wl_pid, WL_ARCH, __NR_vfork, 5, 6, 7, 8, pid);
	pid = wl_raw(__NR_clone, SIGCHLD, 0, 0, 0, 0, 0);
	if (!pid)
		wl_raw(__NR_exit_group, 0, 0, 0, 0, 0, 0);
	wl_call(wl_pid, wl_pid, WL_ARCH, __NR_clone, SIGCHLD, 0, 0, 0, pid);
	pid = wl_raw(__NR_clone3, P(&arguments), sizeof(arguments), 9, 10, 0, 0);
	if (!pid)
		wl_raw(__NR_exit_group, 0, 0, 0, 0, 0, 0);
	wl_call(wl_pid, wl_pid, WL_ARCH, __NR_clone3, (unsigned long)&arguments, sizeof(arguments), 9, 10, pid);
	while (wait(NULL) > 0)
		;
}

static void on_alarm(int signal)
{
	(void)signal;
	wl_raw(__NR_write, gate[1], P("x"), 1, 0, 0, 0);
}

static void handle(int flags)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = flags };

	sigaction(SIGALRM, &action, NULL);
}

static void in_a_moment(void)
{
	struct itimerval moment = { .it_value.tv_usec = 50000 };

	setitimer(ITIMER_REAL, &moment, NULL);
}

static void interrupted(void)
{
	struct timespec hour = { 3600, 0 };
	char byte;
	long ret;

	handle(0);
	in_a_moment();
	CALL(nanosleep, P(&hour), 0, 0x11, 0x22);
	wl_raw(__NR_read, gate[0], P(&byte), 1, 0, 0, 0);
	in_a_moment();
	CALL(read, gate[0], P(&byte), 1, 0x33);
	wl_raw(__NR_read, gate[0], P(&byte), 1, 0, 0, 0);
	/* Restarted by the kernel: interrupted once, then a call of its own that reads what the handler wrote. */
	handle(SA_RESTART);
	in_a_moment();
	ret = wl_raw(__NR_read, gate[0], P(&byte), 1, 0x44, 0, 0);
	wl_call(wl_pid, wl_pid, WL_ARCH, __NR_read, (unsigned long)gate[0], (unsigned long)&byte, 1, 0x44, -EINTR);
	wl_call(wl_pid, wl_pid, WL_ARCH, __NR_read, (unsigned long)gate[0], (unsigned long)&byte, 1, 0x44, ret);
}

/* Stopped and continued: nanosleep ends with -EINTR, and restart_syscall sleeps the rest. */
static void stopped(void)
{
	struct timespec second = { 1, 0 };
	int pid = fork();

	if (!pid) {
		wl_raw(__NR_nanosleep, P(&second), 0, 0x55, 0x66, 0, 0);
		_exit(0);
	}
	await(pid, 'S');
	kill(pid, SIGSTOP);
	await(pid, 'T');
	kill(pid, SIGCONT);
	waitpid(pid, NULL, 0);
	wl_call(pid, pid, WL_ARCH, __NR_nanosleep, (unsigned long)&second, 0, 0x55, 0x66, -EINTR);
	wl_call(pid, pid, WL_ARCH, __NR_restart_syscall, (unsigned long)&second, 0, 0x55, 0x66, 0);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";

	wl_enter(argc, argv);
	if (pipe(gate))
		return 2;
	wl_start();
	wl_mark(WL_BEGIN);
	if (!strcmp(what, "exit"))
		ending();
	else if (!strcmp(what, "killed"))
		killing();
	else if (!strcmp(what, "fork"))
		doubling();
	else if (!strcmp(what, "signal"))
		interrupted();
	else if (!strcmp(what, "stopped"))
		stopped();
	else
		return 2;
	wl_mark(WL_END);
	wl_finish();
	return 0;
}
