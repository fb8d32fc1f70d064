// SPDX-License-Identifier: MIT
/* The same calls by the 32-bit table. */
#include "rule_events.c"
