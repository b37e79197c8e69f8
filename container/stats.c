/* SPDX-License-Identifier: MIT */
/*
 * The page of counters: see stats.h.
 */
#include "container/stats.h"

#include <string.h>
#include <time.h>

#include "container/component.h"
#include "container/heap.h"
#include "container/image.h"
#include "container/life.h"
#include "ipc/monotonic.h"

struct stats image_stats
	__attribute__((section(".atoll.stats"), aligned(LAYOUT_PAGE_SIZE), used)) = {
		.version = 0, /* until it is filled in */
};

void stats_init(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	memcpy(image_stats.magic, STATS_MAGIC, sizeof(image_stats.magic));
	image_stats.row_bytes = sizeof(struct stats_row);
	image_stats.row_count = image.component_count;
	image_stats.started_ns = monotonic_ns(&now);
	for (unsigned i = 0; i < image.component_count; i++) {
		struct stats_row *row = &image_stats.rows[i];

		strncpy(row->name, image.components[i].name, STATS_NAME_BYTES - 1);
		row->heap_quota = image.components[i].heap_bytes;
		heap_show(i, &row->heap_used); /* and the peak behind it */
	}
	/* Release: a reader who finds the version finds the rest. */
	__atomic_store_n(&image_stats.version, STATS_VERSION, __ATOMIC_RELEASE);
}

static void set32(uint32_t *field, uint32_t value)
{
	__atomic_store_n(field, value, __ATOMIC_RELAXED);
}

static void set64(uint64_t *field, uint64_t value)
{
	__atomic_store_n(field, value, __ATOMIC_RELAXED);
}

void stats_update(const struct component *c, const struct component_stats *now)
{
	struct stats_row *row = &image_stats.rows[c->index];

	set64(&row->cpu_ns, now->cpu_ns);
}

void stats_state(const struct component *c)
{
	struct stats_row *row = &image_stats.rows[c->index];

	set32(&row->state, c->state);
	set32(&row->restarts, c->restarts);
	set64(&row->cpu_ns, c->cpu_ns);
	if (c->state < COMPONENT_ENDED)
		return;
	set32(&row->status, (uint32_t)component_status(c));
	set32(&row->ends, row->ends + (c->state == COMPONENT_ENDED));
}
