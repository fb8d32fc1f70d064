/* SPDX-License-Identifier: MIT */
/* Which functions of the kernel make the calls that are wanted: by the kernel's type information. */
#include "calls.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A name of the text that the caller gave. */
struct wish {
	const char *name;
	size_t length;
	uint16_t call;
	bool returns, is_found;
};

struct wishes {
	struct wish list[4 * CALL_FUNCTIONS_MAX];
	size_t count, calls;
	bool is_compat[CALL_FUNCTIONS_MAX];
	const char *text[CALL_FUNCTIONS_MAX]; /* where a call's line begins */
};

static int compare(const void *a, const void *b)
{
	const struct wish *one = a, *other = b;
	size_t shorter = one->length < other->length ? one->length : other->length;
	int order = memcmp(one->name, other->name, shorter);

	return order ? order : (one->length > other->length) - (one->length < other->length);
}

/* One call a line: see cbpf_want_calls(). */
static int parse(const char *text, struct wishes *wishes)
{
	while (*text) {
		size_t line = strcspn(text, "\n");
		const char *end = text + line;
		bool returns = true;

		if (wishes->calls == CALL_FUNCTIONS_MAX)
			return -E2BIG;
		wishes->text[wishes->calls] = text;
		for (; *text == '!' || *text == '~'; text++) {
			if (*text == '!')
				returns = false;
			else
				wishes->is_compat[wishes->calls] = true;
		}
		while (text < end) {
			size_t length = strcspn(text, " \n");

			if (wishes->count == sizeof(wishes->list) / sizeof(wishes->list[0]) || length >= CALL_NAME_MAX)
				return -E2BIG;
			wishes->list[wishes->count++] =
				(struct wish){ .name = text, .length = length, .call = wishes->calls, .returns = returns };
			text += length + (text + length < end);
		}
		wishes->calls += 1;
		text = *end ? end + 1 : end;
	}
	qsort(wishes->list, wishes->count, sizeof(wishes->list[0]), compare);
	return 0;
}

static struct call_function *find_function(struct call_side *side, const char *name)
{
	for (size_t i = 0; i < side->count; i++)
		if (!strcmp(side->functions[i].name, name))
			return &side->functions[i];
	return NULL;
}

/*
 * Adds `name`, unless it is there; it is wanted now. Of several with the same name (a weak one is among the types as well) the first counts, as it does
 * for libbpf: for the kernel they are one, found by name.
 */
static int want(struct call_side *side, const char *name, int id, bool is_typed, bool returns)
{
	struct call_function *function = find_function(side, name);

	if (function && function->is_wanted)
		return 0;
	for (size_t i = 0; !function && i < side->count; i++)
		if (!side->functions[i].is_wanted && !side->functions[i].is_attached)
			function = &side->functions[i];
	if (!function && side->count < CALL_FUNCTIONS_MAX)
		function = &side->functions[side->count++];
	if (!function)
		return -E2BIG;
	if (!function->is_attached) {
		*function = (struct call_function){ .id = id, .is_typed = is_typed, .returns = returns, .pair = -1 };
		strcpy(function->name, name);
	}
	function->is_wanted = true;
	return 0;
}

/* Whether a function takes a structure that the type information has, as a program on it needs to read it. */
static bool is_typed(const struct btf *btf, const struct btf_type *function)
{
	const struct btf_type *prototype = btf__type_by_id(btf, function->type);
	int type = btf_vlen(prototype) == 1 ? btf__resolve_type(btf, btf_params(prototype)[0].type) : -1;

	if (type <= 0 || !btf_is_ptr(btf__type_by_id(btf, type)))
		return false;
	type = btf__resolve_type(btf, btf__type_by_id(btf, type)->type);
	return type > 0 && btf_is_struct(btf__type_by_id(btf, type));
}

/* Whether structure `type`, or one without a name in it, has a member `name`. */
static bool has_member(const struct btf *btf, int id, const char *name)
{
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, id) : NULL;

	for (int i = 0; type && btf_is_composite(type) && i < btf_vlen(type); i++) {
		const struct btf_member *member = btf_members(type) + i;
		const char *its = btf__name_by_offset(btf, member->name_off);

		if (!strcmp(its, name) || ((!*its || !strcmp(its, "kprobe_multi")) && has_member(btf, member->type, name)))
			return true;
	}
	return false;
}

/* Looks the names up in the kernel's type information, in one walk over it. */
static int look_up(struct cbpf *handle, struct wishes *wishes)
{
	struct call_side *side = &handle->call_side;
	struct btf *btf = btf__load_vmlinux_btf();
	bool has_compat = false, is_found[CALL_FUNCTIONS_MAX] = {};
	int error = 0;

	if (!btf)
		return -errno;
	/* The member came with the count (dd8657894c11 and before it). */
	side->counts_skipped = has_member(btf, btf__find_by_name_kind(btf, "bpf_link_info", BTF_KIND_STRUCT), "missed");
	side->has_graph_probes = btf__find_by_name_kind(btf, "fprobe_fgraph_entry", BTF_KIND_FUNC) > 0;
	for (uint32_t id = 1; !error && id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (!btf_is_func(type))
			continue;
		const char *name = btf__name_by_offset(btf, type->name_off);

		if (name[0] != '_' || name[1] != '_')
			continue;
		struct wish key = { .name = name, .length = strlen(name) };
		struct wish *found = bsearch(&key, wishes->list, wishes->count, sizeof(key), compare);

		has_compat = has_compat || !strcmp(name, "__ia32_sys_read");
		if (!found)
			continue;
		/* Names that several calls have are next to each other. */
		while (found > wishes->list && !compare(found - 1, &key))
			found--;
		error = want(side, name, id, is_typed(btf, type), found->returns);
		for (; found < wishes->list + wishes->count && !compare(found, &key); found++)
			is_found[found->call] = true;
	}
	btf__free(btf);
	for (size_t i = 0; !error && i < wishes->calls; i++) {
		if (is_found[i] || (wishes->is_compat[i] && !has_compat))
			continue;
		char reason[96];

		snprintf(reason, sizeof(reason), "the kernel has no function %.*s", (int)strcspn(wishes->text[i], " \n"), wishes->text[i]);
		calls_say(handle, reason, 0);
		return -ENOENT;
	}
	return error;
}

void calls_want_functions(struct call_side *side, bool wanted)
{
	for (size_t i = 0; i < side->count; i++)
		side->functions[i].is_wanted = wanted && side->functions[i].is_attached;
}

int calls_find(struct cbpf *handle, const char *text)
{
	struct call_side *side = &handle->call_side;
	struct wishes *wishes = calloc(1, sizeof(*wishes));
	size_t said = strlen(side->reason);

	if (!wishes)
		return -ENOMEM;
	calls_want_functions(side, false);
	int error = parse(text, wishes);

	if (!error)
		error = look_up(handle, wishes);
	free(wishes);
	if (error && !side->reason[said])
		calls_say(handle, "the functions of the calls cannot be looked up", error);
	return error;
}
