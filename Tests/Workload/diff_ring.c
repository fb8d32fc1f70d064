// SPDX-License-Identifier: MIT
/*
 * io_uring: operations that audit records (URINGOP), run within io_uring_enter() and by the kernel's own workers.
 * Usage: diff_ring DIRECTORY
 */
#define _GNU_SOURCE
#include "ring.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

static int operate(struct io_uring_sqe entry) { return ring_operate(&entry, 1); }

static void all(unsigned char flags)
{
	struct open_how_ { unsigned long long flags, mode, resolve; } how = { O_RDONLY, 0, 0 };
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "none" };
	int s = socket(AF_UNIX, SOCK_STREAM, 0), file;

	operate((struct io_uring_sqe){ .opcode = IORING_OP_NOP, .flags = flags });
	file = operate((struct io_uring_sqe){ .opcode = IORING_OP_OPENAT, .flags = flags, .fd = AT_FDCWD, .addr = (unsigned long)"ringed",
				       .open_flags = O_WRONLY | O_CREAT, .len = 0640 });
	operate((struct io_uring_sqe){ .opcode = IORING_OP_WRITE, .flags = flags, .fd = file, .addr = (unsigned long)"text", .len = 4 });
	operate((struct io_uring_sqe){ .opcode = IORING_OP_CLOSE, .flags = flags, .fd = file });
	operate((struct io_uring_sqe){ .opcode = IORING_OP_OPENAT2, .flags = flags, .fd = AT_FDCWD, .addr = (unsigned long)"ringed",
				       .addr2 = (unsigned long)&how, .len = sizeof(how) });
	operate((struct io_uring_sqe){ .opcode = IORING_OP_OPENAT, .flags = flags, .fd = AT_FDCWD, .addr = (unsigned long)"none" });
	operate((struct io_uring_sqe){ .opcode = IORING_OP_MKDIRAT, .flags = flags, .fd = AT_FDCWD, .addr = (unsigned long)"ring dir", .len = 0700 });
	operate((struct io_uring_sqe){ .opcode = IORING_OP_RENAMEAT, .flags = flags, .fd = AT_FDCWD, .addr = (unsigned long)"ringed",
				       .len = (unsigned int)AT_FDCWD, .addr2 = (unsigned long)"ringed too" });
	operate((struct io_uring_sqe){ .opcode = IORING_OP_UNLINKAT, .flags = flags, .fd = AT_FDCWD, .addr = (unsigned long)"ringed too" });
	operate((struct io_uring_sqe){ .opcode = IORING_OP_UNLINKAT, .flags = flags, .fd = AT_FDCWD, .addr = (unsigned long)"ring dir",
				       .unlink_flags = AT_REMOVEDIR });
	operate((struct io_uring_sqe){ .opcode = IORING_OP_CONNECT, .flags = flags, .fd = s, .addr = (unsigned long)&at, .off = sizeof(at) });
	close(s);
}

int main(int argc, char **argv)
{
	wl_enter(argc, argv);
	wl_start();
	wl_mark(WL_BEGIN);
	int made = ring_make();

	if (made < 0)
		return 3;
	if (made) {
		all(0);
		all(IOSQE_ASYNC);
	}
	wl_mark(WL_END);
	wl_finish();
	return 0;
}
