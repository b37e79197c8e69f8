/* SPDX-License-Identifier: MIT */
/* Sending more than one piece at a time: parts of a message, messages of a batch. */
#include "ipc/channel.h"

#include <string.h>

#include "ipc/endpoint.h"

enum channel_status channel_commit_quiet(struct channel *ch, size_t len)
{
	if (ring_rare(len >= ch->tx.reserved || ch->tx.streamed))
		return CHANNEL_MISUSE;
	ring_commit_quiet(&ch->tx, len);
	return CHANNEL_OK;
}

enum channel_status channel_flush(struct channel *ch)
{
	uint32_t flag;

	if (ring_rare(ch->tx.reason))
		return endpoint_ended(ch, ch->tx.reason);
	if (!ch->tx.withheld)
		return CHANNEL_OK;
	flag = ring_flush(&ch->tx);
	return ring_rare(flag) ? endpoint_flagged(ch, flag) : CHANNEL_OK;
}

/* Bytes of all parts; SIZE_MAX where that is no size. */
static size_t channel_parts_size(const struct channel_part *parts, size_t count)
{
	size_t sum = 0;

	for (size_t i = 0; i < count; i++)
		if (__builtin_add_overflow(sum, parts[i].size, &sum))
			return SIZE_MAX;
	return sum;
}

enum channel_status channel_sendv(struct channel *ch, const struct channel_part *parts,
				  size_t count, uint64_t deadline)
{
	size_t size = channel_parts_size(parts, count);
	enum channel_status status;
	unsigned char *to;
	void *room;

	status = channel_reserve(ch, size, deadline, &room);
	if (status != CHANNEL_OK)
		return status;
	to = room;
	for (size_t i = 0; i < count; i++) {
		/* memcpy takes no NULL, not even for nothing. */
		if (parts[i].size)
			memcpy(to, parts[i].bytes, parts[i].size);
		to += parts[i].size;
	}
	return channel_commit(ch, size);
}
