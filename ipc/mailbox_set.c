/* SPDX-License-Identifier: MIT */
/* A call in a set. */
#include "ipc/mailbox_line.h"
#include "ipc/set_member.h"

struct channel_member *channel_set_reply(struct channel_set *set, struct channel *ch, void *tag)
{
	struct channel_member *m = channel_set_receive(set, ch, tag);

	if (m) {
		m->attempt = (struct endpoint_attempt){
			.ch = ch,
			.make = mailbox_attempt,
			.calls = true,
		};
	}
	return m;
}
