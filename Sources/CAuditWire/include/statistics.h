/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Statistics: one struct a CPU, written by the kernel programs, summed by user space. Counts never go back. */
#ifndef AUDIT_STATISTICS_H
#define AUDIT_STATISTICS_H

#include "wire.h"

struct ast_statistics {
	/* Calls that the entry prefilter selected and that then ended (or whose end could not be followed). */
	__u64 generated;
	/* Of these: refused at exit by tests on exit value, users and the like. */
	__u64 filtered;
	/* Of these: records that reached the ring. generated = filtered + sent + lost_* */
	__u64 sent;
	/* Of these: ring full. */
	__u64 lost_ring;
	/* Of these: no room to remember the call between entry and exit. */
	__u64 lost_inflight;
	/* Of these: exit never seen, found when the same task entered its next call. */
	__u64 lost_orphaned;
	/* Sent with AW_FLAG_INCOMPLETE. Not a loss of the event. */
	__u64 incomplete;
	/* Bytes of the records sent. */
	__u64 bytes;
};

#endif
