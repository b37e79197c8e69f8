/* SPDX-License-Identifier: MIT */
/* A call in a set. */
#include "ipc/mailbox_line.h"
#include "ipc/set_member.h"

struct channel_member *channel_set_reply(struct channel_set *set, struct channel *ch, void *tag)
{
	struct channel_member *m = set_add(set, tag, ch);

	if (m) {
		m->attempt.make = mailbox_attempt;
		m->attempt.calls = true;
	}
	return m;
}
