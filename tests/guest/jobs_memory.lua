-- SPDX-License-Identifier: MIT
-- Memory: pages and their rights, quotas, what goes back.

local shared = ...
local job, GUEST, PLAIN = shared.job, shared.GUEST, shared.PLAIN

return {
	job("tables: 2 MiB pages and the map's rights", {
		on = GUEST,
		expect = { output = { "heap .*2048 KiB, rw%-", "ring .*2048 KiB, rw%-",
			"audit: %d+ pages, 0 wrong" } },
	}),
	job("quota: memory ends in one component alone", {
		on = PLAIN,
		expect = { output = { "hoarder: not enough memory", "hoarder: goes on with 1048576 bytes" } },
	}),
	job("quota: an uncaught memory error has the quota and a traceback", {
		on = PLAIN,
		words = { "hoarder.arg=again" },
		expect = { status = 1, output = { "hoarder: out of memory; the heap's quota is 12288 KiB\nstack traceback:\n",
			"\thoarder.lua:%d+: in function <hoarder.lua:6>\n" } },
	}),
	job("quota: a guest with too little memory says how much it needs", {
		on = GUEST,
		memory = 20,
		expect = { status = 71, output = { "image quota needs %d+ MiB of memory, Xen gave 20: raise memory=" },
			absent = { "hoarder" } },
	}),
	job("idle: what is free goes back while a component waits", {
		on = PLAIN,
		expect = { output = { "sleeper: 1%d MiB after free, 2 MiB after a wait", "lodger: 2 MiB" } },
	}),
	job("giga: a whole GiB is one page, until a part of it goes", {
		on = GUEST,
		memory = 2112, -- so that the second GiB of it is whole
		timeout = 120,
		expect = { output = { "giant: 0 failures" } },
	}),
	job("memory: is mapped as Linux has it", {
		on = PLAIN,
		expect = { output = { "mapper: 0 failures" } },
	}),
	job("memory: rights of the image stay as they are", {
		on = GUEST,
		words = { "mapper.arg=guest" },
		expect = { output = { "text cannot be made writable: yes" } },
	}),
	job("memory: none left is told apart from none there", {
		on = GUEST,
		words = { "mapper.arg=all" },
		expect = { status = 135, output = { "write to 0x.*region COMMON, which no memory is left for" } },
	}),
}
