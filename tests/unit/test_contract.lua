-- SPDX-License-Identifier: MIT
-- Contracts of channels: the bytes, and what both languages do with messages that are not
-- theirs or have not their turn: `lua5.4 test_contract.lua ATOLL`.

local here = arg[0]:match("^(.*/)") or "./"
package.path = here .. "?.lua;" .. package.path
local case = require("contract_case")
local tool = require("tool")

local ALL, ORDER, GOLDEN, ANSWER, expect = case.ALL, case.ORDER, case.GOLDEN, case.ANSWER, case.expect

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
show(talk.send, "answer", { n = 1, text = "" })
show(talk.recv)
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
	"send: got a string, expected a conversation, as in talk:send(...)",
	"recv: got a nil, expected a conversation, as in talk:recv(...)",
})

expect("a finite number that an f32 cannot hold is refused", [[
	messages = { m = { from = "b", fields = { { "f", "f32" }, { "d", "f64" } } } },
]], [[
int main(void)
{
	struct contract c;
	struct talk_message m;

	if (!talk_open(&c))
		return 1;
	while (!talk_peek(&c, CHANNEL_FOREVER, &m)) {
		printf("C: %a %a\n", m.as.m.f, m.as.m.d);
		talk_release(&c);
	}
	return channel_reason(c.channel) != CHANNEL_FINISHED;
}
]], [[
local talk <close> = require("talk"):open()
local function try(f, d) print(select(2, pcall(talk.send, talk, "m", { f = f, d = d }))) end
try(3.4028234663853e+38, 1e300) -- the limit, as messages have it
try(-1 / 0, 1 / 0)
try(1e-60, 5)
try(0x1.ffffffp127, 0)
try(-1e300, 0)
try("1", 0)
try(0, "1")
]], {
	"C: 0x1.fffffep+127 0x1.7e43c8800759cp+996", "true",
	"C: -inf inf", "true",
	"C: 0x0p+0 0x1.4p+2", "true",
	"talk: message m: field f: got 3.4028235677973e+38, expected a number from -3.4028234663853e+38 to 3.4028234663853e+38",
	"talk: message m: field f: got -1e+300, expected a number from -3.4028234663853e+38 to 3.4028234663853e+38",
	"talk: message m: field f: got a string, expected a number from -3.4028234663853e+38 to 3.4028234663853e+38",
	"talk: message m: field d: got a string, expected a number",
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

tool.finish()
