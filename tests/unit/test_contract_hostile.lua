-- SPDX-License-Identifier: MIT
-- Bytes that chance has changed, to the decoders that a contract makes:
-- `lua5.4 test_contract_hostile.lua ATOLL`.

local here = arg[0]:match("^(.*/)") or "./"
local root = arg[1]:match("^(.*)/build/[^/]*$")
package.path = here .. "?.lua;" .. package.path
local case = require("contract_case")
local tap = require("tap")
local tool = require("tool")

local ALL, GOLDEN, ANSWER, service = case.ALL, case.GOLDEN, case.ANSWER, case.service

-- Random changes of good messages, through the decoders of both languages.
local fuzz_c = [[
#include <stdio.h>
#include <stdlib.h>
#include <talk.h>

static uint64_t seed = 1;

static unsigned rnd(unsigned below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(seed >> 33) % below;
}

int main(int argc, char **argv)
{
	unsigned good = 0, bad = 0;

	(void)argc;
	for (int i = 0; i < 300000; i++) {
		size_t full = strlen(argv[1]) / 2, length = rnd(3) ? full : rnd((unsigned)full + 9), sum = 0;
		unsigned char *bytes = malloc(length);
		struct talk_answer m;

		for (size_t n = 0; n < length; n++) {
			char hex[3] = { argv[1][2 * (n % full)], argv[1][2 * (n % full) + 1], 0 };

			bytes[n] = (unsigned char)strtol(hex, NULL, 16);
		}
		for (unsigned n = rnd(4); n && length; n--)
			bytes[rnd((unsigned)length)] = (unsigned char)rnd(rnd(2) ? 8 : 256);
		if (talk_decode_answer(bytes, length, &m)) {
			good++;
			for (size_t n = 0; n < m.text.length; n++)
				sum += (unsigned char)m.text.bytes[n];
			if (m.text.length > 4 || length != 12 + m.text.length || sum > 4 * 255)
				return 1;
		} else {
			bad++;
		}
		free(bytes);
	}
	return good < 1000 || bad < 1000;
}
]]

tap.case("hostile bytes do not lead C out of the message", function()
	service(ALL)
	tool.write("a.c", "#include <talk.h>\nint main(void) { return 0; }\n")
	tool.write("b.lua", "")
	tap.equal(select(2, tool.call("build -o out service.lua")), 0)
	tool.write("fuzz.c", fuzz_c)
	tool.write("nothing.c", "#include <ipc/channel.h>\n#include <stdlib.h>\n"
		.. "struct channel *channel_open(const char *n) { (void)n; abort(); }\n"
		.. "void channel_break(struct channel *c) { (void)c; abort(); }\n"
		.. "enum channel_status channel_peek(struct channel *c, uint64_t d, const void **m, size_t *l)"
		.. " { (void)c, (void)d, (void)m, (void)l; abort(); }\n"
		.. "enum channel_status channel_release(struct channel *c) { (void)c; abort(); }\n"
		.. "enum channel_status channel_commit(struct channel *c, size_t l) { (void)c, (void)l; abort(); }\n"
		.. "enum channel_status channel_reserve(struct channel *c, size_t l, uint64_t d, void **r)"
		.. " { (void)c, (void)l, (void)d, (void)r; abort(); }\n")
	local text, status = tool.run(("gcc -std=gnu11 -O1 -g -Wall -Wextra -Wshadow -Werror -fsanitize=address,undefined"
		.. " -fno-sanitize-recover=all -I out/obj/a.include -I %s -I %s/runtimes/c -o fuzz fuzz.c nothing.c"):format(root, root))
	tap.equal(text, "")
	tap.equal(status, 0)
	text, status = tool.run("./fuzz " .. ANSWER)
	tap.equal(text, "")
	tap.equal(status, 0)
end)

local fuzz_lua = [[
local pact = require("talk")
local golden = ("]] .. GOLDEN .. [["):gsub("..", function(h) return string.char(tonumber(h, 16)) end)
local good, bad = 0, 0
math.randomseed(1)
for _ = 1, 50000 do
	local bytes = golden
	for _ = 1, math.random(0, 3) do
		local at = math.random(1, #bytes)
		bytes = bytes:sub(1, at - 1) .. string.char(math.random(0, math.random(2) == 1 and 3 or 255)) .. bytes:sub(at + 1)
	end
	bytes = math.random(3) == 1 and bytes:sub(1, math.random(0, #bytes)) or bytes
	local name, fields = pact:decode(bytes)
	if name then
		good = good + 1
		assert(name == "all" and #fields.name <= 8 and #fields.text <= 1024)
		assert(pact:encode(name, fields) == bytes or fields.f ~= fields.f or fields.d ~= fields.d)
	else
		bad = bad + 1
		assert(type(fields) == "string")
	end
end
print(good > 1000 and bad > 1000 or good .. " " .. bad)
]]

-- As a component, once as it is packed and once where a byte read too many is found.
for _, build in ipairs({ "elf", "address" }) do
	tap.case("hostile bytes are a message or a reason in Lua, " .. build, function()
		service(ALL)
		tool.write("a.c", "int main(void) { return 0; }\n")
		tool.write("b.lua", fuzz_lua)
		tap.equal(select(2, tool.call("build -o out " .. (build == "elf" and "" or "--sanitize " .. build) .. " service.lua")), 0)
		local text, status = tool.run("./out/pact." .. build)
		tap.equal(text, "true\n")
		tap.equal(status, 0)
	end)
end

tool.finish()
