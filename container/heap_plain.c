/* SPDX-License-Identifier: MIT */
/*
 * The heap of a build whose malloc belongs to a sanitizer: it has a quota, for
 * component_stats, and neither enforces nor counts.
 */
#include "container/heap.h"

#include <errno.h>
#include <stdbool.h>

#include "container/component.h"

static struct {
	size_t quota; /* bytes; 0: not bound */
	bool abandoned;
} heaps[LAYOUT_COMPONENTS_MAX];

int heap_bind(unsigned component, size_t quota)
{
	if (component >= LAYOUT_COMPONENTS_MAX || quota % LAYOUT_SUPER_SIZE ||
	    quota < HEAP_MIN_BYTES || quota > HEAP_MAX_BYTES)
		return -EINVAL;
	if (heaps[component].abandoned)
		return -EIO;
	if (heaps[component].quota)
		return -EBUSY;
	heaps[component].quota = quota;
	return 0;
}

int heap_join(unsigned component)
{
	return component < LAYOUT_COMPONENTS_MAX && heaps[component].quota ? 0 : -EINVAL;
}

void heap_leave(void)
{
}

int heap_release(unsigned component)
{
	if (heap_join(component))
		return -EINVAL;
	heaps[component].quota = 0;
	return 0;
}

void heap_abandon(unsigned component)
{
	heaps[component].quota = 0;
	heaps[component].abandoned = true;
}

void heap_show(unsigned component, uint64_t *shown)
{
	/* A sanitizer's malloc does not say what a component has. */
	(void)component;
	(void)shown;
}

void heap_trim(unsigned component)
{
	(void)component;
}

void heap_stats(unsigned component, struct component_stats *out)
{
	*out = (struct component_stats){0};
	if (component < LAYOUT_COMPONENTS_MAX)
		out->heap_quota = heaps[component].quota;
}
