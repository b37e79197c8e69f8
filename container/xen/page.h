/* SPDX-License-Identifier: MIT */
/*
 * The page tables of the guest.
 *
 * All cores share one set, seen through LAYOUT_TABLES (a PML4 slot that maps
 * the PML4 itself) read-only: CR0.WP is on, and only table.c turns it off, for
 * the length of one edit. Addresses and sizes are whole 4 KiB pages. rights are
 * of enum layout_right; what may not be executed is NX. An edit that takes
 * something away is seen by every core when the function returns; a right that was
 * added, at the latest when a core's access has faulted.
 */
#ifndef XEN_PAGE_H
#define XEN_PAGE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Map [pa, pa + size) at va, over whatever is mapped there, with the largest
 * pages that both alignments allow. 0 or -ENOMEM (no frame for a table).
 */
int page_map(uint64_t va, uint64_t pa, uint64_t size, unsigned rights);

/*
 * Map fresh zeroed frames of 1 << order bytes (LAYOUT_PAGE_ORDER or
 * LAYOUT_SUPER_ORDER) wherever [va, va + size) has none yet; instead of whole
 * aligned GiB of super-pages, pages of 1 GiB where processor and memory have
 * them. 0 or -ENOMEM, and then what was mapped so far stays.
 */
int page_back(uint64_t va, uint64_t size, unsigned order, unsigned rights);

/*
 * Unmap [va, va + size) and give its frames back. Super-pages go whole, also those of
 * which a part was given other rights; 1 GiB in parts.
 */
void page_unback(uint64_t va, uint64_t size);

/* Unmap [va, va + size), whose frames are not the allocator's. */
void page_unmap(uint64_t va, uint64_t size);

/*
 * Give what is mapped in [va, va + size) these rights; with none it stays, out of reach.
 * A super-page that reaches across an end of it is mapped by small pages from then
 * on. 0, or -ENOMEM (no frame for a table), and then nothing has changed.
 */
int page_protect(uint64_t va, uint64_t size, unsigned rights);

/*
 * Cut the boot super-page that maps va to itself into 4 KiB pages. Only while
 * low memory is mapped to itself. 0 or -ENOMEM.
 */
int page_split(uint64_t va);

/* Is the page that holds va mapped? With all of these rights? */
bool page_is_mapped(uint64_t va, unsigned rights);

/* Before this call physical memory below 1 GiB is also mapped to itself. */
void page_identity_end(void);

/* From here on an edit opens the tables and shuts them again; the boot core alone runs before. */
void page_guard(void);

/* CR3 of every core. */
uint64_t page_root(void);

#endif
