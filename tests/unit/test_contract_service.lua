-- SPDX-License-Identifier: MIT
-- Contracts of services, in C and in Lua: `lua5.4 test_contract_service.lua ATOLL`.

local here = arg[0]:match("^(.*/)") or "./"
package.path = here .. "?.lua;" .. package.path
local case = require("contract_case")
local tap = require("tap")
local tool = require("tool")

local ALL = case.ALL

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

tool.finish()
