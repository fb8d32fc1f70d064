/* SPDX-License-Identifier: MIT */
/* Events on their way from the ring; those of perf buffers come from Perf.c. */
#include "contexts.h"
#include "handle.h"
#include "perf.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

int cbpf_map_ring(struct cbpf *handle)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, handle->ring, 0);

	if (consumer == MAP_FAILED)
		return -errno;
	handle->consumer = consumer;
	/* The data is mapped twice in a row, so that a record which wraps around is contiguous all the same. */
	char *producer = mmap(NULL, page + 2 * handle->ring_bytes, PROT_READ, MAP_SHARED, handle->ring, page);

	if (producer == MAP_FAILED)
		return -errno;
	handle->producer = (void *)producer;
	handle->data = (unsigned char *)producer + page;
	handle->taken = atomic_load_explicit(handle->consumer, memory_order_relaxed);
	return 0;
}

int cbpf_ring_descriptor(const struct cbpf *handle)
{
	return handle->is_staged ? perf_descriptor(handle->perf) : handle->ring;
}

int cbpf_ring_next(struct cbpf *handle, const void **bytes, uint32_t *size)
{
	if (handle->is_staged)
		return perf_next(handle->perf, bytes, size);
	unsigned long end = atomic_load_explicit(handle->producer, memory_order_acquire);

	while (handle->taken < end) {
		const unsigned char *head = handle->data + (handle->taken & (handle->ring_bytes - 1));
		uint32_t length = atomic_load_explicit((const _Atomic uint32_t *)head, memory_order_acquire);

		if (length & BPF_RINGBUF_BUSY_BIT)
			return 0;
		bool discarded = length & BPF_RINGBUF_DISCARD_BIT;

		length &= ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		handle->before = handle->taken;
		handle->taken += (BPF_RINGBUF_HDR_SZ + length + 7) & ~7UL;
		if (discarded)
			continue;
		*bytes = head + BPF_RINGBUF_HDR_SZ;
		*size = length;
		if (handle->contexts)
			contexts_complete(handle, bytes, size);
		return 1;
	}
	return 0;
}

void cbpf_ring_back(struct cbpf *handle)
{
	if (handle->is_staged)
		perf_back(handle->perf);
	else
		handle->taken = handle->before;
}

void cbpf_ring_release(struct cbpf *handle)
{
	if (handle->is_staged)
		perf_release(handle->perf);
	else
		atomic_store_explicit(handle->consumer, handle->taken, memory_order_release);
}
