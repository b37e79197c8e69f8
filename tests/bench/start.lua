-- SPDX-License-Identifier: MIT
-- Boots tests/bench/first and a Debian cloud kernel by turns, then each with
-- less and less memory. For tests/bench/run, which reads what it saves.

local RUNS = 5
local OUT = "build/bench/"

local ours = { image = OUT .. "first/first.elf" }
local peer = { image = OUT .. "linux_peer/linux_peer", module = OUT .. "linux_peer/initrd" }

local jobs = {}

local function add(what, name, memory, save)
	jobs[#jobs + 1] = {
		name = name, image = what.image, module = what.module, memory = memory, save = save,
		timeout = 30, expect = { poweroff = true, output = { " up" } },
	}
end

for run = 1, RUNS do
	add(ours, "start first", nil, OUT .. "first." .. run)
	add(peer, "start linux_peer", nil, OUT .. "linux_peer." .. run)
end
for memory = 24, 9, -1 do
	add(ours, "memory first " .. memory, memory)
end
for memory = 112, 48, -8 do
	add(peer, "memory linux_peer " .. memory, memory)
end
-- Not enough for every component is not enough.
for _, job in ipairs(jobs) do
	if job.image == ours.image then
		job.expect.output = { "C up", "Lua up", "status 0" }
	end
end
return jobs
