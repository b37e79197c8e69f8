/* SPDX-License-Identifier: MIT */
/* A service in a set: its door is an endpoint like any other. */
#include "ipc/service_table.h"

struct channel_member *channel_set_accept(struct channel_set *set, struct service *s, void *tag)
{
	return channel_set_receive(set, &s->door, tag);
}
