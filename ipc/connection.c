/* SPDX-License-Identifier: MIT */
/* Who holds a channel's rings, and when they begin anew. */
#include "ipc/connection.h"

#include "ipc/channel_lock.h"

void connection_init(struct connection *c, struct channel *from, struct channel *to)
{
	*c = (struct connection){.ends = {{.ch = from}, {.ch = to}}};
}

/* Close the rings, which are new to the end, in the place of a component that never comes. */
static void connection_bury_new(struct connection_end *e)
{
	endpoint_join(e->ch);
	endpoint_bury(e->ch, e->reason);
	e->state = CONNECTION_ENDED;
}

/* Nobody holds the rings any more: begin them anew. The caller decides on its own state. */
static void connection_renew(struct connection *c, unsigned end)
{
	struct connection_end *peer = &c->ends[!end];

	endpoint_renew(c->ends[end].ch);
	if (peer->state == CONNECTION_CONNECTING) {
		peer->state = CONNECTION_ATTACHED;
		endpoint_ready(peer->ch);
	} else {
		peer->state = CONNECTION_AWAITED;
	}
}

static void connection_attach(struct connection *c, unsigned end)
{
	connection_renew(c, end);
	endpoint_join(c->ends[end].ch);
	c->ends[end].state = CONNECTION_ATTACHED;
}

static void connection_connect(struct connection_end *e)
{
	endpoint_connect(e->ch);
	e->state = CONNECTION_CONNECTING;
}

/* Whether an attached end has nothing left to lose by a new connection. */
static bool connection_broken(const struct connection *c, unsigned end)
{
	enum connection_state peer = c->ends[!end].state;
	bool left = peer == CONNECTION_ENDED || peer == CONNECTION_CONNECTING;

	return endpoint_closed(c->ends[end].ch) || (left && endpoint_told(c->ends[end].ch));
}

/* The attached end opens again. */
static bool connection_again(struct connection *c, unsigned end)
{
	const struct connection_end *peer = &c->ends[!end];

	if (!connection_broken(c, end))
		return true;
	if (peer->state == CONNECTION_ENDED && peer->gone)
		return false;
	if (peer->state == CONNECTION_ATTACHED)
		connection_connect(&c->ends[end]);
	else
		connection_attach(c, end);
	return true;
}

/* The connecting end opens again. What it closed meanwhile never began: it waits for the next. */
static bool connection_wait(struct connection_end *e)
{
	if (endpoint_closed(e->ch))
		connection_connect(e);
	return true;
}

static bool connection_open_end(struct connection *c, unsigned end)
{
	struct connection_end *e = &c->ends[end];

	if (e->state == CONNECTION_ATTACHED)
		return connection_again(c, end);
	return e->state == CONNECTION_CONNECTING && connection_wait(e);
}

bool connection_open(struct connection *c, unsigned end)
{
	bool open;
	sigset_t kept;

	channel_lock(&kept);
	open = connection_open_end(c, end);
	channel_unlock(&kept);
	return open;
}

/* The component held the connection, or had let go of it and waited for the peer. */
static void connection_detach(struct connection *c, unsigned end)
{
	struct connection_end *e = &c->ends[end];

	endpoint_bury(e->ch, e->reason);
	endpoint_rouse(c->ends[!end].ch);
	e->state = CONNECTION_ENDED;
	if (c->ends[!end].state != CONNECTION_CONNECTING)
		return;
	connection_renew(c, end);
	e->state = CONNECTION_AWAITED;
	if (e->gone)
		connection_bury_new(e);
}

void connection_leave(struct connection *c, unsigned end, enum channel_reason reason)
{
	struct connection_end *e = &c->ends[end];
	sigset_t kept;

	channel_lock(&kept);
	if (e->state == CONNECTION_ATTACHED || e->state == CONNECTION_CONNECTING) {
		e->reason = reason;
		connection_detach(c, end);
	}
	channel_unlock(&kept);
}

/* The component had left, and nobody let go since. */
static void connection_return_first(struct connection *c, unsigned end)
{
	const struct connection_end *peer = &c->ends[!end];

	if (peer->state == CONNECTION_ATTACHED)
		connection_connect(&c->ends[end]);
	else if (peer->state != CONNECTION_ENDED || !peer->gone)
		connection_attach(c, end);
}

void connection_return(struct connection *c, unsigned end)
{
	struct connection_end *e = &c->ends[end];
	sigset_t kept;

	channel_lock(&kept);
	endpoint_reset(e->ch);
	if (e->state == CONNECTION_ENDED) {
		connection_return_first(c, end);
	} else if (e->state == CONNECTION_AWAITED) {
		endpoint_join(e->ch);
		e->state = CONNECTION_ATTACHED;
	}
	channel_unlock(&kept);
}

void connection_forsake(struct connection *c, unsigned end)
{
	struct connection_end *e = &c->ends[end];
	sigset_t kept;

	channel_lock(&kept);
	e->gone = true;
	if (e->state == CONNECTION_AWAITED)
		connection_bury_new(e);
	channel_unlock(&kept);
}

void connection_offer(struct connection *c, struct channel *client)
{
	struct connection_end *e = &c->ends[0];

	*e = (struct connection_end){.ch = client};
	if (endpoint_waits(client)) {
		e->state = CONNECTION_CONNECTING;
		connection_renew(c, 1);
		c->ends[1].state = CONNECTION_AWAITED;
	} else {
		connection_attach(c, 0);
	}
}

bool connection_accept(struct connection *c)
{
	struct connection_end *e = &c->ends[1];

	if (e->state != CONNECTION_AWAITED)
		return false;
	endpoint_join(e->ch);
	e->state = CONNECTION_ATTACHED;
	return true;
}

bool connection_let_go(struct connection *c, unsigned end, enum channel_reason reason)
{
	struct connection_end *e = &c->ends[end];

	e->reason = reason;
	if (e->state == CONNECTION_AWAITED)
		connection_bury_new(e);
	else if (e->state != CONNECTION_ENDED)
		connection_detach(c, end);
	return c->ends[0].state == CONNECTION_ENDED && c->ends[1].state == CONNECTION_ENDED;
}
