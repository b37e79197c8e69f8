-- SPDX-License-Identifier: MIT
-- Images and a Debian cloud kernel by turns: starts, workloads, then starts with
-- less and less memory. For tests/bench/run, which reads what it saves.

local STARTS = 5
local ROUNDS = 3 -- of the workloads, in each of as many guests
local OUT = "build/bench/"
local PEER = OUT .. "linux_peer/"

local first = { image = OUT .. "first/first.elf" }
local work_c = {
	image = OUT .. "work_c/work_c.elf",
	words = { "c.arg=" .. ROUNDS, "c.arg=alu", "c.arg=small", "c.arg=large", "c.arg=random" },
}
local work_lua = { image = OUT .. "work_lua/work_lua.elf", words = { "lua.arg=" .. ROUNDS } }
local peer_first = { image = PEER .. "linux_peer", module = PEER .. "initrd.first" }
local handover = { image = OUT .. "handover/handover.elf", words = { "ping.arg=" .. ROUNDS } }
local peer_futex = { image = PEER .. "linux_peer", module = PEER .. "initrd.futex" }
local peer_work = { image = PEER .. "linux_peer", module = PEER .. "initrd.work", memory = 384 }

local jobs = {}

-- Not enough for every component is not enough.
local UP = { [first] = { "C up", "Lua up", "status 0" }, [peer_first] = { "C up", "Lua up" } }

local function add(what, name, fields)
	jobs[#jobs + 1] = {
		name = name, image = what.image, module = what.module, words = what.words,
		memory = fields.memory or what.memory, save = fields.save, timeout = fields.timeout or 20,
		expect = { poweroff = true, output = UP[what] },
	}
end

for run = 1, STARTS do
	add(first, "start first", { save = OUT .. "first." .. run })
	add(peer_first, "start linux_peer", { save = OUT .. "linux_peer." .. run })
end
for run = 1, ROUNDS do
	add(work_c, "work c", { save = OUT .. "work.ours.c." .. run, timeout = 120 })
	add(work_lua, "work lua", { save = OUT .. "work.ours.lua." .. run, timeout = 120 })
	add(peer_work, "work linux_peer", { save = OUT .. "work.theirs." .. run, timeout = 180 })
end
for run = 1, ROUNDS do
	add(handover, "handover", { save = OUT .. "handover.ours." .. run, timeout = 60 })
	add(peer_futex, "handover linux_peer", { save = OUT .. "handover.theirs." .. run, timeout = 60 })
end
for memory = 16, 5, -1 do
	add(first, "memory first " .. memory, { memory = memory })
end
for memory = 96, 64, -8 do
	add(peer_first, "memory linux_peer " .. memory, { memory = memory })
end
return jobs
