/* SPDX-License-Identifier: MIT */
#include "CBPFTest.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

_Static_assert(sizeof(struct bpf_insn) == sizeof(uint64_t), "an instruction is eight bytes");

int cbpf_test_inspect(const char *path, cbpf_test_program_visitor *program_visitor, cbpf_test_map_visitor *map_visitor, void *context)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);

	if (!object)
		return -errno;
	struct bpf_program *program;
	bpf_object__for_each_program(program, object) {
		program_visitor(context, bpf_program__name(program), bpf_program__type(program),
				(const uint64_t *)bpf_program__insns(program), bpf_program__insn_cnt(program));
	}
	struct bpf_map *map;
	bpf_object__for_each_map(map, object) {
		/* Maps that libbpf makes of sections are called after them: .bss and the like, or with a name before the dot. */
		map_visitor(context, bpf_map__name(map), bpf_map__type(map), strchr(bpf_map__name(map), '.') != NULL);
	}
	bpf_object__close(object);
	return 0;
}
