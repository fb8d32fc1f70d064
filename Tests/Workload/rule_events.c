// SPDX-License-Identifier: MIT
/*
 * Calls with many values of everything that audit rules look at, for comparing what rules select.
 * Usage: rule_events DIRECTORY SEED LOGINUID [ALSO]
 *
 * Takes on the login uid, says "waiting", and waits for a byte. What it then does is done by children; its own calls are not to be
 * compared. Then ALSO, the same program for the other ABI, does its part.
 *
 * DIRECTORY has the files w/a, w/b, d/x, d/sub/y, o/z, and o/p, a program, that is also w/q
 * (Tests/Differential/RuleScene.swift).
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#define DO(name, ...) wl_args(SYS_##name, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define wl_args(nr, a0, a1, a2, a3, a4, a5, ...) wl_raw(nr, (long)(a0), (long)(a1), (long)(a2), (long)(a3), (long)(a4), (long)(a5))

static const char *const files[] = { "w/a", "w/b", "d/x", "d/sub/y", "o/z", "w/none", "none/x", "d", "w", "d/sub" };
/* The values that rules compare with, and their neighbours (Tests/Differential/RuleGenerator.swift). */
static const unsigned long values[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99, 100, 101, 577, 999, 1000, 1001, 4241, 4242, 4243, 0x7fffffff,
					0x80000000ul, 0x80000001ul, 0xfffffff2ul, 0xfffffffeul, 0xfffffffful, -1ul, -2ul, -100ul };
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static unsigned long long state;
static char directory[4096];

static unsigned int draw(unsigned int count)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned int)(state >> 33) % count;
}

static unsigned long value(void) { return values[draw(COUNT(values))]; }

static void opened(long fd)
{
	if (fd >= 0)
		DO(close, fd);
}

/* Calls by which every argument can have every value, and every errno and many results come back. */
static void numbers(void)
{
	for (int i = 0; i < 40; i++)
		DO(getppid, value(), value(), value(), value());
	for (int i = 0; i < 12; i++)
		DO(fcntl, value(), F_GETFD, value(), value());
	long fd = DO(openat, AT_FDCWD, P("o/z"), O_RDWR);

	for (int i = 0; i < 16; i++)
		DO(lseek, fd, value() & 0x7fffffff, SEEK_SET, value());
	DO(fchmod, fd, 0600);
	DO(fchown, fd, 1, 2);
	DO(fchown, fd, 0, 0);
	DO(ftruncate, fd, 3);
	DO(read, fd, P(directory), 0);
	DO(dup2, fd, 100);
	DO(dup2, fd, 101);
	DO(close, 100);
	DO(close, 101);
	opened(fd);
	DO(close, -1);
	DO(kill, 0x7ffffff, 0);
	DO(kill, 1, 99);
	DO(mmap, -1, 0, 0, 0, -1, 0);
	DO(setpgid, -1, 1);
	DO(socket, 99, 0, 0);
	DO(open, -1, 0);
	DO(personality, 0xffffffff);
}

static void addresses(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = 0x0100 };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "none" };
	struct sockaddr other = { .sa_family = 9 };
	const int domains[] = { AF_UNIX, AF_INET };

	for (size_t i = 0; i < COUNT(domains); i++) {
		long fd = DO(socket, domains[i], SOCK_DGRAM, 0);

		DO(connect, fd, P(&in), sizeof(in));
		DO(connect, fd, P(&in6), sizeof(in6));
		DO(connect, fd, P(&un), sizeof(un));
		DO(connect, fd, P(&other), sizeof(other));
		DO(bind, fd, P(&in), 1);
		DO(sendto, fd, P("x"), 1, MSG_DONTWAIT, P(&in), sizeof(in));
		opened(fd);
	}
}

static void name(const char *path)
{
	struct stat status;
	static char text[4096];
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_TRUNC, O_WRONLY | O_APPEND, 3, O_PATH };

	for (size_t i = 0; i < COUNT(flags); i++)
		opened(DO(openat, AT_FDCWD, path, flags[i]));
	opened(DO(open, path, flags[draw(COUNT(flags))]));
#ifdef SYS_stat
	DO(stat, path, P(&status));
	DO(lstat, path, P(&status));
#endif
#ifdef SYS_newfstatat
	DO(newfstatat, AT_FDCWD, path, P(&status), AT_SYMLINK_NOFOLLOW);
#endif
	DO(access, path, draw(8));
	DO(faccessat, AT_FDCWD, path, R_OK);
	DO(readlink, path, P(text), sizeof(text));
	DO(chmod, path, 0755);
	DO(fchmodat, AT_FDCWD, path, 0640 + draw(4));
	DO(chown, path, 1, 2);
	DO(lchown, path, 0, 0);
	DO(truncate, path, 1);
	DO(listxattr, path, P(text), 0);
	DO(getxattr, path, P("user.none"), P(text), 1);
	DO(setxattr, path, P("user.none"), P(text), 1, 2);
	DO(utimensat, AT_FDCWD, path, 0, 0);
	DO(statfs, path, P(text));
	DO(inotify_add_watch, -1, path, 0);
}

static void names(void)
{
	char path[8192];

	for (size_t i = 0; i < COUNT(files); i++) {
		name(files[i]);
		snprintf(path, sizeof(path), "%s/%s", directory, files[i]);
		name(path);
	}
	opened(DO(openat, AT_FDCWD, P("/dev/null"), O_RDWR));
	DO(access, P("/dev/null"), R_OK);
	name("d/../w/./a");
	name("d//x");
	opened(DO(openat, AT_FDCWD, P("/etc/passwd"), O_RDONLY));
	opened(DO(openat, AT_FDCWD, P("/bin/true"), O_RDONLY));
	DO(access, P("/usr/bin/true"), X_OK);
	DO(access, P("/etc"), R_OK);
	DO(access, P("/"), R_OK);
}

static void changes(void)
{
	opened(DO(openat, AT_FDCWD, P("d/new"), O_CREAT | O_WRONLY | O_EXCL, 0600));
	opened(DO(openat, AT_FDCWD, P("d/new"), O_CREAT | O_RDWR | O_EXCL, 0600));
	opened(DO(creat, P("d/other"), 0600));
	DO(rename, P("d/new"), P("w/new"));
	DO(renameat, AT_FDCWD, P("w/new"), AT_FDCWD, P("d/new"));
	DO(link, P("d/new"), P("w/link"));
	DO(link, P("o/z"), P("d/link"));
	DO(linkat, AT_FDCWD, P("o/z"), AT_FDCWD, P("w/none"), 0);
	DO(unlink, P("w/none"));
	DO(symlink, P("x"), P("d/s"));
	DO(symlinkat, P("../o/z"), AT_FDCWD, P("d/out"));
	opened(DO(openat, AT_FDCWD, P("d/s"), O_RDONLY));
	opened(DO(openat, AT_FDCWD, P("d/out"), O_RDWR));
	DO(access, P("d/out"), R_OK);
	DO(chmod, P("d/s"), 0600);
	DO(mkdir, P("d/m"), 0700);
	DO(mkdir, P("d/m"), 0700);
	DO(mkdirat, AT_FDCWD, P("w/m"), 0700);
	DO(mknod, P("w/fifo"), S_IFIFO | 0600, 0);
	DO(chmod, P("w/fifo"), 0644);
	DO(rename, P("d/m"), P("w/m"));
	DO(rmdir, P("w/m"));
	DO(rmdir, P("d"));
	DO(unlinkat, AT_FDCWD, P("w/link"), 0);
	DO(unlinkat, AT_FDCWD, P("d/m"), AT_REMOVEDIR);
	DO(unlink, P("w/fifo"));
	DO(unlink, P("d/new"));
	DO(unlink, P("d/other"));
	DO(unlink, P("d/link"));
	DO(unlink, P("d/s"));
	DO(unlink, P("d/out"));
	DO(unlink, P("none/x"));
}

/* Names that begin at another directory than the working directory, or go through links. */
static void detours(void)
{
	long fd = DO(openat, AT_FDCWD, P("d"), O_RDONLY | O_DIRECTORY);

	DO(fchmod, fd, 0755);
	opened(DO(openat, fd, P("x"), O_RDONLY));
	opened(DO(openat, fd, P("x"), O_WRONLY));
	opened(DO(openat, fd, P("sub/y"), O_RDWR));
	opened(DO(openat, fd, P("../w/a"), O_RDONLY));
	DO(faccessat, fd, P("x"), R_OK);
	DO(fchmodat, fd, P("x"), 0644);
	DO(mkdirat, fd, P("m"), 0700);
	DO(unlinkat, fd, P("m"), AT_REMOVEDIR);
	DO(fchdir, fd);
	opened(DO(openat, AT_FDCWD, P("x"), O_RDONLY));
	opened(DO(openat, AT_FDCWD, P("../w/b"), O_WRONLY));
	DO(chmod, P("sub"), 0755);
	DO(chdir, P(directory));
	opened(fd);
	opened(DO(openat, AT_FDCWD, P("to-d/x"), O_RDONLY));
	opened(DO(openat, AT_FDCWD, P("to-d/sub/y"), O_WRONLY));
	DO(access, P("to-d/x"), R_OK);
	opened(DO(openat, AT_FDCWD, P("to-a"), O_RDONLY));
	DO(chmod, P("to-a"), 0644);
	DO(unlink, P("to-d/none"));
}

static void programs(void)
{
	static const char *const paths[] = { "/bin/true", "/usr/bin/false", "o/z", "none", "w/q" };

	for (size_t i = 0; i < COUNT(paths); i++) {
		int pid = fork();

		if (pid == 0) {
			char *const words[] = { (char *)paths[i], NULL };

			DO(execve, P(paths[i]), P(words), P(words + 1));
			_exit(3);
		}
		waitpid(pid, NULL, 0);
	}
}

static void act(void)
{
	numbers();
	names();
	addresses();
	changes();
	detours();
	programs();
}

/* A watched file is replaced, removed and made; each is looked for anew a tenth of a second later. */
static void replace(void)
{
	opened(DO(openat, AT_FDCWD, P("w/tmp"), O_CREAT | O_WRONLY, 0644));
	DO(rename, P("w/tmp"), P("w/a"));
	DO(unlink, P("w/b"));
	usleep(300000);
	name("w/a");
	opened(DO(openat, AT_FDCWD, P("w/b"), O_CREAT | O_RDWR, 0644));
	usleep(300000);
	name("w/b");
}

/* Where SELinux is at work with the policy Tests/Kernels/labels.conf, files and tasks get labels of their own. */
static void label(const char *file, const char *context)
{
	long fd = access("/sys/fs/selinux/status", F_OK) ? -1 : open(file, O_WRONLY);

	if (fd >= 0 && write(fd, context, strlen(context)) < 0) {
		dprintf(2, "%s: %s: %d\n", file, context, errno);
		_exit(1);
	}
	if (fd >= 0)
		close(fd);
}

static void label_files(void)
{
	static const char *const contexts[][2] = {
		{ "w/a", "base_u:object_r:other_t:s0" },     { "w/b", "other_u:object_r:work_t:s1:c0,c2" },
		{ "d/x", "base_u:object_r:other_t:s0:c0.c3" }, { "d/sub", "base_u:base_r:file_t:s0-s1:c0.c9" },
		{ "o/z", "other_u:object_r:kernel_t:s0:c3-s0:c0.c3" },
	};

	for (size_t i = 0; i < COUNT(contexts) && !access("/sys/fs/selinux/status", F_OK); i++) {
		long ret = DO(setxattr, P(contexts[i][0]), P("security.selinux"), P(contexts[i][1]), strlen(contexts[i][1]) + 1, 0);

		if (ret < 0) {
			dprintf(2, "%s: label %s: %ld\n", contexts[i][0], contexts[i][1], ret);
			_exit(1);
		}
	}
}

static void as_child(void (*action)(void), void (*become)(void))
{
	int pid = fork();

	if (pid == 0) {
		if (become)
			become();
		action();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void become_many(void)
{
	const gid_t groups[] = { 7, 8, 1000 };

	label("/proc/self/attr/current", "base_u:work_r:work_t:s0:c3-s1:c0.c3");
	if (setgroups(3, groups) || setresgid(5, 6, 9) || setresuid(0, 3, 4))
		_exit(1);
	DO(personality, 8);
}

static void become_user(void)
{
	const gid_t groups[] = { 1001 };

	label("/proc/self/attr/current", "other_u:base_r:other_t:s1:c0,c2");
	if (setgroups(1, groups) || setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		_exit(1);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 64;
	state = strtoull(argv[2], NULL, 10);
	if (chdir(argv[1]) || !getcwd(directory, sizeof(directory)))
		return 66;
	if (*argv[3]) {
		FILE *file = fopen("/proc/self/loginuid", "w");
		char byte;

		if (!file || fputs(argv[3], file) < 0 || fclose(file))
			return 77;
		if (write(1, "waiting\n", 8) != 8 || read(0, &byte, 1) != 1)
			return 74;
	}
	label_files();
	for (int i = 0; i < (int)draw(8); i++)
		draw(2);
	as_child(act, NULL);
	as_child(act, become_many);
	as_child(act, become_user);
	if (state >> 20 & 1)
		as_child(replace, NULL);
	if (argc > 4) {
		int pid = fork();

		if (pid == 0) {
			execl(argv[4], argv[4], argv[1], argv[2], "", NULL);
			_exit(127);
		}
		waitpid(pid, NULL, 0);
	}
	return 0;
}
