/* SPDX-License-Identifier: MIT */
/*
 * Counters of the image's components, where a tool outside can read them.
 *
 * They stand in the section .atoll.stats, in pages of their own; in a guest their
 * physical address is their address in the ELF file (symbol image_stats). Fields
 * are written singly, with relaxed atomics, by several threads: each is right, two
 * of them need not be of the same moment. Numbers are little-endian.
 */
#ifndef CONTAINER_STATS_H
#define CONTAINER_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "layout/layout.h"

#define STATS_MAGIC "atollst" /* with its final zero: 8 bytes */
#define STATS_VERSION 1
#define STATS_NAME_BYTES 32

struct stats_row {
	char name[STATS_NAME_BYTES]; /* cut, and ended by zero */
	uint32_t state;              /* of enum component_state (life.h) */
	uint32_t restarts;
	uint32_t status;    /* of its last end */
	uint32_t ends;      /* how often it has ended */
	uint64_t heap_used; /* bytes, of now */
	uint64_t heap_peak;
	uint64_t heap_quota;
	uint64_t cpu_ns; /* when a thread last ended or component_stats was called */
};

struct stats {
	char magic[8];
	uint32_t version;
	uint32_t row_bytes;
	uint32_t row_count; /* components of the image */
	uint32_t reserved;
	uint64_t started_ns; /* CLOCK_REALTIME */
	struct stats_row rows[LAYOUT_COMPONENTS_MAX];
};

_Static_assert(sizeof(struct stats_row) == 80, "as tools outside read it");
_Static_assert(offsetof(struct stats_row, heap_peak) ==
		       offsetof(struct stats_row, heap_used) + sizeof(uint64_t),
	       "as heap_show takes them");
_Static_assert(offsetof(struct stats, rows) == 32, "as tools outside read it");
_Static_assert(sizeof(struct stats) <= LAYOUT_PAGE_SIZE, "one page");

extern struct stats image_stats;

struct component;
struct component_stats;

/* Before any component starts. */
void stats_init(void);

/* The component's state has changed; or only what it has used, as `now` says. */
void stats_state(const struct component *c);
void stats_update(const struct component *c, const struct component_stats *now);

#endif
