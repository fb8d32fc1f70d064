/* SPDX-License-Identifier: MIT */
/*
 * Linux system calls that Swift's Glibc module leaves out.
 *
 * Nothing here may define _GNU_SOURCE or the like: the C library's types then look different from those of the Glibc module,
 * and a program that imports both does not compile. What needs it is in CLinux.c.
 */
#ifndef CLINUX_H
#define CLINUX_H

#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/xattr.h>

/* Macros and enumerations that are flags: plain integers for Swift. */
static const int CLINUX_EPOLL_CLOEXEC = EPOLL_CLOEXEC;
static const int CLINUX_SFD_FLAGS = SFD_CLOEXEC | SFD_NONBLOCK;
static const int CLINUX_TFD_FLAGS = TFD_CLOEXEC | TFD_NONBLOCK;
extern const int CLINUX_TFD_CLOCK_SET;
extern const int CLINUX_O_PATH;

/*
 * Opens `path` with O_PATH and takes `root` for the root directory, also in the links on the way (openat2(2), 5.6). Fails with EAGAIN
 * rather than ask a file system for a name that the kernel does not remember (RESOLVE_CACHED, 5.12): such a question may wait for
 * a server, or for a process that somebody runs as a file system. Without `follow` a link at the end is opened itself.
 */
int clinux_open_in_root(int root, const void *path, bool follow);

#endif
