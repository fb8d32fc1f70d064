// SPDX-License-Identifier: MIT
/*
 * io_uring: operations that audit records (URINGOP), run within io_uring_enter() and by the kernel's own workers.
 * Usage: diff_ring DIRECTORY
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct io_uring_params parameters;
static struct io_uring_sqe *entries;
static char *ring;
static long fd;

/* Hands one operation in and waits for its end. */
static int operate(struct io_uring_sqe entry)
{
	unsigned int *tail = (unsigned int *)(ring + parameters.sq_off.tail);
	unsigned int *array = (unsigned int *)(ring + parameters.sq_off.array);
	unsigned int *head = (unsigned int *)(ring + parameters.cq_off.head);
	struct io_uring_cqe *results = (struct io_uring_cqe *)(ring + parameters.cq_off.cqes);
	unsigned int slot = *tail & (parameters.sq_entries - 1);
	int result;

	entries[slot] = entry;
	array[slot] = slot;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	CALL(io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, 0, 0);
	result = results[*head & (parameters.cq_entries - 1)].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	wl_say("note operation-%d %d\n", entry.opcode, result);
	return result;
}

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
	fd = CALL(io_uring_setup, 8, P(&parameters));
	if (fd >= 0 && parameters.features & IORING_FEAT_SINGLE_MMAP) {
		ring = mmap(NULL, parameters.cq_off.cqes + parameters.cq_entries * sizeof(struct io_uring_cqe),
			    PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, IORING_OFF_SQ_RING);
		entries = mmap(NULL, parameters.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED,
			       (int)fd, IORING_OFF_SQES);
		if (ring == MAP_FAILED || entries == MAP_FAILED)
			return 3;
		all(0);
		all(IOSQE_ASYNC);
	} else {
		wl_say("note no-uring %ld\n", fd);
	}
	wl_mark(WL_END);
	wl_finish();
	return 0;
}
