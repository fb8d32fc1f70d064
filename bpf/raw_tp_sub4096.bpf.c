/* SPDX-License-Identifier: GPL-2.0-only */
/* Tier `raw_tp_sub4096`: kernels from 4.17 to 5.1, by raw tracepoints and perf buffers, in programs of at most 4096 instructions without back edges. */
#define TIER_STAGED
#define TIER_NO_LOOPS
#define TIER_SMALL
#include "raw_tracepoints.h"
