/* SPDX-License-Identifier: MIT */
/*
 * What SELinux's security identifiers stand for. The kernel programs send numbers, as audit keeps them; here events get the text, before anything else is
 * done with them, so that a capture has it, too. A text is put together from the kernel's own policy, as security_sid_to_context() does it
 * (security/selinux/ss/services.c, mls.c, sidtab.c), by reading the kernel's memory once for each identifier.
 */
#define _GNU_SOURCE
#include "CBPF.h"
#include "contexts.h"
#include "handle.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Slots of the cache, a power of two; contexts that one event can have. */
enum { SLOTS = 1024, EVENT_MAX = 64 };
/* What the kernel swaps its policy between two looks at it; then once more. */
enum { ATTEMPTS = 4 };
/* SECINITSID_UNLABELED (security/selinux/include/initial_sid_to_string.h): what an identifier without a valid context stands for. */
enum { UNLABELED = 3 };
/* SYM_* of security/selinux/ss/policydb.h: lists of names by value. */
enum { ROLES = 2, TYPES = 3, USERS = 4, LEVELS = 6, CATEGORIES = 7 };
/* SIDTAB_MAX_LEVEL, and more than any policy has of categories, in nodes of an ebitmap. */
enum { LEVEL_MAX = 3, BITMAP_NODES_MAX = 1024 };

/* Offsets of members and sizes, by the kernel's type information. */
struct layout {
	uint32_t policy;                            /* selinux_state */
	uint32_t sidtab, policydb, latest_granting; /* selinux_policy */
	uint32_t mls_enabled, names;                /* policydb */
	uint32_t roots, count, isids;               /* sidtab */
	uint32_t set, entry;                        /* sidtab_isid_entry */
	uint32_t context;                           /* sidtab_entry */
	uint32_t user, role, type, length, range;   /* context */
	uint32_t sens, cat;                         /* mls_level */
	uint32_t node, next, maps, startbit;        /* ebitmap, ebitmap_node */
	uint32_t isid_size, entry_size, level_size, node_words;
	uint32_t initial_count, leaf_count, inner_shift;
	uint32_t symtab, table, htable, hash_size;  /* policydb, symtab, hashtab */
	uint32_t key, datum, next_node;             /* hashtab_node */
	uint32_t value;                             /* type_datum */
	uint32_t symtab_size, hash_node_size;
	uint32_t sid, inode_sid, ipc_sid;                     /* cred_security_struct and others */
	uint32_t blob_cred, blob_inode, blob_ipc, blobs_size; /* lsm_blob_sizes */
};

struct slot {
	uint32_t sid;
	uint32_t length;
	char *text;
};

/* All names of one kind that the policy has. */
struct names {
	bool are_read;
	uint32_t policy_number;
	char **names;
	uint64_t *data; /* addresses of what they name */
	uint32_t count;
};

struct contexts {
	struct layout at;
	uint64_t state, initial_names;
	int peek; /* descriptor of the program */
	const volatile uint32_t *status; /* struct selinux_kernel_status, or NULL */
	uint32_t policy_number;          /* the policy that the slots are of */
	bool has_names; /* where the policy's names are is known */
	struct names names[CBPF_NAMES];
	struct slot slots[SLOTS];
	/* The last event that was completed. Aligned as events in the ring are. */
	_Alignas(8) unsigned char event[AW_RECORD_MAX];
};

/* --- the kernel's memory --- */

/* Copies `size` bytes (a string with its NUL when 0) at `address` of the kernel's memory to control_label_name. Returns how many, or 0. */
static uint32_t peek(const struct cbpf *handle, uint64_t address, uint32_t size)
{
	uint64_t arguments[2] = { address, size };
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = arguments, .ctx_size_in = sizeof(arguments));

	/* Address 0 asks for something else. */
	return !address || bpf_prog_test_run_opts(handle->contexts->peek, &options) ? 0 : options.retval;
}

static bool read_memory(const struct cbpf *handle, uint64_t address, void *value, uint32_t size)
{
	if (peek(handle, address, size) != size)
		return false;
	memcpy(value, (const void *)handle->label_name, size);
	return true;
}

static bool read_word(const struct cbpf *handle, uint64_t address, uint64_t *value)
{
	return read_memory(handle, address, value, sizeof(*value));
}

static bool read_number(const struct cbpf *handle, uint64_t address, uint32_t *value)
{
	return read_memory(handle, address, value, sizeof(*value));
}

/* --- text --- */

struct text {
	char *bytes; /* AW_CONTEXT_MAX + 1 of them */
	uint32_t length;
	bool is_wrong; /* something could not be read, or there was no room */
};

static void put(struct text *text, char byte)
{
	if (text->length >= AW_CONTEXT_MAX)
		text->is_wrong = true;
	else
		text->bytes[text->length++] = byte;
}

/* Adds the string at `address`, which must not be empty. */
static void put_string(const struct cbpf *handle, struct text *text, uint64_t address)
{
	uint32_t size = peek(handle, address, 0);

	if (size < 2 || size > AW_LABEL_MAX || text->length + size - 1 > AW_CONTEXT_MAX) {
		text->is_wrong = true;
		return;
	}
	memcpy(text->bytes + text->length, (const void *)handle->label_name, size - 1);
	text->length += size - 1;
}

/* Adds name `number`, from 0 on, of `kind`: sym_name() (policydb.h). */
static void put_name(const struct cbpf *handle, struct text *text, uint64_t policydb, uint32_t kind, uint32_t number)
{
	const struct layout *at = &handle->contexts->at;
	uint64_t list, name;

	if (!read_word(handle, policydb + at->names + kind * sizeof(uint64_t), &list) || !list ||
	    !read_word(handle, list + (uint64_t)number * sizeof(uint64_t), &name))
		text->is_wrong = true;
	else
		put_string(handle, text, name);
}

/* A category that is not followed by its next, or the last of several that are: one end of what is written as `c1.c3` or `c1,c2`. */
struct categories {
	int64_t first, last; /* of the row that is being looked at; -1 where there has been none */
};

/* Ends a row: the first one of it has been written. */
static void put_row_end(const struct cbpf *handle, struct text *text, uint64_t policydb, const struct categories *row)
{
	if (row->first < 0 || row->last == row->first)
		return;
	put(text, row->last - row->first > 1 ? '.' : ',');
	put_name(handle, text, policydb, CATEGORIES, row->last);
}

static void put_category(const struct cbpf *handle, struct text *text, uint64_t policydb, struct categories *row, uint32_t number)
{
	if (row->first >= 0 && number == row->last + 1) {
		row->last = number;
		return;
	}
	put_row_end(handle, text, policydb, row);
	put(text, row->first < 0 ? ':' : ',');
	put_name(handle, text, policydb, CATEGORIES, number);
	row->first = row->last = number;
}

/* One level: mls_sid_to_context() (mls.c). */
static void put_level(const struct cbpf *handle, struct text *text, uint64_t policydb, uint64_t level)
{
	const struct layout *at = &handle->contexts->at;
	struct categories row = { .first = -1, .last = -1 };
	uint64_t node, word;
	uint32_t sens, start;

	if (!read_number(handle, level + at->sens, &sens) || !sens || !read_word(handle, level + at->cat + at->node, &node)) {
		text->is_wrong = true;
		return;
	}
	put_name(handle, text, policydb, LEVELS, sens - 1);
	for (int nodes = 0; node && !text->is_wrong; nodes++) {
		if (nodes == BITMAP_NODES_MAX || !read_number(handle, node + at->startbit, &start)) {
			text->is_wrong = true;
			return;
		}
		for (uint32_t i = 0; i < at->node_words && !text->is_wrong; i++) {
			if (!read_word(handle, node + at->maps + i * sizeof(word), &word))
				text->is_wrong = true;
			for (uint32_t bit = 0; bit < 64 && !text->is_wrong; bit++)
				if (word >> bit & 1)
					put_category(handle, text, policydb, &row, start + i * 64 + bit);
		}
		if (!read_word(handle, node + at->next, &node))
			text->is_wrong = true;
	}
	put_row_end(handle, text, policydb, &row);
}

/* context_struct_to_string() (services.c) of the struct context at `context`. */
static void put_context(const struct cbpf *handle, struct text *text, uint64_t policydb, uint64_t context)
{
	const struct layout *at = &handle->contexts->at;
	uint32_t user, role, type, has_levels;

	if (!read_number(handle, context + at->user, &user) || !read_number(handle, context + at->role, &role) ||
	    !read_number(handle, context + at->type, &type) || !read_number(handle, policydb + at->mls_enabled, &has_levels) || !user ||
	    !role || !type) {
		text->is_wrong = true;
		return;
	}
	put_name(handle, text, policydb, USERS, user - 1);
	put(text, ':');
	put_name(handle, text, policydb, ROLES, role - 1);
	put(text, ':');
	put_name(handle, text, policydb, TYPES, type - 1);
	if (!has_levels)
		return;
	put(text, ':');
	uint32_t low = text->length;

	put_level(handle, text, policydb, context + at->range);
	uint32_t middle = text->length;

	put(text, '-');
	put_level(handle, text, policydb, context + at->range + at->level_size);
	/* Two levels that are equal have one text, and others have not: names are unique. */
	uint32_t first = middle - low, second = text->length - middle - 1;

	if (!text->is_wrong && first == second && !memcmp(text->bytes + low, text->bytes + middle + 1, first))
		text->length = middle;
}

/* --- the table of identifiers --- */

/* The struct context of initial identifier `sid`, or 0: sidtab_lookup_initial() (sidtab.c). */
static uint64_t initial_context(const struct cbpf *handle, uint64_t sidtab, uint32_t sid)
{
	const struct layout *at = &handle->contexts->at;
	uint64_t isid = sidtab + at->isids + (uint64_t)(sid - 1) * at->isid_size;
	uint32_t is_set;

	if (!sid || sid > at->initial_count || !read_number(handle, isid + at->set, &is_set) || !is_set)
		return 0;
	return isid + at->entry + at->context;
}

/* That of another one: sidtab_lookup(), sidtab_do_lookup(). */
static uint64_t later_context(const struct cbpf *handle, uint64_t sidtab, uint32_t sid)
{
	const struct layout *at = &handle->contexts->at;
	uint32_t index = sid - at->initial_count - 1, count, level = 0;

	if (!read_number(handle, sidtab + at->count, &count) || index >= count)
		return 0;
	uint64_t capacity = at->leaf_count, leaf = index / at->leaf_count, entry;

	while (index >= capacity) {
		capacity <<= at->inner_shift;
		if (++level > LEVEL_MAX)
			return 0;
	}
	uint32_t shift = level * at->inner_shift;

	entry = sidtab + at->roots + level * sizeof(uint64_t);
	while (level--) {
		shift -= at->inner_shift;
		if (!read_word(handle, entry, &entry) || !entry)
			return 0;
		entry += (leaf >> shift) * sizeof(uint64_t);
		leaf &= (1ULL << shift) - 1;
	}
	if (!read_word(handle, entry, &entry) || !entry)
		return 0;
	return entry + (uint64_t)(index % at->leaf_count) * at->entry_size + at->context;
}

/*
 * sidtab_search(): one whose context the policy in force does not know (its text is kept then) stands for what is not labelled, and so does one that there
 * is none of.
 */
static uint64_t find_context(const struct cbpf *handle, uint64_t sidtab, uint32_t sid)
{
	const struct layout *at = &handle->contexts->at;
	uint64_t context = 0;
	uint32_t kept = 1;

	if (sid)
		context = sid <= at->initial_count ? initial_context(handle, sidtab, sid) : later_context(handle, sidtab, sid);
	if (context && read_number(handle, context + at->length, &kept) && !kept)
		return context;
	return initial_context(handle, sidtab, UNLABELED);
}

/* Before a policy has been loaded initial identifiers have names. */
static void put_initial_name(const struct cbpf *handle, struct text *text, uint32_t sid)
{
	uint64_t name;

	if (!handle->contexts->initial_names || sid > handle->contexts->at.initial_count ||
	    !read_word(handle, handle->contexts->initial_names + sid * sizeof(name), &name))
		text->is_wrong = true;
	else
		put_string(handle, text, name);
}

/* security_sid_to_context() of `sid`. Returns whether `text` has it. */
static bool resolve(const struct cbpf *handle, struct text *text, uint32_t sid)
{
	const struct layout *at = &handle->contexts->at;
	uint64_t before, after, sidtab;
	uint32_t granting_before, granting_after;

	for (int i = 0; i < ATTEMPTS; i++) {
		text->length = 0;
		text->is_wrong = false;
		if (!read_word(handle, handle->contexts->state + at->policy, &before))
			return false;
		if (!before) {
			put_initial_name(handle, text, sid);
			return !text->is_wrong;
		}
		/* A policy is set free once another is in force (selinux_policy_commit()): what was read is right if it still is. */
		if (!read_number(handle, before + at->latest_granting, &granting_before) || !read_word(handle, before + at->sidtab, &sidtab))
			continue;
		uint64_t context = find_context(handle, sidtab, sid);

		if (context)
			put_context(handle, text, before + at->policydb, context);
		else
			text->is_wrong = true;
		if (!read_word(handle, handle->contexts->state + at->policy, &after) || after != before ||
		    !read_number(handle, before + at->latest_granting, &granting_after) || granting_after != granting_before)
			continue;
		return !text->is_wrong;
	}
	return false;
}

/* --- the cache --- */

static void empty(struct contexts *contexts)
{
	for (int i = 0; i < SLOTS; i++) {
		free(contexts->slots[i].text);
		contexts->slots[i] = (struct slot){ 0 };
	}
}

/*
 * Changes a little after the policy does (selinux_notify_policy_change()). Without the page, which any policy comes with, it is always another, and nothing is
 * kept.
 */
static uint32_t number_of_policy(const struct contexts *contexts)
{
	return contexts->status ? contexts->status[3] : contexts->policy_number + 1;
}

/* The text of `sid` and its length, or NULL. */
static const char *lookup(struct cbpf *handle, uint32_t sid, uint32_t *length)
{
	struct contexts *contexts = handle->contexts;
	struct slot *slot = &contexts->slots[sid % SLOTS];
	uint32_t number = number_of_policy(contexts);

	if (number != contexts->policy_number) {
		empty(contexts);
		contexts->policy_number = number;
	}
	if (!slot->text || slot->sid != sid) {
		char bytes[AW_CONTEXT_MAX + 1];
		struct text text = { .bytes = bytes };

		if (!resolve(handle, &text, sid))
			return NULL;
		char *copy = malloc(text.length);

		if (!copy)
			return NULL;
		memcpy(copy, bytes, text.length);
		free(slot->text);
		*slot = (struct slot){ .sid = sid, .length = text.length, .text = copy };
	}
	*length = slot->length;
	return slot->text;
}

/* --- names that rules have --- */

/* More than any policy has. */
enum { NAMES_MAX = 1 << 17 };

static void forget_names(struct names *names)
{
	for (uint32_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
	free(names->data);
	*names = (struct names){ 0 };
}

/* Adds the name at `key`. */
static bool add_name(const struct cbpf *handle, struct names *names, uint64_t key, uint64_t datum)
{
	uint32_t size = peek(handle, key, 0);

	if (!size || names->count == NAMES_MAX)
		return false;
	if (!(names->count & (names->count - 1))) {
		size_t room = names->count ? 2 * names->count : 1;
		char **more = realloc(names->names, room * sizeof(*more));

		if (more)
			names->names = more;
		uint64_t *more_data = more ? realloc(names->data, room * sizeof(*more_data)) : NULL;

		if (!more_data)
			return false;
		names->data = more_data;
	}
	names->names[names->count] = strndup((const char *)handle->label_name, size);
	names->data[names->count] = datum;
	if (!names->names[names->count])
		return false;
	names->count++;
	return true;
}

/* Reads the hash table of names `symbol` of the policy at `policy`. */
static bool add_names(const struct cbpf *handle, struct names *names, uint64_t policy, uint32_t symbol)
{
	const struct layout *at = &handle->contexts->at;
	uint64_t table = policy + at->policydb + at->symtab + symbol * at->symtab_size + at->table, list, node;
	unsigned char bytes[64];
	uint32_t size;

	if (!read_word(handle, table + at->htable, &list) || !read_number(handle, table + at->hash_size, &size) || size > NAMES_MAX)
		return false;
	for (uint32_t i = 0; i < size; i++) {
		if (!read_word(handle, list + i * sizeof(node), &node))
			return false;
		while (node) {
			uint64_t key, datum;

			if (!read_memory(handle, node, bytes, at->hash_node_size))
				return false;
			memcpy(&key, bytes + at->key, sizeof(key));
			memcpy(&datum, bytes + at->datum, sizeof(datum));
			memcpy(&node, bytes + at->next_node, sizeof(node));
			if (!add_name(handle, names, key, datum))
				return false;
		}
	}
	return true;
}

/* The names of `kind` in the policy in force, and that policy; NULL where they cannot be told. */
static const struct names *read_names(struct cbpf *handle, enum cbpf_name kind, uint64_t *policy)
{
	static const uint32_t symbols[CBPF_NAMES] = { USERS, ROLES, TYPES, LEVELS, CATEGORIES };
	const struct layout *at = &handle->contexts->at;
	struct names *names = &handle->contexts->names[kind];
	uint32_t number = number_of_policy(handle->contexts);
	uint64_t after;

	for (int i = 0; i < ATTEMPTS; i++) {
		if (!read_word(handle, handle->contexts->state + at->policy, policy) || !*policy)
			return NULL;
		if (names->are_read && names->policy_number == number)
			return names;
		forget_names(names);
		bool are_read = add_names(handle, names, *policy, symbols[kind]);

		if (!read_word(handle, handle->contexts->state + at->policy, &after) || after != *policy)
			continue;
		names->policy_number = number;
		names->are_read = are_read;
		return are_read ? names : NULL;
	}
	return NULL;
}

int cbpf_context_name(struct cbpf *handle, enum cbpf_name kind, const char *name, char *canonical, size_t size)
{
	uint64_t policy, list, address;
	uint32_t value;

	if (!handle->contexts || !handle->contexts->has_names || kind >= CBPF_NAMES)
		return -EOPNOTSUPP;
	const struct layout *at = &handle->contexts->at;
	const struct names *names = read_names(handle, kind, &policy);

	if (!names)
		return -EAGAIN;
	for (uint32_t i = 0; i < names->count; i++) {
		if (strcmp(names->names[i], name))
			continue;
		if (kind != CBPF_NAME_TYPE)
			return snprintf(canonical, size, "%s", name) < (int)size ? 1 : -ENAMETOOLONG;
		/* A type may have several names, of which sym_val_to_name[] has one. */
		uint32_t length = 0;

		if (read_number(handle, names->data[i] + at->value, &value) && value &&
		    read_word(handle, policy + at->policydb + at->names + TYPES * sizeof(list), &list) &&
		    read_word(handle, list + (value - 1) * sizeof(address), &address))
			length = peek(handle, address, 0);
		if (!length || length > size)
			return -EAGAIN;
		memcpy(canonical, (const void *)handle->label_name, length);
		return 1;
	}
	return 0;
}

uint32_t cbpf_policy(const struct cbpf *handle)
{
	/* The page begins with 0, and then has the number of each policy that comes. */
	return handle->contexts && handle->contexts->status ? handle->contexts->status[3] + 1 : 0;
}

/* --- events --- */

struct identifiers {
	uint32_t sids[EVENT_MAX];
	uint32_t count;
	bool are_all;
};

static void note(struct identifiers *identifiers, uint32_t sid)
{
	if (!sid)
		return;
	for (uint32_t i = 0; i < identifiers->count; i++)
		if (identifiers->sids[i] == sid)
			return;
	if (identifiers->count == EVENT_MAX)
		identifiers->are_all = false;
	else
		identifiers->sids[identifiers->count++] = sid;
}

/* The number `offset` bytes into a section's `length` bytes. */
static void note_at(struct identifiers *identifiers, const unsigned char *bytes, uint32_t length, size_t offset)
{
	uint32_t sid;

	if (offset + sizeof(sid) > length)
		return;
	memcpy(&sid, bytes + offset, sizeof(sid));
	note(identifiers, sid);
}

static void note_section(struct identifiers *identifiers, const struct aw_section *head, const unsigned char *bytes)
{
	uint32_t length = head->length;

	switch (head->tag) {
	case AW_SECTION_SUBJECT:
		note_at(identifiers, bytes, length, 0);
		break;
	case AW_SECTION_OBJECT:
		note_at(identifiers, bytes, length, offsetof(struct aw_object, sid));
		break;
	case AW_SECTION_TARGET:
		note_at(identifiers, bytes, length, offsetof(struct aw_target, sid));
		break;
	case AW_SECTION_SPECIAL:
		if (head->detail == AW_SPECIAL_IPC)
			note_at(identifiers, bytes, length, offsetof(struct aw_ipc, sid));
		break;
	case AW_SECTION_STEP:
		if (head->detail == AW_STEP_FILE)
			note_at(identifiers, bytes, length, offsetof(struct aw_step_file, file.sid));
		if (head->detail == AW_STEP_CREATE || head->detail == AW_STEP_DELETE) {
			note_at(identifiers, bytes, length, offsetof(struct aw_step_child, parent.sid));
			note_at(identifiers, bytes, length, offsetof(struct aw_step_child, child.sid));
		}
		break;
	}
}

/* Adds the context of `sid`, which is told as that of `number`. Returns false when it could not be had or has no room. */
static bool append(struct cbpf *handle, uint32_t *used, uint32_t sid, uint32_t number)
{
	uint32_t length;
	const char *text = lookup(handle, sid, &length);
	uint32_t size = sizeof(struct aw_context) + length;

	if (!text || *used + sizeof(struct aw_section) + AW_ALIGN(size) > AW_RECORD_MAX)
		return false;
	unsigned char *to = handle->contexts->event + *used;
	struct aw_section head = { .tag = AW_SECTION_CONTEXT, .length = size };
	struct aw_context context = { .sid = number };

	memset(to, 0, sizeof(head) + AW_ALIGN(size));
	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), &context, sizeof(context));
	memcpy(to + sizeof(head) + sizeof(context), text, length);
	*used += sizeof(head) + AW_ALIGN(size);
	return true;
}

void contexts_complete(struct cbpf *handle, const void **bytes, uint32_t *size)
{
	const unsigned char *event = *bytes;
	struct identifiers identifiers = { .are_all = true };
	struct aw_header header;
	struct aw_section head;
	uint32_t used = *size;

	if (used < sizeof(header) + sizeof(struct aw_syscall) || used > AW_RECORD_MAX)
		return;
	memcpy(&header, event, sizeof(header));
	if ((header.type != AW_TYPE_SYSCALL && header.type != AW_TYPE_OPERATION) || header.size != used)
		return;
	uint32_t start = sizeof(header) + sizeof(struct aw_syscall) + (header.type == AW_TYPE_OPERATION ? sizeof(struct aw_operation) : 0);

	for (uint32_t at = start; at + sizeof(head) <= used;) {
		memcpy(&head, event + at, sizeof(head));
		at += sizeof(head);
		if (head.length <= 0)
			continue;
		if ((uint32_t)head.length > used - at)
			return;
		note_section(&identifiers, &head, event + at);
		at += AW_ALIGN((uint32_t)head.length);
	}
	memcpy(handle->contexts->event, event, used);
	bool is_complete = identifiers.are_all;

	for (uint32_t i = 0; i < identifiers.count; i++)
		is_complete &= append(handle, &used, identifiers.sids[i], identifiers.sids[i]);
	if (*handle->wanted & ASC_WANTED_UNLABELED)
		is_complete &= append(handle, &used, UNLABELED, 0);
	header.size = used;
	header.flags |= is_complete ? 0 : AW_FLAG_INCOMPLETE;
	memcpy(handle->contexts->event, &header, sizeof(header));
	*bytes = handle->contexts->event;
	*size = used;
}

/* --- where everything is --- */

static const struct btf_member *find_in(const struct btf *btf, const struct btf_type *type, const char *member, uint32_t *offset)
{
	for (int i = 0; type && i < btf_vlen(type); i++) {
		const struct btf_member *found = &btf_members(type)[i];

		if (strcmp(btf__name_by_offset(btf, found->name_off), member))
			continue;
		*offset = btf_member_bit_offset(type, i) / 8;
		return found;
	}
	return NULL;
}

static const struct btf_type *find_type(const struct btf *btf, const char *name)
{
	/* Others may have so plain a name, too. */
	bool is_context = !strcmp(name, "context");
	int id = btf__find_by_name_kind(btf, is_context ? "sidtab_entry" : name, BTF_KIND_STRUCT);
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, id);
	uint32_t offset;
	const struct btf_member *member = type && is_context ? find_in(btf, type, name, &offset) : NULL;

	if (!is_context)
		return type;
	type = member ? btf__type_by_id(btf, member->type) : NULL;
	return type && btf_is_struct(type) ? type : NULL;
}

static const struct btf_member *find_member(const struct btf *btf, const char *name, const char *member, uint32_t *offset)
{
	return find_in(btf, find_type(btf, name), member, offset);
}

/* How many elements the array `member` has. */
static bool find_count(const struct btf *btf, const char *name, const char *member, uint32_t *count)
{
	uint32_t offset;
	const struct btf_member *found = find_member(btf, name, member, &offset);
	const struct btf_type *type = found ? btf__type_by_id(btf, found->type) : NULL;

	if (!type || !btf_is_array(type))
		return false;
	*count = btf_array(type)->nelems;
	return *count;
}

static bool find_size(const struct btf *btf, const char *name, uint32_t *size)
{
	const struct btf_type *type = find_type(btf, name);

	if (type)
		*size = type->size;
	return type;
}

/* Returns the name of what is not there, or NULL when all is. */
static const char *find_layout(const struct btf *btf, struct layout *at)
{
	/* The task's security identifier has moved to a structure of its own name in newer kernels (6.18). */
	const char *credential = find_type(btf, "cred_security_struct") ? "cred_security_struct" : "task_security_struct";
	const struct {
		const char *type, *member;
		uint32_t *offset;
	} members[] = {
		{ "selinux_state", "policy", &at->policy },
		{ "selinux_policy", "sidtab", &at->sidtab },
		{ "selinux_policy", "policydb", &at->policydb },
		{ "selinux_policy", "latest_granting", &at->latest_granting },
		{ "policydb", "mls_enabled", &at->mls_enabled },
		{ "policydb", "sym_val_to_name", &at->names },
		{ "sidtab", "roots", &at->roots },
		{ "sidtab", "count", &at->count },
		{ "sidtab", "isids", &at->isids },
		{ "sidtab_isid_entry", "set", &at->set },
		{ "sidtab_isid_entry", "entry", &at->entry },
		{ "sidtab_entry", "context", &at->context },
		{ "context", "user", &at->user },
		{ "context", "role", &at->role },
		{ "context", "type", &at->type },
		{ "context", "len", &at->length },
		{ "context", "range", &at->range },
		{ "mls_level", "sens", &at->sens },
		{ "mls_level", "cat", &at->cat },
		{ "ebitmap", "node", &at->node },
		{ "ebitmap_node", "next", &at->next },
		{ "ebitmap_node", "maps", &at->maps },
		{ "ebitmap_node", "startbit", &at->startbit },
		{ credential, "sid", &at->sid },
		{ "inode_security_struct", "sid", &at->inode_sid },
		{ "ipc_security_struct", "sid", &at->ipc_sid },
		{ "lsm_blob_sizes", "lbs_cred", &at->blob_cred },
		{ "lsm_blob_sizes", "lbs_inode", &at->blob_inode },
		{ "lsm_blob_sizes", "lbs_ipc", &at->blob_ipc },
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (!find_member(btf, members[i].type, members[i].member, members[i].offset))
			return members[i].member;
	if (!find_size(btf, "sidtab_isid_entry", &at->isid_size) || !find_size(btf, "sidtab_entry", &at->entry_size) ||
	    !find_size(btf, "mls_level", &at->level_size) || !find_size(btf, "lsm_blob_sizes", &at->blobs_size))
		return "a size";
	if (!find_count(btf, "sidtab", "isids", &at->initial_count) || !find_count(btf, "ebitmap_node", "maps", &at->node_words) ||
	    !find_count(btf, "sidtab_node_leaf", "entries", &at->leaf_count))
		return "a count";
	/* SIDTAB_INNER_SHIFT: a node of pointers is a page. */
	at->inner_shift = __builtin_ctzl(sysconf(_SC_PAGESIZE) / sizeof(uint64_t));
	return NULL;
}

/* What names that rules have are compared with. */
static bool find_names(const struct btf *btf, struct layout *at)
{
	return find_member(btf, "policydb", "symtab", &at->symtab) && find_member(btf, "symtab", "table", &at->table) &&
	       find_member(btf, "hashtab", "htable", &at->htable) && find_member(btf, "hashtab", "size", &at->hash_size) &&
	       find_member(btf, "hashtab_node", "key", &at->key) && find_member(btf, "hashtab_node", "datum", &at->datum) &&
	       find_member(btf, "hashtab_node", "next", &at->next_node) && find_member(btf, "type_datum", "value", &at->value) &&
	       find_size(btf, "symtab", &at->symtab_size) && find_size(btf, "hashtab_node", &at->hash_node_size) &&
	       at->hash_node_size <= 64;
}

/* The kernel has the file system for those that SELinux is at work for only (init_sel_fs()). */
static bool is_at_work(void)
{
	char line[128];
	bool is_there = false;
	FILE *file = fopen("/proc/filesystems", "re");

	while (file && !is_there && fgets(line, sizeof(line), file))
		is_there = !strcmp(line, "nodev\tselinuxfs\n");
	if (file)
		fclose(file);
	return is_there;
}

/* The page that tells of changes of the policy (security/selinux/status.c), by a mount of its own where there is none. */
static const volatile uint32_t *map_status(void)
{
	const int fsconfig_create = 6; /* FSCONFIG_CMD_CREATE (linux/mount.h) */
	int file = open("/sys/fs/selinux/status", O_RDONLY | O_CLOEXEC);

	if (file < 0) {
		int system = syscall(SYS_fsopen, "selinuxfs", 1 /* FSOPEN_CLOEXEC */);
		bool is_made = system >= 0 && !syscall(SYS_fsconfig, system, fsconfig_create, NULL, NULL, 0);
		int mount = is_made ? syscall(SYS_fsmount, system, 1 /* FSMOUNT_CLOEXEC */, 0) : -1;

		file = mount < 0 ? -1 : openat(mount, "status", O_RDONLY | O_CLOEXEC);
		if (mount >= 0)
			close(mount);
		if (system >= 0)
			close(system);
	}
	void *page = file < 0 ? MAP_FAILED : mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, file, 0);

	if (file >= 0)
		close(file);
	return page == MAP_FAILED ? NULL : page;
}

/* Whether this thread's own identifier stands for what the kernel says that it does. */
static bool is_right(struct cbpf *handle)
{
	uint64_t arguments[2] = { 0, 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = arguments, .ctx_size_in = sizeof(arguments));
	char own[AW_CONTEXT_MAX + 2];
	int file = open("/proc/thread-self/attr/current", O_RDONLY | O_CLOEXEC);
	ssize_t size = file < 0 ? -1 : read(file, own, sizeof(own) - 1);
	uint32_t length;

	if (file >= 0)
		close(file);
	if (size <= 0 || bpf_prog_test_run_opts(handle->contexts->peek, &options))
		return false;
	own[size] = '\0';
	own[strcspn(own, "\n")] = '\0';
	const char *text = lookup(handle, options.retval, &length);

	return text && length == strlen(own) && !memcmp(text, own, length);
}

/* Returns why contexts cannot be told, or NULL. */
static const char *find(struct cbpf *handle)
{
	struct contexts *contexts = handle->contexts;
	const char *const names[3] = { "selinux_state", "selinux_blob_sizes", "initial_sid_to_string" };
	uint64_t addresses[3];
	unsigned char sizes[256];
	uint32_t places[3];
	struct btf *btf = btf__load_vmlinux_btf();
	const char *lacking = btf ? find_layout(btf, &contexts->at) : "type information";

	contexts->has_names = !lacking && find_names(btf, &contexts->at);
	btf__free(btf);
	if (lacking)
		return lacking;
	cbpf_kernel_addresses(names, 3, addresses);
	contexts->state = addresses[0];
	contexts->initial_names = addresses[2];
	if (!addresses[0] || !addresses[1])
		return "addresses of variables (CONFIG_KALLSYMS_ALL, kernel.kptr_restrict)";
	if (contexts->at.blobs_size > sizeof(sizes) || !read_memory(handle, addresses[1], sizes, contexts->at.blobs_size))
		return "sizes of security blobs";
	memcpy(&places[0], sizes + contexts->at.blob_cred, sizeof(uint32_t));
	memcpy(&places[1], sizes + contexts->at.blob_inode, sizeof(uint32_t));
	memcpy(&places[2], sizes + contexts->at.blob_ipc, sizeof(uint32_t));
	contexts->status = map_status();
	*handle->sid_cred = places[0] + contexts->at.sid + 1;
	if (!is_right(handle)) {
		*handle->sid_cred = 0;
		return "the collector's own context";
	}
	*handle->sid_inode = places[1] + contexts->at.inode_sid + 1;
	*handle->sid_ipc = places[2] + contexts->at.ipc_sid + 1;
	return NULL;
}

void contexts_find(struct cbpf *handle)
{
	struct bpf_program *program = bpf_object__find_program_by_name(handle->object, "peek");

	if (handle->contexts || !program || !is_at_work())
		return;
	handle->contexts = calloc(1, sizeof(*handle->contexts));
	if (!handle->contexts)
		return;
	handle->contexts->peek = bpf_program__fd(program);
	handle->contexts_lacking = find(handle);
	if (handle->contexts_lacking)
		contexts_close(handle);
}

void contexts_close(struct cbpf *handle)
{
	if (!handle->contexts)
		return;
	empty(handle->contexts);
	for (int i = 0; i < CBPF_NAMES; i++)
		forget_names(&handle->contexts->names[i]);
	if (handle->contexts->status)
		munmap((void *)handle->contexts->status, sysconf(_SC_PAGESIZE));
	free(handle->contexts);
	handle->contexts = NULL;
}

const char *cbpf_contexts_lacking(const struct cbpf *handle)
{
	return handle->contexts_lacking;
}
