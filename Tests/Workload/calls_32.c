// SPDX-License-Identifier: MIT
/*
 * A 32-bit program's system calls: numbers that mean something else in the 64-bit table, through int 0x80.
 * Usage: calls_32 DIRECTORY
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>

static char buffer[8192];

int main(int argc, char **argv)
{
	static long in_wrong_family[3] = { 999, 1, 0 };
	int pair[2];
	long fd;

	wl_enter(argc, argv);
	wl_start();
	wl_mark(WL_BEGIN);
	/* 42 is connect in the 64-bit table; the predecessor reported just that. */
	CALL(pipe, P(pair));
	CALL(pipe2, P(pair), O_CLOEXEC);
	fd = CALL(open, P("a"), O_RDWR | O_CREAT, 0640);
	CALL(write, fd, P("hello"), 5);
	CALL(lseek, fd, 0, 0);
	CALL(read, fd, P(buffer), 5);
	CALL(creat, P("b"), 0600);
	CALL(openat, AT_FDCWD, P("none"), O_RDONLY);
	CALL(link, P("a"), P("l"));
	CALL(unlink, P("l"));
	CALL(rename, P("b"), P("c"));
	CALL(renameat2, AT_FDCWD, P("c"), AT_FDCWD, P("b"), 1);
	CALL(chmod, P("a"), 0600);
	CALL(lchown32, P("a"), 0, 0);
	CALL(chown32, P("a"), -1, -1);
	CALL(fchown32, fd, -1, -1);
	CALL(mkdir, P("d"), 0700);
	CALL(rmdir, P("d"));
	CALL(stat64, P("a"), P(buffer));
	CALL(fstat64, fd, P(buffer));
	CALL(truncate64, P("a"), 3, 0);
	CALL(ftruncate64, fd, 3, 0);
	CALL(dup, fd);
	CALL(close, 999);
	CALL(fcntl64, fd, F_GETFL);
	CALL(ioctl, fd, 0x5401, P(buffer));
	CALL(getpid, 0x11, 0x22, 0x33, 0x44);
	CALL(getuid32, -1, -2, -3, -4);
	CALL(geteuid32, 0);
	CALL(getresuid32, P(buffer), P(buffer), P(buffer));
	CALL(setuid32, -1);
	CALL(kill, wl_pid, 0);
	CALL(time, 0);
	CALL(times, P(buffer));
	CALL(uname, P(buffer));
	CALL(umask, 022);
	CALL(waitpid, -1, 0, 0);
	CALL(brk, 0);
	CALL(mmap2, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CALL(munmap, 1, 4096);
	CALL(mprotect, 1, 4096, 0);
	CALL(socketcall, 1, P(in_wrong_family));
	CALL(socketcall, 99, 0);
	CALL(connect, 999, P(buffer), 16);
	CALL(ipc, 99, 0, 0, 0, 0);
	CALL(access, P("a"), R_OK);
	CALL(readlink, P("a"), P(buffer), 10);
	CALL(symlink, P("x"), P("s"));
	CALL(mknod, P("f"), S_IFIFO | 0600, 0);
	CALL(getcwd, P(buffer), sizeof(buffer));
	CALL(sched_yield, 0);
	CALL(nanosleep, 1, 0);
	CALL(poll, 0, 0, 0);
	CALL(gettid, 0);
	CALL(getppid, 1, 2, 3, 4);
	CALL(getpgid, 0);
	CALL(rt_sigprocmask, 0, 0, P(buffer), 8);
	CALL(signal, 99, 0);
	CALL(sync_file_range, fd, 0, 0, 0, 0);
	CALL(statfs64, P("."), 84, P(buffer));
	wl_do(452, AT_FDCWD, P("a"), 0640, 0, 0, 0); /* fchmodat2 */
	wl_do(999, 1, 2, 3, 4, 5, 0);
	wl_mark(WL_END);
	wl_finish();
	return 0;
}
