/* SPDX-License-Identifier: MIT */
/* Unit test of services in Lua: listen, accept, connect, and endpoints that are given back. */
#include <pthread.h>
#include <stdlib.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "container/component.h"
#include "runtimes/lua/runtime_lua.h"
#include "runtimes/lua/runtime_lua_state.h"
#include "runtimes/lua/runtime_lua_wait.h"
#include "tests/unit/lua_assert.h"
#include "tests/unit/service_case.h"

static bool test_stopping;
static struct service *desk; /* that SERVER listens on, in C */

const char *component_name(void)
{
	return "tester";
}

void component_stats(struct component_stats *out)
{
	*out = (struct component_stats){0};
}

bool component_stopping(void)
{
	return test_stopping;
}

const void *component_module(unsigned index, size_t *size)
{
	(void)index, (void)size;
	return NULL;
}

_Noreturn void component_exit(int status)
{
	fail_msg("the component ended with status %d", status);
	abort();
}

/* share(): how many connections the desk has for ANN; takes all and gives them back. */
static int script_share(lua_State *L)
{
	struct channel *ch[TEST_EACH];
	unsigned n = 0;

	while (n < TEST_EACH && (ch[n] = channel_connect("desk", CHANNEL_NOW)))
		n++;
	lua_pushinteger(L, n);
	while (n)
		channel_drop(ch[--n]);
	return 1;
}

/* serve(): the desk takes one, answers its message and gives it back. */
static int script_serve(lua_State *L)
{
	unsigned before = test_component;
	struct channel *ch;
	char buf[64];
	size_t len;

	test_component = SERVER;
	while (service_accept(desk, CHANNEL_NOW, &ch) == CHANNEL_OK) {
		if (channel_recv(ch, buf, sizeof(buf), &len, CHANNEL_NOW) == CHANNEL_OK)
			channel_send(ch, buf, len, CHANNEL_NOW);
		channel_drop(ch);
	}
	test_component = before;
	(void)L;
	return 0;
}

static int script_stop(lua_State *L)
{
	(void)L;
	test_stopping = true;
	channel_table_stop(test_component);
	return 0;
}

static int fixture_setup(void **state)
{
	lua_State *L = luaL_newstate();

	if (!L || test_setup((void **)&desk))
		return -1;
	test_stopping = false;
	luaL_openlibs(L);
	runtime_lua_coroutines(L);
	lua_pushcfunction(L, runtime_lua_services);
	lua_setfield(L, LUA_REGISTRYINDEX, RUNTIME_LUA_SERVICES);
	luaL_requiref(L, "atoll", luaopen_atoll, 1);
	lua_register(L, "share", script_share);
	lua_register(L, "serve", script_serve);
	lua_register(L, "stop", script_stop);
	lua_settop(L, 0);
	*state = L;
	return 0;
}

static int fixture_teardown(void **state)
{
	runtime_lua_tasks_stop();
	test_component = SELF;
	lua_close(*state);
	return 0;
}

/* The script, as this component. */
static void run(lua_State *L, unsigned component, const char *script)
{
	test_component = component;
	assert_script(L, script);
}

static void what_may_not_be_is_answered_with_a_message(void **state)
{
	run(*state, ANN,
	    "local function is(part, ...)\n"
	    "  local none, why = ...; assert(none == nil and why:find(part, 1, true), why)\n"
	    "end\n"
	    "is('tester: service what: not in the manifest', atoll.connect('what'))\n"
	    "is('not in the manifest', atoll.listen('what'))\n"
	    "is('tester: service loop: belongs to other components', atoll.connect('loop'))\n"
	    "is('belongs to other components', atoll.listen('desk'))\n"
	    "assert(not pcall(atoll.connect)); assert(not pcall(atoll.connect, 'desk', 'x'))\n"
	    "assert(not pcall(atoll.listen, {}))");
}

static void a_component_without_services_is_told_so(void **state)
{
	lua_State *L = *state;

	lua_pushnil(L);
	lua_setfield(L, LUA_REGISTRYINDEX, RUNTIME_LUA_SERVICES);
	luaL_requiref(L, "plain", luaopen_atoll, 1);
	run(L, ANN,
	    "local none, why = plain.connect('desk')\n"
	    "assert(none == nil and why == 'tester: service desk: not in the manifest')\n"
	    "assert(not pcall(plain.listen))");
}

static void a_client_connects_and_speaks(void **state)
{
	run(*state, ANN,
	    "local ch = assert(atoll.connect('desk', 0))\n"
	    "assert(ch:name() == 'desk' and ch:reason() == 'open' and ch:max() == 2040)\n"
	    "assert(ch:send('hello')); serve()\n"
	    "assert(ch:recv() == 'hello'); local none, why = ch:recv(); assert(none == nil and why "
	    "== 'closed')\n"
	    "assert(ch:reason() == 'finished')");
}

static void a_closed_endpoint_answers_closed_and_is_free_again(void **state)
{
	run(*state, ANN,
	    "for i = 1, 50 do\n"
	    "  local ch = assert(atoll.connect('desk', 0))\n"
	    "  ch:send('x'); ch:close(); serve()\n"
	    "  assert(share() == 2); serve()\n"
	    "  for _, call in ipairs { { ch:send('y') }, { ch:recv() }, { ch:send_value(1) }, { "
	    "ch:view() }, { ch:recv(0) } } do\n"
	    "    assert(call[1] == nil and call[2] == 'closed', call[2])\n"
	    "  end\n"
	    "  ch:finish(); ch:close(); ch:reject(); assert(ch:reason() == 'finished' and "
	    "ch:name() == 'desk' and ch:max() == 0)\n"
	    "  for _ in ch:messages() do error('a message') end\n"
	    "end");
}

static void an_endpoint_that_is_left_or_forgotten_is_given_back(void **state)
{
	run(*state, ANN,
	    "for i = 1, 20 do\n"
	    "  do local ch <close> = assert(atoll.connect('desk', 0)) end\n"
	    "  serve(); assert(share() == 2); serve()\n"
	    "  atoll.connect('desk', 0); collectgarbage(); serve(); assert(share() == 2); serve()\n"
	    "  pcall(function() local ch <close> = assert(atoll.connect('desk', 0)); error('x') "
	    "end)\n"
	    "  serve(); assert(share() == 2); serve()\n"
	    "end");
}

static void a_view_is_let_go_when_its_endpoint_closes(void **state)
{
	run(*state, ANN,
	    "local ch = assert(atoll.connect('desk', 0)); ch:send('seen'); serve()\n"
	    "local view = assert(ch:view()); assert(tostring(view) == 'seen')\n"
	    "ch:close(); assert(not pcall(view.byte, view, 1)); assert(share() == 2)");
}

static void connecting_ends_with_a_word(void **state)
{
	run(*state, ANN,
	    "local a, b = atoll.connect('desk', 0), atoll.connect('desk', 0); assert(a and b)\n"
	    "local none, why = atoll.connect('desk'); assert(none == nil and why:find('no more "
	    "connections'), why)\n"
	    "a:close(); none, why = atoll.connect('desk', 0.002); assert(none == nil and why == "
	    "'timeout')\n"
	    "none, why = atoll.connect('desk', 0); assert(none == nil and why == 'timeout')\n"
	    "serve(); assert(atoll.connect('desk', 0))");
	service_close(desk);
	run(*state, ANN,
	    "collectgarbage(); local none, why = atoll.connect('desk')\n"
	    "assert(none == nil and why == 'refused')");
}

static void stopping_ends_a_connect_that_would_wait_for_ever(void **state)
{
	channel_table_end(SERVER, true);
	channel_table_begin(SERVER);
	run(*state, ANN,
	    "atoll.spawn(function() atoll.sleep(0.002); stop() end)\n"
	    "local none, why = atoll.connect('desk', 0.004); assert(none == nil and why == "
	    "'timeout')\n"
	    "none, why = atoll.connect('desk'); assert(none == nil and why == 'stopping')");
}

static void tasks_of_one_component_talk_through_its_service(void **state)
{
	run(*state, SELF,
	    "local service <close> = assert(atoll.listen('loop'))\n"
	    "assert(atoll.listen('loop') == service and service:name() == 'loop')\n"
	    "local done = 0\n"
	    "local server = atoll.spawn(function()\n"
	    "  for ch in service:accepted() do\n"
	    "    atoll.spawn(function() for m in ch:messages() do ch:send(m .. m) end; ch:close() "
	    "end)\n"
	    "  end\n"
	    "end)\n"
	    "local clients = {}\n"
	    /* More than there are connections: they wait for those of each other. */
	    "for i = 1, 20 do\n"
	    "  clients[i] = atoll.spawn(function()\n"
	    "    local ch <close> = assert(atoll.connect('loop'))\n"
	    "    for n = 1, 3 do ch:send(i .. ','); assert(ch:recv() == (i .. ','):rep(2)); "
	    "atoll.yield() end\n"
	    "    done = done + 1\n"
	    "  end)\n"
	    "end\n"
	    "for _, t in ipairs(clients) do assert(select('#', t:join()) == 0) end\n"
	    "assert(done == 20); service:close(); server:join()");
}

static void accepting_ends_with_a_word(void **state)
{
	run(*state, SELF,
	    "local service = assert(atoll.listen('loop'))\n"
	    "local none, why = service:accept(0); assert(none == nil and why == 'timeout')\n"
	    "none, why = service:accept(0.002); assert(none == nil and why == 'timeout')\n"
	    "local t = atoll.spawn(function() return service:accept() end); atoll.sleep(0.001)\n"
	    "service:close(); none, why = t:join(); assert(none == nil and why == 'closed')\n"
	    "none, why = service:accept(); assert(none == nil and why == 'closed')\n"
	    "none, why = atoll.connect('loop'); assert(none == nil and why == 'refused')\n"
	    "assert(atoll.listen('loop') == service)\n"
	    "local a = assert(atoll.connect('loop', 0)); local b = assert(service:accept(0))\n"
	    "a:send('x'); assert(b:recv() == 'x')\n"
	    "atoll.spawn(function() atoll.sleep(0.001); stop() end)\n"
	    "for _ in service:accepted() do error('nobody') end\n"
	    "none, why = service:accept(); assert(none == nil and why == 'stopping')");
}

static void a_service_that_is_forgotten_is_closed(void **state)
{
	run(*state, SELF,
	    "atoll.listen('loop'); local waiting = atoll.connect('loop', 0); collectgarbage(); "
	    "collectgarbage()\n"
	    "local none, why = atoll.connect('loop'); assert(none == nil and why == 'refused')\n"
	    "none, why = waiting:recv(); assert(none == nil and why == 'closed')");
}

/* Once the weak map has lost it, a finalizer of its own may listen before its turn has come. */
static void a_service_that_is_collected_late_leaves_the_next_one_open(void **state)
{
	run(*state, SELF,
	    "local s = assert(atoll.listen('loop')); local again\n"
	    "setmetatable({ s }, { __gc = function() again = assert(atoll.listen('loop')) end })\n"
	    "s = nil; collectgarbage(); assert(again); collectgarbage(); collectgarbage()\n"
	    "local a = assert(atoll.connect('loop', 0)); assert(again:accept(0))");
}

static void select_waits_for_services_and_their_endpoints(void **state)
{
	run(*state, SELF,
	    "local service = assert(atoll.listen('loop'))\n"
	    "local none, why = atoll.select({ service }, 0); assert(none == nil and why == "
	    "'timeout')\n"
	    "local t = atoll.spawn(function() atoll.sleep(0.002); return atoll.connect('loop') "
	    "end)\n"
	    "assert(atoll.select { service } == service)\n"
	    "local b, a = service:accept(0), t:join()\n"
	    "atoll.spawn(function() atoll.sleep(0.002); a:send('x') end)\n"
	    "local entry, index = atoll.select { service, b }; assert(entry == b and index == 2)\n"
	    "assert(b:recv() == 'x')");
}

/* The one that waits must not come to wait at the connection that is made next. */
static void who_waits_at_an_endpoint_that_another_task_closes_is_told(void **state)
{
	run(*state, ANN,
	    "local a = assert(atoll.connect('desk', 0))\n"
	    "local t = atoll.spawn(function() return a:recv() end)\n"
	    "local s = atoll.spawn(function() return atoll.select { a } end)\n"
	    "atoll.yield(); a:close(); serve()\n"
	    "local next = { assert(atoll.connect('desk', 0)), assert(atoll.connect('desk', 0)) }\n"
	    "local none, why = t:join(1); assert(none == nil and why == 'closed', why)\n"
	    "assert(s:join(1) == a)");
}

static void a_task_that_is_cancelled_while_it_connects_leaves_nothing(void **state)
{
	channel_table_end(SERVER, true);
	channel_table_begin(SERVER);
	run(*state, ANN,
	    "for i = 1, 10 do\n"
	    "  local t = atoll.spawn(function() return atoll.connect('desk') end)\n"
	    "  atoll.yield(); assert(t:status() == 'waiting'); t:cancel(); t = nil; "
	    "collectgarbage()\n"
	    "end");
	desk = test_listen(SERVER, "desk");
	run(*state, ANN, "assert(share() == 2)");
}

static void a_peer_that_died_is_told_of_before_and_after_the_close(void **state)
{
	lua_State *L = *state;

	run(L, ANN, "ch = assert(atoll.connect('desk', 0)); ch:send('x')");
	channel_table_end(SERVER, true);
	run(L, ANN,
	    "local none, why = ch:recv(); assert(none == nil and why == 'closed' and ch:reason() "
	    "== 'peer died')\n"
	    "ch:close(); assert(ch:reason() == 'peer died')\n"
	    "none, why = ch:send('x'); assert(none == nil and why == 'closed')");
}

static void what_is_rejected_is_a_protocol_error(void **state)
{
	run(*state, ANN,
	    "local ch = assert(atoll.connect('desk', 0)); ch:reject(); assert(ch:reason() == "
	    "'protocol error')\n"
	    "ch:close(); assert(ch:reason() == 'protocol error')");
	assert_closed(test_accept(desk), CHANNEL_PROTOCOL);
}

#define LUA_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LUA_TEST(what_may_not_be_is_answered_with_a_message),
		LUA_TEST(a_component_without_services_is_told_so),
		LUA_TEST(a_client_connects_and_speaks),
		LUA_TEST(a_closed_endpoint_answers_closed_and_is_free_again),
		LUA_TEST(an_endpoint_that_is_left_or_forgotten_is_given_back),
		LUA_TEST(a_view_is_let_go_when_its_endpoint_closes),
		LUA_TEST(connecting_ends_with_a_word),
		LUA_TEST(stopping_ends_a_connect_that_would_wait_for_ever),
		LUA_TEST(tasks_of_one_component_talk_through_its_service),
		LUA_TEST(accepting_ends_with_a_word),
		LUA_TEST(a_service_that_is_forgotten_is_closed),
		LUA_TEST(a_service_that_is_collected_late_leaves_the_next_one_open),
		LUA_TEST(select_waits_for_services_and_their_endpoints),
		LUA_TEST(who_waits_at_an_endpoint_that_another_task_closes_is_told),
		LUA_TEST(a_task_that_is_cancelled_while_it_connects_leaves_nothing),
		LUA_TEST(a_peer_that_died_is_told_of_before_and_after_the_close),
		LUA_TEST(what_is_rejected_is_a_protocol_error),
	};

	return cmocka_run_group_tests(tests, test_table, NULL);
}
