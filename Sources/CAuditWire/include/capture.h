/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A capture file: what came out of the ring, record by record as wire.h has it, so that it can be read again later.
 *
 *     acap_header
 *     { aw_header, ... }*      records of the ring, and notes of enum acap_type between them
 *
 * All integers are in the byte order of the machine that wrote them. A reader passes over notes of a type that it does not know.
 */
#ifndef AUDIT_CAPTURE_H
#define AUDIT_CAPTURE_H

#include "wire.h"

/* The first byte is not ASCII and the last ones are a line's two kinds of end, so that a transfer as text is noticed. */
#define ACAP_MAGIC "\x89" "EBPA\r\n"
#define ACAP_VERSION 1

struct acap_header {
	__u8 magic[8];  /* ACAP_MAGIC with its NUL */
	__u32 size;     /* of this header, a multiple of 8; a later version may have more behind what is known here */
	__u16 version;  /* ACAP_VERSION */
	__u8 wire;      /* AW_VERSION */
	__u8 reserved;
	__u32 arch;     /* AUDIT_ARCH_* of the machine's 64-bit calls: byte order and call numbers */
	__u32 kernel;   /* version: major << 16 | minor << 8; 0 when not known */
	__u64 capabilities; /* all that the kernel has */
	__u64 tick;     /* length of a tick, ns */
	__u8 boot[16];  /* /proc/sys/kernel/random/boot_id: monotonic times of one boot belong together */
};

/* What `type` of an aw_header is when it is a note and not a record of the ring: from 0x8000 on. */
enum acap_type {
	ACAP_TYPE_CLOCK = 0x8001,  /* acap_clock: how ticks, monotonic and real time relate from here on */
	ACAP_TYPE_SERIAL = 0x8002, /* acap_serial: the next event's serial */
};

#define ACAP_TYPE_NOTE 0x8000

struct acap_clock {
	__s64 offset;      /* real time less monotonic time, ns */
	__u64 time;        /* coarse monotonic time of a tick, ns */
	__u32 ticks;       /* low bits of the tick count at `time` */
	__u32 has_ticks;   /* 0 where the count could not be asked */
};

struct acap_serial {
	__u32 serial;
	__u32 reserved;
};

_Static_assert(sizeof(struct acap_header) == 56, "acap_header");
_Static_assert(sizeof(struct acap_clock) == 24, "acap_clock");
_Static_assert(sizeof(struct acap_serial) == 8, "acap_serial");
_Static_assert(sizeof(ACAP_MAGIC) == 8, "ACAP_MAGIC");

#endif
