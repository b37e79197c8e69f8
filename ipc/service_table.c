/* SPDX-License-Identifier: MIT */
/* Who has which connection of a service, and who gets the next one. */
#include "ipc/service_table.h"

#include <string.h>

#include "container/image.h"
#include "ipc/endpoint.h"

void service_end_free(struct service_end *e)
{
	endpoint_drop(&e->ch);
	e->state = SERVICE_END_FREE;
	e->line = NULL;
	if (!e->client)
		return;
	e->client->taken--;
	e->next = NULL;
	*e->client->free_tail = e;
	e->client->free_tail = &e->next;
}

/* As new, but for what the owner was told. */
static void service_end_begin(struct service_end *e)
{
	bool stopping = __atomic_load_n(&e->ch.stopping, __ATOMIC_RELAXED);

	endpoint_reset(&e->ch);
	__atomic_store_n(&e->ch.stopping, stopping, __ATOMIC_RELAXED);
}

static struct service_line *service_line_pop(struct service *s)
{
	struct service_line *line = s->free;

	s->free = line->next;
	if (!s->free)
		s->free_tail = &s->free;
	return line;
}

void service_line_push(struct service *s, struct service_line *line)
{
	line->next = NULL;
	*s->free_tail = line;
	s->free_tail = &line->next;
}

/* Off the queue, in which it is. */
static void service_unqueue(struct service *s, const struct service_end *e)
{
	struct service_end **at = &s->queue;

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	if (!*at)
		s->queue_tail = at;
}

static void service_queue(struct service *s, struct service_end *e)
{
	e->state = SERVICE_END_WAITING;
	e->next = NULL;
	*s->queue_tail = e;
	s->queue_tail = &e->next;
}

/* The door has room for all lines, and nobody is ended while the lock is held. */
static void service_knock(struct service *s, unsigned line)
{
	void *room;

	if (ring_reserve(&s->knocker, sizeof(line), &room) != CHANNEL_OK)
		return;
	memcpy(room, &line, sizeof(line));
	if (ring_commit(&s->knocker, sizeof(line)) & BELL_PARKED)
		bell_ring(&s->knocker.control->flag.receiver);
}

static void service_connect(struct service *s, struct service_end *e)
{
	struct service_line *line = service_line_pop(s);
	unsigned number = (unsigned)(line - s->lines);

	service_unqueue(s, e);
	e->state = SERVICE_END_HELD;
	e->line = line;
	e->ch.tx_ring = s->ends[number].ch.rx_ring;
	e->ch.rx_ring = s->ends[number].ch.tx_ring;
	line->client = e->client;
	line->client->lines++;
	s->ends[number].ch.beside = e->ch.beside;
	connection_offer(&line->connection, &e->ch);
	service_knock(s, number);
}

/* Serve the queue, in its order but for clients that have as many lines as they may. */
static void service_serve(struct service *s)
{
	struct service_end *e, *next;

	for (e = s->queue; e && s->free && s->state == SERVICE_LISTENS; e = next) {
		next = e->next;
		if (e->client->lines < s->spec->per_client)
			service_connect(s, e);
	}
}

static void service_line_let_go(struct service *s, struct service_line *line, unsigned end,
				enum channel_reason reason)
{
	if (!connection_let_go(&line->connection, end, reason))
		return;
	line->client->lines--;
	service_line_push(s, line);
}

static bool service_line_is_offered(const struct service_line *line)
{
	return line->connection.ends[1].state == CONNECTION_AWAITED;
}

void service_begin(struct service *s)
{
	if (s->state == SERVICE_LISTENS)
		return;
	ring_init(&s->door.rx_ring, 0);
	ring_sender_join(&s->knocker, &s->door.rx_ring);
	endpoint_join(&s->door);
	s->state = SERVICE_LISTENS;
	service_serve(s);
}

void service_stop(struct service *s, enum service_state state, enum channel_reason reason)
{
	struct service_end *e;

	if (s->state == SERVICE_LISTENS && ring_finish(&s->knocker, reason) & BELL_PARKED)
		bell_ring(&s->knocker.control->flag.receiver);
	s->state = state;
	for (unsigned i = 0; i < s->spec->connections; i++)
		if (service_line_is_offered(&s->lines[i])) {
			service_line_let_go(s, &s->lines[i], 1, reason);
			service_end_free(&s->ends[i]);
		}
	while (state != SERVICE_EXPECTED && (e = s->queue)) {
		service_unqueue(s, e);
		e->state = SERVICE_END_REFUSED;
		endpoint_turn_away(&e->ch);
	}
}

struct service_end *service_take(struct service *s, struct service_client *client, unsigned most)
{
	struct service_end *e = client->free;

	if (!e || client->taken >= most)
		return NULL;
	client->taken++;
	client->free = e->next;
	if (!client->free)
		client->free_tail = &client->free;
	service_end_begin(e);
	service_queue(s, e);
	service_serve(s);
	if (e->state == SERVICE_END_WAITING)
		endpoint_connect(&e->ch);
	return e;
}

struct channel *service_admit(struct service *s, unsigned line)
{
	struct service_end *e = &s->ends[line];

	if (!service_line_is_offered(&s->lines[line]))
		return NULL;
	service_end_begin(e);
	connection_accept(&s->lines[line].connection);
	e->line = &s->lines[line];
	e->state = SERVICE_END_HELD;
	return &e->ch;
}

void service_retire(struct service_end *e, enum channel_reason reason)
{
	if (e->state == SERVICE_END_FREE)
		return;
	if (e->state == SERVICE_END_WAITING)
		service_unqueue(e->service, e);
	else if (e->state == SERVICE_END_HELD)
		service_line_let_go(e->service, e->line, e->client ? 0 : 1, reason);
	service_end_free(e);
	service_serve(e->service);
}
