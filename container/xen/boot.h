/* SPDX-License-Identifier: MIT */
/*
 * What Xen handed to the image at boot, copied and checked.
 */
#ifndef XEN_BOOT_H
#define XEN_BOOT_H

#include "layout/layout.h"

#include <stdint.h>

#define BOOT_COMMAND_MAX 4096

struct boot_module {
	uint64_t paddr; /* page-aligned */
	uint64_t size;  /* bytes; mapped read-only at layout_module_base(index) */
};

struct boot {
	char command[BOOT_COMMAND_MAX]; /* the xl config's `extra=` */
	struct boot_module modules[LAYOUT_MODULES_MAX];
	unsigned module_count;
	uint64_t ram;  /* bytes that Xen gave */
	uint64_t hole; /* first physical page behind RAM: free for pages that Xen shares */
};

/* Constant once the first thread runs. */
extern struct boot boot;

/*
 * Read the start info at physical address paddr, give free memory to the frame
 * allocator. Panics where it cannot be what Xen writes.
 */
void boot_info_read(uint64_t paddr);

#endif
