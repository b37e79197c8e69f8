/* SPDX-License-Identifier: MIT */
/* Unit test of calls through the mailbox, in Lua. */
#include "tests/unit/lua_call_case.h"

/* Through the mailbox: opened by the server's first look, before it answers anything. */
#define BOXED                                                                                      \
	"local function boxed(ch, f)\n"                                                            \
	"  local sent = ch:stats().sent; f()\n"                                                    \
	"  assert(ch:stats().sent == sent, 'sent as a message') end\n"

static void test_short_calls_use_the_mailbox(void **state)
{
	with_peer(
		*state, echo,
		BOXED
		"local ch = atoll.open 'one'\n"
		"local function check()\n"
		"  for i = 0, 48 do local s = ('x'):rep(i); assert(ch:call(s) == s) end\n"
		"  for i = 1, 100 do assert(ch:call_value(i) == i) end end\n"
		"assert(ch:call('first') == 'first')\n"
		"boxed(ch, check)\n"
		"boxed(ch, function() assert(atoll.spawn(function() check() return 1 end):join()) "
		"end)\n"
		"boxed(ch, function() assert(coroutine.wrap(function() return ch:call 'co' end)() "
		"== 'co') end)\n"
		"local sent, s = ch:stats().sent, ('x'):rep(49)\n"
		"ch:call(s); assert(ch:stats().sent == sent + 1); ch:close()");
}

/* Answers with many times the request, and to those that begin with "fail" with words. */
static void *many(void *arg)
{
	struct peer *p = arg;
	struct request r;
	char reply[640];

	while (request_take(p->ch, &r)) {
		for (unsigned i = 0; i < 10; i++)
			memcpy(reply + i * r.len, r.text, r.len);
		if (request_is(&r, "fail"))
			call_fail(p->ch, r.id, "no", CHANNEL_FOREVER);
		else
			call_reply(p->ch, r.id, reply, 10 * r.len, CHANNEL_FOREVER);
	}
	return NULL;
}

static void test_long_replies_to_short_calls_are_messages(void **state)
{
	with_peer(*state, many,
		  BOXED "local ch = atoll.open 'one'\n"
			"local function check()\n"
			"  for i = 1, 100 do\n"
			"    local s = (i .. ' '):rep(i % 7); assert(ch:call(s) == s:rep(10))\n"
			"    local r, word, why = ch:call('fail')\n"
			"    assert(not r and word == 'failed' and why == 'no') end\n"
			"  return true end\n"
			"ch:call('open')\n"
			"boxed(ch, check)\n"
			"assert(atoll.spawn(check):join())\n"
			"local tasks = {}\n"
			"for i = 1, 4 do tasks[i] = atoll.spawn(check) end\n"
			"for i = 1, 4 do assert(tasks[i]:join()) end\n"
			"assert(ch:stats().late == 0); ch:close()");
}

/* Echo, but of two requests "late" the first is answered behind the second. */
static void *late_in_the_mailbox(void *arg)
{
	struct peer *p = arg;
	struct request r, first;

	while (request_take(p->ch, &r)) {
		if (request_is(&r, "late")) {
			first = r;
			if (!request_take(p->ch, &r))
				break;
			request_echo(p->ch, &first);
		}
		request_echo(p->ch, &r);
	}
	return NULL;
}

static void test_a_mailbox_given_up_is_used_again(void **state)
{
	with_peer(
		*state, late_in_the_mailbox,
		BOXED
		"local ch = atoll.open 'one'\n"
		"local function check(late)\n"
		"  boxed(ch, function() assert(select(2, ch:call('late', 0.002)) == 'timeout') "
		"end)\n"
		"  assert(ch:call('next') == 'next' and ch:stats().late == late, ch:stats().late)\n"
		"  boxed(ch, function() assert(ch:call('again') == 'again') end)\n"
		"  return true end\n"
		"ch:call('open'); check(1); assert(atoll.spawn(check, 2):join())\n"
		"local t = atoll.spawn(function() return ch:call('late') end)\n"
		"atoll.yield(); assert(t:cancel() and ch:call('next') == 'next')\n"
		"boxed(ch, function() assert(ch:call('again') == 'again') end)\n"
		"assert(ch:stats().late == 3); ch:close()");
}

static void test_the_collector_takes_a_forgotten_call_out_of_the_mailbox(void **state)
{
	with_peer(*state, late_in_the_mailbox,
		  BOXED
		  "local ch = atoll.open 'one'\n"
		  "ch:call('open')\n"
		  "local t = atoll.spawn(function()\n"
		  "  coroutine.wrap(function() return ch:call('late') end)() end)\n"
		  "atoll.yield(); t:cancel(); t = nil\n"
		  "collectgarbage(); collectgarbage()\n"
		  "assert(ch:call('next') == 'next' and ch:stats().late == 1)\n"
		  "boxed(ch, function() assert(ch:call('again') == 'again') end); ch:close()");
}

/* Answers one, is gone with the next. */
static void *dies_with_a_call(void *arg)
{
	struct peer *p = arg;
	struct request r;

	request_take(p->ch, &r);
	request_echo(p->ch, &r);
	return dead(arg);
}

static void test_who_waits_for_the_mailbox_is_told_of_a_death(void **state)
{
	with_peer(*state, dies_with_a_call,
		  "local ch = atoll.open 'one'; ch:call('open')\n"
		  "local r, why = ch:call('x'); assert(r == nil and why == 'closed')\n"
		  "assert(ch:reason() == 'peer died')");
}

static void test_a_task_that_waits_for_the_mailbox_is_told_of_a_death(void **state)
{
	with_peer(*state, dies_with_a_call,
		  "local ch, tasks = atoll.open 'one', {}; ch:call('open')\n"
		  "for i = 1, 3 do tasks[i] = atoll.spawn(ch.call, ch, 'x') end\n"
		  "for i = 1, 3 do assert(select(2, tasks[i]:join()) == 'closed') end\n"
		  "assert(ch:reason() == 'peer died')");
}

/* Answers one, then the next once it is told to. */
static void *when_told(void *arg)
{
	struct peer *p = arg;
	struct request r;
	const void *msg;
	size_t len;

	request_take(p->ch, &r);
	request_echo(p->ch, &r);
	request_take(p->ch, &r);
	if (channel_peek(fixture->two.b, CHANNEL_FOREVER, &msg, &len) != CHANNEL_OK)
		p->wrong = "not told";
	request_echo(p->ch, &r);
	return NULL;
}

static void test_a_call_in_the_mailbox_lets_other_tasks_run(void **state)
{
	with_peer(*state, when_told,
		  BOXED "local ch, two = atoll.open 'one', atoll.open 'two'; ch:call('open')\n"
			"local t = atoll.spawn(function()\n"
			"  for i = 1, 5 do atoll.sleep(0.001) end; two:send('go') end)\n"
			"boxed(ch, function() assert(ch:call('slow') == 'slow') end); t:join()");
}

/* A server that has begun to receive, and no more: one call waits for the mailbox, two for
 * messages. */
static void test_tasks_that_wait_for_the_mailbox_let_the_component_sleep(void **state)
{
	struct fixture *f = *state;

	mailbox_open(f);
	run(f, "local ch, tasks, begun = atoll.open('one'), {}, os.clock()\n"
	       "for i = 1, 3 do tasks[i] = atoll.spawn(ch.call, ch, 'x', 0.2) end\n"
	       "for i = 1, 3 do assert(select(2, tasks[i]:join()) == 'timeout') end\n"
	       "assert(ch:stats().sent == 2 and os.clock() - begun < 0.05, os.clock() - begun)");
}

/* What waits in the ring for calls that were given up is taken away by those in the mailbox. */
static void *floods(void *arg)
{
	static const char reply[1000];
	struct peer *p = arg;
	struct request r;

	while (request_take(p->ch, &r))
		call_reply(p->ch, r.id, reply, r.text[0] == 'f' ? sizeof(reply) : 1,
			   CHANNEL_FOREVER);
	return NULL;
}

static void test_late_messages_do_not_stop_a_server_of_the_mailbox(void **state)
{
	with_peer(*state, floods,
		  "local ch = atoll.open 'one'; ch:call('open')\n"
		  "for i = 1, 20 do ch:call('flood', 0); assert(#ch:call('small') == 1) end\n"
		  "for i = 1, 20 do\n"
		  "  local t = atoll.spawn(function() return ch:call('flood') end); atoll.yield()\n"
		  "  t:cancel(); assert(#ch:call('small') == 1) end\n"
		  "ch:close()");
}

/* Nine requests at once; to all but the first, which is answered last, more than the ring has room
 * for. */
static void *floods_first(void *arg)
{
	static const char reply[1000];
	struct peer *p = arg;
	struct request r[9];

	for (unsigned i = 0; i < 9; i++)
		request_take(p->ch, &r[i]);
	for (unsigned i = 1; i < 9; i++)
		if (call_reply(p->ch, r[i].id, reply, sizeof(reply), CHANNEL_FOREVER) != CHANNEL_OK)
			p->wrong = "a reply was not sent";
	request_echo(p->ch, &r[0]);
	return NULL;
}

static void test_who_waits_for_the_mailbox_takes_late_messages_away(void **state)
{
	mailbox_open(*state);
	with_peer(*state, floods_first,
		  "local ch, floods = atoll.open 'one', {}\n"
		  "local last = atoll.spawn(function() return ch:call('last') end)\n"
		  "atoll.yield()\n"
		  "for i = 1, 8 do floods[i] = atoll.spawn(ch.call, ch, 'flood') end\n"
		  "atoll.yield()\n"
		  "for i = 1, 8 do floods[i]:cancel() end\n"
		  "assert(ch:stats().sent == 8 and last:join() == 'last')");
}

static const struct CMUnitTest tests[] = {
	LUA_TEST(test_short_calls_use_the_mailbox),
	LUA_TEST(test_long_replies_to_short_calls_are_messages),
	LUA_TEST(test_a_mailbox_given_up_is_used_again),
	LUA_TEST(test_the_collector_takes_a_forgotten_call_out_of_the_mailbox),
	LUA_TEST(test_who_waits_for_the_mailbox_is_told_of_a_death),
	LUA_TEST(test_a_task_that_waits_for_the_mailbox_is_told_of_a_death),
	LUA_TEST(test_a_call_in_the_mailbox_lets_other_tasks_run),
	LUA_TEST(test_tasks_that_wait_for_the_mailbox_let_the_component_sleep),
	LUA_TEST(test_late_messages_do_not_stop_a_server_of_the_mailbox),
	LUA_TEST(test_who_waits_for_the_mailbox_takes_late_messages_away),
};

int main(void)
{
	return cmocka_run_group_tests_name("calls in Lua", tests, NULL, NULL);
}
