/* SPDX-License-Identifier: MIT */
/*
 * What the workload programs share: raw system calls with every argument register set, and the truth about them.
 *
 * A program writes "waiting" on standard output and waits for one byte on standard input, so that a collector can be
 * started for its pid. Then it acts, and prints what it did when it is done: nothing is written between the markers
 * that is not itself part of the truth.
 *
 *     call PID TID ARCH NUMBER A0 A1 A2 A3 EXIT    arch and arguments in hex; exit "-" when the call never returned
 *     path HEX                                     a name that the call before was given, "-" when empty
 *     cwd HEX                                      the working directory that the call before began in
 *     addr HEX                                     a socket address of the call before
 *     word HEX                                     a word of the argument vector of the exec before
 *     note NAME VALUE                              anything else
 *     end                                          the last line
 *
 * libc's syscall() would leave what the registers held in arguments that are not given, hence our own.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WL_ARCH_X86_64 0xc000003eu
#define WL_ARCH_I386 0x40000003u

/* First argument of the getppid() calls that stand before and behind what is compared. */
#define WL_MARK 0x6d61726bul
#define WL_BEGIN 1
#define WL_END 2

#define P(pointer) ((long)(pointer))

#ifdef __x86_64__
static inline __attribute__((always_inline)) long wl_raw(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	register long r10 __asm__("r10") = a3;
	register long r8 __asm__("r8") = a4;
	register long r9 __asm__("r9") = a5;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a0), "S"(a1), "d"(a2), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#define WL_ARCH WL_ARCH_X86_64
#else
/* The sixth argument lives in ebp, which -O1 may use as a frame pointer; no call here needs it. */
static inline __attribute__((always_inline)) long wl_raw(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	long ret;

	(void)a5;
	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a0), "c"(a1), "d"(a2), "S"(a3), "D"(a4)
			 : "memory");
	return ret;
}
#define WL_ARCH WL_ARCH_I386
#endif

static char wl_truth[8u << 20];
static size_t wl_length;
static int wl_pid;

/* snprintf() with integers makes no system call. */
static inline __attribute__((format(printf, 1, 2))) void wl_say(const char *format, ...)
{
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(wl_truth + wl_length, sizeof(wl_truth) - wl_length, format, list);
	va_end(list);
	if (n < 0 || (size_t)n >= sizeof(wl_truth) - wl_length)
		abort();
	wl_length += (size_t)n;
}

static inline void wl_bytes(const char *name, const void *bytes, size_t count)
{
	static const char digits[] = "0123456789ABCDEF";
	const unsigned char *from = bytes;

	if (wl_length + 2 * count + 64 > sizeof(wl_truth))
		abort();
	wl_say("%s %s", name, count ? "" : "-");
	for (size_t i = 0; i < count; i++) {
		wl_truth[wl_length++] = digits[from[i] >> 4];
		wl_truth[wl_length++] = digits[from[i] & 15];
	}
	wl_truth[wl_length++] = '\n';
	wl_truth[wl_length] = 0;
}

static inline void wl_path(const char *path)
{
	wl_bytes("path", path, strlen(path));
}

/* An address above 2 GiB that a 32-bit call returns is a large number, not a negative one. */
static inline long long wl_result(unsigned int arch, long ret)
{
	if (arch == WL_ARCH_I386 && (int)ret < -4095)
		return (long long)(unsigned int)ret;
	return ret;
}

static inline void wl_call(int pid, int tid, unsigned int arch, long nr, unsigned long a0, unsigned long a1,
			   unsigned long a2, unsigned long a3, long ret)
{
	wl_say("call %d %d %x %ld %lx %lx %lx %lx %lld\n", pid, tid, arch, nr, a0, a1, a2, a3, wl_result(arch, ret));
}

/* The call never came back: no exit value. */
static inline void wl_call_open(int pid, int tid, unsigned int arch, long nr, unsigned long a0, unsigned long a1,
				unsigned long a2, unsigned long a3)
{
	wl_say("call %d %d %x %ld %lx %lx %lx %lx -\n", pid, tid, arch, nr, a0, a1, a2, a3);
}

/* One call of the main thread, and its truth. */
static inline long wl_do(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	long ret = wl_raw(nr, a0, a1, a2, a3, a4, a5);

	wl_call(wl_pid, wl_pid, WL_ARCH, nr, (unsigned long)a0, (unsigned long)a1, (unsigned long)a2,
		(unsigned long)a3, ret);
	return ret;
}

static inline long wl_do_array(long nr, const long *a)
{
	return wl_do(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* CALL(openat, AT_FDCWD, P("name"), O_RDONLY): arguments not given are 0. */
#define CALL(name, ...) wl_do_array(__NR_##name, (const long[6]){ __VA_ARGS__ })

/* The same with one or two names. */
#define CALL1(one, name, ...)                      \
	({                                         \
		long ret_ = CALL(name, __VA_ARGS__); \
		wl_path(one);                      \
		ret_;                              \
	})
#define CALL2(one, two, name, ...)                 \
	({                                         \
		long ret_ = CALL(name, __VA_ARGS__); \
		wl_path(one);                      \
		wl_path(two);                      \
		ret_;                              \
	})

static inline void wl_mark(int which)
{
	CALL(getppid, WL_MARK, which);
}

static inline void wl_write(const char *bytes, size_t count)
{
	while (count) {
		long n = wl_raw(__NR_write, 1, P(bytes), (long)count, 0, 0, 0);

		if (n <= 0)
			_exit(3);
		bytes += n;
		count -= (size_t)n;
	}
}

static inline void wl_start(void)
{
	char byte;

	wl_pid = (int)wl_raw(__NR_getpid, 0, 0, 0, 0, 0, 0);
	wl_write("waiting\n", 8);
	if (wl_raw(__NR_read, 0, P(&byte), 1, 0, 0, 0) != 1)
		_exit(2);
}

static inline void wl_finish(void)
{
	wl_say("end\n");
	wl_write(wl_truth, wl_length);
}

/* Goes to the directory that the first word names. */
static inline void wl_enter(int argc, char **argv)
{
	if (argc < 2 || chdir(argv[1])) {
		fprintf(stderr, "%s: give a scratch directory\n", argv[0]);
		exit(2);
	}
}

#endif
