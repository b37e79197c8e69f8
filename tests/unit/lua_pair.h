/* SPDX-License-Identifier: MIT */
/*
 * For unit tests of module `atoll`: a Lua state whose component is made up here
 * and has two channels, "one" and "two"; the test in C is their other end.
 */
#ifndef TESTS_UNIT_LUA_PAIR_H
#define TESTS_UNIT_LUA_PAIR_H

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
#include "runtimes/lua/runtime_lua_state.h"
#include "runtimes/lua/runtime_lua_wait.h"
#include "tests/unit/channel_pair.h"
#include "tests/unit/lua_assert.h"

#define RING_BYTES 4096

struct fixture {
	struct channel_pair one, two;
	lua_State *L;
};

static struct fixture *fixture;
static bool fixture_stopping;
static jmp_buf fixture_end; /* where component_exit goes, once exit_expected */
static bool exit_expected;

static unsigned fixture_opened; /* times */

struct channel *channel_open(const char *name)
{
	fixture_opened++;
	errno = !strcmp(name, "theirs") ? EACCES : !strcmp(name, "gone") ? ECONNREFUSED : ENOENT;
	return !strcmp(name, "one") ? fixture->one.a : !strcmp(name, "two") ? fixture->two.a : NULL;
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
	return fixture_stopping;
}

const void *component_module(unsigned index, size_t *size)
{
	static const char *const modules[] = {"first\0file", ""};

	*size = index == 0 ? 10 : 0;
	return index < 2 ? modules[index] : NULL;
}

unsigned component_index(void)
{
	return 0;
}

_Noreturn void component_exit(int status)
{
	if (!exit_expected)
		fail_msg("the component ended with status %d", status);
	longjmp(fixture_end, 1);
}

static inline int fixture_setup(void **state)
{
	struct fixture *f = malloc(sizeof(*f));

	if (!f)
		return -1;
	channel_pair_init(&f->one, RING_BYTES, 0);
	channel_pair_init(&f->two, RING_BYTES, 0);
	f->one.a->name = "one";
	f->two.a->name = "two";
	fixture = f;
	fixture_stopping = exit_expected = false;
	fixture_opened = 0;
	f->L = luaL_newstate();
	luaL_openlibs(f->L);
	runtime_lua_coroutines(f->L);
	luaL_requiref(f->L, "atoll", luaopen_atoll, 1);
	lua_pop(f->L, 1);
	*state = f;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	runtime_lua_tasks_stop();
	lua_close(f->L);
	channel_pair_free(&f->one);
	channel_pair_free(&f->two);
	free(f);
	return 0;
}

static inline void run(struct fixture *f, const char *script)
{
	assert_script(f->L, script);
}

static inline void peer_send(struct channel *ch, const char *msg)
{
	assert_int_equal(channel_send(ch, msg, strlen(msg), CHANNEL_NOW), CHANNEL_OK);
}

static inline enum channel_status peer_look(struct channel *ch)
{
	const void *msg;
	size_t len;

	return channel_peek(ch, CHANNEL_NOW, &msg, &len);
}

static inline void assert_peer_receives(struct channel *ch, const char *expected,
					size_t expected_len)
{
	char buf[RING_BYTES];
	size_t len;

	assert_int_equal(channel_recv(ch, buf, sizeof(buf), &len, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(len, expected_len);
	assert_memory_equal(buf, expected, len);
}

#define LUA_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

#endif
