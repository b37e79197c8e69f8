-- SPDX-License-Identifier: MIT
-- What the kernel serves: cores, clocks, threads, signals, system calls.

local shared = ...
local job, GUEST, PLAIN = shared.job, shared.GUEST, shared.PLAIN

return {
	job("clock: forward, at the right pace, on both cores", {
		expect = { output = { "watch: clocks are right", "dial: clocks are right" } },
	}),
	job("cores: a vCPU each, halted when idle", {
		on = GUEST,
		expect = { output = { "processors 0 and 2", "vCPU 0 was halted for most of the wait: yes",
			"vCPU 1 was halted for most of the wait: yes",
			"a thread was on processors 0, 2 and 0" } },
	}),
	job("upcalls: each wakes its core, and one out of turn leaves no trace", {
		on = GUEST,
		words = { "near.arg=1000" },
		timeout = 200, -- a busy host takes long from one vCPU to the other
		expect = { status = 0, output = { "near: 1000 rounds" } },
	}),
	job("threads: a thousand, and nothing left behind", {
		on = GUEST,
		expect = { output = { "free memory before and after: the same" } },
	}),
	job("posix: threads of several components at once", {
		memory = 72,
		on = PLAIN,
		expect = { output = {
			"warp: 0 failures; a thread ended it", "weft: 0 failures; a thread ended it",
			"wool: 0 failures; a thread ended it",
		} },
	}),
	job("storm: two cores at once, and nothing lost", {
		memory = 24, -- its mmap draws on memory that no manifest names
		expect = { output = { "east: nothing was lost", "west: nothing was lost" } },
	}),
	job("vector: registers are kept", { expect = { output = { "registers were kept" } } }),
	job("signals: as on Linux", {
		on = PLAIN,
		expect = { output = { "signals: all is as on Linux" } },
	}),
	job("signals: a fault without a handler is the guest's end", {
		on = GUEST,
		words = { "signals.arg=11" },
		expect = { crash = true, output = { "crashed in signals on core 0: write to 0xb, NULL", "#0 .*end_unhandled" } },
	}),
	job("signals: so is one that ends a process", {
		on = GUEST,
		words = { "signals.arg=6" },
		expect = { crash = true, output = { "crashed in signals on core 0: aborted", "#2 .*end_unhandled" } },
	}),
	job("signals: but one that asks it to end has a status", {
		on = GUEST,
		words = { "signals.arg=1" },
		expect = { status = 129 },
	}),
	job("preempt: threads that never wait take turns", {
		on = PLAIN,
		expect = { output = { "turns: all had theirs" } },
	}),
	job("share: a component that never waits, and one beside it", {
		expect = {
			output = { "rounds: %d+ rounds, all the same" },
			check = function(text)
				local guest, rounds = text:find("guest: had its turns"), text:find("rounds: ")
				return guest and rounds and guest < rounds, "the guest had no turn before the rounds were over"
			end,
		},
	}),
	job("relay: components of one core that hand it to each other, and one that never waits", {
		on = GUEST,
		memory = 48, -- for its threads, which no manifest names
		expect = { output = { "lead: all had their turns" } },
	}),
	job("cputime: of threads, of the process, of Lua", {
		expect = { output = { "meter: CPU time is right", "dial: time went by with work" } },
	}),
	job("calls: an unknown system call is reported once, by name", {
		on = GUEST,
		expect = {
			output = { "caller: there is no such call" },
			check = function(text)
				local _, count = text:gsub("system call swapon %(167%) is not implemented, asked for by caller", "")
				return count == 1, ("it was reported %d times"):format(count)
			end,
		},
	}),
	job("pointers: bad ones are EFAULT, whatever the call", {
		on = PLAIN,
		expect = { output = { "pointer: %d+ calls, 0 failures" } },
	}),
}
