// SPDX-License-Identifier: MIT
/* A ring of io_uring, by system calls alone. */
#ifndef RING_H
#define RING_H

#include "workload.h"

#include <linux/io_uring.h>
#include <sys/mman.h>

static struct io_uring_params ring_parameters;
static struct io_uring_sqe *ring_entries;
static char *ring_memory;
static long ring_fd;

/* Makes the ring. Returns 1, 0 where there is none (noted), or -1 when it cannot be mapped. */
static int ring_make(void)
{
	ring_fd = CALL(io_uring_setup, 8, P(&ring_parameters));
	if (ring_fd < 0 || !(ring_parameters.features & IORING_FEAT_SINGLE_MMAP)) {
		wl_say("note no-uring %ld\n", ring_fd);
		return 0;
	}
	ring_memory = mmap(NULL, ring_parameters.cq_off.cqes + ring_parameters.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE,
			   MAP_SHARED, (int)ring_fd, IORING_OFF_SQ_RING);
	ring_entries = mmap(NULL, ring_parameters.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED, (int)ring_fd,
			    IORING_OFF_SQES);
	return ring_memory == MAP_FAILED || ring_entries == MAP_FAILED ? -1 : 1;
}

/* Hands operations in, all in one call, waits for their ends, notes what they came to, and returns the last of that. */
static int ring_operate(const struct io_uring_sqe *list, unsigned int count)
{
	unsigned int *tail = (unsigned int *)(ring_memory + ring_parameters.sq_off.tail);
	unsigned int *array = (unsigned int *)(ring_memory + ring_parameters.sq_off.array);
	unsigned int *head = (unsigned int *)(ring_memory + ring_parameters.cq_off.head);
	struct io_uring_cqe *results = (struct io_uring_cqe *)(ring_memory + ring_parameters.cq_off.cqes);
	int last = 0;

	for (unsigned int i = 0; i < count; i++) {
		unsigned int slot = (*tail + i) & (ring_parameters.sq_entries - 1);

		ring_entries[slot] = list[i];
		ring_entries[slot].user_data = list[i].opcode;
		array[slot] = slot;
	}
	__atomic_store_n(tail, *tail + count, __ATOMIC_RELEASE);
	CALL(io_uring_enter, ring_fd, count, count, IORING_ENTER_GETEVENTS, 0, 0);
	for (unsigned int i = 0; i < count; i++) {
		struct io_uring_cqe *result = &results[(*head + i) & (ring_parameters.cq_entries - 1)];

		last = result->res;
		wl_say("note operation-%d %d\n", (int)result->user_data, last);
	}
	__atomic_store_n(head, *head + count, __ATOMIC_RELEASE);
	return last;
}

#endif
