/* SPDX-License-Identifier: MIT */
/* Unit test of runtimes/lua/lua_value.c: Lua values as MessagePack. */
#include "tests/unit/lua_pair.h"

/* xorshift64*: the same bytes every time. */
static uint64_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

#define SAME                                                                                       \
	"local function same(a, b)\n"                                                              \
	"  if type(a) ~= 'table' or type(b) ~= 'table' then\n"                                     \
	"    return a == b and math.type(a) == math.type(b) end\n"                                 \
	"  for k, v in pairs(a) do if not same(v, b[k]) then return false end end\n"               \
	"  for k in pairs(b) do if a[k] == nil then return false end end\n"                        \
	"  return true\n"                                                                          \
	"end\n"

static void test_every_kind_of_value_comes_back_as_it_was(void **state)
{
	run(*state, SAME
	    "local long = ('x'):rep(70000)\n"
	    "for _, v in ipairs { true, false, 0, 1, -1, 127, 128, -32, -33, 255, 256, 65535,\n"
	    "  65536, -128, -129, -32768, -32769, 1 << 31, 1 << 32, math.maxinteger,\n"
	    "  math.mininteger, 0.5, -0.0, 1e300, math.huge, '', 'a\\0b', long,\n"
	    "  {}, { 1, 2, 3 }, { a = 1, [2] = 'x', [-1] = true, [1.5] = { {} } },\n"
	    "  { { { 'deep' } } } } do\n"
	    "  local back, why = atoll.decode(atoll.encode(v))\n"
	    "  assert(same(v, back), tostring(v) .. ' ' .. tostring(back) .. ' ' .. "
	    "tostring(why))\n"
	    "end\n"
	    "assert(select('#', atoll.decode(atoll.encode(nil))) == 1)");
}

static void test_the_bytes_are_messagepack(void **state)
{
	run(*state, "local function hex(s) return (s:gsub('.', function(c)\n"
		    "  return ('%02x'):format(c:byte()) end)) end\n"
		    "local function is(v, bytes) local got = hex(atoll.encode(v))\n"
		    "  assert(got == bytes, got) end\n"
		    "is(nil, 'c0'); is(false, 'c2'); is(true, 'c3'); is(5, '05'); is(-1, 'ff')\n"
		    "is(300, 'cd012c'); is('hi', 'a26869'); is({}, '90'); is({ 1, 2 }, '920102')\n"
		    "is({ a = 1 }, '81a16101'); is(1.5, 'cb3ff8000000000000')\n"
		    "is({ nil, 2 }, '810202')");
}

static void test_what_other_writers_write_is_read(void **state)
{
	run(*state, "local function is(bytes, v) assert(atoll.decode(bytes) == v) end\n"
		    "is('\\xc4\\x02hi', 'hi'); is('\\xca\\x3f\\xc0\\0\\0', 1.5)\n"
		    "is('\\xcf\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff', 2.0 ^ 64)\n"
		    "is('\\xd9\\x02hi', 'hi'); is('\\xce\\0\\0\\0\\7', 7)\n"
		    "assert(#atoll.decode '\\xdc\\0\\2\\1\\2' == 2)");
}

static void test_values_travel_over_a_channel(void **state)
{
	struct fixture *f = *state;

	run(f, "local c = atoll.open 'one'; assert(c:send_value { 1, 'two' } == true); keep = c");
	assert_peer_receives(f->one.b, "\x92\x01\xa3two", 6);
	peer_send(f->one.b, "\x92\x01\xa3two");
	run(f, "local v = keep:recv_value(); assert(#v == 2 and v[1] == 1 and v[2] == 'two')\n"
	       "local v, why = keep:recv_value(0); assert(v == nil and why == 'timeout')");
}

static void test_a_value_that_does_not_fit_is_too_big(void **state)
{
	run(*state, "local c = atoll.open 'one'\n"
		    "local ok, why = c:send_value { ('x'):rep(c:max()) }\n"
		    "assert(ok == nil and why == 'too big', why)\n"
		    "assert(c:send_value { ('x'):rep(c:max() - 4) })\n"
		    "local ok, why = c:send_value({ ('x'):rep(c:max() - 4) }, 0)\n"
		    "assert(ok == nil and why == 'timeout', why)");
}

static void test_what_cannot_be_sent_is_an_error_that_says_so(void **state)
{
	run(*state, "local c = atoll.open 'one'\n"
		    "local function refused(v, words)\n"
		    "  local ok, why = pcall(c.send_value, c, v)\n"
		    "  assert(not ok and why:find(words, 1, true), why)\n"
		    "end\n"
		    "refused(print, 'a function cannot be sent')\n"
		    "refused({ { io.stdout } }, 'a userdata cannot be sent')\n"
		    "refused({ [{}] = 1 }, 'key cannot be sent')\n"
		    "local ring = {}; ring.ring = ring; refused(ring, 'is it a cycle?')\n"
		    "local deep = {}; for i = 1, 64 do deep = { deep } end\n"
		    "refused(deep, 'deeper than 64')\n"
		    "assert(atoll.decode(atoll.encode(deep[1])))\n"
		    "assert(c:stats().sent == 0); assert(not pcall(c.send_value, c))");
}

static void test_what_is_not_one_value_is_malformed(void **state)
{
	struct fixture *f = *state;

	run(f, "for _, bytes in ipairs { '', '\\xc1', '\\x92\\1', '\\1\\1', '\\xa5abc',\n"
	       "  '\\xdd\\xff\\xff\\xff\\xff', '\\xdf\\xff\\xff\\xff\\xff\\1\\1', "
	       "'\\xdb\\xff\\xff\\xff\\xff',\n"
	       "  '\\x81\\xc0\\1', '\\x81\\x90\\1', '\\x81\\xcb\\x7f\\xf8\\0\\0\\0\\0\\0\\0\\1',\n"
	       "  '\\xd4\\0\\0', '\\xc9\\xff\\xff\\xff\\xff\\0', ('\\x91'):rep(65) .. '\\1',\n"
	       "  ('\\x91'):rep(100000) } do\n"
	       "  local v, why = atoll.decode(bytes)\n"
	       "  assert(v == nil and why == 'malformed', bytes:sub(1, 9))\n"
	       "end");
	peer_send(f->one.b, "\xc1");
	peer_send(f->one.b, "\x07");
	run(f, "local c = atoll.open 'one'; local v, why = c:recv_value()\n"
	       "assert(v == nil and why == 'malformed' and c:recv_value() == 7)");
}

/* Valid values with some bytes changed, and bytes of no order at all. */
static void test_random_bytes_are_values_or_malformed(void **state)
{
	static const char seed[] = "\x83\xa1k\x93\x01\xcd\x01\x2c\xa3two\x02\x82\x05\xc0\xa1z\xcb"
				   "\x3f\xf8\x00\x00\x00\x00\x00\x00\xa1q\xc4\x02hi";
	struct fixture *f = *state;
	uint64_t random = 42;
	unsigned values = 0;

	lua_getglobal(f->L, "atoll");
	for (unsigned i = 0; i < 100000; i++) {
		char bytes[sizeof(seed) - 1];
		size_t len = random_next(&random) % (sizeof(bytes) + 1);

		memcpy(bytes, seed, sizeof(bytes));
		for (unsigned n = (unsigned)(random_next(&random) % 6); n; n--)
			bytes[random_next(&random) % sizeof(bytes)] = (char)random_next(&random);
		if (i % 2)
			for (size_t n = 0; n < len; n++)
				bytes[n] = (char)(random_next(&random) >> 32);
		else
			len = sizeof(bytes);
		lua_getfield(f->L, 1, "decode");
		lua_pushlstring(f->L, bytes, len);
		assert_int_equal(lua_pcall(f->L, 1, LUA_MULTRET, 0), LUA_OK);
		if (lua_gettop(f->L) == 2)
			values++;
		else
			assert_string_equal(lua_tostring(f->L, 3), "malformed");
		lua_settop(f->L, 1);
	}
	assert_in_range(values, 1000, 99000);
}

#define INTEGERS                                                                                   \
	"integers = {}\n"                                                                          \
	"for _, bits in ipairs { 0, 5, 7, 8, 15, 16, 31, 32, 63 } do for off = -1, 1 do\n"         \
	"  integers[#integers + 1] = (1 << bits) + off\n"                                          \
	"  integers[#integers + 1] = -(1 << bits) + off end end\n"                                 \
	"integers[#integers + 1] = -33; one = atoll.open 'one'\n"

/* They have a way of their own through the ring. */
static void test_integers_are_what_the_encoder_makes_of_them(void **state)
{
	struct fixture *f = *state;
	char bytes[16];
	size_t len;

	run(f, INTEGERS "for _, i in ipairs(integers) do assert(one:send_value(i)) end");
	while (channel_recv(f->one.b, bytes, sizeof(bytes), &len, CHANNEL_NOW) == CHANNEL_OK) {
		assert_int_equal(channel_send(f->two.b, bytes, len, CHANNEL_NOW), CHANNEL_OK);
		assert_int_equal(channel_send(f->one.b, bytes, len, CHANNEL_NOW), CHANNEL_OK);
	}
	run(f, INTEGERS "local two = atoll.open 'two'\n"
			"for _, i in ipairs(integers) do\n"
			"  assert(two:recv() == atoll.encode(i), i)\n"
			"  assert(one:recv_value() == i, i) end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LUA_TEST(test_every_kind_of_value_comes_back_as_it_was),
		LUA_TEST(test_the_bytes_are_messagepack),
		LUA_TEST(test_what_other_writers_write_is_read),
		LUA_TEST(test_values_travel_over_a_channel),
		LUA_TEST(test_a_value_that_does_not_fit_is_too_big),
		LUA_TEST(test_what_cannot_be_sent_is_an_error_that_says_so),
		LUA_TEST(test_what_is_not_one_value_is_malformed),
		LUA_TEST(test_random_bytes_are_values_or_malformed),
		LUA_TEST(test_integers_are_what_the_encoder_makes_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
