-- SPDX-License-Identifier: MIT
-- `atoll symbolize`: usage is `lua5.4 test_symbolize.lua ATOLL`.
--
-- The program has labels where a report would find it: nm tells their addresses
-- and grep their lines.

package.path = arg[0]:match("^(.*/)") .. "?.lua;" .. package.path
local tap = require("tap")
local tool = require("tool")

tool.write("service.lua", [[
name = "lost"
cores = 1
component "only" { language = "c", sources = { "only.c", "sub/helper.c" }, core = 0, heap = "4M" }
]])
tool.run("mkdir sub")
tool.write("sub/helper.c", [[
int helper(int);
int helper(int x)
{
	__asm__ volatile("fault_here: nop" ::: "memory"); /* LINE fault */
	return x * 3;
}
]])
tool.write("only.c", [[
int helper(int);
static inline __attribute__((always_inline)) int inner(int x)
{
	x = helper(x + 1); /* LINE inner */
	__asm__ volatile("after_helper:" : "+r"(x));
	return x * 2;
}
static __attribute__((noinline)) int outer(int x)
{
	x = inner(x); /* LINE outer */
	return x - 5;
}
int main(int argc, char **argv)
{
	(void)argv;
	argc = outer(argc); /* LINE main */
	__asm__ volatile("after_outer:" : "+r"(argc));
	return argc;
}
]])

local function lines_of(name, file)
	local line = tool.run(("grep -n 'LINE %s ' %s"):format(name, file)):match("^%d+")
	return ("%s:%s"):format(file, line)
end

local places = {}

tap.case("an image with labels is packed", function()
	local text, status = tool.call("build -o out service.lua")
	tap.equal(status, 0)
	tap.contains(text, "packed")
	for address, name in tool.run("nm out/lost.debug"):gmatch("(%x+) %a ([%w_]+)\n") do
		places[name] = tonumber(address, 16)
	end
end)

local function frame(number, label, name)
	return (" #%-2d %016x %s+0x%x"):format(number, places[label], name, places[label] - places[name])
end

-- The report of a fault in helper, with what symbolize adds where `add` says so.
local function report(add)
	local function plus(text)
		return add and text or ""
	end
	return table.concat({
		"some line of the program #1 0000 x+0x1\n",
		(" rip %016x  rsp 0000558002ffe598  rflags 00000202\r\n"):format(places.fault_here),
		plus("     rip at " .. lines_of("fault", "sub/helper.c") .. " in helper\r\n"),
		" backtrace:\r\n",
		frame(0, "fault_here", "helper") .. plus(" at " .. lines_of("fault", "sub/helper.c")) .. "\r\n",
		frame(1, "after_helper", "outer") .. plus(" at " .. lines_of("inner", "only.c") .. " in inner") .. "\r\n",
		plus("     inlined into outer at " .. lines_of("outer", "only.c") .. "\r\n"),
		frame(2, "after_outer", "only_main") .. plus(" at " .. lines_of("main", "only.c")) .. "\n",
		" #3  ffffffffffffffff ?\n",
		"\1\255 binary \27[31m\n",
	})
end

tap.case("a report gets the files, lines and inlined functions, and no other line changes", function()
	tool.write("log", report(false))
	for _, image in ipairs({ "out", "out/lost.elf", "out/lost.debug" }) do
		local text, status = tool.call("symbolize " .. image .. " log")
		tap.equal(text, report(true))
		tap.equal(status, 0)
	end
end)

tap.case("the log may come from standard input", function()
	tap.equal(tool.call("symbolize out <log"), report(true))
end)

tap.case("a line that is not of a report goes out at once", function()
	tool.write("slow.sh", "(echo first; sleep 20) | '" .. tool.atoll .. "' symbolize out | (read line; echo \"got $line\"; kill 0)\n")
	local text = tool.run("timeout 10 setsid -w sh slow.sh")
	tap.contains(text, "got first")
end)

tap.case("an offset of 0 may be written without its 0x", function()
	tool.write("short", (" #0  %016x helper+0\n"):format(places.helper))
	tap.contains(tool.call("symbolize out short"), "helper+0 at sub/helper.c:")
end)

tap.case("a log of another image is found out, and passes unchanged", function()
	local other = report(false):gsub("helper%+", "other+")
	tool.write("other", other)
	local text, status = tool.call("symbolize out other 2>/dev/null")
	tap.equal(text:match("#0[^\n]*"), other:match("#0[^\n]*"))
	tap.equal(status, tool.FAILED)
	text = tool.call("symbolize out other")
	tap.contains(text, "atoll: symbolize: 1 lines name functions that are not there in out/lost.debug; "
		.. "expected the image that wrote this log\n")
end)

tap.case("numbers beyond all bounds do no harm", function()
	local lines = {}
	for _, digits in ipairs({ "0", "400000", ("f"):rep(16), ("4"):rep(17), ("9"):rep(5000), "800000000000", "3fffff" }) do
		lines[#lines + 1] = (" #0  %s helper+0x%s\n rip %s\n"):format(digits, digits, digits)
	end
	tool.write("odd", table.concat(lines))
	local text = tool.call("symbolize out odd 2>/dev/null")
	for _, line in ipairs(lines) do
		tap.contains(text, line:match("^[^\n]*\n"))
	end
end)

tap.case("a report of the container's own gets the line of the fault and of its callers", function()
	tool.write("fault.c", [[
static __attribute__((noinline)) int deep(volatile int *at)
{
	*at = 1; /* LINE deep */
	return *at + 1;
}
int main(int argc, char **argv)
{
	(void)argv;
	return deep((int *)(long)(argc * 8)) + argc; /* LINE call */
}
]])
	tool.write("service.lua", 'name = "fault"\ncores = 1\n'
		.. 'component "only" { language = "c", sources = { "fault.c" }, core = 0, heap = "4M" }\n')
	tap.equal(select(2, tool.call("build -o fault service.lua")), 0)
	tool.run("./fault/fault.elf >fault.log")
	local text, status = tool.call("symbolize fault fault.log")
	tap.equal(status, 0)
	tap.contains(text, "     rip at " .. lines_of("deep", "fault.c") .. " in deep\n")
	tap.equal(text:match("#0 [^\n]* at ([^\n]*)\n"), lines_of("deep", "fault.c"))
	tap.equal(text:match("#1 [^\n]* at ([^\n]*)\n"), lines_of("call", "fault.c"))
end)

local function expect_failure(title, words, message)
	tap.case(title, function()
		local text, status = tool.call("symbolize " .. words)
		tap.contains(text, "atoll: symbolize: " .. message)
		tap.equal(status, tool.FAILED)
	end)
end

expect_failure("without an image there is an error", "", "got 0 words; expected an image and at most one log")
expect_failure("a missing log is an error", "out nolog", "nolog: No such file or directory; expected a console log")
expect_failure("an image that is not there is an error", "none.elf log",
	"none.debug is not there; expected it beside the image")
tool.run("cp out/lost.elf alone.elf && cp out/lost.elf bare.debug && cp out/lost.elf bare.elf")
expect_failure("an image without its debug information is an error", "alone.elf log",
	"alone.debug is not there; expected it beside the image")
expect_failure("a file without debug information is an error", "bare.elf log",
	"bare.debug has no debug information; expected the NAME.debug")

tap.case("what is no image is an error", function()
	tool.write("text.debug", "text")
	local text, status = tool.call("symbolize text.debug log")
	tap.contains(text, "text.debug: not an ELF file of this machine")
	tap.equal(status, tool.FAILED)
end)

tool.finish()
