/* SPDX-License-Identifier: MIT */
/* Unit test of module `atoll`: endpoints opened, closed and forgotten; the component around them.
 */
#include "tests/unit/lua_pair.h"

static void test_close_may_be_called_any_number_of_times(void **state)
{
	run(*state, "local c <close> = atoll.open 'one'; c:close(); c:close()");
	assert_int_equal(peer_look(fixture->one.b), CHANNEL_CLOSED);
}

static void test_leaving_the_scope_of_a_close_variable_closes(void **state)
{
	run(*state, "keep = atoll.open 'one'\n"
		    "do local c <close> = keep end\n"
		    "assert(select(2, keep:send 'x') == 'closed')");
	assert_int_equal(peer_look(fixture->one.b), CHANNEL_CLOSED);
}

static void test_the_collector_closes_a_forgotten_endpoint(void **state)
{
	run(*state, "atoll.open 'one'");
	assert_int_equal(peer_look(fixture->one.b), CHANNEL_AGAIN);
	run(*state, "collectgarbage()");
	assert_int_equal(peer_look(fixture->one.b), CHANNEL_CLOSED);
}

static void test_opening_again_asks_for_a_new_connection_of_the_same_endpoint(void **state)
{
	run(*state, "local c = atoll.open 'one'; assert(atoll.open 'one' == c)\n"
		    "local none, why = atoll.open 'gone'\n"
		    "assert(not none and why:find('ended for good', 1, true), why)");
	assert_int_equal(fixture_opened, 3);
}

static void test_opening_twice_gives_the_same_endpoint(void **state)
{
	run(*state, "keep = atoll.open 'one'\n"
		    "assert(rawequal(keep, atoll.open 'one')); collectgarbage()");
	assert_int_equal(peer_look(fixture->one.b), CHANNEL_AGAIN);
}

/*
 * A finalizer that runs between the moment when the endpoint is found to be garbage
 * and its own turn: of what is found at once, the younger goes first.
 */
static void test_a_forgotten_endpoint_leaves_the_one_opened_since_alone(void **state)
{
	struct fixture *f = *state;

	run(f, "local c = atoll.open 'one';"
	       "setmetatable({}, {__gc = function() new = atoll.open 'one' end});"
	       "old = tostring(c); c = nil; collectgarbage();"
	       "assert(tostring(new) ~= old); assert(new:reason() == 'open');"
	       "assert(new:send('still')); collectgarbage(); assert(new:reason() == 'open')");
	assert_peer_receives(f->one.b, "still", 5);
	run(f, "new = nil; collectgarbage()");
	assert_int_equal(peer_look(f->one.b), CHANNEL_CLOSED);
}

static void test_a_forgotten_view_takes_no_message_from_the_endpoint_opened_since(void **state)
{
	struct fixture *f = *state;

	peer_send(f->one.b, "first");
	peer_send(f->one.b, "second");
	peer_send(f->one.b, "third");
	run(f,
	    "local c = atoll.open 'one'; c:view();"
	    "setmetatable({}, {__gc = function() new = atoll.open 'one'; view = new:view() end});"
	    "c = nil; collectgarbage(); collectgarbage();"
	    "assert(tostring(view) == 'second'); view:close(); assert(new:recv(0) == 'third')");
}

static void test_what_cannot_be_opened_is_explained(void **state)
{
	run(*state, "local c, why = atoll.open 'nowhere'\n"
		    "assert(c == nil and why:find('nowhere') and why:find('manifest'), why)\n"
		    "c, why = atoll.open 'theirs'\n"
		    "assert(c == nil and why:find('other'), why); collectgarbage()");
}

static void test_misuse_is_an_error(void **state)
{
	run(*state, "local c = atoll.open 'one'\n"
		    "assert(not pcall(c.send, c)); assert(not pcall(c.send, c, {}))\n"
		    "assert(not pcall(c.recv, c, 'soon')); assert(not pcall(c.recv, c, 0 / 0))\n"
		    "assert(not pcall(c.recv, io.stdout)); assert(not pcall(atoll.open))\n"
		    "assert(not pcall(atoll.module, 0))");
}

static void test_modules_are_numbered_from_one(void **state)
{
	run(*state, "assert(atoll.module(1) == 'first\\0file'); assert(atoll.module(2) == '')\n"
		    "assert(atoll.module(3) == nil)");
}

static void test_the_component_knows_itself(void **state)
{
	fixture_stopping = true;
	run(*state, "assert(atoll.name() == 'tester')\n"
		    "local s = atoll.stats()\n"
		    "assert(s.heap_used == 1 and s.heap_peak == 2 and s.heap_quota == 3)\n"
		    "assert(s.cpu == 2.5 and s.restarts == 4 and atoll.stopping())");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LUA_TEST(test_close_may_be_called_any_number_of_times),
		LUA_TEST(test_leaving_the_scope_of_a_close_variable_closes),
		LUA_TEST(test_the_collector_closes_a_forgotten_endpoint),
		LUA_TEST(test_opening_again_asks_for_a_new_connection_of_the_same_endpoint),
		LUA_TEST(test_opening_twice_gives_the_same_endpoint),
		LUA_TEST(test_a_forgotten_endpoint_leaves_the_one_opened_since_alone),
		LUA_TEST(test_a_forgotten_view_takes_no_message_from_the_endpoint_opened_since),
		LUA_TEST(test_what_cannot_be_opened_is_explained),
		LUA_TEST(test_misuse_is_an_error),
		LUA_TEST(test_modules_are_numbered_from_one),
		LUA_TEST(test_the_component_knows_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
