/* SPDX-License-Identifier: MIT */
/*
 * The memory behind one heap window: which of its addresses are given out, and
 * which of its super-pages are backed, within a quota.
 *
 * heap.c draws on it. Where nothing is said, any thread may call.
 */
#ifndef CONTAINER_HEAP_MEMORY_H
#define CONTAINER_HEAP_MEMORY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout/layout.h"

struct heap_unit;

struct heap_memory {
	pthread_mutex_t lock;    /* all below but the counters, which are read without it */
	uint64_t base;           /* of the window */
	uint64_t next;           /* bytes of addresses given out */
	struct heap_unit *units; /* one a super-page of the window */
	unsigned spare;          /* a backed unit without committed pages, or past the last */
	atomic_size_t quota;     /* bytes; written while no other thread uses the window */
	atomic_size_t used;      /* bytes of backed units */
	atomic_size_t peak;
	uint64_t *shown; /* used and peak once more, for readers outside; NULL: none */
};

/* Make an empty window at base; once a window. Returns 0 or a negative errno. */
int heap_memory_create(struct heap_memory *m, uint64_t base);

/* Begin again with this quota; for the only user, after create or drop. */
void heap_memory_begin(struct heap_memory *m, size_t quota);

/*
 * The next addresses, all of them zero, or NULL. Where the quota could not back
 * them the answer is NULL even if nothing is to be committed yet.
 */
void *heap_memory_take(struct heap_memory *m, size_t size, size_t alignment, bool commit);

/* Whether the address belongs to the window. */
bool heap_memory_holds(const struct heap_memory *m, const void *addr);

/* Have pages that are not committed readable, writable and zero; false: no memory, or quota. */
bool heap_memory_commit(struct heap_memory *m, void *addr, size_t size);

/* The contents of committed pages are no longer needed. */
void heap_memory_decommit(struct heap_memory *m, void *addr, size_t size);

/* Give back what is only kept for the next commit. */
void heap_memory_trim(struct heap_memory *m);

/* Give back everything, whatever state it is in, for the only user. */
void heap_memory_drop(struct heap_memory *m);

#endif
