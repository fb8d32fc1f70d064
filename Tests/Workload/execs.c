// SPDX-License-Identifier: MIT
/*
 * Exec in all its forms. Every form runs in a child of its own; its "call" line has that child's pid.
 * Usage: execs DIRECTORY TARGET    TARGET is an absolute path of a program that ends at once
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define MANY 10000
/* MAX_ARG_STRLEN (linux/binfmts.h) counts the NUL. */
#define LONGEST 131072

static const char *target;
static char *no_environment[] = { NULL };

struct form {
	long nr;
	long a0, a1, a2, a3, a4;
};

/* How the last child ended. */
static int ended;

/* Does the call in a child; returns the child's pid, and the error in *result (0 when it ran). */
static int in_child(const struct form *form, long *result)
{
	volatile long *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int pid = fork();

	if (!pid) {
		*shared = wl_raw(form->nr, form->a0, form->a1, form->a2, form->a3, form->a4, 0);
		_exit(1);
	}
	waitpid(pid, &ended, 0);
	*result = *shared;
	munmap((void *)shared, 4096);
	return pid;
}

static void words(char *const *argv)
{
	for (; *argv; argv++)
		wl_bytes("word", *argv, strlen(*argv));
}

/* execve() of path with argv, which makes the program see `seen`. A failing one says no words: the kernel has none. */
static void run_as(const char *path, char **argv, char **seen)
{
	struct form form = { __NR_execve, P(path), P(argv), P(no_environment), 0x77, 0 };
	long result;
	int pid = in_child(&form, &result);

	wl_call(pid, pid, WL_ARCH, form.nr, (unsigned long)form.a0, (unsigned long)form.a1,
		(unsigned long)form.a2, (unsigned long)form.a3, result);
	wl_path(path);
	if (!result)
		words(seen);
}

static void run(const char *path, char **argv)
{
	run_as(path, argv, argv);
}

static int run_at(long fd, const char *path, long flags, char **argv)
{
	struct form form = { __NR_execveat, fd, P(path), P(argv), P(no_environment), flags };
	long result;
	int pid = in_child(&form, &result);

	wl_call(pid, pid, WL_ARCH, form.nr, (unsigned long)form.a0, (unsigned long)form.a1,
		(unsigned long)form.a2, (unsigned long)form.a3, result);
	if (*path)
		wl_path(path);
	if (!result)
		words(argv);
	return pid;
}

static void sizes(void)
{
	static char *many[MANY + 1];
	static char numbers[MANY][8];
	static char border[3][7600];
	char *longest = malloc(LONGEST + 1);
	char *edge[] = { border[0], border[1], border[2], NULL };

	/* An empty vector becomes one empty word since Linux 5.18 (dcd46d897adb); before, the target says that it has none. */
	static char *none[] = { NULL };
	struct form form = { __NR_execve, P(target), P(none), P(no_environment), 0, 0 };
	long result;
	int pid = in_child(&form, &result);

	wl_call(pid, pid, WL_ARCH, form.nr, (unsigned long)form.a0, (unsigned long)form.a1,
		(unsigned long)form.a2, 0, result);
	wl_path(target);
	if (WEXITSTATUS(ended) != 3)
		wl_bytes("word", "", 0);

	run(target, (char *[]){ "one", NULL });

	for (int i = 0; i < MANY; i++) {
		sprintf(numbers[i], "w%d", i);
		many[i] = numbers[i];
	}
	run(target, many);

	memset(longest, 'x', LONGEST);
	longest[LONGEST - 1] = 0;
	run(target, (char *[]){ "long", longest, "behind", NULL });
	memset(longest, 0xe9, LONGEST - 1);
	run(target, (char *[]){ longest, longest, NULL });
	/* One byte more than the kernel takes: E2BIG. */
	longest[LONGEST - 1] = 'x';
	longest[LONGEST] = 0;
	run(target, (char *[]){ "toolong", longest, NULL });

	/* About the 7,500 bytes after which the kernel begins another record. */
	memset(border[0], 'a', 7499);
	memset(border[1], 'b', 7500);
	memset(border[2], 'c', 7501);
	run(target, edge);
	memset(border[0], ' ', 3749);
	border[0][3749] = 0;
	memset(border[1], ' ', 3750);
	border[1][3750] = 0;
	memset(border[2], ' ', 3751);
	border[2][3751] = 0;
	run(target, edge);
	free(longest);
}

static void contents(void)
{
	run(target, (char *[]){ "a\"b", "new\nline", "blank here", "tab\there", "\xc3\xa9t\xc3\xa9", "\xff\xfe", "", "end",
				NULL });
	run(target, (char *[]){ "x", "\"\ntype=SYSCALL msg=audit(1.000:1): arch=c000003e syscall=0", NULL });
	run(target, (char *[]){ "x", "", "", "", NULL });
	run(target, (char *[]){ "0123456789ABCDEF", "(null)", "a1=evil", "'single'", "back\\slash", "\x7f", "\x01", NULL });
}

static void failures(void)
{
	static char name[NAME_MAX + 2];
	char *argv[] = { "never", "runs", NULL };

	run("none", argv);
	run("no such program", argv);
	run("plain", argv);
	run("garbage", argv);
	run("plain/below", argv);
	run("d", argv);
	memset(name, 'n', NAME_MAX + 1);
	run(name, argv);
	/* The vector itself cannot be read. */
	run(target, (char **)8);
	run_at(-1, "none", 0, argv);
}

static void forms(void)
{
	int directory = open(".", O_RDONLY | O_DIRECTORY);
	int file = open(target, O_RDONLY);

	/* The interpreter's line is one word, and takes the place of the first. */
	run_as("./script", (char *[]){ "ignored", "first", "second word", NULL },
	       (char *[]){ (char *)target, "option with blanks", "./script", "first", "second word", NULL });
	run_at(directory, "target", 0, (char *[]){ "at", "directory", NULL });
	run_at(file, "", AT_EMPTY_PATH, (char *[]){ "at", "file", NULL });
	run_at(AT_FDCWD, target, 0, (char *[]){ "at", "absolute", NULL });
}

/* A program that no file system holds: its exe is "/memfd:NAME (deleted)". */
static void memory(void)
{
	static char bytes[1 << 16];
	int from = open(target, O_RDONLY), to = memfd_create("program", 0);
	ssize_t n;

	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		if (write(to, bytes, (size_t)n) != n)
			exit(2);
	wl_say("note memory %d\n", run_at(to, "", AT_EMPTY_PATH, (char *[]){ "in", "memory", NULL }));
}

static void put(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		exit(2);
	close(fd);
}

int main(int argc, char **argv)
{
	char script[PATH_MAX + 32];

	if (argc < 3)
		return 2;
	wl_enter(argc, argv);
	target = argv[2];
	put("plain", "no program\n", 0644);
	put("garbage", "\x01\x02\x03 no program\n", 0755);
	snprintf(script, sizeof(script), "#!%s option with blanks\n", target);
	put("script", script, 0755);
	if (mkdir("d", 0755) || symlink(target, "target"))
		return 2;
	wl_start();
	sizes();
	contents();
	failures();
	forms();
	memory();
	wl_finish();
	return 0;
}
