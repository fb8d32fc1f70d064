// SPDX-License-Identifier: MIT
/*
 * Operations of io_uring, alone and several within one call, done by the call and by workers, some that audit has no record for, and one with other
 * credentials. Notes for each what it came to. Usage: rings DIRECTORY
 */
#define _GNU_SOURCE
#include "ring.h"

#include <fcntl.h>

#define ONE(...)                                                     \
	do {                                                         \
		const struct io_uring_sqe one = { __VA_ARGS__ };     \
		ring_operate(&one, 1);                               \
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
		ring_operate(several, sizeof(several) / sizeof(several[0]));
}

int main(int argc, char **argv)
{
	wl_enter(argc, argv);
	wl_start();
	int made = ring_make();

	if (made < 0)
		return 3;
	if (made) {
		all(0);
		all(IOSQE_ASYNC);
		/* As somebody else: io_uring_register(2), IORING_REGISTER_PERSONALITY. */
		syscall(SYS_setresgid, -1, 7, -1);
		syscall(SYS_setresuid, -1, 4, -1);
		long somebody = syscall(SYS_io_uring_register, ring_fd, IORING_REGISTER_PERSONALITY, NULL, 0);
		syscall(SYS_setresuid, -1, 0, -1);
		syscall(SYS_setresgid, -1, 0, -1);
		wl_say("note personality %ld\n", somebody);
		ONE(.opcode = IORING_OP_CLOSE, .fd = 12345, .personality = (unsigned short)somebody);
	}
	wl_finish();
	return 0;
}
