-- SPDX-License-Identifier: MIT
-- Components that are started again, and images that are asked to end.

local shared = ...
local job, GUEST, PLAIN = shared.job, shared.GUEST, shared.PLAIN

return {
	job("stop: a component looks, one waits, and one is ended", {
		on = PLAIN, -- TSan takes a thread that leaves from a signal handler for a fault
		words = { "looker.arg=15" },
		timeout = 20,
		expect = { status = 137, output = {
			"looker: stops", "looker: goodbye", "waiter: asked to stop",
			"component deaf did not stop in time", "component deaf ended with status 137",
		}, absent = { "starts again" } },
	}),
	job("restart: a thousand times, in C and in Lua, and nothing left behind", {
		on = PLAIN,
		timeout = 300,
		expect = { output = {
			"mayfly ended with status 139; starts again in 0 ms (51 of 1000)",
			"cicada ended with status 1; starts again in 0 ms (51 of 1000)",
			"gauge: 1000 and 1000 restarts",
		}, absent = { "not as new" } },
	}),
	job("shutdown: a component that is asked to stop may do so", {
		after = "waits to be asked",
		shutdown = "poweroff",
		expect = { status = 7, output = { "asked to end" } },
	}),
	job("stats: the counters of a running image are read from the outside", {
		image = "shutdown",
		on = PLAIN,
		after = "waits to be asked",
		stats = true,
		shutdown = "poweroff",
		expect = { status = 7, output = {
			"component +state +restarts +ends +status +heap +peak +quota +CPU",
			"waiter +running +0 +0 +%- +2 MiB +2 MiB +4 MiB ",
		} },
	}),
	job("shutdown: xl reboot asks for a new start", {
		on = GUEST,
		after = "waits to be asked",
		shutdown = "reboot",
		expect = { reboot = true, status = 7, output = { "asked to end" } },
	}),
	job("asked: Lua is told in a loop and in a wait, and ended where it does not listen", {
		on = PLAIN, -- sanitizers put signals off, and miss what a component leaves that is ended
		after = "spinner: spins",
		shutdown = "poweroff",
		expect = { status = 3, output = {
			"spinner: asked, spinner.lua:%d+: in function",
			"listener: on_stop was called 1 times, stopping: true\n", "listener: recv says\tnil\tstopping\n",
			"listener: recv with a deadline says\tnil\ttimeout\n",
			"component deaf ended with status 137",
		} },
	}),
}
