/* SPDX-License-Identifier: MIT */
/*
 * Reading perf buffers, one a CPU, in the order in which records were sent: the ring of kernels before 5.8. Functions return what CBPF.h says of the
 * calls that they are behind.
 */
#ifndef CBPF_PERF_H
#define CBPF_PERF_H

#include <stddef.h>
#include <stdint.h>

struct perf_reader;

/*
 * Opens a buffer for each CPU and puts it into `map`; `order` is the map that the records' numbers are from (record__order() in bpf/record.h).
 * Together the buffers have about `bytes`, each a power of two and no less than two records of the greatest length. A CPU asks for a wake-up when
 * `wakeup` bytes wait in its buffer.
 */
int perf_open(int map, int order, uint32_t bytes, uint64_t wakeup, struct perf_reader **reader);
void perf_close(struct perf_reader *reader);

/* Polls readable when a CPU asks for a wake-up. */
int perf_descriptor(const struct perf_reader *reader);

int perf_next(struct perf_reader *reader, const void **bytes, uint32_t *size);
void perf_back(struct perf_reader *reader);
void perf_release(struct perf_reader *reader);

/* Events (AW_TYPE_SYSCALL) that have arrived: those taken so far and those that wait. */
uint64_t perf_arrived(struct perf_reader *reader);

#endif
