/* SPDX-License-Identifier: MIT */
/*
 * Where the kernel keeps the coarse real-time clock. It writes it down for the vDSO in a page of its own data, which every process has mapped to
 * read ([vvar]). There this process finds the place in the page by what clock_gettime(2) says; the page itself is found by looking for the same
 * bytes in the kernel's data. No symbol is needed, which kernels without CONFIG_KALLSYMS_ALL hide, and no type.
 */
#include "CBPF.h"
#include "handle.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CANDIDATES = CBPF_CANDIDATES, PAGE_MAX = 65536, ATTEMPTS = 16 };

/* A place in the page. */
struct place {
	uint64_t page;     /* address at which this process has the page */
	uint32_t time;     /* offset of the seconds, which nanoseconds follow */
	uint32_t sequence; /* offset of the sequence count */
};

struct clock_time {
	uint64_t seconds, nanoseconds;
};

static struct clock_time coarse(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return (struct clock_time){ .seconds = now.tv_sec, .nanoseconds = now.tv_nsec };
}

static bool is_same(struct clock_time one, struct clock_time other)
{
	return one.seconds == other.seconds && one.nanoseconds == other.nanoseconds;
}

/* Copies a page that may not be there: the kernel then says so, where reading it would be SIGBUS. */
static bool copy_page(uint64_t page, unsigned char *copy, size_t size)
{
	int ends[2];

	if (pipe(ends))
		return false;
	bool is_read = write(ends[1], (const void *)page, size) == (ssize_t)size && read(ends[0], copy, size) == (ssize_t)size;

	close(ends[0]);
	close(ends[1]);
	return is_read;
}

/* Looks for what the coarse clock shows in a page. Returns its offset, or -1. */
static long find_time(uint64_t page, size_t size)
{
	static _Thread_local unsigned char copy[PAGE_MAX];

	for (int i = 0; i < ATTEMPTS; i++) {
		struct clock_time before = coarse();

		if (!copy_page(page, copy, size))
			return -1;
		if (!is_same(before, coarse()))
			continue; /* a tick came in between */
		for (size_t offset = 0; offset + sizeof(before) <= size; offset += 8)
			if (!memcmp(copy + offset, &before, sizeof(before)))
				return offset;
		return -1;
	}
	return -1;
}

/*
 * Whether the word at `offset` counts the updates of the page: even whenever it is looked at, and a little more after each tick, which nothing
 * else in the page is.
 */
static bool counts_updates(const struct place *place, uint32_t offset)
{
	const volatile uint32_t *sequence = (const void *)(place->page + offset);
	uint32_t last = *sequence;
	struct clock_time then = coarse();

	for (int changes = 0, waits = 0; changes < 3; waits++) {
		struct timespec pause = { .tv_nsec = 1000000 };

		if (waits == 200)
			return false;
		nanosleep(&pause, NULL);

		uint32_t next = *sequence;
		struct clock_time now = coarse();

		/* Word and clock are read one after the other, and a tick may come in between or be under way: once more then. */
		if (next != *sequence || !is_same(now, coarse()))
			continue;
		if (next % 2 || next - last > 1000 || (next == last && !is_same(now, then)))
			return false;
		changes += !is_same(now, then);
		last = next;
		then = now;
	}
	return true;
}

/* Finds the place in a page of the mapping that is called [vvar]. */
static bool find_place(struct place *place)
{
	/*
	 * How far the times of struct vdso_clock (vdso_data before 6.15; include/vdso/datapage.h) are behind its first member, the count: 32
	 * bytes, or 40 with max_cycles (6.10), and five times of 16 bytes before that of the coarse clock.
	 */
	static const uint32_t distances[] = { 112, 120 };
	/* Where struct vsyscall_gtod_data begins in its page on x86 before 5.3 (arch/x86/include/asm/vvar.h). */
	const uint32_t old_start = 128;
	size_t size = sysconf(_SC_PAGESIZE);
	char line[512], name[128];
	unsigned long long first = 0, end = 0;
	FILE *file = fopen("/proc/self/maps", "re");
	bool is_mapped = false;

	while (file && !is_mapped && fgets(line, sizeof(line), file))
		is_mapped = sscanf(line, "%llx-%llx %*s %*s %*s %*s %127s", &first, &end, name) == 3 && !strcmp(name, "[vvar]");
	if (file)
		fclose(file);
	if (!is_mapped || size > PAGE_MAX)
		return false;
	/* The first of them, unless the process has its own offsets of time (time_namespaces(7)). */
	for (place->page = first; place->page < end; place->page += size) {
		long offset = find_time(place->page, size);

		if (offset < 0)
			continue;
		place->time = offset;
		for (size_t i = 0; i < sizeof(distances) / sizeof(distances[0]); i++) {
			place->sequence = place->time - distances[i];
			if (place->time >= distances[i] && counts_updates(place, place->sequence))
				return true;
		}
		place->sequence = old_start;
		return place->time > old_start && counts_updates(place, old_start);
	}
	return false;
}

bool cbpf_find_data(uint64_t *first, uint64_t *end)
{
#if defined(__aarch64__)
	uint64_t code = cbpf_kernel_address("_stext");
#else
	uint64_t code = cbpf_kernel_address("_text");
#endif
	unsigned long long start, stop, code_start = 0, data_start = 0, data_end = 0;
	char line[256], name[64];
	FILE *file = fopen("/proc/iomem", "re");

	/* Physical addresses; the kernel's image is as contiguous in virtual ones. Zeros for those who may not see them. */
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %llx-%llx : %63[^\n]", &start, &stop, name) != 3)
			continue;
		if (!strcmp(name, "Kernel code"))
			code_start = start;
		if (!strcmp(name, "Kernel data"))
			data_start = start;
		/* The page may be between data and bss (x86 before 6.13). */
		if (!strcmp(name, "Kernel data") || !strcmp(name, "Kernel bss"))
			data_end = stop + 1;
	}
	if (file)
		fclose(file);
	if (!code || !code_start || data_start < code_start || data_end <= data_start)
		return false;
	*first = code + (data_start - code_start);
	*end = code + (data_end - code_start);
	return true;
}

long cbpf_try_addresses(struct cbpf *handle, uint64_t address, uint64_t step, uint64_t one, uint64_t other)
{
	if (handle->is_staged) {
		struct asc_answer answer;

		for (long i = 0; i < CANDIDATES; i++) {
			int error = cbpf_ask(handle, address + i * step, &answer);

			if (error)
				return error;
			if (answer.seconds == one && answer.nanoseconds == other)
				return i + 1;
		}
		return 0;
	}
	uint64_t arguments[4] = { address, one, other, step };
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = arguments, .ctx_size_in = sizeof(arguments));

	return bpf_prog_test_run_opts(handle->find_clock, &options) ? -errno : (long)options.retval;
}

/*
 * The page that the kernel's own pointer to the vDSO's data leads to, or 0. Linux 7.3 has the page outside of its data (lib/vdso/datastore.c), where
 * find_page() would look in vain.
 */
static uint64_t pointed_page(struct cbpf *handle, const struct place *place)
{
	uint64_t variable = handle->is_staged ? 0 : cbpf_kernel_address("vdso_k_time_data");

	if (!variable)
		return 0;
	*handle->stamp = 0;
	if (cbpf_try_addresses(handle, variable, 0, 0, 0) < 0 || !*handle->stamp)
		return 0;
	uint64_t page = *handle->stamp;

	for (int i = 0; i < ATTEMPTS; i++) {
		struct clock_time now = coarse();

		if (cbpf_try_addresses(handle, page + place->time, sysconf(_SC_PAGESIZE), now.seconds, now.nanoseconds) == 1)
			return page;
		if (is_same(now, coarse()))
			break;
	}
	return 0;
}

/* The kernel's address of the page, or 0. */
static uint64_t find_page(struct cbpf *handle, const struct place *place)
{
	uint64_t size = sysconf(_SC_PAGESIZE), first, end, pointed = pointed_page(handle, place);

	if (pointed)
		return pointed;
	if (!cbpf_find_data(&first, &end))
		return 0;
	first &= ~(size - 1);

	/* A tick during the search spoils what is being looked at, no more: the next round goes on from there. */
	for (uint64_t page = first; page < end; page += CANDIDATES * size) {
		for (int i = 0; i < ATTEMPTS; i++) {
			struct clock_time now = coarse();
			long number = cbpf_try_addresses(handle, page + place->time, size, now.seconds, now.nanoseconds);

			if (number)
				return number < 0 ? 0 : page + (number - 1) * size;
			if (is_same(now, coarse()))
				break;
		}
	}
	return 0;
}

static int use_clock(struct cbpf *handle, uint64_t sequence, uint64_t time)
{
	if (handle->is_staged) {
		handle->values.control_clock_sequence = sequence;
		handle->values.control_clock_time = time;
		return cbpf_write_controls(handle);
	}
	*handle->clock_time = time;
	*handle->clock_sequence = sequence;
	return 0;
}

/* Whether the programs read what clock_gettime(2) does, also after some ticks. */
static bool is_right(struct cbpf *handle)
{
	for (int i = 0; i < 4; i++) {
		struct timespec pause = { .tv_nsec = 3000000 };
		struct clock_time before = coarse();
		uint64_t stamp;

		if (cbpf_stamp(handle, &stamp))
			return false;
		struct clock_time after = coarse(), shown = { stamp / 1000000000, stamp % 1000000000 };

		if (is_same(before, after) && !is_same(before, shown))
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

void cbpf_find_clock(struct cbpf *handle)
{
	struct place place;
	uint64_t page = find_place(&place) ? find_page(handle, &place) : 0;

	if (!page || use_clock(handle, page + place.sequence, page + place.time))
		return;
	if (!is_right(handle))
		use_clock(handle, 0, 0);
}
