/* SPDX-License-Identifier: MIT */
/* Calls between C and Lua whose server waits for room, whichever it is. */
#include "tests/unit/lua_call_case.h"

#include "ipc/monotonic.h"

#define SOON (monotonic_now() + UINT64_C(5000000000))
#define MANY 100
#define LONG 1500

static const char test_long[LONG];

/* Starts more calls than both rings have room for. */
static void *starts_many(void *arg)
{
	static struct call calls[MANY];
	static char replies[MANY][LONG];
	const struct channel_part part = {test_long, MAILBOX_MAX + 1};
	struct peer *p = arg;
	struct call_client c;

	call_client_init(&c, p->ch);
	for (unsigned i = 0; i < MANY && !p->wrong; i++)
		if (call_start(&c, &calls[i], &part, 1, replies[i], LONG, SOON) != CHANNEL_OK)
			p->wrong = "a call was not started";
	for (unsigned i = 0; i < MANY && !p->wrong; i++)
		if (call_wait(&c, &calls[i], SOON) != CHANNEL_OK || calls[i].length != LONG)
			p->wrong = "no reply";
	channel_close(p->ch);
	return NULL;
}

static void test_a_server_in_lua_tells_who_waits_for_room(void **state)
{
	with_peer(*state, starts_many,
		  "local ch = atoll.open('one')\n"
		  "assert(select(2, ch:serve(function() return ('x'):rep(1500) end)) == 'closed')");
}

/* Answers by what is long, once its client waits for room. */
static void *answers_late(void *arg)
{
	struct peer *p = arg;
	uint32_t *flag = &p->ch->rx_ring.control->flag.sender;
	uint64_t until = SOON;
	struct request r;

	while (!(__atomic_load_n(flag, __ATOMIC_RELAXED) & BELL_PARKED) && monotonic_now() < until)
		;
	while (request_take(p->ch, &r))
		if (call_reply(p->ch, r.id, test_long, LONG, SOON) != CHANNEL_OK) {
			p->wrong = "nobody took the replies";
			channel_close(p->ch);
		}
	return NULL;
}

#define IN_VAIN                                                                                    \
	"local ch, request = atoll.open('one'), ('x'):rep(60)\n"                                   \
	"for i = 1, 51 do assert(select(2, ch:call(request, 0.0001)) == 'timeout') end\n"          \
	"local function call() return #assert(ch:call(request)) == 1500 end\n"

static void test_late_replies_hold_up_no_call_that_waits_for_room(void **state)
{
	with_peer(*state, answers_late, IN_VAIN "assert(call()) ch:close()");
}

static void test_late_replies_hold_up_no_task_that_waits_for_room(void **state)
{
	with_peer(*state, answers_late,
		  IN_VAIN "assert(atoll.spawn(call):join()) assert(call()) ch:close()");
}

static const struct CMUnitTest tests[] = {
	LUA_TEST(test_a_server_in_lua_tells_who_waits_for_room),
	LUA_TEST(test_late_replies_hold_up_no_call_that_waits_for_room),
	LUA_TEST(test_late_replies_hold_up_no_task_that_waits_for_room),
};

int main(void)
{
	return cmocka_run_group_tests_name("calls and room in Lua", tests, NULL, NULL);
}
