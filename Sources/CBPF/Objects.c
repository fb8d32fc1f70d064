/* SPDX-License-Identifier: MIT */
/*
 * The kernel objects that are built in, by tar and xz: as they are they would be a fifth of the program, which needs one of them. Those of one archive
 * resemble each other; of each archive only the part up to the object in question is unpacked.
 */
#include "objects.h"
#include <bpf/libbpf.h>
#include <errno.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#if !__has_embed("btf.tar.xz") || !__has_embed("staged.tar.xz")
#error "the kernel programs are not built: run `make bpf` first (or `make`, which does)"
#endif

static const unsigned char btf_archive[] = {
#embed "btf.tar.xz"
};

static const unsigned char staged_archive[] = {
#embed "staged.tar.xz"
};

static const struct {
	const char *name;
	const unsigned char *archive;
	size_t size;
} objects[CBPF_OBJECTS] = {
	[CBPF_OBJECT_BTF] = { "btf.bpf.o", btf_archive, sizeof(btf_archive) },
	[CBPF_OBJECT_HOOKS_FENTRY] = { "hooks_fentry.bpf.o", btf_archive, sizeof(btf_archive) },
	[CBPF_OBJECT_HOOKS_KPROBE] = { "hooks_kprobe.bpf.o", btf_archive, sizeof(btf_archive) },
	[CBPF_OBJECT_RINGS] = { "rings.bpf.o", btf_archive, sizeof(btf_archive) },
	[CBPF_OBJECT_RAW_TP] = { "raw_tp.bpf.o", staged_archive, sizeof(staged_archive) },
	[CBPF_OBJECT_RAW_TP_NOLOOPS] = { "raw_tp_noloops.bpf.o", staged_archive, sizeof(staged_archive) },
	[CBPF_OBJECT_RAW_TP_SUB4096] = { "raw_tp_sub4096.bpf.o", staged_archive, sizeof(staged_archive) },
	[CBPF_OBJECT_TP] = { "tp.bpf.o", staged_archive, sizeof(staged_archive) },
};

/* Of a member's head in an archive of POSIX tar, which takes a block, as its content takes whole ones. */
enum { BLOCK = 512, NAME_SIZE = 100, SIZE_AT = 124 };

/* Where the content of `name` begins in the first `length` bytes of an archive, if all of it is among them; else 0. */
static size_t find(const char *bytes, size_t length, const char *name, size_t *size)
{
	for (size_t at = 0; length - at >= BLOCK;) {
		const char *head = bytes + at;

		*size = strtoul(head + SIZE_AT, NULL, 8);
		at += BLOCK;
		if (!strncmp(head, name, NAME_SIZE))
			return length - at >= *size ? at : 0;
		size_t content = (*size + BLOCK - 1) / BLOCK * BLOCK;

		if (length - at < content)
			break;
		at += content;
	}
	return 0;
}

/* Unpacks an archive up to the end of the object. Returns memory to free with where the object is in it, or NULL with errno set. */
static char *unpack(enum cbpf_object number, size_t *start, size_t *size)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	size_t room = 1 << 20;
	char *whole = NULL;
	/* 64 MiB of memory are what the strongest preset wants; what is built in wants less. */
	lzma_ret outcome = lzma_stream_decoder(&stream, 128 << 20, 0);

	stream.next_in = objects[number].archive;
	stream.avail_in = objects[number].size;
	*start = 0;
	while (outcome == LZMA_OK && !*start) {
		char *more = realloc(whole, room);

		if (!more) {
			outcome = LZMA_MEM_ERROR;
			break;
		}
		whole = more;
		stream.next_out = (uint8_t *)whole + stream.total_out;
		stream.avail_out = room - stream.total_out;
		outcome = lzma_code(&stream, LZMA_RUN);
		*start = find(whole, stream.total_out, objects[number].name, size);
		room *= 2;
	}
	lzma_end(&stream);
	if (*start)
		return whole;
	free(whole);
	errno = outcome == LZMA_MEM_ERROR || outcome == LZMA_MEMLIMIT_ERROR ? ENOMEM : EINVAL;
	return NULL;
}

struct bpf_object *cbpf_object_open(enum cbpf_object number, const struct bpf_object_open_opts *options)
{
	size_t start, size;
	char *archive = unpack(number, &start, &size);

	if (!archive)
		return NULL;
	struct bpf_object *opened = bpf_object__open_mem(archive + start, size, options);
	int error = errno;

	/* libbpf has copied what it needs: it closes the ELF file before it returns. */
	free(archive);
	errno = error;
	return opened;
}
