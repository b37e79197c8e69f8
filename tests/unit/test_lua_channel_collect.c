/* SPDX-License-Identifier: MIT */
/*
 * Unit test: finalizers run where something is made of a message, and may receive it
 * themselves, or let other tasks do so. Each message is received once all the same.
 */
#include "tests/unit/lua_call_case.h"

#include <stdio.h>

#define BATCH 8

/* send(n): the peer sends the messages n to n + 7, as strings of MessagePack. */
static int peer_batch(lua_State *L)
{
	lua_Integer first = luaL_checkinteger(L, 1);
	char bytes[256];

	for (lua_Integer i = first; i < first + BATCH; i++) {
		/* A str of 16 bits of length. */
		memcpy(bytes, "\xda\0", 2);
		bytes[2] = (char)(sizeof(bytes) - 3);
		memset(bytes + 3, 'x', sizeof(bytes) - 3);
		snprintf(bytes + 3, 7, "%06d", (int)i);
		bytes[9] = 'x';
		assert_int_equal(channel_send(fixture->one.b, bytes, sizeof(bytes), CHANNEL_NOW),
				 CHANNEL_OK);
	}
	return 0;
}

/*
 * The script's `take` receives what there is, by verb; `meanwhile` is what finalizers do,
 * of which there is always one to be run.
 */
static void each_once(struct fixture *f, const char *take, const char *meanwhile)
{
	lua_register(f->L, "send", peer_batch);
	run(f,
	    "c = atoll.open 'one'; collectgarbage 'generational'; seen, count, inside = {}, 0, 0\n"
	    "function note(m)\n"
	    "  local n = tonumber(m:match '%d%d%d%d%d%d')\n"
	    "  assert(not seen[n], n); seen[n] = true; count = count + 1 end");
	if (luaL_dostring(f->L, take) || luaL_dostring(f->L, meanwhile))
		fail_msg("%s", lua_tostring(f->L, -1));
	run(f, "function trap() if over then return end\n"
	       "  setmetatable({}, { __gc = function() trap(); meanwhile() end }) end\n"
	       "for i = 1, 4 do trap() end\n"
	       "for n = 1, 16000, 8 do send(n); while count < n + 7 do take() end end\n"
	       "over = true\n"
	       "assert(count == 16000 and inside > 0, inside)\n"
	       "assert(c:stats().received == 16000, c:stats().received)");
}

static const char *const receives = "function meanwhile() local m = c:recv(0)\n"
				    "  if m then note(m); inside = inside + 1 end end";

static void test_a_string_is_received_once_whatever_finalizers_receive(void **state)
{
	each_once(*state, "function take() local m = c:recv(0); if m then note(m) end end",
		  receives);
}

static void test_so_is_a_value(void **state)
{
	each_once(*state, "function take() local m = c:recv_value(0); if m then note(m) end end",
		  receives);
}

static void test_so_is_a_view(void **state)
{
	each_once(*state,
		  "function take() local v <close> = c:view(0)\n"
		  "  if v then local m = v:sub(1, 12); note(m) end end",
		  "function meanwhile() local ok, m = pcall(c.recv, c, 0)\n"
		  "  if ok and m then note(m); inside = inside + 1 end end");
}

static void test_views_that_finalizers_take_are_of_messages_of_their_own(void **state)
{
	each_once(*state,
		  "function take() local ok, m = pcall(c.recv, c, 0)\n"
		  "  if ok and m then note(m) end end",
		  "function meanwhile() local ok, v = pcall(c.view, c, 0)\n"
		  "  if ok and v then note(tostring(v)); inside = inside + 1; v:close() end end");
}

static void test_what_other_tasks_receive_while_a_finalizer_waits_is_received_once(void **state)
{
	each_once(*state, "function take() local m = c:recv(0); if m then note(m) end end",
		  "for i = 1, 2 do atoll.spawn(function() while not over do\n"
		  "  local m = c:recv(0); if m then note(m); inside = inside + 1 end\n"
		  "  atoll.yield() end end) end\n"
		  "function meanwhile() atoll.yield() end");
}

/* Finalizers that let the other tasks run, while things are made of replies and requests. */
static const char *const yielding =
	"collectgarbage 'generational'\n"
	"function trap() if over then return end\n"
	"  setmetatable({}, { __gc = function() trap(); yields = yields + 1; atoll.yield() end }) "
	"end\n"
	"yields = 0\n"
	"for i = 1, 4 do trap() end\n";

static void test_so_is_a_reply(void **state)
{
	run(*state, yielding);
	with_peer(*state, echo,
		  "local ch, tasks = atoll.open 'one', {}\n"
		  "for i = 1, 4 do tasks[i] = atoll.spawn(function()\n"
		  "  for j = 1, 2000 do local s = i .. ' ' .. j .. (' '):rep(50)\n"
		  "    assert(ch:call(s) == s); assert(ch:call_value { s }[1] == s) end\n"
		  "  return true end) end\n"
		  "for i = 1, 4 do assert(tasks[i]:join()) end\n"
		  "over = true; assert(yields > 100, yields)\n"
		  "assert(ch:stats().late == 0 and ch:stats().received == 16000); ch:close()");
}

/* Calls short ones and long ones, and closes. */
static void *client(void *arg)
{
	struct peer *p = arg;
	struct call_client c;
	char request[64] = "", reply[64];
	size_t len;

	call_client_init(&c, p->ch);
	for (int i = 0; i < 20000 && !p->wrong; i++) {
		snprintf(request, sizeof(request), "%d", i);
		if (call_make(&c, request, i % 2 ? 60 : 8, reply, sizeof(reply), &len,
			      CHANNEL_FOREVER) != CHANNEL_OK)
			p->wrong = "a call without a reply";
		else if (strcmp(request, reply) != 0)
			p->wrong = "the reply to another request";
	}
	channel_close(p->ch);
	return NULL;
}

static void test_so_is_a_request(void **state)
{
	run(*state, yielding);
	with_peer(*state, client,
		  "local served = 0\n"
		  "atoll.open 'one':serve(function(q) served = served + 1; return q end, 3)\n"
		  "over = true; assert(yields > 100, yields); assert(served == 20000, served)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LUA_TEST(test_a_string_is_received_once_whatever_finalizers_receive),
		LUA_TEST(test_so_is_a_value),
		LUA_TEST(test_so_is_a_view),
		LUA_TEST(test_views_that_finalizers_take_are_of_messages_of_their_own),
		LUA_TEST(test_what_other_tasks_receive_while_a_finalizer_waits_is_received_once),
		LUA_TEST(test_so_is_a_reply),
		LUA_TEST(test_so_is_a_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
