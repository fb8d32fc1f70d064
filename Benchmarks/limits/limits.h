/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the limits' kernel programs, their reader and the loads agree on. */
#ifndef BENCHMARK_LIMITS_H
#define BENCHMARK_LIMITS_H

/*
 * Flags that the `open` load opens with, O_RDWR | O_NOATIME: they are what the rules and the ring limit select by, and what
 * nobody else on the machine uses.
 */
#define LIMITS_OPEN_FLAGS 01000002

#define LIMITS_RECORD_BYTES 512
#define LIMITS_RING_BYTES (8 << 20)
/* Bytes waiting that are worth a wake-up, and how long the reader sleeps without one, ms: as ebpf-audit has them. */
#define LIMITS_WAKEUP_BYTES 65536
#define LIMITS_INTERVAL 50

#endif
