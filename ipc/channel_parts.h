/* SPDX-License-Identifier: MIT */
/* The parts of one message, put together. */
#ifndef IPC_CHANNEL_PARTS_H
#define IPC_CHANNEL_PARTS_H

#include <stdint.h>
#include <string.h>

#include "ipc/channel.h"

/* Bytes of all parts; SIZE_MAX where that is no size. */
static inline size_t channel_parts_size(const struct channel_part *parts, size_t count)
{
	size_t sum = 0;

	for (size_t i = 0; i < count; i++)
		if (__builtin_add_overflow(sum, parts[i].size, &sum))
			return SIZE_MAX;
	return sum;
}

static inline void channel_parts_gather(void *to, const struct channel_part *parts, size_t count)
{
	unsigned char *at = (unsigned char *)to;

	for (size_t i = 0; i < count; i++) {
		/* memcpy takes no NULL, not even for nothing. */
		if (parts[i].size)
			memcpy(at, parts[i].bytes, parts[i].size);
		at += parts[i].size;
	}
}

#endif
