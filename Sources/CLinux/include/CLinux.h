/* SPDX-License-Identifier: MIT */
/* Linux system calls that Swift's Glibc module leaves out. */
#ifndef CLINUX_H
#define CLINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Macros and enumerations that are flags: plain integers for Swift. */
static const int CLINUX_EPOLL_CLOEXEC = EPOLL_CLOEXEC;
static const int CLINUX_SFD_FLAGS = SFD_CLOEXEC | SFD_NONBLOCK;
static const int CLINUX_TFD_FLAGS = TFD_CLOEXEC | TFD_NONBLOCK;
static const int CLINUX_TFD_CLOCK_SET = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;

static const int CLINUX_O_PATH = O_PATH;

/* Opens `path` with O_PATH and takes `root` for the root directory, also in the links on the way (openat2(2), 5.6). */
static inline int clinux_open_in_root(int root, const void *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

	return syscall(SYS_openat2, root, (const char *)path, &how, sizeof(how));
}

#endif
