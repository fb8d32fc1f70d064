/* SPDX-License-Identifier: MIT */
/* The kernel objects that are built in, gzipped: as they are they would be a fifth of the program, which needs one of them. */
#include "objects.h"
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#if !__has_embed("btf.bpf.o.gz") || !__has_embed("raw_tp.bpf.o.gz") || !__has_embed("raw_tp_noloops.bpf.o.gz") || \
	!__has_embed("raw_tp_sub4096.bpf.o.gz") || !__has_embed("tp.bpf.o.gz") || !__has_embed("hooks_fentry.bpf.o.gz") || \
	!__has_embed("hooks_kprobe.bpf.o.gz")
#error "the kernel programs are not built: run `make bpf` first (or `make`, which does)"
#endif

static const unsigned char btf_object[] = {
#embed "btf.bpf.o.gz"
};

static const unsigned char raw_tp_object[] = {
#embed "raw_tp.bpf.o.gz"
};

static const unsigned char raw_tp_noloops_object[] = {
#embed "raw_tp_noloops.bpf.o.gz"
};

static const unsigned char raw_tp_sub4096_object[] = {
#embed "raw_tp_sub4096.bpf.o.gz"
};

static const unsigned char tp_object[] = {
#embed "tp.bpf.o.gz"
};

static const unsigned char hooks_fentry_object[] = {
#embed "hooks_fentry.bpf.o.gz"
};

static const unsigned char hooks_kprobe_object[] = {
#embed "hooks_kprobe.bpf.o.gz"
};

static const struct {
	const unsigned char *bytes;
	size_t size;
} objects[CBPF_OBJECTS] = {
	[CBPF_OBJECT_BTF] = { btf_object, sizeof(btf_object) },
	[CBPF_OBJECT_RAW_TP] = { raw_tp_object, sizeof(raw_tp_object) },
	[CBPF_OBJECT_RAW_TP_NOLOOPS] = { raw_tp_noloops_object, sizeof(raw_tp_noloops_object) },
	[CBPF_OBJECT_RAW_TP_SUB4096] = { raw_tp_sub4096_object, sizeof(raw_tp_sub4096_object) },
	[CBPF_OBJECT_TP] = { tp_object, sizeof(tp_object) },
	[CBPF_OBJECT_HOOKS_FENTRY] = { hooks_fentry_object, sizeof(hooks_fentry_object) },
	[CBPF_OBJECT_HOOKS_KPROBE] = { hooks_kprobe_object, sizeof(hooks_kprobe_object) },
};

struct bpf_object *cbpf_object_open(enum cbpf_object number, const struct bpf_object_open_opts *options)
{
	const unsigned char *bytes = objects[number].bytes;
	size_t size = objects[number].size;
	/* The last four bytes are the length before (RFC 1952), least byte first. */
	const unsigned char *end = bytes + size - 4;
	size_t whole = end[0] | end[1] << 8 | end[2] << 16 | (size_t)end[3] << 24;
	void *object = malloc(whole);
	/* zlib's `next_in` is not const, for programs older than the word. */
	z_stream stream = { .next_in = (unsigned char *)bytes, .avail_in = size, .next_out = object, .avail_out = whole };
	struct bpf_object *opened = NULL;
	int error = ENOMEM;

	/* 16: a gzip header and trailer are expected and checked. */
	if (object && inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK) {
		int outcome = inflate(&stream, Z_FINISH);

		inflateEnd(&stream);
		error = EINVAL;
		if (outcome == Z_STREAM_END) {
			opened = bpf_object__open_mem(object, whole, options);
			error = errno;
		}
	}
	/* libbpf has copied what it needs: it closes the ELF file before it returns. */
	free(object);
	errno = error;
	return opened;
}
