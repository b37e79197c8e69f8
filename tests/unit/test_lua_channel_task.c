/* SPDX-License-Identifier: MIT */
/* Unit test of tasks in Lua: which of them run while others wait, for whatever, in any coroutine.
 */
#include "tests/unit/lua_pair.h"

#include <time.h>
#include <pthread.h>

static void test_a_task_that_receives_does_not_stop_the_others(void **state)
{
	struct fixture *f = *state;

	run(f, "local one, two = atoll.open 'one', atoll.open 'two'\n"
	       "local log = {}\n"
	       "local function reader(ch) for m in ch:messages() do log[#log + 1] = m end end\n"
	       "local a, b = atoll.spawn(reader, one), atoll.spawn(reader, two)\n"
	       "atoll.sleep(0.002); assert(a:status() == 'waiting' and b:status() == 'waiting')\n"
	       "keep = { a, b, log, one, two }; a:cancel(); b:cancel()");
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

static void *peer_of_readers(void *arg)
{
	struct fixture *f = arg;

	for (int i = 0; i < 5; i++) {
		pause_ms(2);
		channel_send(f->two.b, "two", 3, CHANNEL_FOREVER);
		channel_send(f->one.b, "one", 3, CHANNEL_FOREVER);
	}
	channel_finish(f->one.b);
	channel_finish(f->two.b);
	return NULL;
}

static void with_peer(struct fixture *f, void *(*body)(void *), const char *script)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, body, f), 0);
	run(f, script);
	pthread_join(thread, NULL);
}

static void test_tasks_wait_on_many_channels_at_once(void **state)
{
	with_peer(*state, peer_of_readers,
		  "local count, ticks = {}, 0\n"
		  "local function reader(name)\n"
		  "  for m in atoll.open(name):messages() do assert(m == name)\n"
		  "    count[name] = (count[name] or 0) + 1 end\n"
		  "end\n"
		  "local a, b = atoll.spawn(reader, 'one'), atoll.spawn(reader, 'two')\n"
		  "local clock = atoll.spawn(function() while true do atoll.sleep(0.001); ticks = "
		  "ticks + 1 end end)\n"
		  "assert(a:join() == nil and b:join() == nil); clock:cancel()\n"
		  "assert(count.one == 5 and count.two == 5 and ticks >= 1, ticks)");
}

static void test_select_answers_what_is_ready(void **state)
{
	struct fixture *f = *state;

	peer_send(f->two.b, "x");
	run(f, "local one, two = atoll.open 'one', atoll.open 'two'\n"
	       "local ch, i = atoll.select({ one, two }, 1); assert(ch == two and i == 2 and "
	       "ch:recv() == 'x')\n"
	       "local before = atoll.now()\n"
	       "local none, why = atoll.select({ one, two }, 0.01); assert(none == nil and why == "
	       "'timeout')\n"
	       "assert(atoll.now() - before >= 0.01)\n"
	       "local t = atoll.spawn(function() return 7 end)\n"
	       "ch, i = atoll.select { one, t }; assert(ch == t and i == 2 and t:join() == 7)\n"
	       "assert(not pcall(atoll.select, {}) and not pcall(atoll.select, { 1 }))");
	peer_send(f->one.b, "a");
	peer_send(f->two.b, "b");
	run(f, "local one, two = atoll.open 'one', atoll.open 'two'; local seen = {}\n"
	       "for _ = 1, 4 do seen[select(2, atoll.select { one, two })] = true end\n"
	       "assert(seen[1] and seen[2])");
}

static void test_sleepers_wake_in_the_order_of_their_deadlines(void **state)
{
	/* Again where the machine was so busy that two deadlines had passed at once. */
	run(*state,
	    "local order, late\n"
	    "local function sleeper(s, begun) atoll.sleep(s); order[#order + 1] = s\n"
	    "  late = math.max(late, atoll.now() - begun - s) end\n"
	    "repeat\n"
	    "  local begun, tasks = atoll.now(), {}\n"
	    "  order, late = {}, 0\n"
	    "  for i, s in ipairs { 0.1, 0.01, 0.05 } do\n"
	    "    tasks[i] = atoll.spawn(sleeper, s, begun) end\n"
	    "  for _, task in ipairs(tasks) do task:join() end\n"
	    "until late < 0.03\n"
	    "assert(table.concat(order, ' ') == '0.01 0.05 0.1', table.concat(order, ' '))");
}

static int receive(lua_State *L)
{
	char buf[RING_BYTES];
	size_t len;

	(void)L;
	channel_recv(fixture->one.b, buf, sizeof(buf), &len, CHANNEL_NOW);
	return 0;
}

static void test_a_full_ring_stops_its_sender_alone(void **state)
{
	struct fixture *f = *state;

	lua_register(f->L, "receive", receive);
	run(f, "sent = 0; local c = atoll.open 'one'; keep = c\n"
	       "task = atoll.spawn(function() for i = 1, 20 do assert(c:send(('x'):rep(500)));\n"
	       "  sent = sent + 1 end; c:send_value 'end'; return 'all' end)\n"
	       "atoll.sleep(0.001); assert(task:status() == 'waiting' and sent > 4 and sent < 20)\n"
	       "atoll.spawn(function() for i = 1, 25 do receive(); atoll.sleep(0) atoll.yield() "
	       "end end)\n"
	       "assert(task:join() == 'all')");
}

static void test_a_generator_below_a_task_may_wait(void **state)
{
	run(*state, "local ran = 0\n"
		    "local t = atoll.spawn(function() while true do atoll.sleep(0.001); ran = ran "
		    "+ 1 end end)\n"
		    "local function numbers() for i = 1, 3 do atoll.sleep(0.004); "
		    "coroutine.yield(i) end end\n"
		    "local sum = atoll.spawn(function() local s = 0\n"
		    "  for n in coroutine.wrap(numbers) do s = s + n end\n"
		    "  local co = coroutine.create(numbers)\n"
		    "  for i = 1, 3 do local ok, n = coroutine.resume(co); assert(ok and n == i); "
		    "s = s + n end\n"
		    "  return s end)\n"
		    "assert(sum:join() == 12 and ran >= 2, ran); t:cancel()");
}

static void test_below_what_cannot_yield_the_others_run_too(void **state)
{
	run(*state, "local ran = 0\n"
		    "local t = atoll.spawn(function() for i = 1, 5 do atoll.sleep(0.001); ran = "
		    "ran + 1 end end)\n"
		    "local s = atoll.spawn(function() local l = { 2, 1 }\n"
		    "  table.sort(l, function(a, b) atoll.sleep(0.1); return a < b end)\n"
		    "  return ran, l[1] end)\n"
		    "local n, first = s:join(); assert(n >= 1 and first == 1); t:join()");
}

static void test_yield_lets_the_others_run(void **state)
{
	run(*state,
	    "local log = {}\n"
	    "local function f(name) for i = 1, 3 do log[#log + 1] = name; atoll.yield() end end\n"
	    "local a, b = atoll.spawn(f, 'a'), atoll.spawn(function() for i = 1, 3 do\n"
	    "  log[#log + 1] = 'b'; coroutine.yield('to nobody') end end)\n"
	    "a:join(); b:join(); assert(table.concat(log) == 'ababab', table.concat(log))");
}

static int request(lua_State *L)
{
	(void)L;
	fixture_stopping = true;
	return 0;
}

static void test_a_request_to_stop_ends_waits_for_ever_and_sleeps(void **state)
{
	struct fixture *f = *state;

	lua_register(f->L, "request", request);
	run(f, "local c, why1, why2, why3 = atoll.open 'one'\n"
	       "keep = c\n"
	       "a = atoll.spawn(function() why1 = select(2, c:recv()) end)\n"
	       "b = atoll.spawn(function() why2 = select(2, atoll.sleep(60)) end)\n"
	       "d = atoll.spawn(function() why3 = select(2, atoll.select { c }) end)\n"
	       "result = function() return why1, why2, why3 end\n"
	       "atoll.sleep(0.001)\n"
	       "stop = atoll.spawn(function() request() end)");
	run(f, "local a, b, c = result(); assert(a == 'stopping' and b == 'stopping' and c == "
	       "'stopping')\n"
	       "assert(atoll.sleep(0.001) == true)");
}

static int refill(lua_State *L)
{
	(void)L;
	channel_send(fixture->one.b, "x", 1, CHANNEL_NOW);
	return 0;
}

static void test_a_task_that_never_has_to_wait_does_not_starve_the_others(void **state)
{
	struct fixture *f = *state;

	lua_register(f->L, "refill", refill);
	run(f,
	    "local c, other = atoll.open 'one', 0\n"
	    "local t = atoll.spawn(function() while true do other = other + 1; atoll.yield() end "
	    "end)\n"
	    "local busy = atoll.spawn(function() for i = 1, 1000 do refill(); c:recv() end end)\n"
	    "busy:join(); assert(other > 10, other)\n"
	    "other = 0; for i = 1, 1000 do refill(); c:recv() end; assert(other > 10, other)\n"
	    "t:cancel()");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LUA_TEST(test_a_task_that_receives_does_not_stop_the_others),
		LUA_TEST(test_tasks_wait_on_many_channels_at_once),
		LUA_TEST(test_select_answers_what_is_ready),
		LUA_TEST(test_sleepers_wake_in_the_order_of_their_deadlines),
		LUA_TEST(test_a_full_ring_stops_its_sender_alone),
		LUA_TEST(test_a_generator_below_a_task_may_wait),
		LUA_TEST(test_below_what_cannot_yield_the_others_run_too),
		LUA_TEST(test_yield_lets_the_others_run),
		LUA_TEST(test_a_request_to_stop_ends_waits_for_ever_and_sleeps),
		LUA_TEST(test_a_task_that_never_has_to_wait_does_not_starve_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
