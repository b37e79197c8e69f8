/* SPDX-License-Identifier: MIT */
/*
 * One heap a component, in the component's own window of the address map.
 *
 * Memory is drawn from the window in whole super-pages, up to the quota; at the
 * quota malloc answers NULL in that component alone. The allocator's own first
 * data about a heap (about 100 KiB) is the container's and not in the quota.
 * heap.c does it with a jemalloc arena; heap_plain.c, for builds whose malloc
 * belongs to a sanitizer, leaves malloc alone and only knows the quota.
 *
 * A heap's life: heap_bind, heap_join for further threads, heap_leave by each
 * thread (or the thread's end), heap_release; then it may begin again. The
 * calls for one component are never made at the same time as its heap_bind,
 * heap_release or heap_abandon. None blocks but for the allocator's own locks.
 */
#ifndef CONTAINER_HEAP_H
#define CONTAINER_HEAP_H

#include <stddef.h>

#include "layout/layout.h"

struct component_stats;

#define HEAP_MIN_BYTES LAYOUT_SUPER_SIZE

/* More than a window holds can never be given out. */
#define HEAP_MAX_BYTES LAYOUT_HEAP_SIZE

/*
 * Make the component's heap and have the calling thread's malloc draw on it.
 * The quota is HEAP_MIN_BYTES to HEAP_MAX_BYTES, in whole super-pages. Returns
 * 0; -EBUSY where it is bound already; -EIO where it was abandoned; -EINVAL; or
 * another negative errno, and then the thread's malloc is as it was.
 */
int heap_bind(unsigned component, size_t quota);

/* Have the calling thread's malloc draw on a heap that is bound. 0, -EINVAL or -ENOMEM. */
int heap_join(unsigned component);

/*
 * The calling thread's malloc is the container's again, and what the thread has
 * cached goes back to the heap. What it allocated stays valid until the release.
 */
void heap_leave(void);

/*
 * End the heap: every thread has left it or ended, and nobody uses what was
 * allocated from it. All of its memory goes back, and its addresses with it.
 * The calling thread may have freed blocks of this heap, no other thread that
 * goes on may: they would stay in its cache. Returns 0; -EBUSY where a thread
 * is still bound; -EINVAL where the heap is not bound.
 */
int heap_release(unsigned component);

/*
 * End a heap whose state cannot be trusted: a thread failed inside the
 * allocator. Its memory goes back, its window is never used again. Threads that
 * were bound to it must not enter the allocator again, not even by their end
 * (the system call exit ends a thread without it).
 */
void heap_abandon(unsigned component);

/*
 * Keep the bytes used there, too, and their peak in the word behind, which stay valid.
 * Once a component, before it starts.
 */
void heap_show(unsigned component, uint64_t *shown);

/*
 * Give back what the component has freed, but for what its other threads have
 * cached. By itself this happens within a second of its next allocations, and when
 * the quota is reached; one that only waits, on channels, has component_rest do it.
 */
void heap_trim(unsigned component);

/* Counters of one component, in O(1); zeroes for one that has no heap. */
void heap_stats(unsigned component, struct component_stats *out);

#endif
