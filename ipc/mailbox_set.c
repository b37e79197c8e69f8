/* SPDX-License-Identifier: MIT */
/* A call in a set. */
#include "ipc/mailbox_line.h"
#include "ipc/set_member.h"

/* The line is back at other times, too. */
static enum channel_status mailbox_set_attempt(struct endpoint_attempt *a)
{
	return a->ch->tx.call.calling ? mailbox_attempt(a) : CHANNEL_AGAIN;
}

struct channel_member *channel_set_reply(struct channel_set *set, struct channel *ch, void *tag)
{
	struct channel_member *m = set_add(set, tag, ch);

	if (m) {
		m->attempt.make = mailbox_set_attempt;
		m->attempt.calls = true;
	}
	return m;
}
