/* SPDX-License-Identifier: MIT */
/* Our channel, each message visible at once. */
#define CHANNEL_BATCH 1
#include "tests/bench/channels/channel_link.h"

extern const struct peer peer_channel;
const struct peer peer_channel = LOOPS_PEER(
	"Atoll", PEER_STREAM | PEER_SPARSE | PEER_POLL | PEER_BLOCK, channel_link, channel_unlink);
