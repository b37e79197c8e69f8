/* SPDX-License-Identifier: MIT */
/*
 * The heap of a build whose malloc belongs to a sanitizer: it has a quota, for
 * component_stats, and neither enforces nor counts.
 */
#include "container/heap.h"

#include <errno.h>

#include "container/component.h"

static size_t heap_quotas[LAYOUT_COMPONENTS_MAX];

int heap_bind(unsigned component, size_t quota)
{
	if (component >= LAYOUT_COMPONENTS_MAX)
		return -EINVAL;
	heap_quotas[component] = quota;
	return 0;
}

void heap_stats(unsigned component, struct component_stats *out)
{
	*out = (struct component_stats){0};
	if (component < LAYOUT_COMPONENTS_MAX)
		out->heap_quota = heap_quotas[component];
}
