/* SPDX-License-Identifier: MIT */
/*
 * LAYOUT_COMMON: memory that mmap and brk hand out without a fixed address; and
 * LAYOUT_SPARSE, static data that is backed when it is touched.
 *
 * COMMON is backed by 4 KiB frames when it is first touched, but for areas asked
 * for as stacks, which are backed at once: the kernel runs on them. Addresses
 * and sizes are whole pages; rights are of enum layout_right, 0 for none.
 */
#ifndef XEN_VM_H
#define XEN_VM_H

#include <stdbool.h>
#include <stdint.h>

void vm_init(void);

/* Address of a new area, or -ENOMEM. */
int64_t vm_map(uint64_t size, unsigned rights, bool is_stack);

/*
 * A new area at addr, fresh, instead of what is there; or, where it may not
 * replace, -EEXIST. 0, -ENOMEM, -EINVAL (in the range of the program break).
 */
int vm_map_at(uint64_t addr, uint64_t size, unsigned rights, bool is_stack, bool replace);

/* Forget [addr, addr + size). 0, -ENOMEM (no slot to split an area), -EINVAL as above. */
int vm_unmap(uint64_t addr, uint64_t size);

/* 0, -ENOMEM (nothing there, or no slot, or no frame for a stack). */
int vm_protect(uint64_t addr, uint64_t size, unsigned rights);

/*
 * Give the frames of [addr, addr + size) back; it reads as zero afterwards. A few
 * pages alone are zeroed in place: that costs no flush of every core's TLB. And
 * a stack keeps its frames: the C library discards the stack of a thread that
 * ends and gives it to the next one, on which the kernel will run, too.
 */
void vm_discard(uint64_t addr, uint64_t size);

/* The program break: set it where addr lies in its range; returns it. */
uint64_t vm_break(uint64_t addr);

enum vm_fault {
	VM_BACKED,    /* the access may be made again */
	VM_NOTHING,   /* it is not allowed there */
	VM_NO_MEMORY, /* it is, but there is no frame for the page */
};

/* Back the page at addr, in COMMON or SPARSE, if an access with `right` is allowed there. */
enum vm_fault vm_fault(uint64_t addr, unsigned right);

#endif
