/* SPDX-License-Identifier: MIT */
/*
 * Physical memory: see frame.h.
 *
 * A block is 2 MiB of physical memory. A block is whole and free (its bit in
 * `whole` is set), or out as a super-frame, or split: then a `struct split`
 * has one bit for each of its 4 KiB frames. A split block that is all free
 * becomes whole again. The table of split blocks bounds how much memory can be
 * out in small frames at once; past it only super-frames are left.
 */
#include "container/xen/frame.h"
#include "container/xen/lock.h"
#include "container/xen/panic.h"
#include "layout/layout.h"

#include <stdbool.h>
#include <stddef.h>

#define BLOCKS_MAX 131072 /* 256 GiB */
#define SPLITS_MAX 256    /* 512 MiB in small frames */
#define BLOCK_FRAMES 512
#define WORD_BITS 64
#define BLOCK_NONE UINT32_MAX
#define GIGA_BLOCKS (LAYOUT_GIGA_SIZE / LAYOUT_SUPER_SIZE)
#define GIGA_WORDS (GIGA_BLOCKS / WORD_BITS)

struct split {
	uint64_t free[BLOCK_FRAMES / WORD_BITS]; /* bit set: frame is free */
	uint32_t block;                          /* number of the block; BLOCK_NONE: slot unused */
	uint32_t count;                          /* bits set in free */
};

static struct lock frame_lock; /* covers everything below */
static uint64_t whole[BLOCKS_MAX / WORD_BITS];
static uint32_t whole_hint;  /* no bit is set in a word below this one */
static uint64_t whole_count; /* bits set */
static uint64_t promised;    /* super-frames that are out or kept */
static uint64_t super_count; /* super-frames that are out */
static struct split splits[SPLITS_MAX];
static uint32_t split_count; /* slots in use or once used */
static uint32_t split_hint;  /* slot that had a free frame last time */
static uint64_t free_bytes, total_bytes;

static void whole_set(uint32_t block)
{
	whole[block / WORD_BITS] |= UINT64_C(1) << block % WORD_BITS;
	whole_count++;
	if (block / WORD_BITS < whole_hint)
		whole_hint = block / WORD_BITS;
}

/* Take the lowest whole block; BLOCK_NONE where there is none. */
static uint32_t whole_take(void)
{
	for (; whole_hint < BLOCKS_MAX / WORD_BITS; whole_hint++) {
		uint64_t word = whole[whole_hint];

		if (word) {
			whole[whole_hint] = word & (word - 1);
			whole_count--;
			return whole_hint * WORD_BITS + (uint32_t)__builtin_ctzll(word);
		}
	}
	return BLOCK_NONE;
}

static struct split *split_find(uint32_t block)
{
	for (uint32_t i = 0; i < split_count; i++)
		if (splits[i].block == block)
			return &splits[i];
	return NULL;
}

/* A slot for block, no frame of it free yet; NULL where the table is full. */
static struct split *split_new(uint32_t block)
{
	struct split *split = split_find(BLOCK_NONE);

	if (!split) {
		if (split_count == SPLITS_MAX)
			return NULL;
		split = &splits[split_count++];
	}
	*split = (struct split){.block = block};
	return split;
}

static void split_put(struct split *split, unsigned index)
{
	uint64_t bit = UINT64_C(1) << index % WORD_BITS;

	if (split->free[index / WORD_BITS] & bit)
		panic("frame %#lx freed twice",
		      ((uint64_t)split->block << LAYOUT_SUPER_ORDER) + index * LAYOUT_PAGE_SIZE);
	split->free[index / WORD_BITS] |= bit;
	if (++split->count == BLOCK_FRAMES) {
		whole_set(split->block);
		split->block = BLOCK_NONE;
	}
}

static uint64_t split_get(struct split *split)
{
	unsigned word = 0;

	while (!split->free[word])
		word++;

	unsigned bit = (unsigned)__builtin_ctzll(split->free[word]);

	split->free[word] &= split->free[word] - 1;
	split->count--;
	return ((uint64_t)split->block << LAYOUT_SUPER_ORDER) +
	       (word * WORD_BITS + bit) * LAYOUT_PAGE_SIZE;
}

static struct split *split_with_room(void)
{
	for (uint32_t i = 0; i < split_count; i++) {
		uint32_t slot = (split_hint + i) % split_count;

		if (splits[slot].block != BLOCK_NONE && splits[slot].count) {
			split_hint = slot;
			return &splits[slot];
		}
	}

	uint64_t kept = promised > super_count ? promised - super_count : 0;
	uint32_t block = whole_count > kept ? whole_take() : BLOCK_NONE;

	if (block == BLOCK_NONE)
		return NULL;

	struct split *split = split_new(block);

	if (!split) {
		whole_set(block);
		return NULL;
	}
	for (unsigned i = 0; i < BLOCK_FRAMES / WORD_BITS; i++)
		split->free[i] = UINT64_MAX;
	split->count = BLOCK_FRAMES;
	return split;
}

static void frame_put_locked(uint64_t frame)
{
	uint32_t block = (uint32_t)(frame >> LAYOUT_SUPER_ORDER);
	struct split *split = split_find(block);

	if (!split)
		split = split_new(block);
	if (!split)
		return; /* boot only, and the memory map is in a thousand pieces: leave it unused */
	split_put(split, frame >> LAYOUT_PAGE_ORDER & (BLOCK_FRAMES - 1));
	free_bytes += LAYOUT_PAGE_SIZE;
}

void frame_add(uint64_t base, uint64_t size)
{
	uint64_t end = (base + size) & ~(LAYOUT_PAGE_SIZE - 1);
	uint64_t limit = (uint64_t)BLOCKS_MAX << LAYOUT_SUPER_ORDER;
	uint64_t before = free_bytes;

	base = (base + LAYOUT_PAGE_SIZE - 1) & ~(LAYOUT_PAGE_SIZE - 1);
	if (base == FRAME_NONE)
		base = LAYOUT_PAGE_SIZE;
	if (end > limit)
		end = limit;
	while (base < end) {
		if (base % LAYOUT_SUPER_SIZE == 0 && end - base >= LAYOUT_SUPER_SIZE) {
			whole_set((uint32_t)(base >> LAYOUT_SUPER_ORDER));
			free_bytes += LAYOUT_SUPER_SIZE;
			base += LAYOUT_SUPER_SIZE;
		} else {
			frame_put_locked(base);
			base += LAYOUT_PAGE_SIZE;
		}
	}
	total_bytes += free_bytes - before;
}

uint64_t frame_get(void)
{
	uint64_t frame = FRAME_NONE;

	lock_take(&frame_lock);
	struct split *split = split_with_room();

	if (split) {
		frame = split_get(split);
		free_bytes -= LAYOUT_PAGE_SIZE;
	}
	lock_drop(&frame_lock);
	return frame;
}

uint64_t frame_get_super(void)
{
	uint64_t frame = FRAME_NONE;

	lock_take(&frame_lock);
	uint32_t block = whole_take();

	if (block != BLOCK_NONE) {
		frame = (uint64_t)block << LAYOUT_SUPER_ORDER;
		super_count++;
		free_bytes -= LAYOUT_SUPER_SIZE;
	}
	lock_drop(&frame_lock);
	return frame;
}

/* All of these words' blocks, if they are whole; the words are those of one GiB. */
static bool giga_take(uint64_t *word)
{
	for (unsigned i = 0; i < GIGA_WORDS; i++)
		if (word[i] != UINT64_MAX)
			return false;
	for (unsigned i = 0; i < GIGA_WORDS; i++)
		word[i] = 0;
	return true;
}

uint64_t frame_get_giga(void)
{
	uint64_t frame = FRAME_NONE;

	lock_take(&frame_lock);
	for (uint32_t at = 0; at < BLOCKS_MAX / WORD_BITS && frame == FRAME_NONE; at += GIGA_WORDS)
		if (giga_take(&whole[at]))
			frame = (uint64_t)at * WORD_BITS << LAYOUT_SUPER_ORDER;
	if (frame != FRAME_NONE) {
		whole_count -= GIGA_BLOCKS;
		super_count += GIGA_BLOCKS;
		free_bytes -= LAYOUT_GIGA_SIZE;
	}
	lock_drop(&frame_lock);
	return frame;
}

void frame_put_giga(uint64_t frame)
{
	for (uint64_t at = frame; at < frame + LAYOUT_GIGA_SIZE; at += LAYOUT_SUPER_SIZE)
		frame_put_super(at);
}

void frame_put(uint64_t frame)
{
	lock_take(&frame_lock);
	frame_put_locked(frame);
	lock_drop(&frame_lock);
}

void frame_put_super(uint64_t frame)
{
	lock_take(&frame_lock);
	whole_set((uint32_t)(frame >> LAYOUT_SUPER_ORDER));
	super_count--;
	free_bytes += LAYOUT_SUPER_SIZE;
	lock_drop(&frame_lock);
}

struct frame_stock frame_stock(void)
{
	return (struct frame_stock){
		.super_frames = whole_count,
		.frames = (free_bytes - whole_count * LAYOUT_SUPER_SIZE) / LAYOUT_PAGE_SIZE,
	};
}

void frame_promise(uint64_t super_frames)
{
	promised = super_frames;
}

uint64_t frame_free_bytes(void)
{
	return __atomic_load_n(&free_bytes, __ATOMIC_RELAXED);
}

uint64_t frame_total_bytes(void)
{
	return total_bytes;
}
