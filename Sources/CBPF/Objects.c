/* SPDX-License-Identifier: MIT */
/* The kernel objects that are built in, by xz: as they are they would be a fifth of the program, which needs one of them. */
#include "objects.h"
#include <bpf/libbpf.h>
#include <errno.h>
#include <lzma.h>
#include <stdlib.h>

#if !__has_embed("btf.bpf.o.xz") || !__has_embed("raw_tp.bpf.o.xz") || !__has_embed("raw_tp_noloops.bpf.o.xz") || \
	!__has_embed("raw_tp_sub4096.bpf.o.xz") || !__has_embed("tp.bpf.o.xz") || !__has_embed("hooks_fentry.bpf.o.xz") || \
	!__has_embed("hooks_kprobe.bpf.o.xz")
#error "the kernel programs are not built: run `make bpf` first (or `make`, which does)"
#endif

static const unsigned char btf_object[] = {
#embed "btf.bpf.o.xz"
};

static const unsigned char raw_tp_object[] = {
#embed "raw_tp.bpf.o.xz"
};

static const unsigned char raw_tp_noloops_object[] = {
#embed "raw_tp_noloops.bpf.o.xz"
};

static const unsigned char raw_tp_sub4096_object[] = {
#embed "raw_tp_sub4096.bpf.o.xz"
};

static const unsigned char tp_object[] = {
#embed "tp.bpf.o.xz"
};

static const unsigned char hooks_fentry_object[] = {
#embed "hooks_fentry.bpf.o.xz"
};

static const unsigned char hooks_kprobe_object[] = {
#embed "hooks_kprobe.bpf.o.xz"
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

/* Unpacks `size` bytes. Returns memory to free and its length, or NULL with errno set. */
static void *unpack(const unsigned char *bytes, size_t size, size_t *length)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	size_t room = 16 * size;
	unsigned char *whole = NULL;
	/* 64 MiB of memory are what the strongest preset wants; what is built in wants less. */
	lzma_ret outcome = lzma_stream_decoder(&stream, 128 << 20, 0);

	stream.next_in = bytes;
	stream.avail_in = size;
	while (outcome == LZMA_OK) {
		unsigned char *more = realloc(whole, room);

		if (!more) {
			outcome = LZMA_MEM_ERROR;
			break;
		}
		whole = more;
		stream.next_out = whole + stream.total_out;
		stream.avail_out = room - stream.total_out;
		outcome = lzma_code(&stream, LZMA_FINISH);
		room *= 2;
	}
	*length = stream.total_out;
	lzma_end(&stream);
	if (outcome == LZMA_STREAM_END)
		return whole;
	free(whole);
	errno = outcome == LZMA_MEM_ERROR || outcome == LZMA_MEMLIMIT_ERROR ? ENOMEM : EINVAL;
	return NULL;
}

struct bpf_object *cbpf_object_open(enum cbpf_object number, const struct bpf_object_open_opts *options)
{
	size_t length;
	void *object = unpack(objects[number].bytes, objects[number].size, &length);

	if (!object)
		return NULL;
	struct bpf_object *opened = bpf_object__open_mem(object, length, options);
	int error = errno;

	/* libbpf has copied what it needs: it closes the ELF file before it returns. */
	free(object);
	errno = error;
	return opened;
}
