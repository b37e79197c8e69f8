/* SPDX-License-Identifier: MIT */
/* Unit test of endpoints in Lua: messages, timeouts, the end; the test in C is the other end. */
#include "tests/unit/lua_pair.h"

static void test_a_sent_string_arrives_byte_for_byte(void **state)
{
	run(*state, "local c = atoll.open 'one'; assert(c:send('a\\0b') == true); c:send('')");
	assert_peer_receives(fixture->one.b, "a\0b", 3);
	assert_peer_receives(fixture->one.b, "", 0);
}

static void test_a_received_message_is_a_string_of_its_own(void **state)
{
	assert_int_equal(channel_send(fixture->one.b, "x\0y", 3, CHANNEL_NOW), CHANNEL_OK);
	peer_send(fixture->one.b, "");
	run(*state, "local c = atoll.open 'one'\n"
		    "local one, two = c:recv(), c:recv(0)\n"
		    "assert(one == 'x\\0y' and two == '')");
}

static void test_without_a_message_recv_answers_timeout(void **state)
{
	run(*state, "local c = atoll.open 'one'\n"
		    "for _, t in ipairs { 0, -1, 0.001 } do\n"
		    "  local m, why = c:recv(t)\n"
		    "  assert(m == nil and why == 'timeout', why)\n"
		    "end");
}

static void test_a_timeout_is_in_seconds(void **state)
{
	run(*state, "local c = atoll.open 'one'\n"
		    "local before = atoll.now(); c:recv(0.05)\n"
		    "local took = atoll.now() - before\n"
		    "assert(took >= 0.05 and took < 5, took)");
}

static void test_without_room_send_answers_timeout(void **state)
{
	run(*state, "local c, n = atoll.open 'one', 0\n"
		    "local ok, why\n"
		    "repeat ok, why = c:send(('x'):rep(500), 0); n = n + 1 until not ok\n"
		    "assert(n > 2 and why == 'timeout', why)");
}

static void test_a_message_longer_than_max_is_too_big(void **state)
{
	run(*state, "local c = atoll.open 'one'\n"
		    "local ok, why = c:send(('x'):rep(c:max() + 1), 0)\n"
		    "assert(ok == nil and why == 'too big', why)\n"
		    "assert(c:send(('x'):rep(c:max()), 0))");
}

static void test_the_loop_over_messages_ends_when_the_peer_finishes(void **state)
{
	struct fixture *f = *state;

	peer_send(f->one.b, "one");
	peer_send(f->one.b, "two");
	channel_finish(f->one.b);
	run(f, "local c, got = atoll.open 'one', {}\n"
	       "for m in c:messages() do got[#got + 1] = m end\n"
	       "assert(table.concat(got, ' ') == 'one two')\n"
	       "assert(c:reason() == 'finished', c:reason())\n"
	       "local m, why = c:recv(); assert(m == nil and why == 'closed')");
}

static void test_reason_is_open_until_the_channel_closes(void **state)
{
	run(*state, "local c = atoll.open 'one'; assert(c:reason() == 'open')");
}

static void test_after_finish_nothing_more_is_sent(void **state)
{
	run(*state, "local c = atoll.open 'one'; c:send 'last'; c:finish()\n"
		    "local ok, why = c:send 'more'; assert(ok == nil and why == 'closed', why)");
	assert_peer_receives(fixture->one.b, "last", 4);
	assert_int_equal(peer_look(fixture->one.b), CHANNEL_CLOSED);
}

static void test_a_component_that_is_to_stop_does_not_wait_for_ever(void **state)
{
	struct fixture *f = *state;

	peer_send(f->one.b, "last");
	fixture_stopping = true;
	endpoint_stop(f->one.a);
	run(f, "local c = atoll.open 'one'\n"
	       "for message in c:messages() do assert(message == 'last'); seen = true end\n"
	       "assert(seen and atoll.stopping())\n"
	       "local message, why = c:recv(); assert(message == nil and why == 'stopping')\n"
	       "message, why = c:recv(0.01); assert(message == nil and why == 'timeout')\n"
	       "local text = ('x'):rep(c:max())\n"
	       "repeat message, why = c:send(text) until not message\n"
	       "assert(why == 'stopping')\n"
	       "assert(c:reason() == 'open'); collectgarbage()");
}

static void test_name_and_stats_are_the_endpoints(void **state)
{
	run(*state, "local c = atoll.open 'one'; c:send 'four'\n"
		    "local s = c:stats()\n"
		    "assert(c:name() == 'one' and s.sent == 1 and s.sent_bytes == 4)\n"
		    "assert(s.received == 0 and s.parks == 0)");
}

static bool starving; /* no allocation of the state succeeds */

static void *starving_alloc(void *ud, void *p, size_t old, size_t bytes)
{
	(void)ud;
	(void)old;
	if (bytes)
		return starving ? NULL : realloc(p, bytes);
	free(p);
	return NULL;
}

static int starve(lua_State *L)
{
	starving = lua_toboolean(L, 1);
	return 0;
}

static void test_no_message_is_lost_when_memory_is_out(void **state)
{
	struct fixture *f = *state;

	lua_setallocf(f->L, starving_alloc, NULL);
	lua_register(f->L, "starve", starve);
	peer_send(f->one.b, "a message that is too long for Lua to have it interned already");
	run(f, "local c = atoll.open 'one'\n"
	       "starve(true); local ok, why = pcall(c.recv, c); starve(false)\n"
	       "assert(not ok and why == 'not enough memory', why)\n"
	       "assert(#c:recv(0) == 62)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LUA_TEST(test_a_sent_string_arrives_byte_for_byte),
		LUA_TEST(test_a_received_message_is_a_string_of_its_own),
		LUA_TEST(test_without_a_message_recv_answers_timeout),
		LUA_TEST(test_a_timeout_is_in_seconds),
		LUA_TEST(test_without_room_send_answers_timeout),
		LUA_TEST(test_a_message_longer_than_max_is_too_big),
		LUA_TEST(test_the_loop_over_messages_ends_when_the_peer_finishes),
		LUA_TEST(test_reason_is_open_until_the_channel_closes),
		LUA_TEST(test_after_finish_nothing_more_is_sent),
		LUA_TEST(test_a_component_that_is_to_stop_does_not_wait_for_ever),
		LUA_TEST(test_name_and_stats_are_the_endpoints),
		LUA_TEST(test_no_message_is_lost_when_memory_is_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
