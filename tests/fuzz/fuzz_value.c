/* SPDX-License-Identifier: MIT */
/*
 * For libFuzzer: the input is a message, which Lua decodes as MessagePack, encodes
 * and decodes again; and behind its first byte, the length of a format, what a view
 * unpacks, which has to be what string.unpack finds or an error of both.
 */
#include <stdio.h>

#include "tests/unit/lua_pair.h"

static const char value_script[] =
	"local one = assert(atoll.open 'one')\n"
	"local function same(a, b)\n"
	"  if type(a) ~= 'table' or type(b) ~= 'table' then\n"
	"    return a == b and math.type(a) == math.type(b) or a ~= a and b ~= b end\n"
	"  for k, v in pairs(a) do if not same(v, b[k]) then return false end end\n"
	"  return true\n"
	"end\n"
	"local aligned = '[!X]'\n"
	"function check(bytes)\n"
	"  local value, why = atoll.decode(bytes)\n"
	"  if why == nil then\n"
	"    assert(same(value, atoll.decode(atoll.encode(value))))\n"
	"  end\n"
	"  local format = bytes:sub(2, 1 + (bytes:byte() or 0) % 16)\n"
	"  local view <close> = assert(one:view(0))\n"
	"  local got = table.pack(pcall(view.unpack, view, format))\n"
	"  local want = table.pack(pcall(string.unpack, format, tostring(view)))\n"
	"  if format:find(aligned) then return end\n"
	"  assert(got[1] == want[1], format)\n"
	"  if not got[1] then return end\n"
	"  for i = 1, want.n do assert(same(want[i], got[i]), format) end\n"
	"end\n";

static struct fixture *value_begin(void)
{
	void *f;

	if (fixture_setup(&f) || luaL_dostring(((struct fixture *)f)->L, value_script))
		abort();
	return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fixture *f;

	f = f ? f : value_begin();
	if (channel_send(f->one.b, data, size, CHANNEL_NOW) != CHANNEL_OK)
		return 0; /* longer than a message */
	lua_getglobal(f->L, "check");
	lua_pushlstring(f->L, (const char *)data, size);
	if (lua_pcall(f->L, 1, 0, 0)) {
		fprintf(stderr, "fuzz_value: %s\n", lua_tostring(f->L, -1));
		abort();
	}
	return 0;
}
