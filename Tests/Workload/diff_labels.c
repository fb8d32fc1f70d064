// SPDX-License-Identifier: MIT
/*
 * Tasks, files and System V objects with labels of their own, where SELinux labels them (the policy of Tests/Kernels/labels.conf); elsewhere the labels are
 * refused, and the calls are the same. Usage: diff_labels DIRECTORY [again]
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char *const levels[] = { "s0", "s1", "s0:c0", "s0:c0,c1", "s0:c0.c2", "s0:c0.c2,c4,c6,c7", "s0-s1", "s0:c9-s0:c5.c9", "s0-s1:c0.c9" };

#define LEVELS (sizeof(levels) / sizeof(levels[0]))

/* Writes a context, or nothing to have the usual one again, to a file of this thread's attributes. */
static void label(const char *which, const char *who, const char *level)
{
	char path[64], text[128];
	int length = level ? snprintf(text, sizeof(text), "%s:%s", who, level) : 0;

	snprintf(path, sizeof(path), "/proc/thread-self/attr/%s", which);
	int file = open(path, O_WRONLY);

	if (file < 0)
		return;
	if (write(file, text, length) < 0)
		(void)0; /* refused: no SELinux, or other names */
	close(file);
}

static void files(void)
{
	struct stat status;

	for (size_t i = 0; i < LEVELS; i++) {
		char name[32], other[32];

		snprintf(name, sizeof(name), "file%zu", i);
		snprintf(other, sizeof(other), "other%zu", i);
		label("fscreate", "base_u:object_r:other_t", levels[i]);
		close(CALL1(name, open, P(name), O_CREAT | O_RDWR, 0600));
		label("fscreate", NULL, NULL);
		CALL1(name, chmod, P(name), 0640);
		CALL1(name, stat, P(name), P(&status));
		CALL2(name, other, rename, P(name), P(other));
		CALL1(name, open, P(name), O_RDONLY);
		CALL1(other, unlink, P(other));
	}
	close(CALL1("late", open, P("late"), O_CREAT | O_RDWR, 0600));
	CALL(setxattr, P("late"), P("security.selinux"), P("other_u:object_r:other_t:s1:c3"), strlen("other_u:object_r:other_t:s1:c3") + 1, 0);
	CALL1("late", chmod, P("late"), 0600);
	CALL1("late/none", open, P("late/none"), O_RDONLY);
	CALL1("/proc/self/status", open, P("/proc/self/status"), O_RDONLY);
	CALL1("/dev/null", open, P("/dev/null"), O_RDONLY);
	CALL1("directory", mkdir, P("directory"), 0700);
	CALL1("directory", rmdir, P("directory"));
	CALL2("late", "link", symlink, P("late"), P("link"));
	CALL1("link", stat, P("link"), P(&status));
}

/* Tasks that change their own labels, and are signalled. */
static void tasks(void)
{
	for (size_t i = 0; i < LEVELS; i++) {
		int pid = fork();

		if (!pid) {
			label("current", i % 2 ? "base_u:work_r:work_t" : "other_u:base_r:job_t", levels[i]);
			CALL(getppid, 0);
			kill(getpid(), SIGSTOP);
			_exit(0);
		}
		waitpid(pid, NULL, WUNTRACED);
		CALL(kill, pid, 0);
		CALL(kill, pid, SIGCONT);
		waitpid(pid, NULL, 0);
	}
}

static void objects(void)
{
	int pid = fork();

	if (!pid) {
		struct msqid_ds queue;
		struct shmid_ds memory;

		label("current", "base_u:work_r:work_t", "s0:c3");
		int number = CALL(msgget, IPC_PRIVATE, 0600);
		CALL(msgctl, number, IPC_STAT, P(&queue));
		CALL(msgctl, number, IPC_SET, P(&queue));
		label("current", "base_u:base_r:kernel_t", "s0-s1:c0.c9");
		CALL(msgctl, number, IPC_STAT, P(&queue));
		CALL(msgctl, number, IPC_RMID, 0);
		number = CALL(shmget, IPC_PRIVATE, 4096, 0600);
		CALL(shmctl, number, IPC_STAT, P(&memory));
		CALL(shmctl, number, IPC_RMID, 0);
		CALL1("ebpf-audit-labels", mq_open, P("ebpf-audit-labels"), O_CREAT | O_RDWR, 0600, 0);
		CALL1("ebpf-audit-labels", mq_unlink, P("ebpf-audit-labels"));
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void execs(const char *directory)
{
	for (size_t i = 0; i < LEVELS; i++) {
		int pid = fork();

		if (!pid) {
			label("exec", "other_u:work_r:work_t", levels[i]);
			execl("/proc/self/exe", "again", directory, "again", NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}

/* What the kernel says of a file's label when it is asked in another way. */
static void tell(const char *path)
{
	char text[4096] = "";
	long length = CALL(getxattr, P(path), P("security.selinux"), P(text), sizeof(text) - 1);

	if (length > 0)
		wl_bytes("word", text, strlen(text));
	wl_path(path);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[2], "again"))
		return 0;
	wl_enter(argc, argv);
	wl_start();
	wl_mark(WL_BEGIN);
	files();
	tasks();
	objects();
	execs(argv[1]);
	tell("/dev/null");
	tell("late");
	wl_mark(WL_END);
	wl_finish();
	return 0;
}
