/* SPDX-License-Identifier: MIT */
/* Sending more than one piece at a time: parts of a message, messages of a batch. */
#include "ipc/channel.h"

#include "ipc/channel_parts.h"
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

enum channel_status channel_sendv(struct channel *ch, const struct channel_part *parts,
				  size_t count, uint64_t deadline)
{
	size_t size = channel_parts_size(parts, count);
	enum channel_status status;
	void *room;

	status = channel_reserve(ch, size, deadline, &room);
	if (status != CHANNEL_OK)
		return status;
	channel_parts_gather(room, parts, count);
	return channel_commit(ch, size);
}
