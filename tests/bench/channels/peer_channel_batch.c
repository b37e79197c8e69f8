/* SPDX-License-Identifier: MIT */
/* Our channel, 32 messages visible together. */
#define CHANNEL_BATCH 32
#include "tests/bench/channels/channel_link.h"

extern const struct peer peer_channel_batch;
const struct peer peer_channel_batch =
	LOOPS_PEER("Atoll, 32", PEER_BATCH, channel_link, channel_unlink);
