-- SPDX-License-Identifier: MIT
-- `atoll stats` of processes that are no images, and of images that lie: usage is
-- `lua5.4 test_stats.lua ATOLL`.

package.path = arg[0]:match("^(.*/)") .. "?.lua;" .. package.path
local tap = require("tap")
local tool = require("tool")

local HEAD, ROW = "<c8I4I4I4I4I8", "<c32I4I4I4I4I8I8I8I8"

-- A process that has these bytes where an image has its counters, in a page of its own.
tool.write("liar.S", [[
	.section .atoll.stats, "aw"
	.balign 4096
	.incbin "page"
	.balign 4096
	.text
	.globl _start
_start:
	mov $34, %eax # pause
	syscall
	jmp _start
]])

local function stats_of(page, words)
	tool.write("page", page)
	local script = "sh -c 'gcc -nostdlib -static -no-pie -o liar liar.S || exit 99; ./liar & pid=$!;"
		.. " until grep -q liar /proc/$pid/comm; do :; done;"
		.. " \"%s\" stats --on host %s $pid; status=$?; kill $pid; exit $status'"
	return tool.run(script:format(tool.atoll, words or ""))
end

local function page(fields)
	local head = HEAD:pack(fields.magic or "atollst\0", fields.version or 1, fields.row_bytes or 80,
		fields.count or #fields, 0, 1)
	return head .. table.concat(fields)
end

local function row(name, state, numbers)
	local n = numbers or { 1, 2, 3, 4096, 8192, 1 << 21, 1500000000 }
	return ROW:pack(name, state, n[1], n[2], n[3], n[4], n[5], n[6], n[7])
end

tap.case("counters are printed for people", function()
	local text, status = stats_of(page({ row("first", 1), row("the-second_one", 5) }))
	tap.equal(status, 0)
	tap.equal(text, table.concat({
		"component       state    restarts  ends  status   heap   peak  quota      CPU",
		"first           running         1     3       2  4 KiB  8 KiB  2 MiB  1.500 s",
		"the-second_one  gone            1     3       2  4 KiB  8 KiB  2 MiB  1.500 s",
		"",
	}, "\n"))
end)

tap.case("and for programs", function()
	local text, status = stats_of(page({ row("a", 3) }), "--json")
	tap.equal(status, 0)
	tap.equal(text, '[\n  {"name": "a", "state": "ended", "restarts": 1, "ends": 3, "status": 2,'
		.. ' "heap_used": 4096, "heap_peak": 8192, "heap_quota": 2097152, "cpu_ns": 1500000000}\n]\n')
end)

tap.case("names and numbers that no image has are harmless", function()
	local text, status = stats_of(page({
		row('\27[31m"\n\\', 77, { 0xffffffff, 0xffffffff, 0xffffffff, -1, -1, -1, -1 }),
	}), "--json")
	tap.equal(status, 0)
	tap.contains(text, '"name": "??31m???", "state": "unknown", "restarts": 4294967295,')
	tap.contains(text, '"heap_used": 9223372036854775807')
end)

local function refused(title, bytes, why)
	tap.case(title, function()
		local text, status = stats_of(bytes)
		tap.equal(status, tool.FAILED)
		tap.contains(text, why)
	end)
end

local NONE = "has not started, or has other counters than version 1"
refused("a page of zeroes is none of counters", ("\0"):rep(4096), NONE)
refused("another version is refused", page({ version = 2, row("a", 1) }), NONE)
refused("rows of another size are refused", page({ row_bytes = 72, row("a", 1) }), NONE)
refused("more rows than components can be are refused", page({ count = 33, row("a", 1) }), NONE)
refused("more rows than 32 bits without a sign hold are refused", page({ count = 0xffffffff }), NONE)

tap.case("32 rows fill the page and no more", function()
	local rows = {}
	for i = 1, 32 do
		rows[i] = row("c" .. i, 1)
	end
	local text, status = stats_of(page(rows))
	tap.equal(status, 0)
	tap.contains(text, "c32 ")
end)

tap.case("a process that is no image is refused", function()
	local text, status = tool.run("sh -c '\"" .. tool.atoll .. "\" stats --on host $$'")
	tap.equal(status, tool.FAILED)
	tap.contains(text, "is no image that atoll build packed")
end)

tap.case("what is no process is refused", function()
	for _, word in ipairs({ "4194305", "-1", "x", "1e9999", "1.5" }) do
		local text, status = tool.call("stats --on host -- " .. word)
		tap.equal(status, tool.FAILED)
		text, status = tool.call("stats --on host " .. word)
		tap.equal(status, tool.FAILED)
		tap.contains(text, "atoll: ")
		if text:find("internal error", 1, true) then
			error(text)
		end
	end
end)

tap.case("a place that is no host is refused", function()
	local text, status = tool.call("stats --on moon 1")
	tap.equal(status, tool.FAILED)
	tap.contains(text, 'got "moon"; expected xl or host')
end)

tool.finish()
