/* SPDX-License-Identifier: MIT */
/*
 * Map pages shared with Xen: see device.h.
 */
#include "container/xen/device.h"
#include "container/xen/page.h"

int device_map(enum device_page page, uint64_t gfn)
{
	return page_map((uint64_t)device_page(page), gfn << LAYOUT_PAGE_ORDER, LAYOUT_PAGE_SIZE,
			LAYOUT_READ | LAYOUT_WRITE);
}
