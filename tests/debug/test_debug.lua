-- SPDX-License-Identifier: MIT
-- Images under gdb, on a PC without Xen and on Xen: usage is
-- `lua5.4 test_debug.lua ATOLL`.

package.path = arg[0]:match("^(.*/)") .. "../unit/?.lua;" .. package.path
local tap = require("tap")
local tool = require("tool")

tool.write("service.lua", [[
name = "sum"
cores = 2
component "adder" { language = "c", sources = { "adder.c" }, core = 0, heap = "4M", cflags = { "-O1" } }
component "giver" { language = "lua", main = "giver.lua", core = 1, heap = "4M" }
channel "numbers" { from = "adder", to = "giver", size = "8K" }
]])
tool.write("adder.c", [[
#include <atoll.h>
#include <stdio.h>
static int total;
__attribute__((noinline)) static int add(int more)
{
	total += more;
	return total;
}
int main(void)
{
	struct channel *numbers = channel_open("numbers");
	char digit;
	size_t size;
	while (channel_recv(numbers, &digit, 1, &size, CHANNEL_FOREVER) == CHANNEL_OK)
		add(digit - '0');
	printf("total %d\n", total);
	return total;
}
]])
tool.write("giver.lua", [[
local numbers = require("atoll").open("numbers")
for digit in ("1234"):gmatch(".") do
	numbers:send(digit)
end
-- A component that ends wakes the container, at any moment of the session.
numbers:finish()
numbers:recv()
]])
tool.write("echo.lua", [[
name = "echo"
cores = 1
component "parrot" { language = "lua", main = "parrot.lua", core = 0, heap = "4M" }
]])
tool.write("parrot.lua", 'for line in io.lines() do print("heard " .. line) end\n')
tool.write("typed", "one\ntwo\n")

-- Commands for gdb as options of `atoll debug`.
local function ex(commands)
	local words = {}
	for i, command in ipairs(commands) do
		words[i] = ("--ex '%s'"):format(command)
	end
	return table.concat(words, " ")
end

local function debug(on, commands, rest)
	return tool.call(("debug --on %s --batch --timeout 200 %s %s"):format(on, ex(commands), rest), 300)
end

tap.case("the images are packed", function()
	for _, manifest in ipairs({ "service.lua", "echo.lua" }) do
		local text, status = tool.call("build -o out-" .. manifest .. " " .. manifest)
		tap.equal(status == 0 and "packed" or text, "packed")
	end
end)

-- The same session, wherever it is.
local function session(on, core)
	local text, status = debug(on, {
		"break add", "continue", "backtrace", "print more", "print total",
		"continue", "print more", "step", "print total", "finish",
		"atoll components", "atoll threads", "atoll where container", "info threads",
		"delete", "continue",
	}, "out-service.lua")
	tap.contains(text, "hit Breakpoint")
	tap.contains(text, "add (more=1) at ./adder.c:6")
	tap.contains(text, "in main () at ./adder.c:15")
	tap.contains(text, "\ttotal += more;")
	tap.contains(text, "$1 = 1\n$2 = 0\n")
	tap.contains(text, "$3 = 2\n")
	tap.contains(text, "$4 = 3\n")
	tap.contains(text, "Value returned is $5 = 3")
	tap.contains(text, "adder            c    core 0  heap 4096 KiB  adder_main")
	assert(text:find("adder%s+running%s+core 0  main at ./adder.c:1%d"), text)
	assert(text:find("container%s+blocked%s+core 0  [%w_]+ at container/"), text)
	assert(text:find("thread_block %(.-in [%w_]+ %([^\n]*%) at container/"), text)
	assert(text:find("2 +Thread [^\n]*%(" .. core .. "[ )]"), text)
	tap.contains(text, "total 10\r\n")
	tap.contains(text, "atoll: image sum ended with status 10")
	tap.equal(status, 10)
end

tap.case("on a PC: breakpoints, variables, steps and threads, to the image's own status", function()
	session("qemu", "CPU#1")
end)

tap.case("on Xen: the same", function()
	session("xen", "core 1")
end)

tap.case("on a PC: what is typed reaches the image", function()
	local text, status = debug("qemu", { "continue" }, "--input typed out-echo.lua")
	tap.contains(text, "heard one\r\nheard two\r\natoll: image echo ended with status 0")
	tap.equal(status, 0)
end)

tap.case("a session that is over before the image ends has gdb's status", function()
	local text, status = debug("qemu", { "tbreak parrot_never", "info symbol pvh_start" }, "out-echo.lua")
	tap.contains(text, "pvh_start in section .text")
	tap.equal(status, 0)
end)

tap.case("a session ends with its time", function()
	local text, status = tool.call("debug --batch --timeout 3 --ex continue out-echo.lua")
	tap.contains(text, "echo ran into its timeout")
	tap.equal(status, 124)
end)

tap.case("what cannot be debugged is said", function()
	local text, status = tool.call("debug --on moon out-echo.lua")
	tap.equal(text, 'atoll: debug: --on: got "moon"; expected qemu or xen\n')
	tap.equal(status, tool.FAILED)
	tool.shell(("cd '%s' && mkdir moved && cp out-echo.lua/echo.elf out-echo.lua/echo.cfg moved"):format(tool.folder))
	text, status = tool.call("debug moved")
	tap.contains(text, "obj/link is not there; expected the image in the folder that `atoll build` wrote")
	tap.equal(status, tool.FAILED)
end)

tool.finish()
