/* SPDX-License-Identifier: MIT */
/* Linux system calls that Swift's Glibc module leaves out. */
#ifndef CLINUX_H
#define CLINUX_H

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

/* Macros and enumerations that are flags: plain integers for Swift. */
static const int CLINUX_EPOLL_CLOEXEC = EPOLL_CLOEXEC;
static const int CLINUX_SFD_FLAGS = SFD_CLOEXEC | SFD_NONBLOCK;
static const int CLINUX_TFD_FLAGS = TFD_CLOEXEC | TFD_NONBLOCK;
static const int CLINUX_TFD_CLOCK_SET = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;

#endif
