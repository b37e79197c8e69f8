-- SPDX-License-Identifier: MIT
-- Prints what messages between two Lua components cost, beside what Lua itself costs, C, and
-- what plain Lua has. Each ratio is of one round, and the median over the rounds.
--
-- usage: lua5.4 tests/bench/lua/run.lua [ROUNDS]
local rounds = tonumber(arg[1] or 9)
local out = "build/bench/lua"

local function sh(...)
	assert(os.execute(string.format(...)), "failed: " .. string.format(...))
end

-- So that nothing else runs between, where that is allowed.
local first = os.execute("chrt -f 10 true 2>/dev/null") and "chrt -f 10 " or ""

-- Lines "NAME NANOSECONDS" of a command, into the round's values.
local function read(values, command)
	local file = assert(io.popen(command))
	for line in file:lines() do
		local name, ns = line:match("^(%S+) ([%d.]+)$")
		if not name then
			error("got the line " .. line)
		end
		values[name] = tonumber(ns)
	end
	assert(file:close(), "failed: " .. command)
end

local PEER = "taskset -c 1 lua5.4 tests/bench/lua/peer.lua far %s %s & "
	.. "taskset -c 0 lua5.4 tests/bench/lua/peer.lua near %s %s; wait"

local function round()
	local values = {}
	read(values, ("%stimeout 60 %s/talk.elf"):format(first, out))
	for _, kind in ipairs({ "fifo", "socket" }) do
		local folder = out .. "/" .. kind
		sh("rm -rf %s; mkdir %s; mkfifo %s/there %s/back", folder, folder, folder, folder)
		read(values, "timeout 60 sh -c '" .. PEER:format(kind, folder, kind, folder) .. "'")
	end
	return values
end

local function median(list)
	table.sort(list)
	return list[(#list + 1) // 2]
end

local all = {}

-- The median over the rounds of what f makes of each one's values.
local function over(f)
	local list = {}
	for i, values in ipairs(all) do
		list[i] = f(values)
	end
	return median(list)
end

local function value(name)
	return over(function(v)
		return v[name]
	end)
end

local function row(title, ours, peers)
	io.write(("%-34s %9.1f ns"):format(title, value(ours)))
	for _, peer in ipairs(peers) do
		io.write(("   %s %.0f (%.0fx)"):format(peer:match("[^-]+$"), value(peer), over(function(v)
			return v[peer] / v[ours]
		end)))
	end
	print()
end


local function target(title, most, f)
	local got = over(f)
	print(("%-62s %6.2f  <= %5.2f  %s"):format(title, got, most, got <= most and "met" or "MISSED"))
end

sh("mkdir -p %s && build/atoll build -o %s tests/bench/lua/service.lua >%s/log", out, out, out)
for i = 1, rounds do
	all[i] = round()
end

print("Lua to Lua across two cores, one message each, every one checked")
row("integers", "integers", { "integers-fifo", "integers-socket" })
row("strings of 64 bytes", "strings", { "strings-fifo", "strings-socket" })
row("round trip, integers, methods", "trip-methods", { "trip-fifo", "trip-socket" })
row("round trip, integers, functions", "trip-functions", { "trip-fifo", "trip-socket" })
row("round trip, strings of 8 bytes", "trip-strings", { "trip-fifo", "trip-socket" })
row("Lua call, integers", "call-values", { "trip-fifo", "trip-socket" })
row("Lua call, strings of 8 bytes", "call-strings", { "trip-fifo", "trip-socket" })
print("\nWhat it is compared with")
row("call of an empty C function", "call", {})
row("call of one that returns an integer", "call-integer", {})
row("64 bytes pushed as a string", "push", {})
row("round trip of 8 bytes, C to C", "trip-c", {})
print("\nTargets")
target("an integer, to two calls of C functions", 2, function(v)
	return v.integers / (v.call + v["call-integer"])
end)
-- 8 million a second where to push one costs 38 ns.
target("a string of 64 bytes, to pushing one", 125 / 38, function(v)
	return v.strings / v.push
end)
target("round trip, methods of the endpoint, to C's", 1.4, function(v)
	return 2 * v["trip-methods"] / (v["trip-c"] + v["trip-c-again"])
end)
target("round trip, the same as local functions, to C's", 1.4, function(v)
	return 2 * v["trip-functions"] / (v["trip-c"] + v["trip-c-again"])
end)
