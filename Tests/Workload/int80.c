// SPDX-License-Identifier: MIT
/*
 * A 64-bit program that makes calls of two other tables: i386's through int 0x80, and x32's by number.
 *
 * Calls with the x32 bit are printed as "note x32 NUMBER": audit's masks end at 2048, so that no rule names them.
 * Usage: int80 DIRECTORY
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <sys/mman.h>

#define X32 0x40000000l

/* i386 numbers; <asm/unistd_32.h> would redefine ours. */
enum { I386_WRITE = 4, I386_OPEN = 5, I386_UNLINK = 10, I386_GETPID = 20, I386_PIPE = 42, I386_GETPPID = 64 };

static void int80(long nr, long a0, long a1, long a2, long a3)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a0), "c"(a1), "d"(a2), "S"(a3), "D"(0l)
			 : "r8", "r9", "r10", "r11", "memory");
	/* The kernel looks at 32 bits of each, and returns as many. */
	wl_call(wl_pid, wl_pid, WL_ARCH_I386, nr, (unsigned int)a0, (unsigned int)a1, (unsigned int)a2,
		(unsigned int)a3, (int)ret);
}

static void x32(long nr, long a0)
{
	long ret = wl_raw(X32 | nr, a0, 0, 0, 0, 0, 0);

	wl_say("note x32 %ld\nnote x32-result %ld\n", X32 | nr, ret);
}

int main(int argc, char **argv)
{
	char *low;

	wl_enter(argc, argv);
	low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (low == MAP_FAILED)
		return 2;
	strcpy(low, "made-by-int80");
	wl_start();
	wl_mark(WL_BEGIN);
	int80(I386_GETPID, 1, 2, 3, 4);
	CALL(getpid, 1, 2, 3, 4);
	int80(I386_GETPPID, (long)0xdeadbeef00000001ul, (long)0xffffffff00000002ul, -1, -2);
	int80(I386_OPEN, P(low), O_RDWR | O_CREAT, 0600, 0);
	wl_path(low);
	int80(I386_PIPE, P(low) + 2048, 0, 0, 0);
	int80(I386_WRITE, 999, P(low), 4, 0);
	x32(__NR_getpid, 0);
	x32(__NR_getppid, WL_MARK);
	x32(__NR_execve, 0);
	int80(I386_UNLINK, P(low), 0, 0, 0);
	wl_path(low);
	int80(I386_UNLINK, P(low), 0, 0, 0);
	wl_path(low);
	/* A number that neither table has. */
	int80(2000, 1, 2, 3, 4);
	wl_mark(WL_END);
	wl_finish();
	return 0;
}
