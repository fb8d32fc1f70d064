/* SPDX-License-Identifier: MIT */
#include "perf.h"

#include <CAuditWire.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * A sample as its attributes below ask for it: struct perf_event_header, length of the payload, payload (perf_event_open(2)). The payload is a
 * record, when it is of a call its number in the order of all CPUs, and what perf pads it with.
 */
enum { LENGTH_AT = 8, PAYLOAD_AT = 12 };

struct cpu_ring {
	int descriptor;
	struct perf_event_mmap_page *page; /* NULL: the CPU has not been online */
	bool has_left; /* the CPU has gone offline, and with it the event: the buffer is of no use but for what is in it */
	const unsigned char *data;
	uint64_t taken; /* position behind the record taken last */
	uint64_t head;  /* as far as is known to be written */
	uint64_t order; /* of the record at `taken`, when it is a sample */
	bool is_ready;  /* there is a sample at `taken` */
	void *whole;    /* a record that wraps around, in one piece */
};

struct perf_reader {
	int poll;
	int map, order;
	int count;
	uint64_t wakeup;
	uint64_t looked; /* when it was asked last which CPUs are online */
	size_t bytes; /* of one buffer's data */
	uint64_t received;
	uint64_t until; /* records with a greater number wait for the next look at all buffers */
	struct cpu_ring *last; /* what perf_back() puts back */
	uint64_t last_position;
	bool last_is_event;
	struct cpu_ring rings[];
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

/* What is read by this lies at multiples of 4 from the start of a record, and records at multiples of 8: no word wraps around. */
static uint32_t word(const struct perf_reader *reader, const struct cpu_ring *ring, uint64_t at)
{
	uint32_t value;

	memcpy(&value, ring->data + (at & (reader->bytes - 1)), sizeof(value));
	return value;
}

static uint32_t record_type(const struct perf_reader *reader, const struct cpu_ring *ring, uint64_t at)
{
	return word(reader, ring, at); /* perf_event_header.type */
}

static uint32_t record_size(const struct perf_reader *reader, const struct cpu_ring *ring, uint64_t at)
{
	return word(reader, ring, at + 4) >> 16; /* perf_event_header.size, behind misc */
}

static bool is_event(const struct perf_reader *reader, const struct cpu_ring *ring, uint64_t at)
{
	/* aw_header.type */
	return record_size(reader, ring, at) >= PAYLOAD_AT + sizeof(struct aw_header) &&
	       (word(reader, ring, at + PAYLOAD_AT + 4) & 0xffff) == AW_TYPE_SYSCALL;
}

static uint64_t written(const struct cpu_ring *ring)
{
	return atomic_load_explicit((const _Atomic uint64_t *)&ring->page->data_head, memory_order_acquire);
}

/* Opens the buffer of a CPU; one that is offline stays without. */
static int open_ring(struct perf_reader *reader, int cpu)
{
	struct cpu_ring *ring = &reader->rings[cpu];
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_RAW,
		.watermark = 1,
		.wakeup_watermark = reader->wakeup < reader->bytes / 2 ? reader->wakeup : reader->bytes / 2,
	};

	ring->descriptor = syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (ring->descriptor < 0)
		return errno == ENODEV ? 0 : -errno; /* offline */
	void *page = mmap(NULL, sysconf(_SC_PAGESIZE) + reader->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring->descriptor, 0);

	if (page == MAP_FAILED)
		return -errno;
	ring->page = page;
	ring->data = (const unsigned char *)page + sysconf(_SC_PAGESIZE);
	if (bpf_map_update_elem(reader->map, &cpu, &ring->descriptor, BPF_ANY) || ioctl(ring->descriptor, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(reader->poll, EPOLL_CTL_ADD, ring->descriptor, &event) ? -errno : 0;
}

int perf_open(int map, int order, uint32_t bytes, uint64_t wakeup, struct perf_reader **result)
{
	int cpus = libbpf_num_possible_cpus();

	if (cpus < 0)
		return cpus;
	struct perf_reader *reader = calloc(1, sizeof(*reader) + cpus * sizeof(reader->rings[0]));

	if (!reader)
		return -ENOMEM;
	*result = reader;
	reader->map = map;
	reader->order = order;
	reader->wakeup = wakeup;
	reader->count = cpus;
	for (int i = 0; i < cpus; i++)
		reader->rings[i].descriptor = -1;
	for (reader->bytes = 2 * AW_RECORD_MAX; reader->bytes * 2 * cpus <= bytes;)
		reader->bytes *= 2;
	reader->poll = epoll_create1(EPOLL_CLOEXEC);
	if (reader->poll < 0)
		return -errno;
	for (int i = 0; i < cpus; i++) {
		int error = open_ring(reader, i);

		if (error)
			return error;
	}
	reader->looked = now();
	return 0;
}

static void close_ring(const struct perf_reader *reader, struct cpu_ring *ring)
{
	if (ring->page)
		munmap(ring->page, sysconf(_SC_PAGESIZE) + reader->bytes);
	if (ring->descriptor >= 0)
		close(ring->descriptor);
	free(ring->whole);
	*ring = (struct cpu_ring){ .descriptor = -1 };
}

void perf_close(struct perf_reader *reader)
{
	if (!reader)
		return;
	for (int i = 0; i < reader->count; i++)
		close_ring(reader, &reader->rings[i]);
	if (reader->poll >= 0)
		close(reader->poll);
	free(reader);
}

int perf_descriptor(const struct perf_reader *reader)
{
	return reader->poll;
}

/* The number of the sample at `at`; 0, so that it comes next, for what goes ahead of an event and has none. */
static uint64_t order_of(const struct perf_reader *reader, const struct cpu_ring *ring, uint64_t at)
{
	uint32_t own = word(reader, ring, at + PAYLOAD_AT), payload = word(reader, ring, at + LENGTH_AT);

	/* One that lies about its size is refused by the decoder. */
	if (!is_event(reader, ring, at) || own > payload || payload - own < sizeof(uint64_t))
		return 0;
	at += PAYLOAD_AT + own;
	return word(reader, ring, at) | (uint64_t)word(reader, ring, at + 4) << 32;
}

/* Finds the next sample of a buffer. Other records tell of losses, which are counted by what arrives. */
static void look(const struct perf_reader *reader, struct cpu_ring *ring)
{
	ring->is_ready = false;
	while (ring->taken < ring->head) {
		if (record_type(reader, ring, ring->taken) == PERF_RECORD_SAMPLE) {
			ring->order = order_of(reader, ring, ring->taken);
			ring->is_ready = true;
			return;
		}
		ring->taken += record_size(reader, ring, ring->taken);
	}
}

/* Looks at all buffers anew. */
static void look_again(struct perf_reader *reader)
{
	uint32_t slot = 0;

	/*
	 * A record that has its number by now can be missing from what is seen only while it is being written. One that gets it later may be seen
	 * where another that it follows from is not, in a buffer that was looked at before: it waits.
	 */
	if (bpf_map_lookup_elem(reader->order, &slot, &reader->until))
		reader->until = UINT64_MAX;
	for (int i = 0; i < reader->count; i++) {
		struct cpu_ring *ring = &reader->rings[i];

		if (!ring->page)
			continue;
		ring->head = written(ring);
		look(reader, ring);
	}
}

static struct cpu_ring *oldest(struct perf_reader *reader)
{
	struct cpu_ring *found = NULL;

	for (int i = 0; i < reader->count; i++) {
		struct cpu_ring *ring = &reader->rings[i];

		if (ring->is_ready && ring->order <= reader->until && (!found || ring->order < found->order))
			found = ring;
	}
	return found;
}

/* The bytes of a record in one piece, or NULL without memory. A buffer's end is crossed once at most before room is given back. */
static const unsigned char *in_one_piece(const struct perf_reader *reader, struct cpu_ring *ring, uint64_t at, size_t size)
{
	size_t offset = at & (reader->bytes - 1), first = reader->bytes - offset;

	if (size <= first)
		return ring->data + offset;
	if (!ring->whole)
		ring->whole = malloc(UINT16_MAX + 1);
	if (!ring->whole)
		return NULL;
	memcpy(ring->whole, ring->data + offset, first);
	memcpy((char *)ring->whole + first, ring->data, size - first);
	return ring->whole;
}

int perf_next(struct perf_reader *reader, const void **bytes, uint32_t *size)
{
	struct cpu_ring *ring = oldest(reader);

	if (!ring) {
		look_again(reader);
		ring = oldest(reader);
	}
	if (!ring)
		return 0;
	uint64_t at = ring->taken;
	uint32_t length = record_size(reader, ring, at);
	const unsigned char *record = in_one_piece(reader, ring, at, length);

	if (!record)
		return 0;
	reader->last = ring;
	reader->last_position = at;
	reader->last_is_event = is_event(reader, ring, at);
	reader->received += reader->last_is_event;
	ring->taken = at + length;
	look(reader, ring);
	*bytes = record + PAYLOAD_AT;
	/* perf pads what it is given; the record knows its own size, and the decoder checks it against this. */
	uint32_t payload = word(reader, ring, at + LENGTH_AT);
	uint32_t own = word(reader, ring, at + PAYLOAD_AT);

	*size = own <= payload ? own : payload;
	return 1;
}

void perf_back(struct perf_reader *reader)
{
	struct cpu_ring *ring = reader->last;

	if (!ring)
		return;
	ring->taken = reader->last_position;
	reader->received -= reader->last_is_event;
	reader->last = NULL;
	look(reader, ring);
}

/* How often it is asked which CPUs are online. What a CPU sends before it is known is refused, and counted as lost. */
#define ONLINE_INTERVAL 1000000000ULL

/* Opens buffers of CPUs that have come online, also once more. Not while a record that was taken is in use. */
static void follow_cpus(struct perf_reader *reader)
{
	/* Ranges such as 0-3,6 (Documentation/admin-guide/cputopology.rst). */
	FILE *file = fopen("/sys/devices/system/cpu/online", "re");
	int first, last, next = 0;

	while (file && fscanf(file, "%d", &first) == 1) {
		last = first;
		int separator = fgetc(file);

		if (separator == '-' && fscanf(file, "%d", &last) == 1)
			separator = fgetc(file);
		for (; next < first && next < reader->count; next++)
			reader->rings[next].has_left = reader->rings[next].page != NULL;
		for (next = first; next <= last && next < reader->count; next++) {
			struct cpu_ring *ring = &reader->rings[next];

			if (ring->has_left && ring->taken == written(ring))
				close_ring(reader, ring);
			/* One that cannot be opened is tried again; the events of that CPU are counted as lost meanwhile. */
			if (!ring->page && open_ring(reader, next))
				close_ring(reader, ring);
		}
		if (separator != ',')
			break;
	}
	if (file && next > 0)
		for (; next < reader->count; next++)
			reader->rings[next].has_left = reader->rings[next].page != NULL;
	if (file)
		fclose(file);
}

void perf_release(struct perf_reader *reader)
{
	for (int i = 0; i < reader->count; i++) {
		struct cpu_ring *ring = &reader->rings[i];

		if (ring->page && ring->page->data_tail != ring->taken)
			atomic_store_explicit((_Atomic uint64_t *)&ring->page->data_tail, ring->taken, memory_order_release);
	}
	reader->last = NULL;
	if (now() - reader->looked >= ONLINE_INTERVAL) {
		reader->looked = now();
		follow_cpus(reader);
	}
}

uint64_t perf_arrived(struct perf_reader *reader)
{
	uint64_t arrived = reader->received;

	for (int i = 0; i < reader->count; i++) {
		const struct cpu_ring *ring = &reader->rings[i];

		if (!ring->page)
			continue;
		uint64_t head = written(ring);

		for (uint64_t at = ring->taken; at < head; at += record_size(reader, ring, at))
			arrived += record_type(reader, ring, at) == PERF_RECORD_SAMPLE && is_event(reader, ring, at);
	}
	return arrived;
}
