/* SPDX-License-Identifier: GPL-2.0-only */
/* Tier `raw_tp_noloops`: kernel 5.2, by raw tracepoints and perf buffers, without back edges. */
#define TIER_STAGED
#define TIER_NO_LOOPS
#include "raw_tracepoints.h"
