/* SPDX-License-Identifier: MIT */
/*
 * Memory that a system call names. It may not be there, may not allow the
 * access, or may go away at any moment: another core goes on meanwhile. Such an
 * access fails here with -EFAULT, as on Linux, and nowhere does it end the guest.
 *
 * The kernel's own memory may be on either side of a copy. What is backed when
 * touched is backed: vm's, the tables' and the frames' locks must not be held.
 */
#ifndef XEN_USER_H
#define XEN_USER_H

#include <asm/errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct regs;

/* Copy; how many bytes at the end could not be. In user_copy.S, like the next four. */
size_t user_copy(void *to, const void *from, size_t size);

/* Zero; how many bytes at the end could not be. */
size_t user_clear(void *to, size_t size);

/* One aligned word, in one access. 0 or -EFAULT. */
int user_load32(uint32_t *value, const uint32_t *from);
int user_store32(uint32_t *to, uint32_t value);

/* Copy a string; its length, or size where no zero is among the first size bytes, or -EFAULT. */
long user_string(char *to, const char *from, size_t size);

/* A whole object, by the address that a register holds. 0 or -EFAULT. */
static inline int user_read(void *object, uint64_t from, size_t size)
{
	return user_copy(object, (const void *)from, size) ? -EFAULT : 0;
}

static inline int user_write(uint64_t to, const void *object, size_t size)
{
	return user_copy((void *)to, object, size) ? -EFAULT : 0;
}

/* For a fault at one of these accesses: go on where it fails. False: it is another. */
bool user_fixup(struct regs *regs);

#endif
