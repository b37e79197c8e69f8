/* SPDX-License-Identifier: MIT */
/* The services of an image: made once; the end, return and stop of a component. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "container/component_self.h"
#include "container/image.h"
#include "ipc/channel_lock.h"
#include "ipc/endpoint.h"
#include "ipc/service_table.h"

#define DOOR_MIN_BYTES 64
/* Of a number of a line: its record, twice, for what is consumed and not handed back. */
#define DOOR_LINE_BYTES 32

static struct {
	struct service *services;
	unsigned count;
	struct service_end *ends; /* of all of them */
	size_t end_count;
} service_image;

static size_t service_ends(const struct image_service *spec)
{
	return spec->connections +
	       (size_t)spec->client_count * (spec->per_client + SERVICE_WAITERS);
}

static void *service_alloc(size_t count, size_t bytes)
{
	void *memory = aligned_alloc(RING_APART,
				     (count * bytes + RING_APART - 1) / RING_APART * RING_APART);

	if (memory)
		memset(memory, 0, count * bytes);
	return memory;
}

static int service_make_door(struct service *s)
{
	struct ring out = {&s->door.nowhere.controls[0], &s->door.nowhere.words[0], RING_WORD};
	struct ring in = {.size = DOOR_MIN_BYTES};

	while (in.size < (uint64_t)DOOR_LINE_BYTES * s->spec->connections)
		in.size *= 2;
	in.control = service_alloc(1, sizeof(*in.control));
	in.memory = service_alloc(1, in.size);
	if (!in.control || !in.memory)
		return -ENOMEM;
	endpoint_init(&s->door, &out, &in, 0);
	s->door.name = s->spec->name;
	s->door.owner = s->spec->server;
	ring_sender_init(&s->knocker, &in, 0);
	endpoint_drop(&s->door);
	return 0;
}

/* Their rings are nobody else's: who finds an endpoint broken breaks its rings. */
static void service_make_closed(struct service *s)
{
	for (unsigned i = 0; i < CHANNEL_PROTOCOL; i++) {
		struct channel *ch = &s->closed[i];
		struct endpoint_nowhere *at = &ch->nowhere;
		struct ring tx = {&at->controls[0], &at->words[0], s->spec->ring_bytes};
		struct ring rx = {&at->controls[1], &at->words[1], s->spec->ring_bytes};

		endpoint_init(ch, &tx, &rx, 0);
		endpoint_drop(ch);
		ch->name = s->spec->name;
		ch->tx.reason = ch->rx.reason = CHANNEL_FINISHED + i;
	}
}

/* An end over these rings, of which only the size matters to a client's. */
static void service_make_end(struct service *s, struct service_client *client,
			     struct service_end *e, const struct ring *tx, const struct ring *rx)
{
	endpoint_init(&e->ch, tx, rx, 0);
	e->ch.name = s->spec->name;
	e->ch.owner = client ? client->component : s->spec->server;
	e->ch.beside = client && channel_table_beside(client->component, s->spec->server);
	e->service = s;
	e->client = client;
	service_end_free(e);
}

static void service_make_lines(struct service *s, struct ring_control *controls,
			       unsigned char *memory)
{
	size_t bytes = s->spec->ring_bytes;

	s->free_tail = &s->free;
	s->queue_tail = &s->queue;
	for (unsigned i = 0; i < s->spec->connections; i++) {
		struct ring there = {&controls[2 * i], memory + 2 * i * bytes, bytes};
		struct ring back = {&controls[2 * i + 1], there.memory, bytes};

		back.memory = (unsigned char *)there.memory + bytes;
		service_make_end(s, NULL, &s->ends[i], &back, &there);
		s->lines[i].connection.ends[0].state = CONNECTION_ENDED;
		s->lines[i].connection.ends[1].state = CONNECTION_ENDED;
		s->lines[i].connection.ends[1].ch = &s->ends[i].ch;
		service_line_push(s, &s->lines[i]);
	}
}

static void service_make_clients(struct service *s)
{
	const struct channel *server = &s->ends[0].ch;
	struct service_end *end = s->ends + s->spec->connections;

	for (unsigned i = 0; i < s->spec->client_count; i++) {
		struct service_client *client = &s->clients[i];

		client->component = s->spec->clients[i];
		client->free_tail = &client->free;
		client->taken = s->spec->per_client + SERVICE_WAITERS;
		for (unsigned n = client->taken; n; n--)
			service_make_end(s, client, end++, &server->rx_ring, &server->tx_ring);
	}
}

static int service_make(struct service *s, struct ring_control *controls, unsigned char *memory)
{
	s->clients = calloc(s->spec->client_count, sizeof(*s->clients));
	s->lines = calloc(s->spec->connections, sizeof(*s->lines));
	if (!s->clients || !s->lines || service_make_door(s))
		return -ENOMEM;
	service_make_closed(s);
	service_make_lines(s, controls, memory);
	service_make_clients(s);
	return 0;
}

static int service_table_create(const struct image *img, struct ring_control *controls,
				unsigned char *memory)
{
	struct service_end *end;

	for (unsigned i = 0; i < img->service_count; i++)
		service_image.end_count += service_ends(&img->services[i]);
	service_image.services = service_alloc(img->service_count, sizeof(struct service));
	service_image.ends = service_alloc(service_image.end_count, sizeof(struct service_end));
	if (!service_image.services || !service_image.ends)
		return -ENOMEM;
	service_image.count = img->service_count;
	end = service_image.ends;
	for (unsigned i = 0; i < img->service_count; i++) {
		const struct image_service *spec = &img->services[i];
		struct service *s = &service_image.services[i];

		s->spec = spec;
		s->ends = end;
		if (service_make(s, controls, memory))
			return -ENOMEM;
		end += service_ends(spec);
		controls += 2 * spec->connections;
		memory += 2 * spec->ring_bytes * spec->connections;
	}
	return 0;
}

struct service *service_find(const char *name)
{
	for (unsigned i = 0; i < service_image.count; i++)
		if (!strcmp(service_image.services[i].spec->name, name))
			return &service_image.services[i];
	return NULL;
}

struct service_client *service_client_find(struct service *s, unsigned component)
{
	for (unsigned i = 0; i < s->spec->client_count; i++)
		if (s->clients[i].component == component)
			return &s->clients[i];
	return NULL;
}

struct service_end *service_end_find(struct channel *ch)
{
	uintptr_t at = (uintptr_t)ch, base = (uintptr_t)service_image.ends;
	bool inside =
		at >= base && at - base < service_image.end_count * sizeof(struct service_end);

	return inside && (at - base) % sizeof(struct service_end) == 0 ? (void *)ch : NULL;
}

/* The component's ends that wait, or all. */
static void service_retire_all(unsigned component, enum channel_reason reason, bool all)
{
	for (size_t i = 0; i < service_image.end_count; i++) {
		struct service_end *e = &service_image.ends[i];

		if (e->ch.owner == component && (all || e->state == SERVICE_END_WAITING))
			service_retire(e, reason);
	}
}

static void service_table_end(unsigned component, bool failed)
{
	enum channel_reason reason = failed ? CHANNEL_PEER_DIED : CHANNEL_FINISHED;
	bool returns = component_will_return(component);
	sigset_t kept;

	channel_lock(&kept);
	for (unsigned i = 0; i < service_image.count; i++)
		if (service_image.services[i].spec->server == component)
			service_stop(&service_image.services[i],
				     returns ? SERVICE_EXPECTED : SERVICE_GONE, reason);
	/* First those that wait: what the others give back is not for them. */
	service_retire_all(component, reason, false);
	service_retire_all(component, reason, true);
	channel_unlock(&kept);
}

static void service_table_begin(unsigned component)
{
	sigset_t kept;

	channel_lock(&kept);
	for (unsigned i = 0; i < service_image.count; i++)
		if (service_image.services[i].spec->server == component)
			endpoint_reset(&service_image.services[i].door);
	for (size_t i = 0; i < service_image.end_count; i++)
		if (service_image.ends[i].ch.owner == component)
			endpoint_reset(&service_image.ends[i].ch);
	channel_unlock(&kept);
}

static void service_table_stop(unsigned component)
{
	sigset_t kept;

	channel_lock(&kept);
	for (unsigned i = 0; i < service_image.count; i++)
		if (service_image.services[i].spec->server == component)
			endpoint_stop(&service_image.services[i].door);
	for (size_t i = 0; i < service_image.end_count; i++)
		if (service_image.ends[i].ch.owner == component)
			endpoint_stop(&service_image.ends[i].ch);
	channel_unlock(&kept);
}

const struct channel_services service_table = {
	.create = service_table_create,
	.end = service_table_end,
	.begin = service_table_begin,
	.stop = service_table_stop,
};
