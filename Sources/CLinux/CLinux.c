/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CLinux.h"

const int CLINUX_TFD_CLOCK_SET = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
const int CLINUX_O_PATH = O_PATH;

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20 /* linux/openat2.h since 5.12 */
#endif

/* A rename or mount anywhere at the same time makes a look-up from memory give up too; it is over in an instant. */
enum { TRIES = 4 };

int clinux_open_in_root(int root, const void *path, bool follow)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_CACHED,
	};
	int result;

	for (int i = 0; i < TRIES; i++) {
		result = syscall(SYS_openat2, root, (const char *)path, &how, sizeof(how));
		if (result >= 0 || errno != EAGAIN)
			break;
	}
	if (result < 0 && errno == EINVAL) {
		how.resolve &= ~RESOLVE_CACHED;
		result = syscall(SYS_openat2, root, (const char *)path, &how, sizeof(how));
	}
	return result;
}
