/* SPDX-License-Identifier: MIT */
/* Unit test of runtimes/lua/lua_view.c and lua_unpack.c: messages read in the ring. */
#include "tests/unit/lua_pair.h"

static void test_a_view_reads_the_message_where_it_lies(void **state)
{
	struct fixture *f = *state;

	peer_send(f->one.b, "hello, world");
	run(f, "local c = atoll.open 'one'\n"
	       "do local v <close> = assert(c:view())\n"
	       "  assert(#v == 12 and tostring(v) == 'hello, world')\n"
	       "  for i = -14, 14 do for j = -14, 14 do\n"
	       "    assert(v:sub(i, j) == ('hello, world'):sub(i, j), i .. ' ' .. j) end\n"
	       "    assert(v:byte(i) == ('hello, world'):byte(i), i) end\n"
	       "  assert(v:sub(8) == 'world' and v:byte() == 104)\n"
	       "  assert(v:sub(math.mininteger, math.maxinteger) == 'hello, world')\n"
	       "  assert(c:stats().received == 0)\n"
	       "end\n"
	       "assert(c:stats().received == 1); keep = c");
}

static void test_unpack_is_as_string_unpack(void **state)
{
	struct fixture *f = *state;

	run(f,
	    "packed = {}\n"
	    "for _, case in ipairs { { '<bBhHiIlLjJT', -1, 255, -2, 65535, -3, 4, -5, 6, -7, 8, 9 "
	    "},\n"
	    "  { '>i3I5i7', -70000, 1 << 33, -9 }, { '<i16>I12', -12345, 77 }, { '>dfn<f', 1.5, "
	    "2.5, -3.25, 8 },\n"
	    "  { '<s1>s2 s z', 'a', 'bc', 'def', 'ghi' }, { 'c3x=i2', 'abc', 513 }, { '' } } do\n"
	    "  local bytes = string.pack(table.unpack(case)); packed[#packed + 1] = { case[1], "
	    "bytes }\n"
	    "end");
	for (int i = 1; i <= 7; i++) {
		size_t len;
		const char *bytes;

		lua_getglobal(f->L, "packed");
		lua_geti(f->L, -1, i);
		lua_geti(f->L, -1, 2);
		bytes = lua_tolstring(f->L, -1, &len);
		assert_int_equal(channel_send(f->one.b, bytes, len, CHANNEL_NOW), CHANNEL_OK);
	}
	run(f,
	    "local c = atoll.open 'one'\n"
	    "for _, case in ipairs(packed) do\n"
	    "  local v <close> = c:view()\n"
	    "  local a, b = table.pack(v:unpack(case[1])), table.pack(string.unpack(case[1], "
	    "case[2]))\n"
	    "  assert(a.n == b.n and b.n >= 1)\n"
	    "  for i = 1, a.n do assert(a[i] == b[i] and math.type(a[i]) == math.type(b[i])) end\n"
	    "end");
}

static void test_unpack_begins_at_an_offset_and_stays_in_the_message(void **state)
{
	struct fixture *f = *state;

	peer_send(f->one.b, "\x01\x02\x03\x04xyz");
	run(f, "local v <close> = atoll.open 'one':view()\n"
	       "local n, pos = v:unpack('<I2', 3); assert(n == 0x403 and pos == 5)\n"
	       "n, pos = v:unpack('B', -1); assert(n == 122 and pos == 8)\n"
	       "assert(v:unpack('', 8) == 8)\n"
	       "for _, bad in ipairs { { 'j' }, { '<I2', 7 }, { 'B', 8 }, { 'B', 9 }, { 'B', 0 }, "
	       "{ 'z' },\n"
	       "  { '<s1' , 4 }, { 's8' }, { 'c' }, { 'c8' }, { 'c99999999999999999999' }, { 'i17' "
	       "}, { 'i0' },\n"
	       "  { '!4' }, { 'Xi4' }, { 'q' }, { 'i16' }, {} } do\n"
	       "  local ok, why = pcall(v.unpack, v, table.unpack(bad))\n"
	       "  assert(not ok and not pcall(string.unpack, bad[1] or 'j', tostring(v), bad[2])\n"
	       "    or bad[1] == '!4' or bad[1] == 'Xi4' or bad[1] == 'B', bad[1])\n"
	       "end");
}

static void test_a_released_view_is_an_error_to_use(void **state)
{
	struct fixture *f = *state;

	peer_send(f->one.b, "first");
	peer_send(f->one.b, "second");
	run(f,
	    "local c = atoll.open 'one'; local v = c:view(); v:close(); v:close()\n"
	    "for _, use in ipairs { function() return #v end, function() return v:sub(1) end,\n"
	    "  function() return v:unpack 'B' end, function() return v:byte() end } do\n"
	    "  local ok, why = pcall(use); assert(not ok and why:find('released', 1, true), why)\n"
	    "end\n"
	    "assert(tostring(v) == 'atoll.view (released)' and c:recv() == 'second')");
}

static void test_while_a_view_holds_the_message_nothing_else_is_received(void **state)
{
	struct fixture *f = *state;

	peer_send(f->one.b, "first");
	peer_send(f->one.b, "second");
	run(f, "local c = atoll.open 'one'; local v = c:view()\n"
	       "for _, call in ipairs { c.recv, c.view, c.recv_value } do\n"
	       "  local ok, why = pcall(call, c, 0); assert(not ok and why:find('view', 1, true), "
	       "why)\n"
	       "end\n"
	       "v:close(); assert(c:recv() == 'second')");
}

static void test_the_collector_releases_a_forgotten_view(void **state)
{
	struct fixture *f = *state;

	peer_send(f->one.b, "first");
	peer_send(f->one.b, "second");
	run(f, "local c = atoll.open 'one'; c:view(); collectgarbage(); assert(c:recv(0) == "
	       "'second')");
}

static void test_closing_the_endpoint_releases_its_view(void **state)
{
	struct fixture *f = *state;

	peer_send(f->one.b, "first");
	run(f, "local c = atoll.open 'one'; local v = c:view(); c:close(); v:close()\n"
	       "assert(not pcall(v.sub, v, 1)); local w, why = c:view(0)\n"
	       "assert(w == nil and why == 'closed')");
	assert_int_equal(peer_look(f->one.b), CHANNEL_CLOSED);
}

static void test_a_view_keeps_its_endpoint(void **state)
{
	struct fixture *f = *state;

	peer_send(f->one.b, "first");
	run(f,
	    "keep = atoll.open 'one':view(); collectgarbage(); assert(tostring(keep) == 'first')");
	assert_int_equal(peer_look(f->one.b), CHANNEL_AGAIN);
	run(f, "keep = nil; collectgarbage(); collectgarbage()");
	assert_int_equal(peer_look(f->one.b), CHANNEL_CLOSED);
}

static void test_a_rejected_channel_is_closed_for_both_as_a_protocol_error(void **state)
{
	struct fixture *f = *state;

	run(f, "local c = atoll.open 'one'; c:reject(); assert(c:reason() == 'protocol error')\n"
	       "assert(select(2, c:recv()) == 'closed' and select(2, c:send 'x') == 'closed')");
	assert_int_equal(peer_look(f->one.b), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(f->one.b), CHANNEL_PROTOCOL);
	assert_int_equal(channel_send(f->one.b, "", 0, CHANNEL_NOW), CHANNEL_CLOSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LUA_TEST(test_a_view_reads_the_message_where_it_lies),
		LUA_TEST(test_unpack_is_as_string_unpack),
		LUA_TEST(test_unpack_begins_at_an_offset_and_stays_in_the_message),
		LUA_TEST(test_a_released_view_is_an_error_to_use),
		LUA_TEST(test_while_a_view_holds_the_message_nothing_else_is_received),
		LUA_TEST(test_the_collector_releases_a_forgotten_view),
		LUA_TEST(test_closing_the_endpoint_releases_its_view),
		LUA_TEST(test_a_view_keeps_its_endpoint),
		LUA_TEST(test_a_rejected_channel_is_closed_for_both_as_a_protocol_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
