/* SPDX-License-Identifier: MIT */
/*
 * Unit test of runtimes/lua/lua_atoll.c: scripts at one end of a channel, the
 * test in C at the other. The component around them is made up here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "container/component.h"
#include "container/component_self.h"
#include "ipc/channel.h"
#include "runtimes/lua/runtime_lua.h"
#include "tests/unit/channel_pair.h"

#define RING_BYTES 4096

struct fixture {
	struct channel_pair pair;
	lua_State *L;
};

static struct channel *channel_mine; /* the end that the script may open */
static unsigned channel_opened;      /* times */

struct channel *channel_open(const char *name)
{
	channel_opened++;
	if (!strcmp(name, "pair"))
		return channel_mine;
	errno = !strcmp(name, "theirs") ? EACCES : !strcmp(name, "gone") ? ECONNREFUSED : ENOENT;
	return NULL;
}

const char *component_name(void)
{
	return "tester";
}

void component_stats(struct component_stats *out)
{
	*out = (struct component_stats){
		.heap_used = 1,
		.heap_peak = 2,
		.heap_quota = 3,
		.cpu_ns = 2500000000,
		.restarts = 4,
	};
}

bool component_stopping(void)
{
	return true;
}

unsigned component_index(void)
{
	return 0;
}

_Noreturn void component_exit(int status)
{
	exit(status);
}

const void *component_module(unsigned index, size_t *size)
{
	static const char *const modules[] = {"first\0file", ""};

	*size = index == 0 ? 10 : 0;
	return index < 2 ? modules[index] : NULL;
}

static int fixture_setup(void **state)
{
	struct fixture *f = malloc(sizeof(*f));

	if (!f)
		return -1;
	channel_pair_init(&f->pair, RING_BYTES, 0);
	channel_mine = f->pair.a;
	f->L = luaL_newstate();
	luaL_openlibs(f->L);
	luaL_requiref(f->L, "atoll", luaopen_atoll, 1);
	lua_pop(f->L, 1);
	*state = f;
	return 0;
}

static int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	if (f->L)
		lua_close(f->L);
	channel_pair_free(&f->pair);
	free(f);
	return 0;
}

/* The script asserts for itself; its error, if any, is the test's. */
static void run(struct fixture *f, const char *script)
{
	if (luaL_dostring(f->L, script))
		fail_msg("%s", lua_tostring(f->L, -1));
	lua_settop(f->L, 0);
}

static void peer_send(struct fixture *f, const char *msg, size_t len)
{
	assert_int_equal(channel_send(f->pair.b, msg, len, CHANNEL_NOW), CHANNEL_OK);
}

static void assert_peer_receives(struct fixture *f, const char *expected, size_t expected_len)
{
	char buf[RING_BYTES];
	size_t len;

	assert_int_equal(channel_recv(f->pair.b, buf, sizeof(buf), &len, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(len, expected_len);
	assert_memory_equal(buf, expected, len);
}

static enum channel_status peer_look(struct fixture *f)
{
	const void *msg;
	size_t len;

	return channel_peek(f->pair.b, CHANNEL_NOW, &msg, &len);
}

static void test_a_sent_string_arrives_byte_for_byte(void **state)
{
	run(*state, "local c = atoll.open 'pair'; assert(c:send('a\\0b') == true); c:send('')");
	assert_peer_receives(*state, "a\0b", 3);
	assert_peer_receives(*state, "", 0);
}

static void test_a_received_message_is_a_string_of_its_own(void **state)
{
	peer_send(*state, "x\0y", 3);
	peer_send(*state, "", 0);
	run(*state, "local c = atoll.open 'pair'\n"
		    "local one, two = c:recv(), c:recv(0)\n"
		    "assert(one == 'x\\0y' and two == '')");
}

static void test_without_a_message_recv_answers_timeout(void **state)
{
	run(*state, "local c = atoll.open 'pair'\n"
		    "for _, t in ipairs { 0, -1, 0.001 } do\n"
		    "  local m, why = c:recv(t)\n"
		    "  assert(m == nil and why == 'timeout', why)\n"
		    "end");
}

static void test_a_timeout_is_in_seconds(void **state)
{
	run(*state, "local c = atoll.open 'pair'\n"
		    "local before = atoll.now(); c:recv(0.05)\n"
		    "local took = atoll.now() - before\n"
		    "assert(took >= 0.05 and took < 5, took)");
}

static void test_without_room_send_answers_timeout(void **state)
{
	run(*state, "local c, n = atoll.open 'pair', 0\n"
		    "local ok, why\n"
		    "repeat ok, why = c:send(('x'):rep(500), 0); n = n + 1 until not ok\n"
		    "assert(n > 2 and why == 'timeout', why)");
}

static void test_a_message_longer_than_max_is_too_big(void **state)
{
	run(*state, "local c = atoll.open 'pair'\n"
		    "local ok, why = c:send(('x'):rep(c:max() + 1), 0)\n"
		    "assert(ok == nil and why == 'too big', why)\n"
		    "assert(c:send(('x'):rep(c:max()), 0))");
}

static void test_the_loop_over_messages_ends_when_the_peer_finishes(void **state)
{
	struct fixture *f = *state;

	peer_send(f, "one", 3);
	peer_send(f, "two", 3);
	channel_finish(f->pair.b);
	run(f, "local c, got = atoll.open 'pair', {}\n"
	       "for m in c:messages() do got[#got + 1] = m end\n"
	       "assert(table.concat(got, ' ') == 'one two')\n"
	       "assert(c:reason() == 'finished', c:reason())\n"
	       "local m, why = c:recv(); assert(m == nil and why == 'closed')");
}

static void test_reason_is_open_until_the_channel_closes(void **state)
{
	run(*state, "local c = atoll.open 'pair'; assert(c:reason() == 'open')");
}

static void test_after_finish_nothing_more_is_sent(void **state)
{
	run(*state, "local c = atoll.open 'pair'; c:send 'last'; c:finish()\n"
		    "local ok, why = c:send 'more'; assert(ok == nil and why == 'closed', why)");
	assert_peer_receives(*state, "last", 4);
	assert_int_equal(peer_look(*state), CHANNEL_CLOSED);
}

static void test_close_may_be_called_any_number_of_times(void **state)
{
	run(*state, "local c <close> = atoll.open 'pair'; c:close(); c:close()");
	assert_int_equal(peer_look(*state), CHANNEL_CLOSED);
}

static void test_leaving_the_scope_of_a_close_variable_closes(void **state)
{
	run(*state, "keep = atoll.open 'pair'\n"
		    "do local c <close> = keep end\n"
		    "assert(select(2, keep:send 'x') == 'closed')");
	assert_int_equal(peer_look(*state), CHANNEL_CLOSED);
}

static void test_the_collector_closes_a_forgotten_endpoint(void **state)
{
	run(*state, "atoll.open 'pair'");
	assert_int_equal(peer_look(*state), CHANNEL_AGAIN);
	run(*state, "collectgarbage()");
	assert_int_equal(peer_look(*state), CHANNEL_CLOSED);
}

static void test_opening_again_asks_for_a_new_connection_of_the_same_endpoint(void **state)
{
	channel_opened = 0;
	run(*state, "local c = atoll.open 'pair'; assert(atoll.open 'pair' == c)\n"
		    "local none, why = atoll.open 'gone'\n"
		    "assert(not none and why:find('ended for good', 1, true), why)");
	assert_int_equal(channel_opened, 3);
}

static void test_a_component_that_is_to_stop_does_not_wait_for_ever(void **state)
{
	struct fixture *f = *state;

	channel_send(f->pair.b, "last", 4, CHANNEL_NOW);
	endpoint_stop(f->pair.a);
	run(f, "local c = atoll.open 'pair'\n"
	       "for message in c:messages() do assert(message == 'last'); seen = true end\n"
	       "assert(seen and atoll.stopping())\n"
	       "local message, why = c:recv(); assert(message == nil and why == 'stopping')\n"
	       "message, why = c:recv(0.01); assert(message == nil and why == 'timeout')\n"
	       "local text = ('x'):rep(c:max())\n"
	       "repeat message, why = c:send(text) until not message\n"
	       "assert(why == 'stopping')\n"
	       "assert(c:reason() == 'open'); collectgarbage()");
}

static void test_opening_twice_gives_the_same_endpoint(void **state)
{
	run(*state, "keep = atoll.open 'pair'\n"
		    "assert(rawequal(keep, atoll.open 'pair')); collectgarbage()");
	assert_int_equal(peer_look(*state), CHANNEL_AGAIN);
}

/*
 * A finalizer that runs between the moment when the endpoint is found to be garbage
 * and its own turn: of what is found at once, the younger goes first.
 */
static void test_a_forgotten_endpoint_leaves_the_one_opened_since_alone(void **state)
{
	struct fixture *f = *state;

	run(f, "local c = atoll.open 'pair';"
	       "setmetatable({}, {__gc = function() new = atoll.open 'pair' end});"
	       "old = tostring(c); c = nil; collectgarbage();"
	       "assert(tostring(new) ~= old); assert(new:reason() == 'open');"
	       "assert(new:send('still')); collectgarbage(); assert(new:reason() == 'open')");
	assert_peer_receives(f, "still", 5);
	run(f, "new = nil; collectgarbage()");
	assert_int_equal(peer_look(f), CHANNEL_CLOSED);
}

static void test_a_forgotten_view_takes_no_message_from_the_endpoint_opened_since(void **state)
{
	struct fixture *f = *state;

	peer_send(f, "first", 5);
	peer_send(f, "second", 6);
	peer_send(f, "third", 5);
	run(f,
	    "local c = atoll.open 'pair'; c:view();"
	    "setmetatable({}, {__gc = function() new = atoll.open 'pair'; view = new:view() end});"
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
	run(*state, "local c = atoll.open 'pair'\n"
		    "assert(not pcall(c.send, c)); assert(not pcall(c.send, c, {}))\n"
		    "assert(not pcall(c.recv, c, 'soon')); assert(not pcall(c.recv, c, 0 / 0))\n"
		    "assert(not pcall(c.recv, io.stdout)); assert(not pcall(atoll.open))\n"
		    "assert(not pcall(atoll.module, 0))");
}

static void test_name_and_stats_are_the_endpoints(void **state)
{
	run(*state, "local c = atoll.open 'pair'; c:send 'four'\n"
		    "local s = c:stats()\n"
		    "assert(c:name() == 'pair' and s.sent == 1 and s.sent_bytes == 4)\n"
		    "assert(s.received == 0 and s.parks == 0)");
}

static void test_modules_are_numbered_from_one(void **state)
{
	run(*state, "assert(atoll.module(1) == 'first\\0file'); assert(atoll.module(2) == '')\n"
		    "assert(atoll.module(3) == nil)");
}

static void test_the_component_knows_itself(void **state)
{
	run(*state, "assert(atoll.name() == 'tester')\n"
		    "local s = atoll.stats()\n"
		    "assert(s.heap_used == 1 and s.heap_peak == 2 and s.heap_quota == 3)\n"
		    "assert(s.cpu == 2.5 and s.restarts == 4 and atoll.stopping())");
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
	peer_send(f, "a message that is too long for Lua to have it interned already", 62);
	run(f, "local c = atoll.open 'pair'\n"
	       "starve(true); local ok, why = pcall(c.recv, c); starve(false)\n"
	       "assert(not ok and why == 'not enough memory', why)\n"
	       "assert(#c:recv(0) == 62)");
}

#define LUA_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

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
		LUA_TEST(test_close_may_be_called_any_number_of_times),
		LUA_TEST(test_leaving_the_scope_of_a_close_variable_closes),
		LUA_TEST(test_the_collector_closes_a_forgotten_endpoint),
		LUA_TEST(test_opening_again_asks_for_a_new_connection_of_the_same_endpoint),
		LUA_TEST(test_a_component_that_is_to_stop_does_not_wait_for_ever),
		LUA_TEST(test_opening_twice_gives_the_same_endpoint),
		LUA_TEST(test_a_forgotten_endpoint_leaves_the_one_opened_since_alone),
		LUA_TEST(test_a_forgotten_view_takes_no_message_from_the_endpoint_opened_since),
		LUA_TEST(test_what_cannot_be_opened_is_explained),
		LUA_TEST(test_misuse_is_an_error),
		LUA_TEST(test_name_and_stats_are_the_endpoints),
		LUA_TEST(test_modules_are_numbered_from_one),
		LUA_TEST(test_the_component_knows_itself),
		LUA_TEST(test_no_message_is_lost_when_memory_is_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
