/* SPDX-License-Identifier: MIT */
/*
 * How a component sleeps whose tasks all wait: what they wait for goes into a set,
 * so that the sleep ends by that and by nothing else. To fill and empty the set
 * costs something for each endpoint, once a sleep.
 */
#include "runtimes/lua/runtime_lua_wait.h"

#include <errno.h>
#include <stdlib.h>

#include "container/component.h"
#include "ipc/set.h"

#define PLACES_MORE 16 /* that there is more room for at a time */

/* What is slept for, once each: two members for the same end would keep each other awake. */
struct sleep_place {
	struct channel_member *member;
	const struct channel *ch;        /* NULL: a timer */
	enum runtime_lua_wait_kind kind; /* room, a reply, or whatever is a message */
	size_t len;                      /* of the room */
};

/* Each component has one thread that runs Lua, so this is its component's. */
static __thread struct {
	struct channel_set *set;    /* empty but for a sleep; NULL: not made yet */
	struct sleep_place *places; /* of all that are in it */
	unsigned count;
	uint64_t until; /* the complement of the first deadline: 0 is CHANNEL_FOREVER */
} sleeper;

static struct sleep_place *sleep_find(const struct channel *ch, enum runtime_lua_wait_kind kind)
{
	for (unsigned i = 0; i < sleeper.count; i++)
		if (sleeper.places[i].ch == ch && sleeper.places[i].kind == kind)
			return &sleeper.places[i];
	return NULL;
}

/* A place for one more; NULL: no memory. */
static struct sleep_place *sleep_append(void)
{
	struct sleep_place *places = sleeper.places;

	if (sleeper.count % PLACES_MORE == 0)
		places = realloc(places, (sleeper.count + PLACES_MORE) * sizeof(*places));
	if (!places)
		return NULL;
	sleeper.places = places;
	places[sleeper.count] = (struct sleep_place){.member = NULL};
	return &places[sleeper.count++];
}

static struct channel_member *sleep_member(struct channel *ch, enum runtime_lua_wait_kind kind,
					   size_t len)
{
	switch (kind) {
	case RUNTIME_LUA_WAIT_ROOM:
		return channel_set_send(sleeper.set, ch, len, NULL);
	case RUNTIME_LUA_WAIT_REPLY:
		return channel_set_reply(sleeper.set, ch, NULL);
	default:
		return channel_set_receive(sleeper.set, ch, NULL);
	}
}

static int sleep_channel(struct channel *ch, enum runtime_lua_wait_kind kind, size_t len)
{
	struct sleep_place *p = sleep_find(ch, kind);

	if (p && len >= p->len)
		return 0;
	if (p)
		channel_member_remove(p->member);
	else
		p = sleep_append();
	if (!p)
		return -ENOMEM;
	*p = (struct sleep_place){.ch = ch, .kind = kind, .len = len};
	p->member = sleep_member(ch, kind, len);
	return p->member ? 0 : -errno;
}

/* Of two kinds that wait for something else, whether for a message as well. */
static bool sleep_item_hears(const struct runtime_lua_wait_item *item)
{
	return item->kind == RUNTIME_LUA_WAIT_ROOM ? item->is_over != NULL : item->len != 0;
}

/* All but two kinds wait for a message, and so in one place. */
static int sleep_item(const struct runtime_lua_wait_item *item)
{
	enum runtime_lua_wait_kind kind = item->kind;
	int error = 0;

	if (!item->ch)
		return 0;
	if (kind != RUNTIME_LUA_WAIT_ROOM && kind != RUNTIME_LUA_WAIT_REPLY)
		kind = RUNTIME_LUA_WAIT_MESSAGE;
	else if (sleep_item_hears(item))
		error = sleep_channel(*item->ch, RUNTIME_LUA_WAIT_MESSAGE, 0);
	return error ? error : sleep_channel(*item->ch, kind, item->len);
}

int runtime_lua_sleep_add(const struct runtime_lua_wait *w)
{
	const struct runtime_lua_wait_item *items = runtime_lua_wait_items(w);
	int error = 0;

	if (!sleeper.set)
		sleeper.set = channel_set_new();
	if (!sleeper.set)
		return -errno;
	if (~w->deadline > sleeper.until)
		sleeper.until = ~w->deadline;
	for (unsigned i = 0; i < w->count && !error; i++)
		error = sleep_item(&items[i]);
	return error;
}

/*
 * A request to stop ends a wait for ever, and only that; so the deadline is a timer
 * in the set, until the request has come.
 */
static int sleep_wait(uint64_t deadline)
{
	struct sleep_place *p;
	void *tag;

	if (deadline != CHANNEL_FOREVER && !component_stopping()) {
		p = sleep_append();
		if (p)
			p->member = channel_set_timer(sleeper.set, deadline, NULL);
		if (!p || !p->member)
			return -ENOMEM;
		deadline = CHANNEL_FOREVER;
	}
	channel_set_wait(sleeper.set, deadline, &tag);
	return 0;
}

int runtime_lua_sleep(int error)
{
	uint64_t deadline = ~sleeper.until;

	if (!error && !sleeper.count && deadline == CHANNEL_FOREVER)
		error = -EDEADLK;
	if (!error)
		error = sleep_wait(deadline);
	while (sleeper.count)
		if (sleeper.places[--sleeper.count].member)
			channel_member_remove(sleeper.places[sleeper.count].member);
	sleeper.until = 0;
	return error;
}

void runtime_lua_sleep_end(void)
{
	if (sleeper.set)
		channel_set_free(sleeper.set);
	free(sleeper.places);
	sleeper.set = NULL;
	sleeper.places = NULL;
	sleeper.count = 0;
	sleeper.until = 0;
}
