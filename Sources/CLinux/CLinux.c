/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CLinux.h"

const int CLINUX_TFD_CLOCK_SET = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
const int CLINUX_O_PATH = O_PATH;

int clinux_open_in_root(int root, const void *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

	return syscall(SYS_openat2, root, (const char *)path, &how, sizeof(how));
}
