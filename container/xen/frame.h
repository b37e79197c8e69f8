/* SPDX-License-Identifier: MIT */
/*
 * Physical memory, in 4 KiB frames and 2 MiB super-frames.
 *
 * Addresses are physical, in bytes. The contents of a fresh frame are whatever
 * was there before. Every function may be called on any core.
 */
#ifndef XEN_FRAME_H
#define XEN_FRAME_H

#include <stdint.h>

/* What "no frame left" looks like: physical page 0 is never given out. */
#define FRAME_NONE 0

/* Give the frames that lie wholly in [base, base + size) to the allocator. Boot only. */
void frame_add(uint64_t base, uint64_t size);

uint64_t frame_get(void);       /* one 4 KiB frame, or FRAME_NONE */
uint64_t frame_get_super(void); /* one 2 MiB frame, or FRAME_NONE */
uint64_t frame_get_giga(void);  /* one 1 GiB frame, aligned, or FRAME_NONE; may go back in parts */
void frame_put(uint64_t frame);
void frame_put_super(uint64_t frame);
void frame_put_giga(uint64_t frame);

/* What is free: whole super-frames, and single frames elsewhere. Boot only. */
struct frame_stock {
	uint64_t super_frames, frames;
};
struct frame_stock frame_stock(void);

/*
 * From now on so many super-frames, out or not, are frame_get_super's: frame_get
 * rather answers FRAME_NONE. Boot only.
 */
void frame_promise(uint64_t super_frames);

/* Bytes that are free now, and bytes that there ever were, in O(1). */
uint64_t frame_free_bytes(void);
uint64_t frame_total_bytes(void);

#endif
