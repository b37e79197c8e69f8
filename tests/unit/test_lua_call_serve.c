/* SPDX-License-Identifier: MIT */
/* Unit test of endpoint:serve. */
#include "tests/unit/lua_call_case.h"

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
	mailbox_open(*state);
	with_peer(*state, in_order,
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

static const struct CMUnitTest tests[] = {
	LUA_TEST(test_a_server_answers_whatever_its_handler_does),
	LUA_TEST(test_a_task_may_serve),
	LUA_TEST(test_tasks_of_a_server_overtake_each_other),
	LUA_TEST(test_a_server_of_values_decodes_and_encodes),
	LUA_TEST(test_a_server_ends_when_it_is_to_stop),
	LUA_TEST(test_tasks_that_wait_for_one_endpoint_let_the_component_sleep),
	LUA_TEST(test_calls_keep_their_places_among_messages),
	LUA_TEST(test_requests_are_served_in_the_order_they_were_sent_in),
	LUA_TEST(test_a_task_serves_in_that_order_too),
	LUA_TEST(test_a_request_that_memory_was_short_for_is_not_lost),
};

int main(void)
{
	return cmocka_run_group_tests_name("calls in Lua", tests, NULL, NULL);
}
