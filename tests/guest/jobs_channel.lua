-- SPDX-License-Identifier: MIT
-- Channels, and what is built on them: sets, tasks, calls, services.

local shared = ...
local job, PLAIN = shared.job, shared.PLAIN

-- The sentences of tests/conformance between these two; its verdicts name those that fail.
-- On two cores every wait is an upcall, and the emulated host takes its time for each,
-- so the sides take no turns there.
local function conform(follower, what)
	local leader = follower:find("tasks$") and follower or follower:match("^%a+")
	local words = { leader .. ".arg=" .. follower }
	if follower:find("cores$") then
		words[#words + 1] = leader .. ".env.ONE_WAY=1"
	end
	return job("conformance: " .. what, {
		memory = 80,
		timeout = 200,
		words = words,
		expect = { output = { "# conformance: " .. follower .. ": %d+ held, 0 failed" }, absent = { "not ok" } },
	})
end

return {
	job("tasks: a Lua component that waits at many places at once", {
		expect = { output = { "fast 20, slow 3, ticks true, values true, views true", "failed: wanted",
			"keeper.lua:%d+: not joined", "component keeper ended with status 1" }, status = 1 },
	}),
	job("shop: calls between C and Lua, both ways, many at once", {
		on = PLAIN, -- a component that ends badly leaves what it has, which to a sanitizer are leaks
		expect = { status = 0, output = { "buyer: 20 of 20 orders",
			"buyer: ghost: call failed, the store: failed, we have no ghosts",
			"guest: 200 of 200 prices, 0 late", "guest:%s+nil%s+failed%s+error object is a table value",
			"component store ended with status 3",
			"buyer: fire: call failed, the store: closed, peer died",
			"buyer: soup: call failed, the store: closed, peer died",
			-- The buyer's end is the image's: its channels close as the shop is told to stop.
			"shop: %l+.*shop: %l+" } },
	}),
	conform("c_c_cores", "C and C on two cores"),
	conform("c_c_core", "C and C on one core"),
	conform("c_lua_cores", "C and Lua on two cores"),
	conform("c_lua_core", "C and Lua on one core"),
	conform("lua_lua_cores", "Lua and Lua on two cores"),
	conform("lua_lua_core", "Lua and Lua on one core"),
	conform("c_tasks", "C and C, tasks of one component"),
	conform("lua_tasks", "Lua and Lua, tasks of one component"),
	job("sets: three peers and a timer at once", {
		expect = { status = 3, output = { "hub: red: 20 numbers, then: finished",
			"hub: green: 20 numbers, then: finished", "hub: blue: 0 numbers, then: peer died",
			"hub: the timer ran beside them" } },
	}),
	job("desk: many calls at once, a slow peer, a dead one", {
		on = PLAIN, -- it ends with tasks under way, and what those have are leaks to a sanitizer
		expect = { status = 3, output = { "callers: 0 of 20 calls went wrong",
			"callers: a slow desk: nothing there before the deadline",
			"callers: a desk that dies: channel closed, channel closed, peer died" } },
	}),
	job("mailbox: short calls between cores, a server that sleeps, one that dies", {
		expect = { status = 3, output = { "caller: 0 of 400 calls went wrong, 0 after naps",
			"caller: a server that dies: channel closed, peer died" } },
	}),
	job("quiet: where all wait nothing runs", {
		on = PLAIN, -- sanitizers have threads of their own
		expect = { output = { "meter: nothing ran for 2 seconds\n", "receiver: waited, channel closed",
			"sender: waited, channel closed", "set: waited, ok", "tasks: waited, channel closed",
			"lua: waited, " } },
	}),
	job("reconnect: a client outlives its server many times", {
		on = PLAIN,
		expect = { output = { "all 10 deaths were told", "Lua: all 5 deaths were told" } },
	}),
	job("service: clients in C and Lua, a server that dies, a component with itself", {
		on = PLAIN, -- the desk dies with tasks under way
		expect = { output = { "caller: all 60 connections were answered or told of a death: yes, %d+ deaths",
			"script: 40 connections were answered or told of a death",
			"loop: 12 tasks were served by their own component" } },
	}),
}
