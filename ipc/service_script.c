/* SPDX-License-Identifier: MIT */
/* What a runtime needs of services whose endpoints are objects of its language. */
#include "container/component_self.h"
#include "container/image.h"
#include "ipc/channel_lock.h"
#include "ipc/service_table.h"

struct channel *service_drop_closed(struct channel *ch)
{
	struct service *s = service_end_find(ch)->service;
	enum channel_reason reason;

	channel_close(ch);
	reason = channel_reason(ch);
	channel_drop(ch);
	return &s->closed[(reason > CHANNEL_PROTOCOL ? CHANNEL_FINISHED : reason) - 1];
}

bool service_has_share(const char *name)
{
	struct service *s = service_find(name);
	const struct service_client *client = service_client_find(s, component_index());
	bool has;
	sigset_t kept;

	channel_lock(&kept);
	has = client->taken < s->spec->per_client;
	channel_unlock(&kept);
	return has;
}
