/* SPDX-License-Identifier: MIT */
/*
 * Unit test of endpoint:call and endpoint:serve: scripts at one end, ipc/call.h at the
 * other, so that both languages agree about the bytes.
 */
#include "tests/unit/lua_pair.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "ipc/call.h"
#include "ipc/mailbox.h"

/* A server or client in C while a script runs; what it asserts it says by its result. */
struct peer {
	struct channel *ch;
	const char *wrong; /* NULL: nothing */
};

static void with_peer(struct fixture *f, void *(*body)(void *), const char *script)
{
	struct peer p = {.ch = f->one.b};
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, body, &p), 0);
	run(f, script);
	pthread_join(thread, NULL);
	if (p.wrong)
		fail_msg("the peer: %s", p.wrong);
}

struct request {
	uint64_t id;
	char text[64];
	size_t len;
};

static bool request_take(struct channel *ch, struct request *r)
{
	const void *msg;

	if (call_receive(ch, CHANNEL_FOREVER, &r->id, &msg, &r->len) != CHANNEL_OK)
		return false;
	r->len = r->len < sizeof(r->text) ? r->len : sizeof(r->text);
	memcpy(r->text, msg, r->len);
	channel_release(ch);
	return true;
}

/* Sends every request back, but fails those that begin with "fail". */
static void *echo(void *arg)
{
	struct peer *p = arg;
	struct request r;

	while (request_take(p->ch, &r))
		if (r.len >= 4 && !memcmp(r.text, "fail", 4))
			call_fail(p->ch, r.id, "as you wish", CHANNEL_FOREVER);
		else
			call_reply(p->ch, r.id, r.text, r.len, CHANNEL_FOREVER);
	return NULL;
}

/* Answers three requests at a time, the last one first. */
static void *backwards(void *arg)
{
	struct peer *p = arg;
	struct request r[3];

	while (request_take(p->ch, &r[0]) && request_take(p->ch, &r[1]) &&
	       request_take(p->ch, &r[2]))
		for (int i = 2; i >= 0; i--)
			call_reply(p->ch, r[i].id, r[i].text, r[i].len, CHANNEL_FOREVER);
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

	if (peer_look(ch) == CHANNEL_OK && request_take(ch, &r) && !memcmp(r.text, "first", 5))
		call_reply(ch, r.id, r.text, r.len, CHANNEL_NOW);
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
	call_reply(p->ch, r[0].id, r[0].text, r[0].len, CHANNEL_FOREVER);
	call_reply(p->ch, r[1].id, r[1].text, r[1].len, CHANNEL_FOREVER);
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

/* Takes one request and is gone. */
static void *dead(void *arg)
{
	struct peer *p = arg;
	struct request r;

	request_take(p->ch, &r);
	endpoint_close(p->ch, CHANNEL_PEER_DIED);
	return NULL;
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

/* Whether the reply to this request is as expected. */
static void ask(struct peer *p, struct call_client *c, const char *request, size_t request_len,
		enum channel_status expected, const char *reply, size_t reply_len)
{
	char got[64];
	size_t len;

	if (call_make(c, request, request_len, got, sizeof(got), &len, CHANNEL_FOREVER) != expected)
		p->wrong = "another status";
	else if (len != reply_len || memcmp(got, reply, len < sizeof(got) ? len : sizeof(got)))
		p->wrong = "another reply";
}

#define ASK(p, c, request, expected, reply)                                                        \
	ask(p, c, request, sizeof(request) - 1, expected, reply, sizeof(reply) - 1)

static void *asker(void *arg)
{
	struct peer *p = arg;
	struct call_client c;

	call_client_init(&c, p->ch);
	for (int i = 0; i < 100; i++)
		ASK(p, &c, "one", CHANNEL_OK, "one!");
	ASK(p, &c, "error", CHANNEL_FAILED, "no such thing");
	ASK(p, &c, "table", CHANNEL_FAILED, "error object is a table value");
	ASK(p, &c, "nothing", CHANNEL_FAILED, "the reply is a nil, expected a string");
	ASK(p, &c, "long", CHANNEL_FAILED, "the reply has 3000 bytes, expected at most 2032");
	ASK(p, &c, "slow", CHANNEL_OK, "slow!");
	ASK(p, &c, "two", CHANNEL_OK, "two!");
	channel_close(p->ch);
	return NULL;
}

#define ASKED                                                                                      \
	"local function handle(request)\n"                                                         \
	"  if request == 'error' then error('no such thing', 0)\n"                                 \
	"  elseif request == 'table' then error({})\n"                                             \
	"  elseif request == 'nothing' then return nil\n"                                          \
	"  elseif request == 'long' then return ('x'):rep(3000)\n"                                 \
	"  elseif request == 'slow' then atoll.sleep(0.002) end\n"                                 \
	"  return request .. '!'\n"                                                                \
	"end\n"

static void test_a_server_answers_whatever_its_handler_does(void **state)
{
	with_peer(*state, asker,
		  ASKED "local r, why = atoll.open('one'):serve(handle)\n"
			"assert(r == nil and why == 'closed')");
}

static void test_a_task_may_serve(void **state)
{
	with_peer(*state, asker,
		  ASKED "local ch = atoll.open('one')\n"
			"local t = atoll.spawn(function() return ch:serve(handle, 3) end)\n"
			"assert(select(2, t:join()) == 'closed')");
}

/* Two calls of which the first is slow, so that the second one's reply comes first. */
static void *impatient(void *arg)
{
	struct peer *p = arg;
	struct call_client c;
	struct call slow;
	struct channel_part part = {"slow", 4};
	char reply[8];

	call_client_init(&c, p->ch);
	call_start(&c, &slow, &part, 1, reply, sizeof(reply), CHANNEL_FOREVER);
	ASK(p, &c, "quick", CHANNEL_OK, "quick");
	if (slow.status != CHANNEL_AGAIN)
		p->wrong = "the slow reply came first";
	if (call_wait(&c, &slow, CHANNEL_FOREVER) != CHANNEL_OK || memcmp(reply, "slow", 4) != 0)
		p->wrong = "no slow reply";
	call_drop(&c, &slow);
	channel_close(p->ch);
	return NULL;
}

static void test_tasks_of_a_server_overtake_each_other(void **state)
{
	with_peer(*state, impatient,
		  "local quick\n"
		  "atoll.open('one'):serve(function(r)\n"
		  "  while r == 'slow' and not quick do atoll.sleep(0.001) end\n"
		  "  quick = true; return r end, 2)");
}

static void *asker_of_values(void *arg)
{
	struct peer *p = arg;
	struct call_client c;

	call_client_init(&c, p->ch);
	ASK(p, &c, "\x07", CHANNEL_OK, "\x08");
	ASK(p, &c, "\x81\xa1k\x01", CHANNEL_FAILED, "no number");
	ASK(p, &c, "\xc1", CHANNEL_FAILED, "the request is malformed");
	ASK(p, &c, "\xc0", CHANNEL_FAILED,
	    "a function cannot be sent; expected nil, a boolean, number, string or table");
	ASK(p, &c, "\x01", CHANNEL_OK, "\x02");
	channel_close(p->ch);
	return NULL;
}

static void test_a_server_of_values_decodes_and_encodes(void **state)
{
	with_peer(*state, asker_of_values,
		  "atoll.open('one'):serve_values(function(v)\n"
		  "  if v == nil then return print end\n"
		  "  if type(v) ~= 'number' then error('no number', 0) end\n"
		  "  return v + 1 end)");
}

static void test_a_server_ends_when_it_is_to_stop(void **state)
{
	fixture_stopping = true;
	((struct fixture *)*state)->one.a->stopping = true;
	run(*state, "local r, why = atoll.open('one'):serve(print)\n"
		    "assert(r == nil and why == 'stopping')\n"
		    "r, why = atoll.open('one'):call('x'); assert(r == nil and why == 'stopping')");
}

/* Two members for one end in one set would wake each other for ever. */
static void test_tasks_that_wait_for_one_endpoint_let_the_component_sleep(void **state)
{
	run(*state, "local ch, tasks, begun = atoll.open('one'), {}, os.clock()\n"
		    "for i = 1, 3 do tasks[i] = atoll.spawn(ch.recv, ch, 0.2) end\n"
		    "for i = 4, 6 do tasks[i] = atoll.spawn(ch.call, ch, 'x', 0.2) end\n"
		    "for i = 1, 6 do assert(select(2, tasks[i]:join()) == 'timeout') end\n"
		    "assert(os.clock() - begun < 0.05, os.clock() - begun)");
}

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
		if (r.len >= 4 && !memcmp(r.text, "fail", 4))
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

/* Message n, then the request n, and so on. */
static void *in_order(void *arg)
{
	struct peer *p = arg;
	char wanted[16];
	const void *msg;
	bool request;
	size_t len;

	for (unsigned i = 0; !p->wrong; i++) {
		if (mailbox_receive(p->ch, CHANNEL_FOREVER, &request, &msg, &len) != CHANNEL_OK)
			return NULL;
		snprintf(wanted, sizeof(wanted), "%u", i / 2);
		if (request != (i % 2 != 0) || len != strlen(wanted) ||
		    memcmp(msg, wanted, len) != 0)
			p->wrong = "out of order";
		if (request)
			mailbox_reply(p->ch, msg, len);
		else
			channel_release(p->ch);
	}
	channel_close(p->ch);
	return NULL;
}

static void test_calls_keep_their_places_among_messages(void **state)
{
	struct fixture *f = *state;
	const void *msg;
	bool request;
	size_t len;

	/* Open from the first. */
	mailbox_receive(f->one.b, CHANNEL_NOW, &request, &msg, &len);
	with_peer(f, in_order,
		  "local ch = atoll.open 'one'\n"
		  "local function check(first, last)\n"
		  "  for i = first, last do\n"
		  "    ch:send(tostring(i)); assert(ch:call(tostring(i)) == tostring(i)) end\n"
		  "  return true end\n"
		  "check(0, 499)\n"
		  "assert(atoll.spawn(check, 500, 999):join()); ch:close()");
}

static void start(struct peer *p, struct call_client *c, struct call *call, const char *request,
		  char *reply)
{
	const struct channel_part part = {request, strlen(request)};

	if (call_start(c, call, &part, 1, reply, 64, CHANNEL_FOREVER) != CHANNEL_OK)
		p->wrong = "a call does not start";
}

#define LONG_A "a message, for it has more than the forty-eight bytes"
#define LONG_B "b message, for it has more than the forty-eight bytes"

/* Each three calls at once, of which the one in the middle is in the mailbox. */
static void *mixer(void *arg)
{
	struct peer *p = arg;
	struct call_client c;
	struct call calls[3];
	char reply[3][64];

	call_client_init(&c, p->ch);
	ASK(p, &c, "open", CHANNEL_OK, "1 open");
	for (unsigned i = 0; i < 200 && !p->wrong; i++) {
		start(p, &c, &calls[0], LONG_A, reply[0]);
		start(p, &c, &calls[1], "short", reply[1]);
		start(p, &c, &calls[2], LONG_B, reply[2]);
		if (!calls[1].boxed)
			p->wrong = "not through the mailbox";
		for (unsigned k = 0; k < 3; k++) {
			char number[16];

			snprintf(number, sizeof(number), "%u ", 3 * i + k + 2);
			if (call_wait(&c, &calls[k], CHANNEL_FOREVER) != CHANNEL_OK ||
			    memcmp(reply[k], number, strlen(number)) != 0)
				p->wrong = "not in order";
			call_drop(&c, &calls[k]);
		}
	}
	channel_close(p->ch);
	return NULL;
}

static void test_requests_are_served_in_the_order_they_were_sent_in(void **state)
{
	with_peer(*state, mixer,
		  "local n = 0\n"
		  "atoll.open('one'):serve(function(r) n = n + 1 return n .. ' ' .. r end)");
}

static void test_a_task_serves_in_that_order_too(void **state)
{
	with_peer(*state, mixer,
		  "local n, ch = 0, atoll.open 'one'\n"
		  "local t = atoll.spawn(function()\n"
		  "  return ch:serve(function(r) n = n + 1 return n .. ' ' .. r end) end)\n"
		  "assert(select(2, t:join()) == 'closed')");
}

/* Echo, but of two requests "late" the first is answered behind the second. */
static void *late_in_the_mailbox(void *arg)
{
	struct peer *p = arg;
	struct request r, first;

	while (request_take(p->ch, &r)) {
		if (r.len == 4 && !memcmp(r.text, "late", 4)) {
			first = r;
			if (!request_take(p->ch, &r))
				break;
			call_reply(p->ch, first.id, first.text, first.len, CHANNEL_FOREVER);
		}
		call_reply(p->ch, r.id, r.text, r.len, CHANNEL_FOREVER);
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
	call_reply(p->ch, r.id, r.text, r.len, CHANNEL_FOREVER);
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
	call_reply(p->ch, r.id, r.text, r.len, CHANNEL_FOREVER);
	request_take(p->ch, &r);
	if (channel_peek(fixture->two.b, CHANNEL_FOREVER, &msg, &len) != CHANNEL_OK)
		p->wrong = "not told";
	call_reply(p->ch, r.id, r.text, r.len, CHANNEL_FOREVER);
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
	const void *msg;
	bool request;
	size_t len;

	mailbox_receive(f->one.b, CHANNEL_NOW, &request, &msg, &len);
	run(f, "local ch, tasks, begun = atoll.open('one'), {}, os.clock()\n"
	       "for i = 1, 3 do tasks[i] = atoll.spawn(ch.call, ch, 'x', 0.2) end\n"
	       "for i = 1, 3 do assert(select(2, tasks[i]:join()) == 'timeout') end\n"
	       "assert(ch:stats().sent == 2 and os.clock() - begun < 0.05, os.clock() - begun)");
}

static struct {
	lua_Alloc alloc;
	void *ud;
	unsigned refused; /* strings of the length of a mailbox, while this is not 0 */
} memory;

static void *scarce(void *ud, void *block, size_t before, size_t size)
{
	(void)ud;
	if (memory.refused && before == LUA_TSTRING && size > MAILBOX_MAX && size < 2 * MAILBOX_MAX)
		return memory.refused--, NULL;
	return memory.alloc(memory.ud, block, before, size);
}

/* Once as the request comes, and once more behind the collection that this calls for. */
static int be_scarce(lua_State *L)
{
	(void)L;
	memory.refused = 2;
	return 0;
}

#define WHOLE "exactly as many bytes as the mailbox has: 48...."

static void *asker_of_much(void *arg)
{
	struct peer *p = arg;
	struct call_client c;

	_Static_assert(sizeof(WHOLE) - 1 == MAILBOX_MAX, "a long string in Lua");
	call_client_init(&c, p->ch);
	ASK(p, &c, "open", CHANNEL_OK, "open");
	ASK(p, &c, WHOLE, CHANNEL_OK, WHOLE);
	channel_close(p->ch);
	return NULL;
}

static void test_a_request_that_memory_was_short_for_is_not_lost(void **state)
{
	struct fixture *f = *state;

	memory.alloc = lua_getallocf(f->L, &memory.ud);
	memory.refused = 0;
	lua_setallocf(f->L, scarce, NULL);
	lua_register(f->L, "be_scarce", be_scarce);
	with_peer(f, asker_of_much,
		  "local ch, n = atoll.open('one'), 0\n"
		  "local function handle(r)\n"
		  "  n = n + 1; if n == 1 then be_scarce() end; return r end\n"
		  "local ok, why = pcall(ch.serve, ch, handle)\n"
		  "assert(not ok and why == 'not enough memory' and n == 1, why)\n"
		  "assert(select(2, ch:serve(handle)) == 'closed' and n == 2)");
	lua_setallocf(f->L, memory.alloc, memory.ud);
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
	call_reply(p->ch, r[0].id, r[0].text, r[0].len, CHANNEL_FOREVER);
	return NULL;
}

/* Opened before it begins, so that the first one is in the mailbox. */
static void with_flood(struct fixture *f, const char *script)
{
	const void *msg;
	bool request;
	size_t len;

	mailbox_receive(f->one.b, CHANNEL_NOW, &request, &msg, &len);
	with_peer(f, floods_first, script);
}

static void test_who_waits_for_the_mailbox_takes_late_messages_away(void **state)
{
	with_flood(*state, "local ch, floods = atoll.open 'one', {}\n"
			   "local last = atoll.spawn(function() return ch:call('last') end)\n"
			   "atoll.yield()\n"
			   "for i = 1, 8 do floods[i] = atoll.spawn(ch.call, ch, 'flood') end\n"
			   "atoll.yield()\n"
			   "for i = 1, 8 do floods[i]:cancel() end\n"
			   "assert(ch:stats().sent == 8 and last:join() == 'last')");
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
	LUA_TEST(test_a_server_answers_whatever_its_handler_does),
	LUA_TEST(test_a_task_may_serve),
	LUA_TEST(test_tasks_of_a_server_overtake_each_other),
	LUA_TEST(test_a_server_of_values_decodes_and_encodes),
	LUA_TEST(test_a_server_ends_when_it_is_to_stop),
	LUA_TEST(test_tasks_that_wait_for_one_endpoint_let_the_component_sleep),
	LUA_TEST(test_short_calls_use_the_mailbox),
	LUA_TEST(test_long_replies_to_short_calls_are_messages),
	LUA_TEST(test_calls_keep_their_places_among_messages),
	LUA_TEST(test_requests_are_served_in_the_order_they_were_sent_in),
	LUA_TEST(test_a_task_serves_in_that_order_too),
	LUA_TEST(test_a_mailbox_given_up_is_used_again),
	LUA_TEST(test_the_collector_takes_a_forgotten_call_out_of_the_mailbox),
	LUA_TEST(test_who_waits_for_the_mailbox_is_told_of_a_death),
	LUA_TEST(test_a_task_that_waits_for_the_mailbox_is_told_of_a_death),
	LUA_TEST(test_a_call_in_the_mailbox_lets_other_tasks_run),
	LUA_TEST(test_tasks_that_wait_for_the_mailbox_let_the_component_sleep),
	LUA_TEST(test_a_request_that_memory_was_short_for_is_not_lost),
	LUA_TEST(test_late_messages_do_not_stop_a_server_of_the_mailbox),
	LUA_TEST(test_who_waits_for_the_mailbox_takes_late_messages_away),
};

int main(void)
{
	return cmocka_run_group_tests_name("calls in Lua", tests, NULL, NULL);
}
