/* SPDX-License-Identifier: MIT */
/* The kernel objects that are built in. */
#ifndef CBPF_OBJECTS_H
#define CBPF_OBJECTS_H

#include <bpf/libbpf.h>

enum cbpf_object {
	CBPF_OBJECT_BTF,
	CBPF_OBJECT_RAW_TP,
	CBPF_OBJECT_RAW_TP_NOLOOPS,
	CBPF_OBJECT_RAW_TP_SUB4096,
	CBPF_OBJECT_TP,
	CBPF_OBJECT_HOOKS_FENTRY,
	CBPF_OBJECT_HOOKS_KPROBE,
	CBPF_OBJECT_RINGS,
	CBPF_OBJECTS,
};

/* As bpf_object__open_mem(). Returns NULL with errno set. */
struct bpf_object *cbpf_object_open(enum cbpf_object number, const struct bpf_object_open_opts *options);

#endif
