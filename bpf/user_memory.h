/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the arguments point to. Read at entry, as near to the kernel's own reading as a tracepoint can be; what was
 * not in memory then is read at exit, when the kernel has brought it in, and marked AW_LATE.
 */
#ifndef EBPF_AUDIT_USER_MEMORY_H
#define EBPF_AUDIT_USER_MEMORY_H

#include "record.h"

#define EFAULT 14

#define AF_UNIX 1

/* struct user_msghdr and its 32-bit form (include/linux/socket.h, include/net/compat.h), as far as the name. */
struct message_head {
	__u64 name;
	__s32 name_length;
};

struct message_head_compat {
	__u32 name;
	__s32 name_length;
};

/* Where the next section goes in the entry's working memory; NULL when `most` bytes do not fit. */
static __always_inline struct aw_section *entry__room(struct entry_memory *entry, __u32 most)
{
	__u32 used = entry->call.used;
	__u32 at = MASKED(used, 16383);
	struct aw_section *head = NULL;

	if (used + sizeof(struct aw_section) + most <= INFLIGHT_SECTIONS)
		head = (void *)&entry->sections[at];
	/* Has callers look at the pointer: clang would compare `used` once more, and 4.15 go on with no pointer where both cannot be. */
	barrier_var(head);
	return head;
}

static __always_inline void entry__section(struct entry_memory *entry, struct aw_section *head, __u16 tag, __u8 detail,
					   __u8 flags, __s32 length)
{
	head->tag = tag;
	head->detail = detail;
	head->flags = flags;
	head->length = length;
	entry->call.used += sizeof(*head) + AW_ALIGN(length > 0 ? (__u32)length : 0);
}

/* What user__path() says of a string that getname() refuses with ENAMETOOLONG: audit never sees such a name. */
#define USER_PATH_REFUSED 0x7fffffff

/* Reads a path into the section at `head`. Returns its length without NUL, USER_PATH_REFUSED, or a negative errno. */
static __always_inline __s32 user__path(struct aw_section *head, __u64 address)
{
	long length = bpf_probe_read_user_str(head + 1, AW_PATH_MAX, (void *)address);

	if (length < 0)
		return -EFAULT;
	if (!length)
		return 0; /* what strncpy_from_user_nofault() of older kernels says of an empty string (seen up to 6.12) */
	/*
	 * A string that fills the buffer may be longer than it. That cannot be seen from the length: a string of exactly
	 * PATH_MAX - 1 bytes gives the same.
	 */
	if (length == AW_PATH_MAX) {
		char last = 0;

		if (bpf_probe_read_user(&last, 1, (void *)(address + AW_PATH_MAX - 1)) || last)
			return USER_PATH_REFUSED;
	}
	return length - 1;
}

static __always_inline void entry__path(struct entry_memory *entry, __u32 argument)
{
	__u64 address = entry->call.args[argument];

	if (!(entry->call.shape.paths & (1 << argument)) || !address)
		return;
	struct aw_section *head = entry__room(entry, AW_PATH_MAX);

	if (!head)
		return;
	__s32 length = user__path(head, address);

	if (length < 0)
		entry->call.unread |= 1 << argument;
	else if (length != USER_PATH_REFUSED)
		entry__section(entry, head, AW_SECTION_PATHNAME, argument, 0, length);
}

/* Address and length that a call gives: args[n], args[n + 1], or a message head's name. Returns 0 when there is none. */
static __always_inline __u64 user__address(const struct ash_shape *shape, const __u64 args[6], __u32 arch, __s32 *length)
{
	if (shape->address == ASH_ADDRESS_MSG_IN || shape->address == ASH_ADDRESS_MSG_OUT) {
		if (arch & 0x80000000U) { /* __AUDIT_ARCH_64BIT */
			struct message_head head = {};

			if (bpf_probe_read_user(&head, sizeof(head), (void *)args[1]))
				return 0;
			*length = head.name_length;
			return head.name;
		}
		struct message_head_compat head = {};

		if (bpf_probe_read_user(&head, sizeof(head), (void *)args[1]))
			return 0;
		*length = head.name_length;
		return head.name;
	}

	/* args[] is indexed by constants, because the verifier of older kernels allows no variable offset here. */
	__u64 address = shape->address_arg == 1 ? args[1] : args[4];
	__u64 next = shape->address_arg == 1 ? args[2] : args[5];

	if (shape->address == ASH_ADDRESS_IN)
		*length = (__s32)next;
	else if (!address || bpf_probe_read_user(length, sizeof(*length), (void *)next))
		return 0;
	return address;
}

/* The arguments of the call; of socketcall() those of the call inside, where they were given. Returns false when they cannot be read. */
static __always_inline bool call__arguments(const struct inflight *call, __u64 args[6])
{
	__u32 inner[6];

	if (call->shape.special != ASH_SPECIAL_SOCKETCALL) {
		__builtin_memcpy(args, call->args, 6 * sizeof(args[0]));
		return true;
	}
	/* None of those that have an address has fewer than three; what is behind the last one does not matter. */
	__builtin_memset(inner, 0, sizeof(inner));
	if (bpf_probe_read_user(inner, sizeof(inner), (void *)call->args[1]) &&
	    bpf_probe_read_user(inner, 4 * sizeof(inner[0]), (void *)call->args[1]) &&
	    bpf_probe_read_user(inner, 3 * sizeof(inner[0]), (void *)call->args[1]))
		return false;
	TIER_LOOP
	for (int i = 0; i < 6; i++)
		args[i] = inner[i];
	return true;
}

static __always_inline void entry__address(struct entry_memory *entry)
{
	__u8 kind = entry->call.shape.address;

	if (kind != ASH_ADDRESS_IN && kind != ASH_ADDRESS_MSG_IN)
		return;
	__s32 length = 0;
	__u64 args[6];

	if (!call__arguments(&entry->call, args))
		return;
	__u64 address = user__address(&entry->call.shape, args, entry->call.arch, &length);

	/* move_addr_to_kernel() (net/socket.c): a longer one is refused before audit sees it, an empty one is not shown. */
	if (!address || length <= 0 || length > AW_SOCKADDR_MAX)
		return;
	struct aw_section *head = entry__room(entry, AW_SOCKADDR_MAX);

	if (!head)
		return;
	if (bpf_probe_read_user(head + 1, MASKED(length, 255), (void *)address))
		length = -EFAULT;
	else if (length > 2 && *(__u16 *)(head + 1) == AF_UNIX && ((__u8 *)(head + 1))[2])
		entry->call.flags |= INFLIGHT_NAMED;
	entry__section(entry, head, AW_SECTION_SOCKADDR, 0, 0, length);
}

/* The paths that were not in memory at entry. */
static __always_inline void record__late_path(struct record_memory *record, const struct inflight *call, __u32 argument)
{
	if (!(call->unread & (1 << argument)))
		return;
	if (!RECORD_ROOM(record, AW_PATH_MAX)) {
		record__incomplete(record);
		return;
	}
	struct aw_section *head = (void *)(RECORD_NEXT(record) - sizeof(*head));
	__s32 length = user__path(head, call->args[argument]);

	if (length != USER_PATH_REFUSED)
		record__section(record, AW_SECTION_PATHNAME, argument, AW_LATE, length);
}

/* The address that a call received, from where it was put. */
static __always_inline void record__received_address(struct record_memory *record, const struct inflight *call, long ret)
{
	__u8 kind = call->shape.address;
	__s32 length = 0;
	__u64 args[6];

	if ((kind != ASH_ADDRESS_OUT && kind != ASH_ADDRESS_MSG_OUT) || ret < 0 || !call__arguments(call, args))
		return;
	__u64 address = user__address(&call->shape, args, call->arch, &length);

	if (!address || length <= 0 || !RECORD_ROOM(record, AW_SOCKADDR_MAX))
		return;
	if (length > AW_SOCKADDR_MAX)
		length = AW_SOCKADDR_MAX;
	if (bpf_probe_read_user(RECORD_NEXT(record), MASKED(length, 255), (void *)address))
		length = -EFAULT;
	record__section(record, AW_SECTION_SOCKADDR, 0, 0, length);
}

/*
 * The command line as get_cmdline() (mm/util.c) gives it for a buffer of 128 bytes: the argument area, and on into
 * the environment when the program has written over its end (setproctitle). `title` has twice the room. Returns its length,
 * 0 when there is none, or a negative errno.
 */
static __always_inline __s32 title__read(__u8 *title, struct mm_struct *mm)
{
	__u64 start = READ(mm, arg_start);
	__u64 end = READ(mm, arg_end);
	__u32 length = end - start > AW_PROCTITLE_MAX ? AW_PROCTITLE_MAX : end - start;

	if (!mm || end <= start)
		return 0;
	if (bpf_probe_read_user(title, MASKED(length, 255), (void *)start))
		return -EFAULT;
	if (length < AW_PROCTITLE_MAX && length > 0 && title[(length - 1) & 127]) {
		__u64 environment = READ(mm, env_start);
		__u64 room = READ(mm, env_end) - environment;
		__u32 wanted = AW_PROCTITLE_MAX - length;
		/* A title may end inside the argument area even so, then nothing of the environment belongs to it. */
		char within[AW_PROCTITLE_MAX + 8] = {}; /* 4.15 wants all that a length may reach to be there before */
		long inside = bpf_probe_read_user_str(within, MASKED(length, 127) + 1, (void *)start);

		if (inside > 0 && (__u32)inside <= length) {
			length = inside - 1;
		} else if (room && (__s64)room > 0) {
			if (wanted > room)
				wanted = room;
			long more = bpf_probe_read_user_str(title + MASKED(length, 127), MASKED(wanted, 127) + 1,
							    (void *)environment);

			if (more > 0)
				length += more - 1;
		}
	}
	return length > AW_PROCTITLE_MAX ? AW_PROCTITLE_MAX : length;
}

static __always_inline void record__title(struct record_memory *record, struct mm_struct *mm)
{
	if (!RECORD_ROOM(record, 2 * AW_PROCTITLE_MAX))
		return;
	__s32 length = title__read(RECORD_NEXT(record), mm);

	if (length)
		record__section(record, AW_SECTION_PROCTITLE, 0, 0, length);
}

/* Argument text that is left for the event itself after the fragments. */
#define ARGUMENTS_IN_EVENT 8192
#define ARGUMENTS_IN_FRAGMENT 24576
/* Argument and environment text is at most 3/4 of _STK_LIM, 6 MiB (prepare_arg_pages in fs/exec.c). */
#define ARGUMENTS_MAX (6 * 1024 * 1024)

static __always_inline void record__arguments(struct record_memory *record, const struct leaving *leaving)
{
	__u64 start = leaving->start, end = leaving->end;

	/* Without any words, which kernels before 5.18 (dcd46d897adb) permit, both are the same. */
	if (end < start)
		return;
	if (!RECORD_ROOM(record, ARGUMENTS_IN_EVENT)) {
		record__incomplete(record);
		return;
	}
	__u64 length = end - start;

	if (length > ARGUMENTS_IN_EVENT)
		length = ARGUMENTS_IN_EVENT;
	long error = bpf_probe_read_user(RECORD_NEXT(record), MASKED(length, 16383), (void *)start);

	record__section(record, AW_SECTION_ARGV, leaving->fragments, 0, error ? -EFAULT : (__s32)length);
}

/* Sends one fragment of `length` bytes at `start`. Returns 1 when the text did not get through. */
static __always_inline int fragment__send(void *ctx, struct record_memory *record, __u64 start, __u32 length, __u64 time,
					  __u64 sequence)
{
	record->used = sizeof(struct aw_header);
	record->flags = 0;
	if (!RECORD_ROOM(record, ARGUMENTS_IN_FRAGMENT) || length > ARGUMENTS_IN_FRAGMENT)
		return 1;
	long error = bpf_probe_read_user(RECORD_NEXT(record), MASKED(length, 32767), (void *)start);

	record__section(record, AW_SECTION_ARGV, 0, 0, error ? -EFAULT : (__s32)length);
	return record__send(ctx, record, AW_TYPE_ARGV, time, sequence) || error;
}

#ifndef TIER_STAGED

/* A function of its own, so that the verifier checks it once and not for every round of the loop. */
__noinline int record__fragment(__u32 slot, __u64 start, __u32 length, __u64 time, __u64 sequence)
{
	struct record_memory *record = memory_of(&record_memory, slot);

	return record ? fragment__send(NULL, record, start, length, time, sequence) : 1;
}

/* Sends argument text ahead of its event, in as many fragments as it takes. What is left then is from leaving->start on. */
static __always_inline void record__fragments(__u32 slot, __u64 time, struct leaving *leaving)
{
	__u64 start = leaving->start, end = leaving->end;
	__u32 count = 0;

	for (int i = 0; i < ARGUMENTS_MAX / ARGUMENTS_IN_FRAGMENT + 1; i++) {
		if (end <= start || end - start <= ARGUMENTS_IN_EVENT)
			break;
		__u64 length = end - start;

		if (length > ARGUMENTS_IN_FRAGMENT)
			length = ARGUMENTS_IN_FRAGMENT;
		leaving->cut |= record__fragment(slot, start, length, time, leaving->sequence);
		start += length;
		count += 1;
	}
	leaving->start = start;
	leaving->fragments = count;
}

#endif

#endif
