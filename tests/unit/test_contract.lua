-- SPDX-License-Identifier: MIT
-- Contracts of channels: what the packer says about them, the bytes, and what
-- both languages do with messages that are not theirs: `lua5.4 test_contract.lua ATOLL`.

local here = arg[0]:match("^(.*/)") or "./"
local root = arg[1]:match("^(.*)/build/[^/]*$")
package.path = here .. "?.lua;" .. root .. "/container/tool/?.lua;" .. package.path
local tap = require("tap")
local tool = require("tool")

local ALL = [[
	messages = {
		all = { from = "a", fields = {
			{ "b", "u8" }, { "h", "u16" }, { "w", "u32" }, { "l", "u64" },
			{ "sb", "i8" }, { "sh", "i16" }, { "sw", "i32" }, { "sl", "i64" },
			{ "name", "string", max = 8 }, { "f", "f32" }, { "d", "f64" }, { "yes", "bool" },
			{ "text", "string", max = "1K" } } },
		none = { from = "a", fields = {} },
		answer = { from = "b", fields = { { "n", "u32" }, { "text", "string", max = 4 } } },
	},
]]

-- As the layout in container/tool/contract.lua has it, by hand; the tags from another FNV-1a.
local GOLDEN = "b6012e01" .. "ff" .. "0201" .. "04030201" .. "efcdab8967452301" .. "ff" .. "feff" .. "fdffffff"
	.. "fcffffffffffffff" .. "02000000" .. "0000c03f" .. "00000000000004c0" .. "01" .. "03000000"
	.. "6869" .. "610062"

local ANSWER = "efafb00a" .. "2a000000" .. "02000000" .. "6f6b"

local function service(contract)
	tool.write("service.lua", ([[
name = "pact"
cores = 1
component "a" { language = "c", sources = { "a.c" }, core = 0, heap = "4M" }
component "b" { language = "lua", main = "b.lua", core = 0, heap = "4M" }
channel "talk" { from = "a", to = "b", size = "4K",
%s
}
]]):format(contract))
end

local function refused(title, contract, text)
	tap.case(title, function()
		service(contract)
		local out, status = tool.call("build service.lua")
		tap.equal(out, "atoll: service.lua:" .. text .. "\n")
		tap.equal(status, tool.FAILED)
	end)
end

-- Packs both components and runs them; what they print, in no order, is sorted by lines.
local function expect(title, contract, c, lua, lines)
	tap.case(title, function()
		service(contract)
		tool.write("a.c", "#include <talk.h>\n#include <stdio.h>\n#include <stdlib.h>\n" .. c)
		tool.write("b.lua", lua)
		local text, status = tool.call("build -o out service.lua")
		tap.equal(text:gsub("^packed [^\n]*\n$", "packed\n"), "packed\n")
		tap.equal(status, 0)
		text, status = tool.run("./out/pact.elf")
		local found = {}
		for line in text:gmatch("[^\n]+") do
			found[#found + 1] = line
		end
		table.sort(found)
		table.sort(lines)
		tap.equal(table.concat(found, "\n"), table.concat(lines, "\n"))
		tap.equal(status, 0)
	end)
end

local SEND_ALL = [[
int main(void)
{
	struct contract c;
	struct talk_message m;
	const struct talk_all all = {
		.b = 255, .h = 0x102, .w = 0x1020304, .l = (uint64_t)0x1234567 << 32 | 0x89abcdef, .sb = -1, .sh = -2, .sw = -3, .sl = -4,
		.name = contract_text("hi"), .f = 1.5f, .d = -2.5, .yes = true, .text = { "a\0b", 3 },
	};

	if (!talk_open(&c) || talk_send_all(&c, &all, CHANNEL_FOREVER) || talk_peek(&c, CHANNEL_FOREVER, &m))
		return 1;
	printf("C: %u %.*s\n", m.as.answer.n, (int)m.as.answer.text.length, m.as.answer.text.bytes);
	return talk_release(&c);
}
]]

local HEX = [[
local atoll = require "atoll"
local function hex(bytes) return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
]]

expect("a message of C's has the bytes of the layout", ALL, SEND_ALL, HEX .. [[
local talk = atoll.open("talk")
print("Lua: " .. hex(talk:recv()))
talk:send((("]] .. ANSWER .. [["):gsub("..", function(h) return string.char(tonumber(h, 16)) end)))
]], { "Lua: " .. GOLDEN, "C: 42 ok" })

expect("each language reads what the other writes", ALL, SEND_ALL, HEX .. [[
local pact = require("talk")
local talk = pact:open()
local name, all = talk:recv()
print(name, all.b, all.h, all.w, all.l == 0x1234567 << 32 | 0x89abcdef, all.sb, all.sh, all.sw, all.sl, all.name, all.f,
	all.d, all.yes, all.text == "a\0b")
print("same " .. hex(pact:encode(name, all)))
print("answer " .. hex(pact:encode("answer", { n = 42, text = "ok" })))
assert(talk:send("answer", { n = 42, text = "ok" }))
]], { "all\t255\t258\t16909060\ttrue\t-1\t-2\t-3\t-4\thi\t1.5\t-2.5\ttrue\ttrue", "same " .. GOLDEN,
	"answer " .. ANSWER, "C: 42 ok" })

-- The same messages between a client and a server: packs, runs, and what all print, sorted.
local function expect_service(title, server, client, lines)
	tap.case(title, function()
		local fields = ALL:gsub('"a"', '"client"'):gsub('"b"', '"server"')
		tool.write("service.lua", ([[
name = "pact"
cores = 1
component "%s" { language = "c", sources = { "a.c" }, core = 0, heap = "4M" }
component "%s" { language = "lua", main = "b.lua", core = 0, heap = "4M" }
service "talk" { server = "server", clients = { "client", "server" }, size = "4K",
	order = { start = { none = "asked" }, asked = { answer = "start" } },
%s
}
]]):format(server:find("^#include") and "server" or "client", server:find("^#include") and "client" or "server", fields))
		tool.write("a.c", server:find("^#include") and server or client)
		tool.write("b.lua", server:find("^#include") and client or server)
		local text, status = tool.call("build -o out service.lua")
		tap.equal(text:gsub("^packed [^\n]*\n$", "packed\n"), "packed\n")
		tap.equal(status, 0)
		text, status = tool.run("./out/pact.elf | sort")
		tap.equal(text, table.concat(lines, "\n") .. "\n")
		tap.equal(status, 0)
	end)
end

-- Both headers in one component: the server may be a client, too.
expect_service("a service's messages are its client's and its server's, in C and in Lua", [[
#include <stdio.h>
#include <talk_client.h>
#include <talk_server.h>
int main(void)
{
	const struct talk_server_answer answer = { .n = 7, .text = contract_text("yes") };
	const struct talk_client_none early = { 0 };
	struct service *talk = talk_server_listen();
	struct contract c, own;
	struct talk_server_message m;

	for (unsigned i = 0; i < 2; i++) {
		if (talk_server_accept(talk, CHANNEL_FOREVER, &c) || talk_server_peek(&c, CHANNEL_FOREVER, &m))
			return 1;
		printf("C: %s\n", m.kind == TALK_SERVER_NONE ? "none" : "other");
		talk_server_release(&c);
		if (talk_server_send_answer(&c, &answer, CHANNEL_FOREVER) || talk_server_drop(&c))
			return 2;
	}
	if (!talk_client_connect(&own, CHANNEL_NOW) || talk_server_accept(talk, CHANNEL_NOW, &c))
		return 3;
	talk_client_send_none(&own, &early, CHANNEL_NOW);
	printf("C: %s\n", talk_client_send_none(&own, &early, CHANNEL_NOW) == CHANNEL_MISUSE ? own.refusal : "sent");
	return talk_client_drop(&own) || talk_server_drop(&c) || talk_server_drop(&c) != CHANNEL_MISUSE;
}
]], [[
local talk = require("talk_client")
for i = 1, 2 do
	local c <close> = assert(talk:connect())
	assert(c:send("none", {}))
	local name, fields = c:recv()
	print("Lua: " .. name .. " " .. fields.n .. " " .. fields.text)
	assert(not pcall(c.send, c, "answer", fields))
end
]], { "C: none", "C: none", "C: talk_client: it is not the turn of message none", "Lua: answer 7 yes", "Lua: answer 7 yes" })

expect_service("a service with a contract is served in Lua", [[
local atoll = require("atoll")
local talk = require("talk_server")
local listener <close> = assert(talk:listen())
local count = 0
atoll.spawn(function() atoll.sleep(10) end):cancel()
for c in listener:accepted() do
	for name in c:messages() do
		print("Lua: " .. name)
		c:send("answer", { n = 1, text = "" })
	end
	c:close()
	count = count + 1
	if count == 2 then break end
end
]], [[
#include <stdio.h>
#include <talk_client.h>
int main(void)
{
	const struct talk_client_none none = { 0 };
	struct talk_client_message m;
	struct contract c;

	for (unsigned i = 0; i < 2; i++) {
		if (!talk_client_connect(&c, CHANNEL_FOREVER) || talk_client_send_none(&c, &none, CHANNEL_FOREVER)
		    || talk_client_peek(&c, CHANNEL_FOREVER, &m))
			return 1;
		printf("C: answer %u\n", m.as.answer.n);
		talk_client_release(&c);
		talk_client_drop(&c);
	}
	return 0;
}
]], { "C: answer 1", "C: answer 1", "Lua: none", "Lua: none" })

local ORDER = ALL .. [[ order = { start = { none = "asked" }, asked = { answer = "start" } }, ]]

expect("the sender is refused what breaks the contract", ORDER, [[
static void show(enum channel_status status, struct contract *c)
{
	printf("%s: %s\n", channel_status_text(status), status ? c->refusal : "-");
}

int main(void)
{
	struct contract c;
	const struct talk_all all = { .name = contract_text("nine byte") };
	const struct talk_none none = { 0 };

	if (!talk_open(&c))
		return 1;
	show(talk_send_all(&c, &all, CHANNEL_NOW), &c);
	show(talk_send_none(&c, &none, CHANNEL_NOW), &c);
	show(talk_send_none(&c, &none, CHANNEL_NOW), &c);
	return 0;
}
]], [[
local pact = require("talk")
local talk = pact:open()
local function show(...) print(select(2, pcall(...))) end
show(talk.send, talk, "answer", { n = 1, text = "" })
print((talk:recv()))
show(talk.send, talk, "answer", { n = -1, text = "" })
show(talk.send, talk, "answer", { n = 1.5, text = "" })
show(talk.send, talk, "answer", { n = 1, text = "12345" })
show(talk.send, talk, "answer", { n = 1 })
show(talk.send, talk, "answer", { n = 1, text = "", more = 1 })
show(talk.send, talk, "answer")
show(talk.send, talk, "none", {})
show(talk.send, talk, "other", {})
]], {
	"call not allowed in this state: talk: message all: field name: got more than 8 bytes",
	"ok: -",
	"call not allowed in this state: talk: it is not the turn of message none",
	"talk: it is not the turn of message answer, but of start's",
	"none",
	"talk: message answer: field n: got -1, expected an integer from 0 to 4294967295",
	"talk: message answer: field n: got 1.5, expected an integer from 0 to 4294967295",
	"talk: message answer: field text: got 5 bytes, expected a string of at most 4 bytes",
	"talk: message answer: field text: got nil, expected a string of at most 4 bytes",
	"talk: message answer: got the field more, expected one of the contract",
	"talk: message answer: got a nil, expected a table of its fields",
	"talk: message none is the other side's to send",
	"talk: got the message other, expected one of the contract",
})

-- What a component in C says of bytes that the other sends as they are.
local function broken_to_c(title, bytes, why)
	expect(title, ORDER, [[
int main(void)
{
	struct contract c;
	struct talk_message m;

	if (!talk_open(&c) || talk_send_none(&c, &(struct talk_none){ 0 }, CHANNEL_FOREVER))
		return 1;
	printf("%s, ", channel_status_text(talk_peek(&c, CHANNEL_FOREVER, &m)));
	printf("%s, %s\n", c.refusal, channel_reason_text(channel_reason(c.channel)));
	return 0;
}
]], [[
local talk = require("atoll").open("talk")
talk:recv()
talk:send((("]] .. bytes .. [["):gsub("..", function(h) return string.char(tonumber(h, 16)) end)))
talk:recv()
print(talk:reason())
]], { "channel closed, " .. why .. ", protocol error", "protocol error" })
end

broken_to_c("C closes at a message that is too short for its tag", "efaf",
	"received a message that is shorter than its tag")
broken_to_c("C closes at a message of no contract", "00112233", "talk: received what is no message of the contract")
broken_to_c("C closes at a message that is its own to send", GOLDEN,
	"talk: received what is no message of the contract")
broken_to_c("C closes at a string that is too long", "efafb00a" .. "2a000000" .. "05000000" .. "6f6f6f6f6f",
	"talk: received a message whose fields are not the contract's")
broken_to_c("C closes at a message that is longer than its fields", ANSWER .. "00",
	"talk: received a message whose fields are not the contract's")

expect("Lua closes at a message that breaks the contract", ORDER, [[
int main(void)
{
	struct contract c;
	size_t length;
	const void *bytes;

	if (!talk_open(&c) || channel_send(c.channel, "\xef\xaf\xb0\x0a", 4, CHANNEL_FOREVER))
		return 1;
	channel_peek(c.channel, CHANNEL_FOREVER, &bytes, &length);
	printf("C: %s\n", channel_reason_text(channel_reason(c.channel)));
	return 0;
}
]], [[
local talk = require("talk"):open()
print(talk:recv())
print(talk:reason())
]], { "nil\tclosed\ttalk: received a message that is too short", "protocol error", "C: protocol error" })

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

tool.write("a.c", "int main(void) { return 0; }\n")
tool.write("b.lua", "")
local M = 'channel "talk": field messages: '
local O = 'channel "talk": field order: '

refused("messages are a table", 'messages = "x"', '6: ' .. M .. 'got "x" (string), expected a table')
refused("a contract has messages", "messages = {}", "6: " .. M .. "got 0, expected 1 to 256")
refused("an order needs messages", "order = {}", "6: " .. O .. "got a table, expected none where there are no messages")
refused("a message comes from one of the ends", 'messages = { m = { from = "c", fields = {} } }',
	"6: " .. M .. 'message m: from: got "c" (string), expected "a" or "b"')
refused("a field has a name and a type", 'messages = { m = { from = "a", fields = { { "x" } } } }', "6: " .. M
	.. "message m: field 1 x: got the type nothing, expected one of bool, f32, f64, i16, i32, i64, i8, string, u16, u32, u64, u8")
refused("a string has a limit", 'messages = { m = { from = "a", fields = { { "x", "string" } } } }',
	"6: " .. M .. "message m: field 1 x: max: got nothing, expected a size such as 8M, from 1 to 2040")
refused("a field is no word of C", 'messages = { m = { from = "a", fields = { { "int", "u8" } } } }',
	"6: " .. M .. 'message m: field 1: got the name "int", expected one that is no word of C')
refused("a message is called as nothing in its header is",
	'messages = { kind = { from = "a", fields = {} }, message = { from = "a", fields = {} } }',
	"6: " .. M .. 'message: got the name "kind", expected another: the header has a kind of its own\n'
	.. "atoll: service.lua:6: " .. M .. 'message: got the name "message", expected another: the header has a message of its own')
refused("an order beside wrong messages is not said to be without any", 'messages = "x", order = {}',
	"6: " .. M .. 'got "x" (string), expected a table')
refused("a field is no macro of C", 'messages = { m = { from = "a", fields = { { "errno", "u8" } } } }',
	"6: " .. M .. 'message m: field 1: got the name "errno", expected one that is no word of C')
refused("a field is there once", 'messages = { m = { from = "a", fields = { { "x", "u8" }, { "x", "u8" } } } }',
	"6: " .. M .. 'message m: field 2: got "x" twice, expected another name')
refused("a message fits the ring",
	'messages = { m = { from = "a", fields = { { "x", "string", max = 2000 }, { "y", "string", max = 2000 } } } }',
	"6: " .. M .. "message m: got up to 4012 bytes, expected at most 2040 in a ring of 4K")
refused("a state leads to a state", 'messages = { m = { from = "a", fields = {} } }, order = { start = { m = "end" } }',
	"6: " .. O .. 'start: m leads to "end" (string), expected a state\'s name')
refused("in a state one side sends", 'messages = { m = { from = "a", fields = {} }, n = { from = "b", fields = {} } },'
	.. 'order = { start = { m = "start", n = "start" } }',
	"6: " .. O .. "start: got messages of both sides, expected those of one")
refused("there is a state to start in", 'messages = { m = { from = "a", fields = {} } }, order = { x = { m = "x" } }',
	"6: " .. O .. "got 1 states, expected start among at most 256")

-- A channel by that name, whose contract goes by it in a and b.
local function named(title, name, text)
	tap.case(title, function()
		service('messages = { m = { from = "a", fields = {} } }')
		tool.write("service.lua", (tool.read("service.lua"):gsub('channel "talk"', ('channel "%s"'):format(name))))
		tool.write("a.c", "int main(void) { return 0; }\n")
		tool.write("b.lua", "")
		local out, status = tool.call("build -o out service.lua")
		tap.equal(out, text)
		tap.equal(status, tool.FAILED)
	end)
end

named("a contract is no library of Lua's", "table", 'atoll: service.lua:5: channel "table": its contract would go by the name "table"'
	.. ' in component "b", as a library of Lua\'s does; expected another name\n')
named("a contract is no header of C's", "locale", 'atoll: service.lua:3: component "a": its contract locale would be the header'
	.. " locale.h, as /usr/include/locale.h is; expected another name\n")
expect("who waits for room has no turn until there is some", [[
	messages = { m = { from = "b", fields = { { "t", "string", max = 1000 } } }, n = { from = "b", fields = {} } },
	order = { start = { m = "second" }, second = { n = "start" } },
]], [[
#include <time.h>
int main(void)
{
	struct contract c;
	struct talk_message m;
	unsigned count = 0;

	if (!talk_open(&c))
		return 1;
	nanosleep(&(struct timespec){0, 200000000}, NULL);
	while (!talk_peek(&c, CHANNEL_FOREVER, &m)) {
		count++;
		talk_release(&c);
	}
	printf("%s after %s\n", channel_reason_text(channel_reason(c.channel)), count % 2 ? "m" : "n");
}
]], [[
local atoll = require "atoll"
local c <close> = assert(require "talk":open())
local m, n = { t = ("x"):rep(1000) }, {}
while c:send("m", m, 0) do assert(c:send("n", n, 0)) end
print(select(2, c:send("m", m, 0)))
local first = atoll.spawn(function() return c:send("m", m) end)
local second = atoll.spawn(function() return c:send("m", m) end)
atoll.yield()
print((select(2, pcall(c.send, c, "n", n)):gsub("^.-talk", "talk")))
first:cancel()
print(second:join())
print(c:send("n", n))
]], { "timeout", "talk: it is not the turn of message n, but of start's", "true", "true", "finished after n" })
expect("of tasks that wait for one turn one has it", [[
	messages = { m = { from = "b", fields = { { "t", "string", max = 1000 } } }, n = { from = "b", fields = {} } },
	order = { start = { m = "second" }, second = { n = "start" } },
]], [[
#include <time.h>
int main(void)
{
	struct contract c;
	struct talk_message m;

	if (!talk_open(&c))
		return 1;
	nanosleep(&(struct timespec){0, 200000000}, NULL);
	while (!talk_peek(&c, CHANNEL_FOREVER, &m))
		talk_release(&c);
	printf("%s\n", channel_reason_text(channel_reason(c.channel)));
}
]], [[
local atoll = require "atoll"
local c <close> = assert(require "talk":open())
local m, n = { t = ("x"):rep(1000) }, {}
while c:send("m", m, 0) do assert(c:send("n", n, 0)) end
local function try() return select(2, pcall(c.send, c, "m", m)) end
local one, other = atoll.spawn(try), atoll.spawn(try)
print(one:join())
print((other:join():gsub("^.-talk", "talk")))
]], { "true", "talk: it is not the turn of message m, but of second's", "finished" })
tap.case("a header of a contract that is no more is not found", function()
	service('messages = { m = { from = "a", fields = {} } }')
	tool.write("b.lua", "")
	tool.write("a.c", "#include <talk.h>\nint main(void) { return 0; }\n")
	tap.equal(select(2, tool.call("build -o out service.lua")), 0)
	tool.write("service.lua", (tool.read("service.lua"):gsub('channel "talk"', 'channel "chat"')))
	local out, status = tool.call("build -o out service.lua")
	tap.contains(out, "talk.h")
	tap.equal(status, tool.FAILED)
end)

tool.finish()
