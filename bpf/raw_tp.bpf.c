/* SPDX-License-Identifier: GPL-2.0-only */
/* Tier `raw_tp`: kernels from 5.3 to 5.7, by raw tracepoints and perf buffers, with bounded loops. */
#define TIER_STAGED
#include "raw_tracepoints.h"
