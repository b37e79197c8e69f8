/* SPDX-License-Identifier: MIT */
/* Unit test of endpoint:call. */
#include "tests/unit/lua_call_case.h"

/* Answers three requests at a time, the last one first. */
static void *backwards(void *arg)
{
	struct peer *p = arg;
	struct request r[3];

	while (request_take(p->ch, &r[0]) && request_take(p->ch, &r[1]) &&
	       request_take(p->ch, &r[2]))
		for (int i = 2; i >= 0; i--)
			request_echo(p->ch, &r[i]);
	return NULL;
}

static void test_a_call_brings_the_reply(void **state)
{
	with_peer(*state, echo,
		  "local ch = atoll.open 'one'\n"
		  "for i = 1, 100 do assert(ch:call(tostring(i)) == tostring(i)) end\n"
		  "assert(ch:call('') == '')\n"
		  "for _, v in ipairs { 1, -1.5, true, 'text' } do assert(ch:call_value(v) == v) "
		  "end\n"
		  "local t = ch:call_value { a = { 1, 2 } }; assert(t.a[2] == 2)\n"
		  "assert(select('#', ch:call_value(nil)) == 1)\n"
		  "ch:close()");
}

static void test_a_call_that_failed_brings_the_servers_words(void **state)
{
	with_peer(*state, echo,
		  "local ch = atoll.open 'one'\n"
		  "local function check()\n"
		  "  local r, word, why = ch:call('fail')\n"
		  "  assert(r == nil and word == 'failed' and why == 'as you wish')\n"
		  "  assert(ch:call('on') == 'on')\n"
		  "end\n"
		  "check(); assert(atoll.spawn(function() check() return true end):join())\n"
		  "ch:close()");
}

static void test_replies_find_their_calls_in_any_order(void **state)
{
	with_peer(*state, backwards,
		  "local ch, tasks = atoll.open 'one', {}\n"
		  "for i = 1, 3 do tasks[i] = atoll.spawn(function()\n"
		  "  for j = 1, 50 do local s = i .. ' ' .. j; assert(ch:call(s) == s) end\n"
		  "  return true end) end\n"
		  "for i = 1, 3 do assert(tasks[i]:join()) end\n"
		  "assert(ch:stats().late == 0); ch:close()");
}

/* What waits within a comparison holds up the task below it on the one C stack. */
static void test_calls_that_cannot_yield_find_their_replies(void **state)
{
	with_peer(*state, backwards,
		  "local ch, tasks, got = atoll.open 'one', {}, 0\n"
		  "for i = 1, 3 do tasks[i] = atoll.spawn(function()\n"
		  "  table.sort({ 1, 2 }, function(a, b)\n"
		  "    assert(ch:call(tostring(i), 5) == tostring(i)); got = got + 1\n"
		  "    return a < b end)\n"
		  "  return true end) end\n"
		  "for i = 1, 3 do assert(tasks[i]:join()) end\n"
		  "assert(got % 3 == 0); ch:close()");
}

/* Nobody's; answers the first request once it is looked at. */
static bool answers_meanwhile(const void *peer)
{
	struct channel *ch = *(struct channel *const *)peer;
	struct request r;

	if (peer_look(ch) == CHANNEL_OK && request_take(ch, &r) && request_is(&r, "first"))
		request_echo(ch, &r);
	return false;
}

static int meanwhile_on(lua_State *L, int status, lua_KContext context)
{
	(void)L, (void)status, (void)context;
	return 0;
}

static int meanwhile(lua_State *L)
{
	struct runtime_lua_wait w = {.deadline = CHANNEL_FOREVER, .count = 1};

	w.one = (struct runtime_lua_wait_item){.kind = RUNTIME_LUA_WAIT_OTHER,
					       .is_over = answers_meanwhile,
					       .of = &fixture->one.b};
	runtime_lua_wait(L, &w, 0, meanwhile_on);
	return 0;
}

/* All tasks wait; the first one's reply comes when that was looked at, the third one finds it. */
static void test_a_reply_that_another_call_finds_wakes_its_own(void **state)
{
	struct fixture *f = *state;

	lua_register(f->L, "meanwhile", meanwhile);
	run(f,
	    "local ch, before = atoll.open 'one', atoll.now()\n"
	    "local a = atoll.spawn(function() return ch:call('first') end)\n"
	    "local m = atoll.spawn(meanwhile)\n"
	    "local b = atoll.spawn(function() return ch:call('other', 1) end)\n"
	    "assert(a:join() == 'first' and atoll.now() - before < 0.5); m:cancel(); b:cancel()");
}

/* Waits for two requests, answers the first, then the second, then whatever comes. */
static void *late(void *arg)
{
	struct peer *p = arg;
	struct request r[2];

	request_take(p->ch, &r[0]);
	request_take(p->ch, &r[1]);
	request_echo(p->ch, &r[0]);
	request_echo(p->ch, &r[1]);
	return echo(arg);
}

static void test_a_late_reply_is_dropped_and_counted(void **state)
{
	with_peer(*state, late,
		  "local ch = atoll.open 'one'\n"
		  "local r, why = ch:call('slow', 0.002); assert(r == nil and why == 'timeout')\n"
		  "assert(ch:call('next') == 'next' and ch:stats().late == 1)\n"
		  "ch:close()");
}

static void test_a_cancelled_call_is_nobodys_any_more(void **state)
{
	with_peer(*state, late,
		  "local ch = atoll.open 'one'\n"
		  "local t = atoll.spawn(function() return ch:call('cancelled') end)\n"
		  "atoll.yield(); assert(t:status() == 'waiting' and t:cancel())\n"
		  "assert(atoll.spawn(function() return ch:call('next') end):join() == 'next')\n"
		  "assert(ch:stats().late == 1); ch:close()");
}

static void test_all_callers_of_a_server_that_dies_are_told(void **state)
{
	with_peer(*state, dead,
		  "local ch, tasks = atoll.open 'one', {}\n"
		  "for i = 1, 4 do tasks[i] = atoll.spawn(function() return ch:call('x') end) end\n"
		  "for i = 1, 4 do local r, why = tasks[i]:join()\n"
		  "  assert(r == nil and why == 'closed', why) end\n"
		  "assert(select(2, ch:call('x')) == 'closed' and ch:reason() == 'peer died')");
}

static void test_who_does_not_speak_of_calls_is_closed(void **state)
{
	struct fixture *f = *state;

	peer_send(f->one.b, "short");
	peer_send(f->two.b, "short");
	run(f, "local one, two = atoll.open 'one', atoll.open 'two'\n"
	       "local r, why = one:call('x'); assert(r == nil and why == 'closed')\n"
	       "assert(one:reason() == 'protocol error')\n"
	       "r, why = two:serve(print); assert(r == nil and why == 'closed')\n"
	       "assert(two:reason() == 'protocol error')");
}

static void test_wrong_calls_are_errors(void **state)
{
	struct fixture *f = *state;

	peer_send(f->one.b, "viewed");
	run(f, "local ch = atoll.open 'one'\n"
	       "local function wrong(text, ...)\n"
	       "  local ok, why = pcall(...); assert(not ok and why:find(text, 1, true), why) end\n"
	       "wrong('string expected', ch.call, ch)\n"
	       "wrong('string expected', ch.call, ch, {})\n"
	       "wrong('value expected', ch.call_value, ch)\n"
	       "wrong('cannot be sent', ch.call_value, ch, print)\n"
	       "wrong('number', ch.call, ch, 'x', 'y')\n"
	       "wrong('function expected', ch.serve, ch, 1)\n"
	       "wrong('1 to 4096 tasks', ch.serve, ch, print, 0)\n"
	       "wrong('atoll.endpoint expected', ch.call, io.stdout, 'x')\n"
	       "wrong('atoll.endpoint expected', ch.serve, {}, print)\n"
	       "local r, why = ch:call(('x'):rep(ch:max())); assert(not r and why == 'too big')\n"
	       "local view <close> = ch:view()\n"
	       "wrong('a view still holds', ch.call, ch, 'x')");
}

static const struct CMUnitTest tests[] = {
	LUA_TEST(test_a_call_brings_the_reply),
	LUA_TEST(test_a_call_that_failed_brings_the_servers_words),
	LUA_TEST(test_replies_find_their_calls_in_any_order),
	LUA_TEST(test_calls_that_cannot_yield_find_their_replies),
	LUA_TEST(test_a_reply_that_another_call_finds_wakes_its_own),
	LUA_TEST(test_a_late_reply_is_dropped_and_counted),
	LUA_TEST(test_a_cancelled_call_is_nobodys_any_more),
	LUA_TEST(test_all_callers_of_a_server_that_dies_are_told),
	LUA_TEST(test_who_does_not_speak_of_calls_is_closed),
	LUA_TEST(test_wrong_calls_are_errors),
};

int main(void)
{
	return cmocka_run_group_tests_name("calls in Lua", tests, NULL, NULL);
}
