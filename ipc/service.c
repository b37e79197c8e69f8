/* SPDX-License-Identifier: MIT */
/* What a component calls of a service: listen and accept, connect, drop. */
#include "ipc/service.h"

#include <errno.h>
#include <string.h>

#include "container/component_self.h"
#include "container/image.h"
#include "ipc/channel_lock.h"
#include "ipc/endpoint.h"
#include "ipc/service_table.h"

struct service *service_listen(const char *name)
{
	struct service *s = service_find(name);
	sigset_t kept;

	errno = s ? EACCES : ENOENT;
	if (!s || s->spec->server != component_index())
		return NULL;
	channel_lock(&kept);
	service_begin(s);
	channel_unlock(&kept);
	return s;
}

/* The number at the door, with its message released; NULL: nothing is offered there. */
static struct channel *service_open_door(struct service *s, const void *number)
{
	struct channel *ch;
	unsigned line;
	sigset_t kept;

	channel_lock(&kept);
	memcpy(&line, number, sizeof(line));
	ch = service_admit(s, line);
	channel_release(&s->door);
	channel_unlock(&kept);
	return ch;
}

enum channel_status service_accept(struct service *s, uint64_t deadline, struct channel **ch)
{
	enum channel_status status;
	const void *number;
	size_t len;

	do {
		status = channel_peek(&s->door, deadline, &number, &len);
		*ch = status == CHANNEL_OK ? service_open_door(s, number) : NULL;
	} while (status == CHANNEL_OK && !*ch);
	return status;
}

void service_close(struct service *s)
{
	sigset_t kept;

	channel_lock(&kept);
	if (s->state == SERVICE_LISTENS)
		service_stop(s, SERVICE_CLOSED, CHANNEL_FINISHED);
	channel_unlock(&kept);
}

/* HELD or WAITING, or NULL with errno. */
static struct service_end *service_ask(struct service *s, struct service_client *client)
{
	/* Only another task can give back what this component has itself. */
	unsigned waiters = endpoint_wait_as_task ? SERVICE_WAITERS : 0;
	struct service_end *e = NULL;
	sigset_t kept;
	int error = 0;

	channel_lock(&kept);
	if (s->state == SERVICE_CLOSED || s->state == SERVICE_GONE)
		error = ECONNREFUSED;
	else if (!(e = service_take(s, client, s->spec->per_client + waiters)))
		error = EMFILE;
	channel_unlock(&kept);
	errno = error;
	return e;
}

static int service_error(enum channel_status status)
{
	switch (status) {
	case CHANNEL_AGAIN:
		return ETIMEDOUT;
	case CHANNEL_STOPPING:
		return ESHUTDOWN;
	case CHANNEL_CANCELLED:
		return ECANCELED;
	default:
		return ECONNREFUSED;
	}
}

struct channel *service_connect_begin(const char *name)
{
	struct service *s = service_find(name);
	struct service_client *client = s ? service_client_find(s, component_index()) : NULL;
	struct service_end *e;

	errno = s ? EACCES : ENOENT;
	e = client ? service_ask(s, client) : NULL;
	return e ? &e->ch : NULL;
}

struct channel *service_connect_end(struct channel *ch, enum channel_status status)
{
	struct service_end *e = service_end_find(ch);
	bool held;
	sigset_t kept;

	channel_lock(&kept);
	held = e->state == SERVICE_END_HELD;
	/* Given a line, whatever the status: perhaps behind that. */
	if (held)
		endpoint_join(ch);
	else
		service_retire(e, CHANNEL_FINISHED);
	channel_unlock(&kept);
	errno = service_error(status);
	return held ? ch : NULL;
}

struct channel *channel_connect(const char *name, uint64_t deadline)
{
	struct channel *ch = service_connect_begin(name);
	void *room;

	if (!ch || !endpoint_waits(ch))
		return ch;
	return service_connect_end(ch, endpoint_wait_room(ch, 0, deadline, &room));
}

/* The calling component's, that it has or waits with; else NULL. */
static struct service_end *service_own(struct channel *ch)
{
	struct service_end *e = service_end_find(ch);
	bool free;
	sigset_t kept;

	if (!e || ch->owner != component_index())
		return NULL;
	channel_lock(&kept);
	free = e->state == SERVICE_END_FREE;
	channel_unlock(&kept);
	return free ? NULL : e;
}

enum channel_status channel_drop(struct channel *ch)
{
	struct service_end *e = service_own(ch);
	sigset_t kept;

	if (!e || ch->tx.streamed || ch->rx.streamed)
		return CHANNEL_MISUSE;
	channel_close(ch);
	channel_lock(&kept);
	service_retire(e, CHANNEL_FINISHED);
	channel_unlock(&kept);
	return CHANNEL_OK;
}
