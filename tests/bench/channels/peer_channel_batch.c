/* SPDX-License-Identifier: MIT */
/* Our channel, 32 messages visible together. */
#include "ipc/channel_stream.h"

#define CHANNEL_BATCH 32

static inline void channel_post(struct channel_writer *w, size_t len)
{
	channel_writer_add(w, len);
	if ((w->sent & (CHANNEL_BATCH - 1)) == 0)
		channel_writer_flush(w);
}

#define CHANNEL_POST channel_post
#include "tests/bench/channels/channel_link.h"

extern const struct peer peer_channel_batch;
const struct peer peer_channel_batch =
	LOOPS_PEER("Atoll, 32", PEER_BATCH, channel_link, channel_unlink);
