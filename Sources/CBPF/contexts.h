/* SPDX-License-Identifier: MIT */
/* What security identifiers of SELinux stand for: steps of a handle's life. */
#ifndef CBPF_CONTEXTS_H
#define CBPF_CONTEXTS_H

#include <stdint.h>

struct cbpf;

/*
 * Where SELinux is at work, has the programs send security identifiers, and finds what is needed to tell what they stand for. Where that is not found they do
 * not, and that is no error: cbpf_contexts_lacking() says what was missing. Once the programs are loaded.
 */
void contexts_find(struct cbpf *handle);

/*
 * Puts a copy with the contexts of its security identifiers, which lasts until the next call, in place of an event. Only where contexts_find() has
 * found them.
 */
void contexts_complete(struct cbpf *handle, const void **bytes, uint32_t *size);

void contexts_close(struct cbpf *handle);

#endif
