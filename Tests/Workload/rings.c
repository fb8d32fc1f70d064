// SPDX-License-Identifier: MIT
/*
 * Operations of io_uring, alone and several within one call, done by the call and by workers, some that audit has no record for, and one with other
 * credentials. Notes for each what it came to. Usage: rings DIRECTORY
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/mman.h>

static struct io_uring_params parameters;
static struct io_uring_sqe *entries;
static char *ring;
static long fd;

/* Hands operations in, all in one call, and waits for their ends. */
static void operate(const struct io_uring_sqe *list, unsigned int count)
{
	unsigned int *tail = (unsigned int *)(ring + parameters.sq_off.tail);
	unsigned int *array = (unsigned int *)(ring + parameters.sq_off.array);
	unsigned int *head = (unsigned int *)(ring + parameters.cq_off.head);
	struct io_uring_cqe *results = (struct io_uring_cqe *)(ring + parameters.cq_off.cqes);

	for (unsigned int i = 0; i < count; i++) {
		unsigned int slot = (*tail + i) & (parameters.sq_entries - 1);

		entries[slot] = list[i];
		entries[slot].user_data = list[i].opcode;
		array[slot] = slot;
	}
	__atomic_store_n(tail, *tail + count, __ATOMIC_RELEASE);
	CALL(io_uring_enter, fd, count, count, IORING_ENTER_GETEVENTS, 0, 0);
	for (unsigned int i = 0; i < count; i++) {
		struct io_uring_cqe *result = &results[(*head + i) & (parameters.cq_entries - 1)];

		wl_say("note operation-%d %d\n", (int)result->user_data, result->res);
	}
	__atomic_store_n(head, *head + count, __ATOMIC_RELEASE);
}

#define ONE(...)                                                     \
	do {                                                         \
		const struct io_uring_sqe one = { __VA_ARGS__ };     \
		operate(&one, 1);                                    \
	} while (0)
#define NAMED(text) .fd = AT_FDCWD, .addr = (unsigned long)(text)

static void all(unsigned char flags)
{
	char letters[4];
	int file = open("/proc/self/maps", O_RDONLY), other = open("/dev/null", O_WRONLY), third = open("/dev/null", O_WRONLY);

	ONE(.opcode = IORING_OP_NOP, .flags = flags);
	ONE(.opcode = IORING_OP_OPENAT, .flags = flags, NAMED("."), .open_flags = O_RDONLY | O_DIRECTORY);
	ONE(.opcode = IORING_OP_OPENAT, .flags = flags, NAMED("made"), .open_flags = O_WRONLY | O_CREAT, .len = 0640);
	ONE(.opcode = IORING_OP_OPENAT, .flags = flags, NAMED("none"));
	ONE(.opcode = IORING_OP_READ, .flags = flags, .fd = file, .addr = (unsigned long)letters, .len = sizeof(letters));
	ONE(.opcode = IORING_OP_MKDIRAT, .flags = flags, NAMED("directory"), .len = 0700);
	ONE(.opcode = IORING_OP_UNLINKAT, .flags = flags, NAMED("directory"), .unlink_flags = AT_REMOVEDIR);
	ONE(.opcode = IORING_OP_UNLINKAT, .flags = flags, NAMED("made"));
	ONE(.opcode = IORING_OP_UNLINKAT, .flags = flags, NAMED("made"));
	ONE(.opcode = IORING_OP_CLOSE, .flags = flags, .fd = other);
	ONE(.opcode = IORING_OP_CLOSE, .flags = flags, .fd = 12345);
	/* What comes behind one with a record has one, too, if it is of a kind that has. */
	const struct io_uring_sqe several[] = {
		{ .opcode = IORING_OP_OPENAT, .flags = flags, NAMED("."), .open_flags = O_RDONLY | O_DIRECTORY },
		{ .opcode = IORING_OP_CLOSE, .flags = flags, .fd = third },
		{ .opcode = IORING_OP_NOP, .flags = flags },
		{ .opcode = IORING_OP_OPENAT, .flags = flags, NAMED("."), .open_flags = O_RDONLY | O_DIRECTORY },
		{ .opcode = IORING_OP_CLOSE, .flags = flags, .fd = file },
	};

	/* Several workers would end in any order. */
	if (!flags)
		operate(several, sizeof(several) / sizeof(several[0]));
}

int main(int argc, char **argv)
{
	wl_enter(argc, argv);
	wl_start();
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
		/* As somebody else: io_uring_register(2), IORING_REGISTER_PERSONALITY. */
		syscall(SYS_setresgid, -1, 7, -1);
		syscall(SYS_setresuid, -1, 4, -1);
		long somebody = syscall(SYS_io_uring_register, fd, IORING_REGISTER_PERSONALITY, NULL, 0);
		syscall(SYS_setresuid, -1, 0, -1);
		syscall(SYS_setresgid, -1, 0, -1);
		wl_say("note personality %ld\n", somebody);
		ONE(.opcode = IORING_OP_CLOSE, .fd = 12345, .personality = (unsigned short)somebody);
	} else {
		wl_say("note no-uring %ld\n", fd);
	}
	wl_finish();
	return 0;
}
