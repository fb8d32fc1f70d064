/* SPDX-License-Identifier: MIT */
/* Attaches the programs of an object file and, where there is a ring, empties it without a look. Ends on SIGTERM. */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>
#include "limits.h"

static volatile sig_atomic_t ended;

static void end(int signal)
{
	ended = 1;
}

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void empty_ring(int ring)
{
	size_t page = sysconf(_SC_PAGESIZE);
	_Atomic unsigned long *taken = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0);
	_Atomic unsigned long *given = mmap(NULL, page, PROT_READ, MAP_SHARED, ring, page);
	int poll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };

	if (taken == MAP_FAILED || given == MAP_FAILED || epoll_ctl(poll, EPOLL_CTL_ADD, ring, &event))
		fail("mapping the ring");
	while (!ended) {
		epoll_wait(poll, &event, 1, LIMITS_INTERVAL);
		atomic_store(taken, atomic_load(given));
	}
}

static unsigned long long sum(int counts, __u32 slot)
{
	int cpus = libbpf_num_possible_cpus();
	unsigned long long each[cpus], all = 0;

	if (bpf_map_lookup_elem(counts, &slot, each))
		fail("reading the counts");
	for (int i = 0; i < cpus; i++)
		all += each[i];
	return all;
}

int main(int count, char **words)
{
	struct sigaction action = { .sa_handler = end };
	struct bpf_object *object = count == 2 ? bpf_object__open(words[1]) : NULL;
	struct bpf_program *program;

	if (!object || bpf_object__load(object))
		fail("loading");
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	bpf_object__for_each_program(program, object) {
		if (!bpf_program__attach(program))
			fail("attaching");
	}
	fprintf(stderr, "ready\n");

	int ring = bpf_object__find_map_fd_by_name(object, "ring");

	if (ring >= 0)
		empty_ring(ring);
	while (!ended)
		pause();
	if (ring >= 0) {
		int counts = bpf_object__find_map_fd_by_name(object, "counts");

		fprintf(stderr, "limit: total %llu\nlimit: lost %llu\n", sum(counts, 0) + sum(counts, 1), sum(counts, 1));
	}
	return 0;
}
