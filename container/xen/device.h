/* SPDX-License-Identifier: MIT */
/*
 * Pages shared with Xen and its toolstack, one slot of LAYOUT_DEVICES each.
 */
#ifndef XEN_DEVICE_H
#define XEN_DEVICE_H

#include "layout/layout.h"

#include <stdint.h>
#include <xen/xen.h>

enum device_page {
	DEVICE_SHARED_INFO,
	DEVICE_CONSOLE,
	DEVICE_XENSTORE,
};

/* Map guest frame gfn at the page's slot. 0 or -ENOMEM. */
int device_map(enum device_page page, uint64_t gfn);

static inline void *device_page(enum device_page page)
{
	return (void *)(LAYOUT_DEVICES_BASE + page * LAYOUT_PAGE_SIZE);
}

static inline struct shared_info *device_shared_info(void)
{
	return device_page(DEVICE_SHARED_INFO);
}

#endif
