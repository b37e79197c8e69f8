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

#define MEMBERS_MORE 16 /* that there is more room for at a time */

/* Each component has one thread that runs Lua, so this is its component's. */
static __thread struct {
	struct channel_set *set;         /* empty but for a sleep; NULL: not made yet */
	struct channel_member **members; /* all that are in it */
	unsigned count;
	uint64_t until; /* the complement of the first deadline: 0 is CHANNEL_FOREVER */
} sleeper;

/* One more member of the set, to be taken out after the sleep. */
static int sleep_keep(struct channel_member *m)
{
	struct channel_member **members = sleeper.members;

	if (m && sleeper.count % MEMBERS_MORE == 0) {
		members = realloc(members,
				  (sleeper.count + MEMBERS_MORE) * sizeof(struct channel_member *));
		if (!members)
			channel_member_remove(m);
	}
	if (!m || !members)
		return -ENOMEM;
	sleeper.members = members;
	sleeper.members[sleeper.count++] = m;
	return 0;
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
		if (items[i].kind == RUNTIME_LUA_WAIT_MESSAGE)
			error = sleep_keep(channel_set_receive(sleeper.set, *items[i].ch, NULL));
		else if (items[i].kind == RUNTIME_LUA_WAIT_ROOM)
			error = sleep_keep(
				channel_set_send(sleeper.set, *items[i].ch, items[i].len, NULL));
	return error;
}

/*
 * A request to stop ends a wait for ever, and only that; so the deadline is a timer
 * in the set, until the request has come.
 */
static int sleep_wait(uint64_t deadline)
{
	int error = 0;
	void *tag;

	if (deadline != CHANNEL_FOREVER && !component_stopping()) {
		error = sleep_keep(channel_set_timer(sleeper.set, deadline, NULL));
		deadline = CHANNEL_FOREVER;
	}
	if (!error)
		channel_set_wait(sleeper.set, deadline, &tag);
	return error;
}

int runtime_lua_sleep(int error)
{
	uint64_t deadline = ~sleeper.until;

	if (!error && !sleeper.count && deadline == CHANNEL_FOREVER)
		error = -EDEADLK;
	if (!error)
		error = sleep_wait(deadline);
	while (sleeper.count)
		channel_member_remove(sleeper.members[--sleeper.count]);
	sleeper.until = 0;
	return error;
}

void runtime_lua_sleep_end(void)
{
	if (sleeper.set)
		channel_set_free(sleeper.set);
	free(sleeper.members);
	sleeper.set = NULL;
	sleeper.members = NULL;
	sleeper.count = 0;
	sleeper.until = 0;
}
