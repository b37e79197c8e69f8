/* SPDX-License-Identifier: MIT */
/* Services as Lua has them: listen, accept, connect; endpoints that come and go. */
#include <errno.h>
#include <lauxlib.h>

#include "container/component.h"
#include "container/image.h"
#include "ipc/service_table.h"
#include "runtimes/lua/runtime_lua.h"
#include "runtimes/lua/runtime_lua_channel.h"
#include "runtimes/lua/runtime_lua_object.h"
#include "runtimes/lua/runtime_lua_state.h"
#include "runtimes/lua/runtime_lua_wait.h"

/* nil and a word, or what the manifest has against it. [-0, +2, m] */
static int service_failure(lua_State *L, const char *name, int error)
{
	const char *why = "not in the manifest";

	switch (error) {
	case ECONNREFUSED:
		luaL_pushfail(L);
		lua_pushliteral(L, "refused");
		return 2;
	case ETIMEDOUT:
		return runtime_lua_word(L, CHANNEL_AGAIN);
	case ESHUTDOWN:
		return runtime_lua_word(L, CHANNEL_STOPPING);
	case EACCES:
		why = "belongs to other components";
		break;
	case EMFILE:
		why = "has no more connections for this component";
		break;
	default:
		break;
	}
	luaL_pushfail(L);
	lua_pushfstring(L, "%s: service %s: %s", component_name(), name, why);
	return 2;
}

static struct runtime_lua_service *service_check(lua_State *L)
{
	return luaL_checkudata(L, 1, RUNTIME_LUA_SERVICE);
}

static int accept_on(lua_State *L, int status, lua_KContext deadline);

/* The stack: service, the endpoint to be. [-0, +1|2, v] */
static int accept_try(lua_State *L, uint64_t deadline)
{
	const struct runtime_lua_service *s = service_check(L);
	struct runtime_lua_endpoint *e = lua_touserdata(L, 2);
	enum channel_status status = CHANNEL_CLOSED;
	bool stopping = false;

	while (s->service) {
		status = service_accept(s->service, runtime_lua_alone() ? deadline : CHANNEL_NOW,
					&e->ch);
		if (status != CHANNEL_AGAIN || runtime_lua_wait_over(deadline, &stopping))
			break;
		runtime_lua_wait_for(L, RUNTIME_LUA_WAIT_MESSAGE, &s->door, 0, deadline, accept_on);
		status = CHANNEL_CLOSED; /* unless another task has left it open */
	}
	if (status != CHANNEL_OK)
		return runtime_lua_failure(L, s->door, stopping ? CHANNEL_STOPPING : status);
	e->drop = service_drop_closed;
	return 1;
}

static int accept_on(lua_State *L, int status, lua_KContext deadline)
{
	(void)status;
	lua_settop(L, 2);
	return accept_try(L, (uint64_t)deadline);
}

/* [-0, +1|2, v] */
static int accept_begin(lua_State *L, uint64_t deadline)
{
	service_check(L);
	lua_settop(L, 1);
	runtime_lua_endpoint_new(L);
	return accept_try(L, deadline);
}

/* service:accept([timeout]) -> endpoint | nil, word. [-0, +1|2, v] */
static int service_verb_accept(lua_State *L)
{
	return accept_begin(L, runtime_lua_deadline_check(L, 2));
}

/* What the loop below calls; its second argument is the endpoint before. [-0, +1|2, v] */
static int accepted_next(lua_State *L)
{
	return accept_begin(L, CHANNEL_FOREVER);
}

/* for endpoint in service:accepted() do: until it is closed, or we are to stop. [-0, +2, v] */
static int service_accepted(lua_State *L)
{
	service_check(L);
	lua_pushcfunction(L, accepted_next);
	lua_pushvalue(L, 1);
	return 2;
}

/* service:close(), <close> and the collector; any number of times. [-0, +0, v] */
static int service_verb_close(lua_State *L)
{
	struct runtime_lua_service *s = service_check(L);

	if (!s->service)
		return 0;
	runtime_lua_own(L, s->service, NULL);
	service_close(s->service);
	s->service = NULL;
	return 0;
}

/* service:name() [-0, +1, v] */
static int service_name(lua_State *L)
{
	lua_pushstring(L, service_check(L)->name);
	return 1;
}

/*
 * The service is s's from now on. One that was forgotten is in no map any more as
 * soon as that is found, but collected later, and must not close the service then.
 * [-0, +0, m]
 */
static void service_own(lua_State *L, struct runtime_lua_service *s, struct service *service)
{
	struct runtime_lua_service *before = runtime_lua_owner(L, service);

	if (before && before != s)
		before->service = NULL;
	s->service = service; /* first: without memory for the rest the collector closes it */
	runtime_lua_own(L, service, s);
}

/*
 * atoll.listen(name) -> service | nil, message. While a service lives, listening
 * again gives the same one; the upvalue maps names to them, weakly. [-0, +1|2, v]
 */
static int atoll_listen(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	struct runtime_lua_service *s;
	struct service *service;

	if (lua_getfield(L, lua_upvalueindex(1), name) == LUA_TUSERDATA) {
		s = lua_touserdata(L, -1);
	} else {
		s = lua_newuserdatauv(L, sizeof(*s), 0);
		*s = (struct runtime_lua_service){NULL, NULL, NULL};
		luaL_setmetatable(L, RUNTIME_LUA_SERVICE);
	}
	service = service_listen(name);
	if (!service)
		return service_failure(L, name, errno);
	s->door = &service->door;
	s->name = service->spec->name;
	service_own(L, s, service);
	lua_pushvalue(L, -1);
	lua_setfield(L, lua_upvalueindex(1), name);
	return 1;
}

static int connect_on(lua_State *L, int status, lua_KContext deadline);

static bool share_is_over(const void *name)
{
	return service_has_share(name);
}

/* Until the endpoint to be has one to wait with: 0, or why not. [-0, +0, e] */
static int connect_begin(lua_State *L, uint64_t deadline, struct runtime_lua_endpoint *e)
{
	const char *name = lua_tostring(L, 1);
	const struct runtime_lua_wait_item item = {
		.kind = RUNTIME_LUA_WAIT_OTHER, .is_over = share_is_over, .of = name};
	bool stopping;

	while (!e->ch) {
		e->ch = service_connect_begin(name);
		if (e->ch)
			break;
		/* What another task has may come back. */
		if (errno != EMFILE || runtime_lua_alone())
			return errno;
		if (runtime_lua_wait_over(deadline, &stopping))
			return stopping ? ESHUTDOWN : ETIMEDOUT;
		runtime_lua_wait_one(L, &item, deadline, connect_on);
	}
	e->drop = service_drop_closed;
	return 0;
}

/* The stack: name, the endpoint to be. [-0, +1|2, e] */
static int connect_try(lua_State *L, uint64_t deadline)
{
	struct runtime_lua_endpoint *e = lua_touserdata(L, 2);
	int error = connect_begin(L, deadline, e);
	enum channel_status status;
	bool stopping = false;
	void *room;

	if (error)
		return service_failure(L, lua_tostring(L, 1), error);
	for (;;) {
		status = channel_reserve(e->ch, 0, runtime_lua_alone() ? deadline : CHANNEL_NOW,
					 &room);
		if (status != CHANNEL_AGAIN || runtime_lua_wait_over(deadline, &stopping))
			break;
		runtime_lua_wait_for(L, RUNTIME_LUA_WAIT_ROOM, &e->ch, 0, deadline, connect_on);
	}
	e->ch = service_connect_end(e->ch, stopping ? CHANNEL_STOPPING : status);
	if (e->ch)
		return 1;
	e->drop = NULL;
	return service_failure(L, lua_tostring(L, 1), errno);
}

static int connect_on(lua_State *L, int status, lua_KContext deadline)
{
	(void)status;
	lua_settop(L, 2);
	return connect_try(L, (uint64_t)deadline);
}

/* atoll.connect(name [, timeout]) -> endpoint | nil, word or message. [-0, +1|2, v] */
static int atoll_connect(lua_State *L)
{
	uint64_t deadline = runtime_lua_deadline_check(L, 2);

	luaL_checkstring(L, 1);
	lua_settop(L, 1);
	runtime_lua_endpoint_new(L);
	return connect_try(L, deadline);
}

static const luaL_Reg methods[] = {
	{"accept", service_verb_accept},
	{"accepted", service_accepted},
	{"close", service_verb_close},
	{"name", service_name},
	{"__gc", service_verb_close},
	{"__close", service_verb_close},
	{NULL, NULL},
};

static const luaL_Reg functions[] = {
	{"listen", atoll_listen},
	{"connect", atoll_connect},
	{NULL, NULL},
};

int runtime_lua_services(lua_State *L)
{
	runtime_lua_class(L, RUNTIME_LUA_SERVICE, methods);
	lua_settop(L, 1);
	runtime_lua_weak_table(L); /* the services listened on */
	luaL_setfuncs(L, functions, 1);
	return 1;
}
